"""The shape of the vectors of an index: what all passages of a language share, and what all questions do.

Across languages an embedder's cosine is dominated by the language itself. What a language's vectors have in common
is taken off (centred), the rest is scaled to unit length again: then a question and a passage in different languages
compare by what they are about, and so do two passages. Knows nothing of Chroma or of words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from index.article import LANGUAGES, Language
from index.embed import Elsewhere, TextEmbedder
from index.errors import StoreError
from index.typical import TYPICAL_QUESTIONS

Vector = NDArray[np.float32]


USUAL = 8  # passages' worth of what is usual (docs/results.md)
# Deviation of the cosines between a question and all passages with the bundled embedder: as embedded, and centred.
USUAL_PLAIN, USUAL_CENTRED = 0.02, 0.078
# The same among its typical questions. Another embedder spreads both wider, or both less (docs/results.md).
_TYPICAL_PLAIN, _TYPICAL_CENTRED = 0.0231, 0.0966
_LEAST = 0.1  # of the bundled embedder's: no embedder tells so little apart


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
    """Per language: the moments of the passages as embedded, those of the centred ones, the mean of questions.

    `usual_plain` and `usual_centred`: the deviations of cosines that are usual with this embedder.
    """

    plain: dict[Language, Moments]
    centred: dict[Language, Moments]
    questions: dict[Language, Vector]
    usual_plain: float = USUAL_PLAIN
    usual_centred: float = USUAL_CENTRED

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
        arrays["usual"] = np.array([self.usual_plain, self.usual_centred])
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
                usual = arrays["usual"].tolist() if "usual" in arrays else (USUAL_PLAIN, USUAL_CENTRED)  # before
                return cls(
                    plain=moments("plain"),
                    centred=moments("centred"),
                    questions=questions,
                    usual_plain=usual[0],
                    usual_centred=usual[1],
                )
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, BadZipFile) as error:
            raise StoreError(f"{str(path)!r} is missing or damaged ({error}): run `kotae index --rebuild`") from error


def typical(embedder: TextEmbedder) -> Space:
    """The space of no passages yet: what this embedder makes of typical questions in each language."""
    asked = {of: _questions(embedder, TYPICAL_QUESTIONS[of]) for of in LANGUAGES}
    means: dict[Language, Vector] = {of: vectors.mean(axis=0) for of, vectors in asked.items()}
    plain = np.mean([_apart(vectors) for vectors in asked.values()]) / _TYPICAL_PLAIN
    centred = np.mean([_apart(_unit(vectors - means[of])) for of, vectors in asked.items()]) / _TYPICAL_CENTRED
    return Space(
        plain={},
        centred={},
        questions=means,
        usual_plain=USUAL_PLAIN * max(_LEAST, float(plain)),
        usual_centred=USUAL_CENTRED * max(_LEAST, float(centred)),
    )


def _questions(embedder: TextEmbedder, texts: Sequence[str]) -> Vector:
    if isinstance(embedder, Elsewhere):  # a few requests instead of one for each
        return embedder.embed_questions(texts)
    return np.stack([embedder.embed_question(text) for text in texts])


def _apart(vectors: Vector) -> float:
    """Deviation of the cosines between one of these unit vectors and each other."""
    cosines = (vectors @ vectors.T)[~np.eye(len(vectors), dtype=bool)].reshape(len(vectors), -1)
    return float(np.sqrt(cosines.var(axis=1).mean()))


def measure(vectors: Mapping[Language, Callable[[], Iterator[Vector]]], questions: Space) -> Space:
    """The space of these passages; `vectors` reads those of each language (at least one) anew at every call.

    `questions` is that of `typical`, or an earlier one with the same embedder.
    """
    plain = {language: _moments(slices()) for language, slices in vectors.items()}
    means = {language: moments.mean.astype(np.float32) for language, moments in plain.items()}
    centred = {
        language: _moments(_unit(some - means[language]) for some in slices()) for language, slices in vectors.items()
    }
    return replace(questions, plain=plain, centred=centred)


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
