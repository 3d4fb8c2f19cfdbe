"""Two scorecards set against each other: what fell, by how much, and which questions flipped."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.intervals import Interval, difference_interval
from rag.report_texts import METRICS
from rag.scorecard import ReportError, Scorecard, answer_of
from rag.scoring import Row

# What may be lost without an alarm, where nobody names anything else. Of these, what both scorecards have is held.
DEFAULT_TOLERANCE = {"right": 0.02, "hit@5": 0.02, "ndcg@10": 0.02, "article_hit@5": 0.02, "placed": 0.02}
_TIMES = ("first_words", "seconds")


@dataclass(frozen=True, kw_only=True)
class Fall:
    """A metric that fell by more than its tolerance; for times, one that rose."""

    metric: str
    by: float
    tolerance: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`differences`: now minus before, over the questions that both have. `better` and `worse` are the ids of the
    questions that flipped; `left_out` counts questions that only one of the two has, or that were changed."""

    differences: Mapping[str, Interval]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    compared: int
    left_out: int
    fell: tuple[Fall, ...]

    def to_dict(self) -> dict[str, Any]:
        """Only JSON types."""
        return {
            "differences": {
                name: {key: None if math.isnan(value) else value for key, value in interval.__dict__.items()}
                for name, interval in self.differences.items()
            },
            "better": list(self.better),
            "worse": list(self.worse),
            "compared": self.compared,
            "left_out": self.left_out,
            "fell": [dict(fall.__dict__) for fall in self.fell],
        }

    def to_markdown(self) -> str:
        """The differences as a table, clear ones in bold, then the questions that flipped."""
        lines = [
            f"## Against the baseline ({self.compared} questions)",
            "",
            "| metric | difference | 95% |",
            "|---|---|---|",
        ]
        for name, one in self.differences.items():
            shown = f"{one.mean:+.3f}"
            shown = f"**{shown}**" if one.excludes_zero else shown
            lines.append(f"| {METRICS[name].en} | {shown} | {one.low:+.3f} to {one.high:+.3f} |")
        lines += ["", f"Right now, wrong before: {', '.join(self.better) or 'none'}"]
        lines += ["", f"Wrong now, right before: {', '.join(self.worse) or 'none'}"]
        if self.left_out:
            lines += ["", f"{self.left_out} questions stand in one of the two reports only, or were changed."]
        for fall in self.fell:
            lines += ["", f"**{METRICS[fall.metric].en} fell by {fall.by:.3f}** (tolerance {fall.tolerance:g})"]
        return "\n".join(lines) + "\n"


def compare(now: Scorecard, before: Scorecard, tolerance: Mapping[str, float] | None = None) -> Comparison:
    """Sets `now` against `before`. `tolerance` names the metrics to hold and what each may lose; the default is
    DEFAULT_TOLERANCE. Raises ReportError when the two share no question or have no such metric."""
    earlier = {row.id: row for row in before.rows}
    pairs = [(row, earlier[row.id]) for row in now.rows if row.id in earlier and _same(row, earlier[row.id])]
    if not pairs:
        raise ReportError("the baseline shares no question with this run: evaluate the same gold set")
    differences = {}
    for name in METRICS:
        values = [(_value(a, name), _value(b, name)) for a, b in pairs]
        if any(a is not None for a, _ in values) and any(b is not None for _, b in values):
            differences[name] = difference_interval(values)
    flips = [(row.id, outcome) for row, other in pairs if (outcome := _flip(row, other))]
    return Comparison(
        differences=differences,
        better=tuple(row_id for row_id, outcome in flips if outcome > 0),
        worse=tuple(row_id for row_id, outcome in flips if outcome < 0),
        compared=len(pairs),
        left_out=len(now.rows) + len(before.rows) - 2 * len(pairs),
        fell=_fallen(differences, tolerance),
    )


def _fallen(differences: Mapping[str, Interval], tolerance: Mapping[str, float] | None) -> tuple[Fall, ...]:
    if tolerance is None:
        tolerance = {name: value for name, value in DEFAULT_TOLERANCE.items() if name in differences}
    fell = []
    for name, allowed in tolerance.items():
        if name not in differences:
            known = ", ".join(differences)
            raise ReportError(f"there is no metric {name!r} to hold in both reports: use one of {known}")
        by = differences[name].mean * (1 if name in _TIMES or name == "failed" else -1)
        if by > allowed + 1e-12:
            fell.append(Fall(metric=name, by=by, tolerance=allowed))
    return tuple(fell)


def _same(row: Row, other: Row) -> bool:
    return (row.question, row.is_impossible) == (other.question, other.is_impossible)


def _value(row: Row, name: str) -> float | None:
    return answer_of(row).get(name) if name in _TIMES else row.metrics.get(name)


def _flip(row: Row, other: Row) -> float:
    """+1.0 from wrong to right, -1.0 the other way, by the first of these metrics that both have."""
    for name in ("right", "hit@5", "article_hit@5"):
        a, b = row.metrics.get(name), other.metrics.get(name)
        if a is not None and b is not None:
            return a - b
    return 0.0
