"""Numbers for ranked lists and for declining, from plain values. Knows nothing of chatbots, articles or files.

A ranking is given as what each rank earns (0.0 for nothing). All values lie between 0.0 and 1.0, higher is better,
unless a docstring says otherwise. Checked in tests against a second implementation.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass


def hit_at(gains: Sequence[float], k: int) -> float:
    """1.0 when one of the first `k` ranks earns something (success@k)."""
    return float(any(gain > 0 for gain in gains[:k]))


def recall_at(found: Sequence[int], total: int, k: int) -> float:
    """Of `total` things to find, the share found in the first `k` ranks; `found[i]` is how many rank i+1 adds."""
    return sum(found[:k]) / total if total else 0.0


def reciprocal_rank(gains: Sequence[float]) -> float:
    """1 / (the first rank that earns something), 0.0 when none does. Its mean is MRR (Voorhees, TREC-8, 1999)."""
    return next((1.0 / rank for rank, gain in enumerate(gains, start=1) if gain > 0), 0.0)


def ndcg_at(gains: Sequence[float], ideal: Sequence[float], k: int) -> float:
    """DCG@k / (DCG@k of the best order), DCG@k = sum of gain_i / log2(i + 1) over the ranks i = 1..k.

    `ideal` holds the gains of everything there is to find, in any order (Jarvelin and Kekalainen, 2002; the linear
    gain of trec_eval).
    """
    best = _dcg(sorted(ideal, reverse=True)[:k])
    return _dcg(gains[:k]) / best if best else 0.0


def average_precision(gains: Sequence[float], total: int) -> float:
    """(1 / total) * sum of precision@i over the ranks i that earn something. Its mean is MAP (trec_eval's `map`).

    precision@i = (ranks up to i that earn something) / i.
    """
    earned, summed = 0, 0.0
    for rank, gain in enumerate(gains, start=1):
        if gain > 0:
            earned += 1
            summed += earned / rank
    return summed / total if total else 0.0


def f_measure(precision: float, recall: float, beta: float = 1.0) -> float:
    """(1 + b^2) P R / (b^2 P + R); 0.0 when both are 0."""
    weight = beta * beta
    below = weight * precision + recall
    return (1 + weight) * precision * recall / below if below else 0.0


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The questions answered when only those with a confidence of at least `threshold` are.

    `coverage`: share of all questions that is answered. `error`: share of wrong answers among these (lower is
    better).
    """

    threshold: float
    coverage: float
    error: float


def coverage_error(answered: Sequence[tuple[float, bool]], questions: int) -> list[CurvePoint]:
    """How the error grows with the share of questions answered, from the surest answer to the least sure.

    `answered` holds (confidence, right) of each answer given; `questions` counts the declined ones too, so the curve
    ends where the system stands. Answers of equal confidence enter together (El-Yaniv and Wiener, 2010).
    """
    ranked = sorted(answered, key=lambda pair: -pair[0])
    points: list[CurvePoint] = []
    wrong = 0
    for number, (confidence, right) in enumerate(ranked, start=1):
        wrong += not right
        if number == len(ranked) or ranked[number][0] != confidence:
            points.append(CurvePoint(threshold=confidence, coverage=number / questions, error=wrong / number))
    return points


def area_under(points: Sequence[CurvePoint]) -> float:
    """The mean error over the coverages reached (AURC; Geifman, Uziel and El-Yaniv, 2019). Lower is better.

    Each point's error counts for the coverage it adds.
    """
    total, before = 0.0, 0.0
    for point in points:
        total += (point.coverage - before) * point.error
        before = point.coverage
    return total / before if before else 0.0


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Answers of similar confidence: their mean confidence, the share that is right, and how many they are."""

    confidence: float
    right: float
    count: int


def reliability(answered: Sequence[tuple[float, bool]], bins: int = 8) -> list[Bin]:
    """Right answers by confidence, in bins of equal numbers of answers (Niculescu-Mizil and Caruana, 2005)."""
    ranked = sorted(answered)
    edges = [round(number * len(ranked) / bins) for number in range(bins + 1)]
    return [
        Bin(
            confidence=sum(confidence for confidence, _ in ranked[low:high]) / (high - low),
            right=sum(right for _, right in ranked[low:high]) / (high - low),
            count=high - low,
        )
        for low, high in zip(edges, edges[1:], strict=False)
        if high > low
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, interpolated linearly (numpy's default)."""
    ranked = sorted(values)
    if not ranked:
        return math.nan
    place = share * (len(ranked) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (place - low) * (ranked[high] - ranked[low])
