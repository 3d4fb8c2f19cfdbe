"""The shape of the vectors of an index: what all passages of a language share, and what all questions do.

Across languages an embedder's cosine is dominated by the language itself. What a language's vectors have in common
is taken off (centred), the rest is scaled to unit length again: then a question and a passage in different languages
compare by what they are about, and so do two passages. Knows nothing of Chroma or of words.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from index.article import LANGUAGES, Language
from index.embed import TextEmbedder
from index.errors import StoreError
from index.typical import TYPICAL_QUESTIONS

Vector = NDArray[np.float32]


USUAL = 8  # passages' worth of what is usual (docs/results.md)
# Deviation of the cosines between a question and all passages: as embedded, and centred.
USUAL_PLAIN, USUAL_CENTRED = 0.02, 0.078


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Mean and standard deviation of a score over all passages of a language."""

    mean: float
    deviation: float

    def steadied(self, count: int, usual: float) -> "Spread":
        """With USUAL passages of the `usual` deviation added to the `count` observed ones.

        Of three passages one is always a deviation or more above their mean, whatever it says. This is the mean of the
        variance under an inverse gamma prior; among hundreds of passages it changes nothing.
        """
        variance = (count * self.deviation**2 + USUAL * usual**2) / (count + USUAL)
        return Spread(mean=self.mean, deviation=variance**0.5)


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Mean, shape (dim,), and covariance, shape (dim, dim), of a set of vectors: enough for every projection."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def spread(self, direction: Vector) -> Spread:
        """Of `x @ direction` over all x of the set, exactly: E = m'd, Var = d'Cd."""
        wide = direction.astype(np.float64)
        variance = max(0.0, float(wide @ self.covariance @ wide))
        return Spread(mean=float(self.mean @ wide), deviation=variance**0.5)


@dataclass(frozen=True, kw_only=True)
class Space:
    """Per language: the moments of the passages as embedded, those of the centred ones, the mean of questions."""

    plain: dict[Language, Moments]
    centred: dict[Language, Moments]
    questions: dict[Language, Vector]

    def centre_passages(self, vectors: Vector, language: Language) -> Vector:
        """Shape (n, dim) in and out; rows of unit length."""
        return _unit(vectors - self.plain[language].mean.astype(np.float32))

    def centre_question(self, vector: Vector, language: Language) -> Vector:
        """Shape (dim,) in and out; unit length. `language` is the question's."""
        centred: Vector = _unit((vector - self.questions[language])[None])[0]
        return centred

    def save(self, path: Path) -> None:
        """Writes the numbers as one .npz file."""
        arrays: dict[str, NDArray[np.float64] | Vector] = {f"q-{of}": mean for of, mean in self.questions.items()}
        for kind, moments in (("plain", self.plain), ("centred", self.centred)):
            for language, moment in moments.items():
                arrays[f"{kind}-mean-{language}"] = moment.mean
                arrays[f"{kind}-covariance-{language}"] = moment.covariance
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def open(cls, path: Path) -> "Space":
        """Reads what `save` wrote. Raises StoreError when it is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as arrays:

                def moments(kind: str) -> dict[Language, Moments]:
                    return {
                        of: Moments(mean=arrays[f"{kind}-mean-{of}"], covariance=arrays[f"{kind}-covariance-{of}"])
                        for of in LANGUAGES
                        if f"{kind}-mean-{of}" in arrays
                    }

                questions = {of: arrays[f"q-{of}"] for of in LANGUAGES}
                return cls(plain=moments("plain"), centred=moments("centred"), questions=questions)
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, BadZipFile) as error:
            raise StoreError(f"{str(path)!r} is missing or damaged ({error}): run `kotae index --rebuild`") from error


def question_means(embedder: TextEmbedder) -> dict[Language, Vector]:
    """The mean vector of typical questions in each language, shape (dim,)."""
    return {
        language: np.mean([embedder.embed_question(question) for question in TYPICAL_QUESTIONS[language]], axis=0)
        for language in LANGUAGES
    }


def measure(vectors: Mapping[Language, Callable[[], Iterator[Vector]]], questions: dict[Language, Vector]) -> Space:
    """The space of these passages; `vectors` reads those of each language (at least one) anew at every call."""
    plain = {language: _moments(slices()) for language, slices in vectors.items()}
    means = {language: moments.mean.astype(np.float32) for language, moments in plain.items()}
    centred = {
        language: _moments(_unit(some - means[language]) for some in slices()) for language, slices in vectors.items()
    }
    return Space(plain=plain, centred=centred, questions=questions)


def _moments(slices: Iterator[Vector]) -> Moments:
    count, total, products = 0, np.zeros(0), np.zeros((0, 0))
    for some in slices:
        wide = some.astype(np.float64)
        total = wide.sum(axis=0) + (total if count else 0.0)
        products = wide.T @ wide + (products if count else 0.0)
        count += len(wide)
    mean = total / count
    return Moments(mean=mean, covariance=products / count - np.outer(mean, mean))


def _unit(vectors: Vector) -> Vector:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
