"""The open files of one generation of an index, searchable: passages near a question, with the scores of both legs.

It is never written while it is open. Knows nothing of which generation is live, or of prompts.
"""

import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.article import LANGUAGES, Article, Language, Passage
from index.embed import TextEmbedder
from index.errors import StoreError
from index.fingerprint import check_fingerprint
from index.inventory import check_files
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.server import Server
from index.server_store import open_store
from index.space import Space, Spread, Vector
from index.store import PassageStore, check_counts
from index.vectors import VECTORS, open_vectors

if TYPE_CHECKING:
    from index.dictionary import Group

_TRANSLATED = 2.0  # weight of a word met in translation: a whole word's own (`words.question_terms`)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as a generation reads it: its language, its vector, and its words in the other language."""

    question: str
    language: Language
    vector: Vector
    groups: "tuple[Group, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A passage that one leg found, with the scores of both.

    `similarity`: cosine, 1.0 is the same direction; of centred vectors where question and passage differ in language
    (see `index/space.py`). `words`: BM25, 0.0 is nothing in common.
    """

    passage_id: str
    language: Language
    similarity: float
    words: float


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """What was found for a question, and how the scores are spread over all passages of each language.

    The spread of `similarity` is steadied (`Spread.steadied`), that of `words` is as observed.
    """

    found: tuple[Candidate, ...]
    similarity: Mapping[Language, Spread]
    words: Mapping[Language, Spread]


class Generation:
    """Never written, so it needs no locks."""

    def __init__(self, folder: Path, embedder: TextEmbedder, server: Server | None = None) -> None:
        """`server` holds the vectors, where there is one. Raises EmbedderMismatch, or StoreError for a damaged part."""
        self.name = folder.name
        self.manifest = Manifest.open(folder / "manifest.sqlite3")
        check_fingerprint(self.manifest, embedder)
        check_files(folder)
        self.store = open_store(folder, server)
        self.words = LexicalIndex.open(folder / "words")
        self.space = Space.open(folder / "space.npz")
        ids = self.manifest.passage_ids()
        self.passage_ids = [passage_id for passage_id, _ in ids]
        if self.passage_ids != list(self.words.passage_ids):
            raise StoreError(
                f"the word index in {str(folder)!r} holds other passages than the manifest: run `kotae index --rebuild`"
            )
        self.vectors = open_vectors(folder / VECTORS, self.passage_ids, self.manifest.vectors)
        self._row = {passage_id: number for number, passage_id in enumerate(self.passage_ids)}
        self.language = dict(ids)
        rows = {of: [number for number, (_, language) in enumerate(ids) if language == of] for of in LANGUAGES}
        self.rows = {of: np.array(numbers, dtype=np.intp) for of, numbers in rows.items() if numbers}
        unlinked = self._rows_of(self.manifest.unlinked)
        self._unlinked = {of: np.intersect1d(numbers, unlinked) for of, numbers in self.rows.items()}
        if set(self.rows) != set(self.space.plain):
            raise StoreError(
                f"'space.npz' in {str(folder)!r} belongs to other passages than the manifest: "
                "run `kotae index --rebuild`"
            )
        check_counts(self.store, {of: len(numbers) for of, numbers in self.rows.items()})
        # Chroma keeps an engine for each path: it goes when the last reader lets go of this generation.
        self.close = weakref.finalize(self, _close, self.manifest, self.store)
        self.close.atexit = False

    def candidates(self, asked: Asked, pool: int, allowed: Sequence[str] | None = None) -> Candidates:
        """The best `pool` passages of each leg in each language, sorted by id.

        `allowed`, when given, limits them to these passage ids (see `select`).
        """
        centred = self.space.centre_question(asked.vector, asked.language)
        scores = self.words.scores(asked.question)
        among = None if allowed is None else self._rows_of(allowed)
        found: list[Candidate] = []
        similarity: dict[Language, Spread] = {}
        for of, all_rows in self.rows.items():
            same = of == asked.language
            direction = asked.vector if same else centred
            spread = (self.space.plain if same else self.space.centred)[of].spread(direction)
            similarity[of] = spread.steadied(
                len(all_rows), self.space.usual_plain if same else self.space.usual_centred
            )
            if not same and asked.groups:
                scores = scores + _TRANSLATED * self.words.translated(asked.groups, all_rows)
            rows = all_rows if among is None else np.intersect1d(all_rows, among, assume_unique=True)
            chosen = np.union1d(self._near(direction, of, rows, pool), _holding(scores, rows, pool))
            vectors = self.vectors[chosen]
            if not same:
                vectors = self.space.centre_passages(vectors, of)
            found += [
                Candidate(passage_id=self.passage_ids[row], language=of, similarity=value, words=words)
                for row, value, words in zip(
                    chosen.tolist(), (vectors @ direction).tolist(), scores[chosen].tolist(), strict=True
                )
            ]
        words = {of: _observed(scores[rows]) for of, rows in self.rows.items()}
        return Candidates(found=tuple(found), similarity=similarity, words=words)

    def _near(self, direction: Vector, of: Language, rows: NDArray[np.intp], pool: int) -> NDArray[np.intp]:
        """The `pool` of `rows`, all in the language `of`, that are nearest to `direction`."""
        if len(rows) < len(self.rows[of]):  # filtered: Chroma would take longer
            return rows[_top(self.vectors[rows] @ direction, pool)]
        try:
            near = [self._row[one.passage_id] for one in self.store.search(direction, min(pool, len(rows)), of)]
        except KeyError as error:
            raise StoreError(
                f"Chroma finds {error}, which the manifest does not hold: repair it with `kotae doctor --repair`"
            ) from error
        return np.concatenate([np.array(near, dtype=np.intp), self._unlinked[of]])

    def _rows_of(self, passage_ids: Iterable[str]) -> NDArray[np.intp]:
        """Where these passages stand, sorted; those that are not there are left out."""
        rows = {self._row[passage_id] for passage_id in passage_ids if passage_id in self._row}
        return np.array(sorted(rows), dtype=np.intp)

    def twins(self, passage_ids: Sequence[str], least: float) -> dict[str, str]:
        """For each passage the one in the other language that is most alike, where both are among `passage_ids`.

        Alike: cosine by what they are about, whatever their languages; `least` or more of it.
        """
        of = {one: self._rows_of(i for i in passage_ids if self.language[i] == one) for one in self.rows}
        if len(of) < 2 or not all(map(len, of.values())):
            return {}
        (one, first), (other, second) = of.items()
        alike = (
            self.space.centre_passages(self.vectors[first], one)
            @ self.space.centre_passages(self.vectors[second], other).T
        )
        found: dict[str, str] = {}
        for rows, theirs, values in ((first, second, alike), (second, first, alike.T)):
            for row, nearest, value in zip(rows, values.argmax(axis=1), values.max(axis=1), strict=True):
                if value >= least:
                    found[self.passage_ids[row]] = self.passage_ids[theirs[nearest]]
        return found

    def select(
        self,
        *,
        languages: Sequence[str] = (),
        article_ids: Sequence[str] = (),
        sources: Sequence[str] = (),
        date_from: str = "",
        date_to: str = "",
    ) -> list[str]:
        """Ids of the passages whose article fits every condition given (see `Manifest.select`)."""
        return self.manifest.select(
            languages=languages, article_ids=article_ids, sources=sources, date_from=date_from, date_to=date_to
        )

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """Id -> passage, for those of `ids` that are there."""
        return self.manifest.passages(ids)

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Id -> article, for those of `ids` that are there."""
        return self.manifest.articles(ids)


def _close(manifest: Manifest, store: PassageStore) -> None:
    manifest.close()
    store.close()


def _holding(scores: NDArray[np.float32], rows: NDArray[np.intp], k: int) -> NDArray[np.intp]:
    """The `k` of `rows` with the highest scores above zero; ties by row, which is by id."""
    rows = rows[scores[rows] > 0.0]
    return rows[_top(scores[rows], k)]


def _top(values: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Where the `k` highest values stand, highest first; of equal ones the first."""
    if k >= len(values):
        return np.argsort(-values, kind="stable")
    least = np.partition(values, len(values) - k)[len(values) - k]
    enough = np.flatnonzero(values >= least)
    best: NDArray[np.intp] = enough[np.argsort(-values[enough], kind="stable")][:k]
    return best


def _observed(values: NDArray[np.float32]) -> Spread:
    return Spread(mean=float(values.mean()), deviation=float(values.std()))
