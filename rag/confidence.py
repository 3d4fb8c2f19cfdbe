"""How probable it is that the passages found answer the question: one number, one threshold. Knows no model.

A logistic regression over what is known before anything is written: the model's answer to the probe, and how well the
likeliest sentence fits. The model with Kotae's adapter says "yes" more seldom than any other, and rightly so: it has
weights of its own. docs/results.md has the questions they were fitted on, and the curves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rag.evidence import Excerpt

MIN_CONFIDENCE = 0.4  # from which an answer is given, on every turn and in all three faces


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Of the logit of "yes", and of the likeliest sentence."""

    intercept: float
    yes: float
    best: float


PLAIN = Weights(intercept=-1.57, yes=1.01, best=0.10)
ADAPTED = Weights(intercept=0.84, yes=0.90, best=0.0)


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What speaks for an answer being there.

    `yes`: the probe's probability of "yes"; `best`: log-odds of the likeliest sentence (`rag/relevance.py`).
    """

    yes: float
    best: float


def signals(excerpts: Sequence[Excerpt], yes: float) -> Signals:
    """The signals of a question whose evidence is `excerpts`, which must not be empty."""
    return Signals(yes=yes, best=max(sentence.score for excerpt in excerpts for sentence in excerpt.sentences))


def confidence(of: Signals, weights: Weights = PLAIN) -> float:
    """The probability that the question is answered: the logistic function of the weighed signals."""
    logit = math.log(_clipped(of.yes) / (1 - _clipped(of.yes)))
    return 1 / (1 + math.exp(-(weights.intercept + weights.yes * logit + weights.best * of.best)))


def _clipped(probability: float) -> float:
    return min(max(probability, 0.001), 0.999)
