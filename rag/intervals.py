"""Means with 95% intervals by the bootstrap (Efron, 1979), seeded so that two runs agree. Knows only numbers."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from statistics import fmean, stdev

from rag.metrics import percentile

RESAMPLES = 1000
SEED = 20251103
_MANY = 2000  # values from which the bootstrap of a mean and the normal distribution cannot be told apart


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean of `count` values, and the interval that holds it in 95 of 100 samples like this one."""

    mean: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean of the values with its percentile bootstrap interval: the 2.5th and 97.5th percentile of the means of
    1,000 samples drawn from the values with replacement. One value has no interval but itself."""
    if not values:
        return Interval(mean=math.nan, low=math.nan, high=math.nan, count=0)
    mean = fmean(values)
    if len(values) == 1 or min(values) == max(values):
        return Interval(mean=mean, low=mean, high=mean, count=len(values))
    if len(values) > _MANY:
        half = 1.959964 * stdev(values) / math.sqrt(len(values))
        return Interval(mean=mean, low=mean - half, high=mean + half, count=len(values))
    drawn = random.Random(SEED)
    means = [sum(drawn.choices(values, k=len(values))) / len(values) for _ in repeat(None, RESAMPLES)]
    return Interval(mean=mean, low=percentile(means, 0.025), high=percentile(means, 0.975), count=len(values))


def difference_interval(pairs: Sequence[tuple[float | None, float | None]]) -> Interval:
    """The mean of the first values minus that of the second, questions drawn as pairs. A None stays out of its mean.

    `count` is the number of pairs in which both have a value. NaN where either never has one.
    """
    ours, theirs = _mean(pairs, 0), _mean(pairs, 1)
    count = sum(a is not None and b is not None for a, b in pairs)
    if math.isnan(ours - theirs):
        return Interval(mean=math.nan, low=math.nan, high=math.nan, count=count)
    if all(a == b for a, b in pairs):
        return Interval(mean=0.0, low=0.0, high=0.0, count=count)
    differences = [value for value in _resampled(pairs) if not math.isnan(value)]
    return Interval(
        mean=ours - theirs, low=percentile(differences, 0.025), high=percentile(differences, 0.975), count=count
    )


def _resampled(pairs: Sequence[tuple[float | None, float | None]]) -> Iterator[float]:
    drawn = random.Random(SEED)
    for _ in repeat(None, RESAMPLES):
        sample = drawn.choices(pairs, k=len(pairs))
        yield _mean(sample, 0) - _mean(sample, 1)


def _mean(pairs: Sequence[tuple[float | None, float | None]], side: int) -> float:
    values = [pair[side] for pair in pairs]
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else math.nan
