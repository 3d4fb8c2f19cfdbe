"""How good the answers to a gold set were: means with intervals, by language pair and question type, and every row.

Knows nothing of how the answers came about. `rag/compare.py` sets two scorecards against each other, `rag/report.py`
draws one as a page.
"""

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import KotaeError
from rag.intervals import Interval, mean_interval
from rag.metrics import Bin, CurvePoint, area_under, coverage_error, percentile, reliability
from rag.report_texts import HEADLINE, METRICS, PAIRS
from rag.scoring import Row

if TYPE_CHECKING:
    import pandas

SCHEMA = 1


class ReportError(KotaeError):
    """A stored report that cannot be read or written."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Seconds: the median and the value that 95 of 100 answers stay below."""

    p50: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """One row for each question, and what follows from them. `configuration` says what was evaluated."""

    rows: tuple[Row, ...]
    configuration: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def metrics(self) -> dict[str, Interval]:
        """Every metric that at least one question has, in a fixed order."""
        return summarised(self.rows)

    @cached_property
    def by_pair(self) -> dict[str, dict[str, Interval]]:
        """The metrics of the questions of each language pair: "ja-en" is asked in Japanese of English articles."""
        return self._split(lambda row: row.pair or f"{row.language}-", PAIRS)

    @cached_property
    def by_type(self) -> dict[str, dict[str, Interval]]:
        """The metrics of each question type."""
        return self._split(
            lambda row: row.question_type or "-", sorted({row.question_type or "-" for row in self.rows})
        )

    @cached_property
    def latency(self) -> dict[str, Latency]:
        """ "first_words" and "seconds" (the whole answer)."""
        found = {}
        for name in ("first_words", "seconds"):
            values = [value for row in self.rows if (value := answer_of(row).get(name)) is not None]
            if values:
                found[name] = Latency(p50=percentile(values, 0.5), p95=percentile(values, 0.95))
        return found

    @property
    def tokens(self) -> Interval:
        """Tokens of an answer, as `rag.evidence.estimate_tokens` counts them."""
        values = [value for row in self.rows if (value := answer_of(row).get("tokens")) is not None]
        return mean_interval(values)

    @property
    def judged(self) -> Interval:
        """What the optional judge said. It stands beside the metrics, never among them."""
        return mean_interval([value for row in self.rows if (value := row.outcome.get("judged")) is not None])

    @property
    def judge_agreement(self) -> Interval:
        """How often the judge (from 0.5 on a yes) and the metric "right" say the same."""
        return mean_interval(
            [
                float((judged >= 0.5) == (right == 1.0))
                for row in self.rows
                if (judged := row.outcome.get("judged")) is not None and (right := row.metrics.get("right")) is not None
            ]
        )

    @cached_property
    def curve(self) -> list[CurvePoint]:
        """Coverage against error."""
        return coverage_error(self._answered(), len(self._decided()))

    @property
    def reliability(self) -> list[Bin]:
        """Right answers by confidence."""
        return reliability(self._answered())

    @property
    def failures(self) -> list[Row]:
        """The rows in which something was wrong."""
        return [row for row in self.rows if row.wrong]

    @property
    def errors(self) -> int:
        """Questions that could not be asked at all."""
        return sum("failed" in row.wrong for row in self.rows)

    def _answered(self) -> list[tuple[float, bool]]:
        return [
            (float(answer_of(row).get("confidence") or 0.0), row.metrics["right"] == 1.0)
            for row in self._decided()
            if answer_of(row).get("answered")
        ]

    def _decided(self) -> list[Row]:
        return [row for row in self.rows if row.metrics.get("right") is not None]

    def _split(self, name_of: Callable[[Row], str], order: Sequence[str]) -> dict[str, dict[str, Interval]]:
        groups: dict[str, list[Row]] = {name: [] for name in order}
        for row in self.rows:
            groups.setdefault(name_of(row), []).append(row)
        return {name: summarised(rows) for name, rows in groups.items() if rows}

    def to_pandas(self) -> "pandas.DataFrame":
        """One line for each question, its metrics as columns."""
        import pandas  # takes 0.5 s to import: paid by who wants a table

        return pandas.DataFrame([flat(row) for row in self.rows])

    def to_dict(self) -> dict[str, Any]:
        """What report.json holds; only JSON types, None for what is not a number."""
        return {
            "kotae_report": SCHEMA,
            "configuration": dict(self.configuration),
            "notes": list(self.notes),
            "questions": len(self.rows),
            "errors": self.errors,
            "metrics": _plain(self.metrics),
            "by_pair": {name: _plain(metrics) for name, metrics in self.by_pair.items()},
            "by_type": {name: _plain(metrics) for name, metrics in self.by_type.items()},
            "latency": {name: dict(value.__dict__) for name, value in self.latency.items()},
            "tokens": _plain({"tokens": self.tokens})["tokens"],
            "judge": _plain({"judge": self.judged})["judge"],
            "judge_agreement": _plain({"judge": self.judge_agreement})["judge"],
            "coverage_error": {"area": area_under(self.curve), "points": [dict(p.__dict__) for p in self.curve]},
            "reliability": [dict(one.__dict__) for one in self.reliability],
            "rows": [row.to_dict() for row in self.rows],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Scorecard":
        """The scorecard of a report.json; means and intervals are worked out anew. Raises ReportError."""
        if content.get("kotae_report") != SCHEMA:
            raise ReportError(
                f"the report has format {content.get('kotae_report')!r}, this Kotae reads {SCHEMA}: evaluate again"
            )
        try:
            rows = tuple(
                Row(
                    **{
                        **row,
                        "expected": tuple((article_id, text) for article_id, text in row["expected"]),
                        "wrong": tuple(row["wrong"]),
                        "history": tuple(row.get("history", ())),
                    }
                )
                for row in content["rows"]
            )
            return cls(rows=rows, configuration=content["configuration"], notes=tuple(content["notes"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ReportError(f"the report is damaged ({error}): evaluate again") from error

    @classmethod
    def read(cls, path: Path) -> "Scorecard":
        """The scorecard stored at `path`: a report.json, or the folder that holds one. Raises ReportError."""
        file = path / "report.json" if path.is_dir() else path
        try:
            content = json.loads(file.read_text("utf-8"))
        except OSError as error:
            raise ReportError(f"cannot read the report {str(file)!r}: {error.strerror or error}") from error
        except ValueError as error:
            raise ReportError(f"{str(file)!r} is no report: {error}") from error
        if not isinstance(content, dict):
            raise ReportError(f"{str(file)!r} is no report: it holds a {type(content).__name__}")
        return cls.from_dict(content)

    def to_markdown(self) -> str:
        """Headline, metrics, splits and failures as tables."""
        lines = [f"# Kotae: {len(self.rows)} questions", "", *_table(self.metrics)]
        for title, groups in (("By language pair", self.by_pair), ("By question type", self.by_type)):
            lines += ["", f"## {title}", "", *_group_table(groups)]
        if self.latency:
            lines += ["", "## Time", "", "| | p50 s | p95 s |", "|---|---|---|"]
            lines += [f"| {METRICS[name].en} | {v.p50:.2f} | {v.p95:.2f} |" for name, v in self.latency.items()]
        if self.judged.count:
            lines += ["", f"Judge ({self.configuration.get('judge')}), beside the metrics: {self.judged}"]
            lines[-1] += f"; agrees with right: {self.judge_agreement}"
        lines += ["", *(f"- note: {note}" for note in self.notes)] if self.notes else []
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        """For Jupyter: the summary, its plots, and every question in a table that sorts without a script."""
        from rag.report import summary_html

        return summary_html(self)


def summarised(rows: Sequence[Row]) -> dict[str, Interval]:
    """The mean of each metric over the rows that have it."""
    found = {}
    for name in METRICS:
        values = [value for row in rows if (value := row.metrics.get(name)) is not None]
        if values:
            found[name] = mean_interval(values)
    return found


def answer_of(row: Row) -> Mapping[str, Any]:
    """What was answered; empty where nothing was asked."""
    return row.outcome.get("answer") or {}


def flat(row: Row) -> dict[str, Any]:
    """A row of plain values."""
    answer = answer_of(row)
    return {
        "id": row.id,
        "question": row.question,
        "language": row.language,
        "pair": row.pair,
        "question_type": row.question_type,
        "is_impossible": row.is_impossible,
        "reference": row.reference,
        "answer": answer.get("text", ""),
        "wrong": ", ".join(row.wrong),
        **{name: row.metrics.get(name) for name in METRICS if name not in ("first_words", "seconds")},
        "confidence": answer.get("confidence"),
        "first_words": answer.get("first_words"),
        "seconds": answer.get("seconds"),
        "judged": row.outcome.get("judged"),
    }


def headline(metrics: Mapping[str, Interval]) -> list[str]:
    """The metrics that a summary shows first, of those that are there."""
    return [name for name in HEADLINE if name in metrics]


def write_whole(path: Path, text: str) -> None:
    """Writes a file in one step: a reader sees the old one or the new one. Raises ReportError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, "utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise ReportError(f"cannot write {str(path)!r}: {error.strerror or error}") from error


def _plain(metrics: Mapping[str, Interval]) -> dict[str, dict[str, float | int | None]]:
    return {
        name: {key: None if math.isnan(value) else value for key, value in interval.__dict__.items()}
        for name, interval in metrics.items()
    }


def _table(metrics: Mapping[str, Interval]) -> list[str]:
    lines = ["| metric | mean | 95% | questions |", "|---|---|---|---|"]
    for name, interval in metrics.items():
        shown = f"**{METRICS[name].en}**" if name in HEADLINE else METRICS[name].en
        lines.append(
            f"| {shown} | {interval.mean:.3f} | {interval.low:.3f} to {interval.high:.3f} | {interval.count} |"
        )
    return lines


def _group_table(groups: Mapping[str, Mapping[str, Interval]]) -> list[str]:
    names = [name for name in HEADLINE if any(name in metrics for metrics in groups.values())]
    lines = ["| | " + " | ".join(METRICS[name].en for name in names) + " |", "|---" * (len(names) + 1) + "|"]
    for group, metrics in groups.items():
        if not any(name in metrics for name in names):
            continue
        cells = [f"{metrics[n].mean:.3f} ({metrics[n].count})" if n in metrics else "" for n in names]
        lines.append(f"| {group} | " + " | ".join(cells) + " |")
    return lines
