"""Which reports were written for a home, so that a page can list and show them. Knows files, not metrics.

HOME/reports.jsonl has a line for each report that was written. A report is known by a key, never by a path from
outside.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.durable import append_line
from rag.scorecard import ReportError, Scorecard

FILE = "reports.jsonl"
SHOWN = 50  # reports in a list, newest first


@dataclass(frozen=True, kw_only=True)
class StoredReport:
    """A report on disk. `written`: UTC, ISO 8601. `metrics` holds the mean of each metric."""

    key: str
    name: str
    folder: Path
    written: str
    questions: int
    metrics: Mapping[str, float]

    def page(self) -> str:
        """The self-contained HTML page, for a sandboxed frame: no script, no network. Raises ReportError."""
        path = self.folder / "report.html"
        try:
            return path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ReportError(f"cannot read the report {str(path)!r}: {error}") from error

    def scorecard(self) -> Scorecard:
        """Every row of it. Raises ReportError."""
        return Scorecard.read(self.folder)


def remember_report(home: Path, folder: Path) -> None:
    """Notes that a report was written to `folder`. Raises ReportError."""
    try:
        append_line(home / FILE, json.dumps({"folder": str(folder.resolve())}, ensure_ascii=False))
    except OSError as error:
        raise ReportError(f"cannot write {str(home / FILE)!r}: {error.strerror or error}") from error


def stored_reports(home: Path) -> list[StoredReport]:
    """The reports written for this home that are still there, newest first; damaged ones are passed over."""
    try:
        lines = (home / FILE).read_text("utf-8", errors="replace").split("\n")
    except OSError:
        return []
    folders = dict.fromkeys(folder for line in reversed(lines) if (folder := _folder(line)))
    found = [report for folder in folders if (report := _stored(Path(folder)))]
    return sorted(found, key=lambda report: report.written, reverse=True)[:SHOWN]


def stored_report(home: Path, key: str) -> StoredReport:
    """The report with this key. Raises ReportError."""
    for report in stored_reports(home):
        if report.key == key:
            return report
    raise ReportError(f"there is no stored report {key!r}: `kotae eval GOLD` writes one")


def _folder(line: str) -> str:
    try:
        return str(json.loads(line)["folder"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""


def _stored(folder: Path) -> StoredReport | None:
    path = folder / "report.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return StoredReport(
            key=hashlib.sha256(str(folder).encode("utf-8", "surrogatepass")).hexdigest()[:12],
            name=folder.name,
            folder=folder,
            written=datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds"),
            questions=int(content["questions"]),
            metrics={name: one["mean"] for name, one in content["metrics"].items() if one["mean"] is not None},
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
