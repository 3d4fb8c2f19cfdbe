"""Brings one generation, not live yet, to a set of articles: split, embed, store, check. Knows nothing of files.

An engine splits and embeds (`index/engine.py`); what it has embedded lies in a spool until all of it is written, so a
run that was killed is gone on with.
"""

from collections.abc import Iterator, Sequence, Set
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.article import LANGUAGES, Language, Passage
from index.changes import Changes, Located
from index.embed import Elsewhere, TextEmbedder
from index.engine import Engine, LocalEngine
from index.errors import StoreError
from index.fingerprint import fingerprint_of, shape_of
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.progress import Progress, ProgressCallback
from index.server import Server
from index.server_store import ServerStore, create_store, open_store
from index.space import Space, Vector, measure, typical
from index.spool import Spool
from index.store import lost
from index.vectors import VECTORS, open_vectors, write_vectors

_AGAIN = "make the index again with `kotae index --rebuild PATH`"
_FEW = 10  # passages that a search may have to compare itself: among many copies the graph leads nowhere else
_BATCH = 1024  # passages written at a time: bounds the memory
_BLOCK = 128  # passages embedded at a time, then kept in the spool: some 20 s of one core


class Writer:
    """Brings one generation, not live yet, to a set of articles."""

    def __init__(
        self,
        folder: Path,
        embedder: TextEmbedder,
        passage_tokens: int,
        progress: ProgressCallback,
        *,
        live: Manifest | None,
        fresh: bool,
        spool: Path,
        engine: Engine | None = None,
        server: Server | None = None,
    ) -> None:
        """`spool`: where vectors lie until all are made. `engine`: what makes them, else `embedder` itself."""
        self._folder = folder
        self._embedder = embedder
        self._engine = engine or LocalEngine(embedder)
        self._spool_path = spool
        self._passage_tokens = passage_tokens
        self._progress = progress
        self._earlier = live.path.parent if live else None  # the generation to take vectors and terms from
        self._questions = _questions(self._earlier, embedder)
        manifest = folder / "manifest.sqlite3"
        self._manifest = Manifest.create(manifest) if fresh else Manifest.open(manifest, writable=True)
        self._known = live or self._manifest
        if fresh:
            made = {**fingerprint_of(embedder, passage_tokens), **shape_of(embedder)}
            self._manifest.set_fingerprint(made)
        # Last, because Chroma keeps an engine for the path until it is closed.
        self._store = create_store(folder, server) if fresh else open_store(folder, server)
        # A server's collections are never changed: those of the generation before are looked at in the end.
        self._changing = fresh or server is None

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()
        self._manifest.close()

    def apply(self, changes: Changes) -> int:
        """Writes what is new or changed and removes what is gone. How many passages had to be embedded."""
        for item in changes.moved:
            self._manifest.move_article(item.article.id, item.root, item.located.path, item.located.file_digest)
        for article_id in changes.gone:
            self._remove(self._manifest.passages_of(article_id))
            self._manifest.remove_article(article_id)
        return self._write(changes.new)

    def finish(self) -> tuple[int, int]:
        """Makes the word index and what lies beside it, checks that the parts agree. (articles, passages) are in it."""
        ids = self._manifest.passage_ids()
        unlinked: list[str] = []
        for language in LANGUAGES:
            expected = {passage_id for passage_id, of in ids if of == language}
            left = self._lost(expected, language)
            if left or (isinstance(self._store, ServerStore) and not self._store.shares(language)):
                self._store_again(sorted(expected), language)
                left = self._lost(expected, language)
            if len(left) > max(_FEW, len(expected) // 100):
                raise StoreError(f"Chroma does not find {len(left)} of {len(expected)} {language!r} passages: {_AGAIN}")
            unlinked += left
        self._manifest.note_unlinked(unlinked)
        self._index_words([passage_id for passage_id, _ in ids])
        write_vectors(self._folder / VECTORS, [passage_id for passage_id, _ in ids], self._manifest.vectors)
        self._measure(ids)
        Home.note_roots(self._folder, self._manifest.roots())
        return self._manifest.count()

    def _lost(self, expected: set[str], language: Language) -> list[str]:
        """The passages that no search finds; all of them when Chroma holds other ones."""
        reached = self._store.reachable(len(expected), language)
        if self._store.count(language) != len(expected) or reached - expected:
            return sorted(expected)
        return lost(expected, reached, self._manifest.vectors)

    def _store_again(self, ids: Sequence[str], language: Language) -> None:
        """Makes a language's collection anew: on a server after each change, else where its graph lost a vector."""
        self._store.clear(language)
        for start in range(0, len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            self._store.put(some, self._manifest.vectors(some), language)

    def _index_words(self, ids: Sequence[str]) -> None:
        """Makes the word index; the passages of the earlier one are not read again."""

        def texts(known: Set[str] = frozenset()) -> Iterator[str]:
            for start in range(0, len(ids), _BATCH):
                some = ids[start : start + _BATCH]
                passages = self._manifest.passages(passage_id for passage_id in some if passage_id not in known)
                yield from (passages[one].embedded_text if one in passages else "" for one in some)

        folder = self._folder / "words"
        try:
            previous = LexicalIndex.open(self._earlier / "words") if self._earlier else None
            known = frozenset(previous.passage_ids) if previous else frozenset[str]()
            LexicalIndex.write(folder, ids, texts(known), previous=previous)
        except StoreError:  # of another version, or damaged: everything is read again
            LexicalIndex.write(folder, ids, texts())

    def _measure(self, ids: Sequence[tuple[str, Language]]) -> None:
        """Writes the shape of the vectors, which are in their file by now, beside them."""
        vectors = open_vectors(self._folder / VECTORS, [passage_id for passage_id, _ in ids], self._manifest.vectors)

        def slices(language: Language) -> Iterator[Vector]:
            rows = [row for row, (_, of) in enumerate(ids) if of == language]
            for start in range(0, len(rows), _BATCH):
                yield vectors[rows[start : start + _BATCH]]

        languages = {of for _, of in ids}
        measure({of: partial(slices, of) for of in sorted(languages)}, self._questions).save(self._folder / "space.npz")

    def _write(self, new: Sequence[Located]) -> int:
        """Splits, embeds and stores `new`; passages that are already there keep their vectors. How many were not."""
        cut = self._split(new)
        wanted = {passage.id: passage for some in cut for passage in some}
        for start in range(0, len(ids := list(wanted)), _BATCH):
            for passage_id in self._known.has(ids[start : start + _BATCH]):
                del wanted[passage_id]
        # A few are made again faster than they are kept; an earlier run's are always looked at.
        kept = len(wanted) > _BLOCK or self._spool_path.exists()
        kept = kept and not isinstance(self._embedder, Elsewhere)  # it may be another one by then
        with closing(Spool(self._spool_path if kept else None, self._embedder.digest)) as spool:
            embedded = self._embed(list(wanted.values()), spool)
            self._put(list(zip(new, cut, strict=True)), spool)
        return embedded

    def _embed(self, passages: Sequence[Passage], spool: Spool) -> int:
        """Has the engine embed, into the spool, what is not in it. How many passages those were."""
        missing = spool.missing(passage.embedded_text for passage in passages)
        self._progress(Progress(label="embed", done=0, total=len(missing), unit="passages"))
        blocks = (missing[start : start + _BLOCK] for start in range(0, len(missing), _BLOCK))
        done = 0
        for block, vectors in self._engine.embed(blocks):
            spool.put(block, vectors)
            done += len(block)
            self._progress(Progress(label="embed", done=done, total=len(missing), unit="passages"))
        return done

    def _put(self, pairs: Sequence[tuple[Located, list[Passage]]], spool: Spool) -> None:
        """Stores articles with their passages, whose vectors are known or in the spool."""
        total, done = sum(len(passages) for _, passages in pairs), 0
        for group in _groups(pairs):
            passages = [passage for _, some in group for passage in some]
            ids = list(self._known.has(passage.id for passage in passages))
            vectors = dict(zip(ids, self._known.vectors(ids), strict=True))
            fresh = [passage for passage in passages if passage.id not in vectors]
            made = spool.vectors([passage.embedded_text for passage in fresh])
            vectors.update(zip([passage.id for passage in fresh], made, strict=True))
            for language in LANGUAGES:  # Chroma takes many at once far faster than an article at a time
                of_language = [passage.id for passage in passages if passage.language == language]
                if self._changing:
                    self._store.put(of_language, self._matrix(of_language, vectors), language)
            for item, some in group:
                self._replace(item, some, vectors)
            done += len(passages)
            self._progress(Progress(label="write", done=done, total=total, unit="passages"))

    def _replace(self, item: Located, passages: Sequence[Passage], vectors: dict[str, NDArray[np.float32]]) -> None:
        kept = {passage.id for passage in passages}
        self._remove([old for old in self._manifest.passages_of(item.article.id) if old.id not in kept])
        matrix = self._matrix([passage.id for passage in passages], vectors)
        self._manifest.put_article(item.located, item.root, passages, matrix)

    def _matrix(self, ids: Sequence[str], vectors: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        rows = np.array([vectors[passage_id] for passage_id in ids], dtype=np.float32)
        return rows.reshape(len(ids), self._embedder.dimension)

    def _remove(self, passages: Sequence[Passage]) -> None:
        for language in LANGUAGES if self._changing else ():
            self._store.remove([passage.id for passage in passages if passage.language == language], language)

    def _split(self, new: Sequence[Located]) -> list[list[Passage]]:
        cut = []
        for passages in self._engine.split([item.article for item in new], self._passage_tokens):
            cut.append(list({passage.id: passage for passage in passages}.values()))
            if len(cut) % 50 == 0 or len(cut) == len(new):
                self._progress(Progress(label="split", done=len(cut), total=len(new), unit="articles"))
        return cut


def _questions(earlier: Path | None, embedder: TextEmbedder) -> Space:
    """What questions share: of the earlier generation, or made anew."""
    try:
        return Space.open(earlier / "space.npz") if earlier else typical(embedder)
    except StoreError:  # damaged, or of another version
        return typical(embedder)


def _groups(
    pairs: Sequence[tuple[Located, list[Passage]]],
) -> Iterator[list[tuple[Located, list[Passage]]]]:
    """Whole articles of about _BATCH passages together."""
    group: list[tuple[Located, list[Passage]]] = []
    size = 0
    for pair in pairs:
        group.append(pair)
        size += len(pair[1])
        if size >= _BATCH:
            yield group
            group, size = [], 0
    if group:
        yield group
