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
from index.space import Space, Spread, Vector
from index.store import PassageStore, check_counts

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
    """What was found for a question, and how the scores are spread over all passages of each language."""

    found: tuple[Candidate, ...]
    similarity: Mapping[Language, Spread]
    words: Mapping[Language, Spread]


class Generation:
    """Never written, so it needs no locks."""

    def __init__(self, folder: Path, embedder: TextEmbedder) -> None:
        """Raises EmbedderMismatch, or StoreError when a file is missing or damaged."""
        self.name = folder.name
        self.manifest = Manifest.open(folder / "manifest.sqlite3")
        check_fingerprint(self.manifest, embedder)
        check_files(folder)
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
        self._unlinked = self.manifest.unlinked
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

        `allowed`, when given, limits them to these passage ids (see `select`); all of them are then compared.
        """
        centred = self.space.centre_question(asked.vector, asked.language)
        scores = self.words.scores(asked.question)
        found: list[Candidate] = []
        similarity: dict[Language, Spread] = {}
        for of, rows in self.rows.items():
            same = of == asked.language
            direction = asked.vector if same else centred
            similarity[of] = (self.space.plain if same else self.space.centred)[of].spread(direction)
            if not same and asked.groups:
                scores = scores + _TRANSLATED * self.words.translated(asked.groups, rows)
            if allowed is None:
                near = self.store.search(direction, min(pool, len(rows)), of)
                matching = {n.passage_id for n in near} | {self.passage_ids[r] for r in _best(scores, rows, pool)}
                matching |= {passage_id for passage_id in self._unlinked if self.language.get(passage_id) == of}
            else:
                matching = {passage_id for passage_id in allowed if self.language.get(passage_id) == of}
            ids = sorted(matching)
            vectors = self.manifest.vectors(ids)
            if ids and not same:
                vectors = self.space.centre_passages(vectors, of)
            found += [
                Candidate(
                    passage_id=passage_id,
                    language=of,
                    similarity=float(value),
                    words=float(scores[self.position[passage_id]]),
                )
                for passage_id, value in zip(ids, vectors @ direction if ids else (), strict=True)
            ]
        words = {of: _observed(scores[rows]) for of, rows in self.rows.items()}
        return Candidates(found=tuple(found), similarity=similarity, words=words)

    def alike(self, passage_id: str, others: Sequence[str]) -> list[float]:
        """Cosine of a passage and each of the others by what they are about, whatever their languages."""
        ids = [passage_id, *others]
        vectors = self.manifest.vectors(ids)
        centred = np.vstack(
            [
                self.space.centre_passages(vector[None], self.language[one])
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


def _best(scores: NDArray[np.float32], rows: NDArray[np.intp], k: int) -> list[int]:
    """The `k` of `rows` with the highest scores above zero; ties by row, which is by id."""
    values = scores[rows]
    order = np.argsort(-values, kind="stable")[:k]
    return [int(rows[n]) for n in order if values[n] > 0.0]


def _observed(values: NDArray[np.float32]) -> Spread:
    return Spread(mean=float(values.mean()), deviation=float(values.std()))
