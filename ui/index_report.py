"""What `kotae index` says when it is done: what it read, and of every file that it did not read, why."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.place import place
from ui.terminal import say, say_json

if TYPE_CHECKING:
    from index.changes import IndexReport
    from index.read import FileNote

_SHOWN = 20  # lines for each outcome; `--json` has all of them


def say_report(report: "IndexReport", home: Path, *, as_json: bool) -> None:
    """Results to standard output, what was skipped or refused to standard error."""
    if as_json:
        notes = [{"path": place(n.path), "outcome": n.outcome, "reason": n.reason} for n in report.notes]
        replaced = [{"id": id, "before": before, "now": now} for id, before, now in report.replaced]
        say_json({**dataclasses.asdict(report), "notes": notes, "replaced": replaced})
        return
    for article_id, before, now in report.replaced:
        say(f"{article_id} now comes from {now} (before: {before})", to=sys.stderr)
    for outcome in ("skipped", "refused"):
        _say_notes(outcome, [note for note in report.notes if note.outcome == outcome])
    if report.kept:
        say(
            f"{report.kept} articles of refused files stay as they were read before; without them: "
            "`kotae index --rebuild PATH`",
            to=sys.stderr,
        )
    say(
        f"{report.articles} articles, {report.passages} passages in {home} "
        f"({report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged; "
        f"{report.seconds:.1f} s)"
    )
    say_counts(report.notes)


def say_counts(notes: "Sequence[FileNote]") -> None:
    """One line when not everything was read."""
    refused = sum(note.outcome == "refused" for note in notes)
    if notes:
        say(f"{len(notes) - refused} skipped, {refused} refused: the reasons stand above", to=sys.stderr)


def _say_notes(outcome: str, notes: "Sequence[FileNote]") -> None:
    for note in notes[:_SHOWN]:
        say(f"{outcome}: {note.reason}", to=sys.stderr)
    if len(notes) > _SHOWN:
        say(f"{outcome}: {len(notes) - _SHOWN} more (`--json` lists them all)", to=sys.stderr)
