"""A live index, open for reading: passages near a question, with the scores of both legs. Knows nothing of prompts.

It follows `HOME/CURRENT`: when a writer has switched to a new generation, the next search reads that one.
"""

import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.article import LANGUAGES, Article, Language, Passage
from index.embed import TextEmbedder
from index.errors import StoreError
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.space import Space, Spread, Vector
from index.store import PassageStore
from index.writer import check_fingerprint

_REMEMBERED = 20_000  # vectors of sentences kept in memory: 31 MB at 384 dimensions


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
    """What was found for a question, and how the scores are spread over all passages of each language."""

    found: tuple[Candidate, ...]
    similarity: Mapping[Language, Spread]
    words: Mapping[Language, Spread]


class _Generation:
    """The open files of one generation. Never written, so it needs no locks."""

    def __init__(self, home: Home, name: str, embedder: TextEmbedder) -> None:
        folder = home.live
        self.name = name
        self.manifest = Manifest.open(folder / "manifest.sqlite3")
        check_fingerprint(self.manifest, embedder)
        self.store = PassageStore.open(folder / "chroma")
        self.words = LexicalIndex.open(folder / "words")
        self.space = Space.open(folder / "space.npz")
        ids = self.manifest.passage_ids()
        self.passage_ids = [passage_id for passage_id, _ in ids]
        if self.passage_ids != list(self.words.passage_ids):
            raise StoreError(
                f"the word index in {str(folder)!r} holds other passages than the manifest: run `kotae index --rebuild`"
            )
        self.position = {passage_id: number for number, passage_id in enumerate(self.passage_ids)}
        self.language = dict(ids)
        rows = {of: [number for number, (_, language) in enumerate(ids) if language == of] for of in LANGUAGES}
        self.rows = {of: np.array(numbers, dtype=np.intp) for of, numbers in rows.items() if numbers}
        if set(self.rows) != set(self.space.plain):
            raise StoreError(
                f"'space.npz' in {str(folder)!r} belongs to other passages than the manifest: "
                "run `kotae index --rebuild`"
            )
        # Chroma keeps an engine for each path: it goes when the last reader lets go of this generation.
        self.close = weakref.finalize(self, _close, self.manifest, self.store)
        self.close.atexit = False


class Collection:
    """The passages of one home, searchable. Methods may be called from any thread."""

    def __init__(self, home: Home, embedder: TextEmbedder) -> None:
        """Raises NoIndex, EmbedderMismatch or StoreError when there is nothing that can be searched."""
        self._home = home
        self._embedder = embedder
        self._lock = threading.Lock()
        self._open = _open(home, embedder)
        self._embedded: dict[str, Vector] = {}
        self._embed_question = lru_cache(maxsize=1024)(embedder.embed_question)

    def candidates(
        self, question: str, language: Language, pool: int, allowed: Sequence[str] | None = None
    ) -> Candidates:
        """The best `pool` passages of each leg in each language, sorted by id. `language` is the question's.

        `allowed`, when given, limits them to these passage ids (see `select`); all of them are then compared.
        """
        generation = self._generation()
        plain = self._embed_question(question)
        centred = generation.space.centre_question(plain, language)
        scores = generation.words.scores(question)
        found: list[Candidate] = []
        similarity: dict[Language, Spread] = {}
        for of, rows in generation.rows.items():
            same = of == language
            direction = plain if same else centred
            moments = generation.space.plain if same else generation.space.centred
            similarity[of] = moments[of].spread(direction)
            if allowed is None:
                near = generation.store.search(direction, min(pool, len(rows)), of)
                matching = {n.passage_id for n in near} | {generation.passage_ids[r] for r in _best(scores, rows, pool)}
            else:
                matching = {passage_id for passage_id in allowed if generation.language.get(passage_id) == of}
            ids = sorted(matching)
            vectors = generation.manifest.vectors(ids)
            if ids and not same:
                vectors = generation.space.centre_passages(vectors, of)
            found += [
                Candidate(
                    passage_id=passage_id,
                    language=of,
                    similarity=float(value),
                    words=float(scores[generation.position[passage_id]]),
                )
                for passage_id, value in zip(ids, vectors @ direction if ids else (), strict=True)
            ]
        words = {of: _observed(scores[rows]) for of, rows in generation.rows.items()}
        return Candidates(found=tuple(found), similarity=similarity, words=words)

    def alike(self, passage_id: str, others: Sequence[str]) -> list[float]:
        """Cosine of a passage and each of the others by what they are about, whatever their languages."""
        generation = self._generation()
        ids = [passage_id, *others]
        vectors = generation.manifest.vectors(ids)
        centred = np.vstack(
            [
                generation.space.centre_passages(vector[None], generation.language[one])
                for one, vector in zip(ids, vectors, strict=True)
            ]
        )
        return [float(value) for value in centred[1:] @ centred[0]]

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
        return self._generation().manifest.select(
            languages=languages, article_ids=article_ids, sources=sources, date_from=date_from, date_to=date_to
        )

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """Id -> passage, for those of `ids` that are there."""
        return self._generation().manifest.passages(ids)

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Id -> article, for those of `ids` that are there."""
        return self._generation().manifest.articles(ids)

    def count(self) -> tuple[int, int]:
        """(articles, passages)."""
        return self._generation().manifest.count()

    def likeness(self, question: str, language: Language, texts: Sequence[str], text_language: Language) -> list[float]:
        """Cosine of a question and each text; of centred vectors where their languages differ."""
        if not texts:
            return []
        vectors = np.stack(self._embed_texts(texts))
        direction = self._embed_question(question)
        space = self._generation().space
        if language != text_language and text_language in space.plain:
            vectors = space.centre_passages(vectors, text_language)
            direction = space.centre_question(direction, language)
        return [float(value) for value in vectors @ direction]

    def _embed_texts(self, texts: Sequence[str]) -> list[Vector]:
        """As `embed_passages`, remembering the last texts: the same sentences are compared again and again."""
        known = {text: vector for text in texts if (vector := self._embedded.get(text)) is not None}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        made = dict(zip(missing, self._embedder.embed_passages(missing), strict=True)) if missing else {}
        found = [made[text] if text in made else known[text] for text in texts]
        with self._lock:
            self._embedded.update(made)
            while len(self._embedded) > _REMEMBERED:
                self._embedded.pop(next(iter(self._embedded)))
        return found

    def close(self) -> None:
        """Closes the files."""
        with self._lock:
            self._open.close()

    def _generation(self) -> _Generation:
        """The live generation, opened anew when a writer has switched; who still reads the old one keeps it."""
        if self._home.live_name != self._open.name:
            with self._lock:
                if self._home.live_name != self._open.name:
                    self._open = _open(self._home, self._embedder)
        return self._open


def _open(home: Home, embedder: TextEmbedder) -> _Generation:
    """The live generation. Writers that finish while it is being opened may take it away: then the next one."""
    for _ in range(10):
        name = home.live_name
        try:
            return _Generation(home, name, embedder)
        except StoreError:
            if home.live_name == name:
                raise
    return _Generation(home, home.live_name, embedder)


def _close(manifest: Manifest, store: PassageStore) -> None:
    manifest.close()
    store.close()


def _best(scores: NDArray[np.float32], rows: NDArray[np.intp], k: int) -> list[int]:
    """The `k` of `rows` with the highest scores above zero; ties by row, which is by id."""
    values = scores[rows]
    order = np.argsort(-values, kind="stable")[:k]
    return [int(rows[n]) for n in order if values[n] > 0.0]


def _observed(values: NDArray[np.float32]) -> Spread:
    return Spread(mean=float(values.mean()), deviation=float(values.std()))
