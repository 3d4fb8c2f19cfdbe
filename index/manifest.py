"""The record of an index: articles, passages, vectors, and how they were made.

Chroma and the word index are made from it and can be made again without embedding anything. Knows nothing of search.
A live manifest is never written: a change is made in a copy (see `index/home.py`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Language, Passage
from index.errors import StoreError
from index.manifest_file import AGAIN, SLICE, ManifestFile, damaged
from index.place import place
from index.read import LocatedArticle

_UNLINKED = "unlinked"  # in the fingerprint: a JSON list of passage ids


class Manifest:
    """An open manifest. Methods may be called from any thread."""

    def __init__(self, file: ManifestFile) -> None:
        self._file = file
        self.path = file.path
        self.version = file.version
        self._pages, self._file_digest = ("pages", "file_digest") if file.version > 1 else ("''", "''")

    @classmethod
    def create(cls, path: Path) -> "Manifest":
        """A new, empty manifest at `path`, open for writing."""
        return cls(ManifestFile.create(path))

    @classmethod
    def open(cls, path: Path, *, writable: bool = False) -> "Manifest":
        """The manifest at `path`. Raises StoreError when there is none or it was made by another version."""
        return cls(ManifestFile.open(path, writable=writable))

    def close(self) -> None:
        """Writes what is open to the disk and closes the file."""
        self._file.close()

    @property
    def fingerprint(self) -> dict[str, str]:
        """How the index was made: embedder, its digest, dimension, splitter, passage size."""
        return dict(self._file.rows("SELECT name, value FROM fingerprint"))

    def set_fingerprint(self, values: Mapping[str, str]) -> None:
        """Replaces the fingerprint."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM fingerprint")
            connection.executemany("INSERT INTO fingerprint VALUES (?, ?)", values.items())

    @property
    def unlinked(self) -> list[str]:
        """Ids of passages that the graph over the vectors leads nowhere to: a search must compare them itself."""
        return list(json.loads(self.fingerprint.get(_UNLINKED, "[]")))

    def note_unlinked(self, ids: Sequence[str]) -> None:
        """Replaces `unlinked`."""
        kept = {name: value for name, value in self.fingerprint.items() if name != _UNLINKED}
        self.set_fingerprint(kept | ({_UNLINKED: json.dumps(list(ids))} if ids else {}))

    def digests(self) -> dict[str, str]:
        """Article id -> digest, for every article."""
        return dict(self._file.rows("SELECT id, digest FROM articles"))

    def places(self) -> dict[str, tuple[str, str]]:
        """Article id -> (the path that was asked for, the file it was read from)."""
        return {row[0]: (row[1], row[2]) for row in self._file.rows("SELECT id, root, path FROM articles")}

    def file_digests(self) -> dict[str, str]:
        """Article id -> digest of the file it was read from, "" where none was taken."""
        return dict(self._file.rows(f"SELECT id, {self._file_digest} FROM articles"))

    def articles_of_file(self, path: Path, file_digest: str) -> list[Article]:
        """The articles that were read from a file when it had that digest, sorted by id."""
        query = f"SELECT id FROM articles WHERE path = ? AND {self._file_digest} = ? ORDER BY id"
        return list(self.articles(row[0] for row in self._file.rows(query, (place(path), file_digest))).values())

    def check(self) -> None:
        """Reads everything but the vectors. Raises StoreError at the first thing that is not as it was written."""
        if [row[0] for row in self._file.rows("PRAGMA quick_check(1)")] != ["ok"]:
            raise damaged(self.path, "its pages do not belong together")
        digests = self.digests()
        for article in self.all_articles():
            if article.digest != digests[article.id]:
                raise damaged(self.path, f"article {article.id!r} is not as it was written")
        ids = self.passage_ids()
        for start in range(0, len(ids), SLICE):
            some = [passage_id for passage_id, _ in ids[start : start + SLICE]]
            for passage_id, passage in self.passages(some).items():
                if passage.id != passage_id:
                    raise damaged(self.path, f"passage {passage_id!r} is not as it was written")

    def check_vectors(self, dimension: int) -> None:
        """Reads every vector. Raises StoreError unless all are of unit length, in `dimension` numbers."""
        ids = [passage_id for passage_id, _ in self.passage_ids()]
        for start in range(0, len(ids), SLICE):
            vectors = self.vectors(ids[start : start + SLICE])
            lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
            if vectors.shape[1] != dimension or not np.all(np.abs(lengths - 1.0) < 1e-3):
                raise damaged(self.path, "a vector is not as it was written")

    def roots(self) -> list[str]:
        """The paths that were asked for, sorted."""
        return [row[0] for row in self._file.rows("SELECT DISTINCT root FROM articles ORDER BY root")]

    def put_article(
        self, located: LocatedArticle, root: Path, passages: Sequence[Passage], vectors: NDArray[np.float32]
    ) -> None:
        """Writes an article with its passages in place of an older one of the same id.

        `vectors`: float32, shape (len(passages), dimension).
        """
        article = located.article
        with self._file.writing() as connection:
            connection.execute("DELETE FROM passages WHERE article_id = ?", (article.id,))
            connection.execute(
                "INSERT OR REPLACE INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    article.id,
                    article.title,
                    article.language,
                    article.source,
                    article.date,
                    article.text,
                    article.digest,
                    place(root),
                    place(located.path),
                    " ".join(map(str, article.pages)),
                    located.file_digest,
                ),
            )
            connection.executemany(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (p.id, p.article_id, p.start, p.end, p.heading, p.language, vector.astype("<f4").tobytes())
                    for p, vector in zip(passages, vectors, strict=True)
                ],
            )

    def move_article(self, article_id: str, root: Path, path: Path, file_digest: str = "") -> None:
        """Notes that an unchanged article is now found elsewhere."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE articles SET root = ?, path = ?, file_digest = ? WHERE id = ?",
                (place(root), place(path), file_digest, article_id),
            )

    def remove_article(self, article_id: str) -> None:
        """Removes an article and its passages; one that is not there is no error."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM passages WHERE article_id = ?", (article_id,))
            connection.execute("DELETE FROM articles WHERE id = ?", (article_id,))

    def article(self, article_id: str) -> Article | None:
        """The article of that id, or None."""
        return self.articles([article_id]).get(article_id)

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Id -> article, for those of `ids` that are there."""
        query = f"SELECT id, title, language, source, date, text, {self._pages} FROM articles WHERE id IN"
        try:
            return {row[0]: _article(row) for rows in self._file.rows_in(query, ids) for row in rows}
        except (ValueError, AttributeError) as error:  # pages that are no numbers, or not even text
            raise damaged(self.path, error) from error

    def all_articles(self) -> Iterator[Article]:
        """Every article, sorted by id, in fixed memory."""
        for article_id in sorted(self.digests()):
            article = self.article(article_id)
            if article:
                yield article

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """Id -> passage, for those of `ids` that are there."""
        query = "SELECT id, article_id, start, stop, heading, language FROM passages WHERE id IN"
        found: dict[str, Passage] = {}
        for rows in self._file.rows_in(query, ids):
            # Each article is read once, however many of its passages are wanted.
            articles = self.articles({row[1] for row in rows})
            try:
                found.update({row[0]: _passage(row, articles[row[1]]) for row in rows})
            except (KeyError, TypeError) as error:
                raise damaged(self.path, error) from error
        return found

    def has(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are there."""
        return {row[0] for rows in self._file.rows_in("SELECT id FROM passages WHERE id IN", ids) for row in rows}

    def passages_of(self, article_id: str) -> list[Passage]:
        """An article's passages, in order."""
        query = "SELECT id FROM passages WHERE article_id = ? ORDER BY start"
        ids = [row[0] for row in self._file.rows(query, (article_id,))]
        found = self.passages(ids)
        return [found[passage_id] for passage_id in ids if passage_id in found]

    def passage_ids(self) -> list[tuple[str, Language]]:
        """(passage id, language) of every passage, sorted by id."""
        return [
            (row[0], cast(Language, row[1])) for row in self._file.rows("SELECT id, language FROM passages ORDER BY id")
        ]

    def vectors(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """float32, shape (len(ids), dimension), in the order of `ids`. Raises StoreError for an unknown id."""
        query = "SELECT id, vector FROM passages WHERE id IN"
        found = {row[0]: row[1] for rows in self._file.rows_in(query, ids) for row in rows}
        missing = [passage_id for passage_id in ids if passage_id not in found]
        if missing:
            raise StoreError(f"the manifest holds no vector for {missing[0]!r}: {AGAIN}")
        if not ids:
            return np.zeros((0, 0), dtype=np.float32)
        try:
            return np.frombuffer(b"".join(found[passage_id] for passage_id in ids), dtype="<f4").reshape(len(ids), -1)
        except (TypeError, ValueError) as error:
            raise damaged(self.path, error) from error

    def count(self) -> tuple[int, int]:
        """(articles, passages)."""
        row = self._file.rows("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)")[0]
        return int(row[0]), int(row[1])

    def select(
        self,
        *,
        languages: Sequence[str] = (),
        article_ids: Sequence[str] = (),
        sources: Sequence[str] = (),
        date_from: str = "",
        date_to: str = "",
    ) -> list[str]:
        """Ids of the passages whose article fits every condition given, sorted. Dates compare as ISO prefixes.

        `date_to="2025-11"` includes all of that November; an article without a date fits no date condition.
        """
        where, values = ["1"], list[str]()
        for column, wanted in (("a.language", languages), ("a.id", article_ids), ("a.source", sources)):
            if wanted:
                where.append(f"{column} IN (SELECT value FROM json_each(?))")
                values.append(json.dumps(list(wanted)))
        if date_from:
            where.append("a.date <> '' AND a.date >= ?")
            values.append(date_from)
        if date_to:
            where.append("a.date <> '' AND substr(a.date, 1, ?) <= ?")
            values += [str(len(date_to)), date_to]
        query = (
            "SELECT p.id FROM passages p JOIN articles a ON a.id = p.article_id "
            f"WHERE {' AND '.join(where)} ORDER BY p.id"
        )
        return [row[0] for row in self._file.rows(query, values)]


def _article(row: Sequence[str]) -> Article:
    article_id, title, language, source, date, text, pages = row
    return Article(
        id=article_id,
        title=title,
        language=cast(Language, language),
        source=source,
        date=date,
        text=text,
        pages=tuple(map(int, pages.split())),
    )


def _passage(row: Sequence[Any], article: Article) -> Passage:
    _, article_id, start, stop, heading, language = row
    return Passage(
        article_id=article_id,
        start=start,
        end=stop,
        text=article.text[start:stop],
        title=article.title,
        heading=heading,
        language=cast(Language, language),
    )
