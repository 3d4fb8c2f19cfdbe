"""Puts the candidates of a search into one order: scores of two legs, passages of two languages.

A mixed collection would favour the passages in the question's own language, related or not, so each score is
standardised among the passages of its language before the languages meet: a passage is as good as it stands out among
its own. Knows nothing of texts, or of how the candidates were found.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.article import Language

if TYPE_CHECKING:  # numpy and the patterns of the word index are not for `import rag`
    from index.generation import Candidate, Candidates
    from index.space import Spread

LEVEL = 0.3  # share of the best score of a language that is taken off all its scores
# Cosine by content from which two passages say the same in two languages. Translations have .63 (median), reports of
# one event by different authors .44 and less, other passages about one subject .43 and less (docs/results.md).
TWIN = 0.5
PAIRED = 30  # best passages of each language among which twins are looked for

Twins = Callable[[Sequence[str], float], Mapping[str, str]]  # (passage ids, least cosine) -> each one's twin


@dataclass(frozen=True, kw_only=True)
class Weights:
    """How much the words count beside the similarity, by whether question and passage share their language.

    Across languages the words are those that the dictionary translates, and names and figures.
    """

    words_same: float = 0.30
    words_cross: float = 0.25
    names_cross: float = 0.12  # in place of words_cross where no word of the question is translated


@dataclass(frozen=True)
class Scored:
    """A candidate with its fused score and the parts of it."""

    candidate: "Candidate"
    score: float
    similarity_z: float
    words_z: float
    twin: float = 0.0
    rerank: float | None = None


def rank(candidates: "Candidates", language: Language, weights: Weights) -> list[Scored]:
    """All candidates with their fused scores, best first.

    fused = (1 - w) z(similarity) + w z(words), with w by whether question and passage share their language;
    score = fused - LEVEL (the best fused score of the passage's language): the more the best of one language stands
    out, the more room it leaves below it to the best of the other.
    """
    fused: list[tuple[Candidate, float, float, float]] = []
    best: dict[Language, float] = {}
    for candidate in candidates.found:
        of = candidate.language
        weight = weights.words_same if of == language else weights.words_cross
        similarity_z = _z(candidate.similarity, candidates.similarity[of])
        words_z = _z(candidate.words, candidates.words[of])
        score = (1 - weight) * similarity_z + weight * words_z
        best[of] = max(score, best.get(of, score))
        fused.append((candidate, score, similarity_z, words_z))
    levelled = [
        Scored(candidate, score - LEVEL * best[candidate.language], similarity_z, words_z)
        for candidate, score, similarity_z, words_z in fused
    ]
    return sorted(levelled, key=lambda scored: (-scored.score, scored.candidate.passage_id))


def twins_together(ranked: Sequence[Scored], language: Language, twins: Twins) -> list[Scored]:
    """`ranked`, best first, with what translations of each other mean for one another; `language` is the question's.

    What two passages say in two languages was scored twice, by different words: each gains the score of the other, if
    it is above zero. And a reader wants the source that they can read, so of the two the one in the question's language
    comes first.
    """
    counts: dict[Language, int] = {}
    best: dict[str, Scored] = {}
    for scored in ranked:
        of = scored.candidate.language
        counts[of] = counts.get(of, 0) + 1
        if counts[of] <= PAIRED:
            best[scored.candidate.passage_id] = scored
    twin_of = twins(list(best), TWIN) if len(counts) > 1 else {}
    if not twin_of:
        return list(ranked)
    gained = (
        replace(scored, score=scored.score + gain, twin=gain)
        if (twin := twin_of.get(scored.candidate.passage_id)) and (gain := max(0.0, best[twin].score))
        else scored
        for scored in ranked
    )
    order = sorted(gained, key=lambda scored: (-scored.score, scored.candidate.passage_id))
    by_id = {scored.candidate.passage_id: scored for scored in order}
    placed: dict[str, Scored] = {}
    for scored in order:
        passage_id = scored.candidate.passage_id
        twin = twin_of.get(passage_id, "")
        if scored.candidate.language != language and twin and twin not in placed:
            placed[twin] = replace(by_id[twin], score=scored.score)
        placed.setdefault(passage_id, scored)
    return list(placed.values())


def _z(value: float, spread: "Spread") -> float:
    return (value - spread.mean) / spread.deviation if spread.deviation > 1e-9 else 0.0
