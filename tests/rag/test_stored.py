"""The reports written for a home are listed, newest first, and read by key."""

import os
from pathlib import Path

import pytest

from rag.evaluate import evaluate
from rag.report import write_report
from rag.scorecard import ReportError
from rag.stored import remember_report, stored_report, stored_reports
from tests.rag.gold_cases import GOLD, INDEXED, ScriptedBot


def test_reports_are_listed_newest_first_and_opened_by_key(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert stored_reports(home) == []
    card = evaluate(ScriptedBot(), GOLD, indexed=INDEXED, name="gold.jsonl")
    for age, name in enumerate(("new", "old", "gone", "damaged")):
        write_report(tmp_path / name, card)
        os.utime(tmp_path / name / "report.json", (1_700_000_000 - age, 1_700_000_000 - age))
        remember_report(home, tmp_path / name)
    remember_report(home, tmp_path / "old")
    (tmp_path / "gone" / "report.json").unlink()
    (tmp_path / "damaged" / "report.json").write_text("[]", encoding="utf-8")
    with (home / "reports.jsonl").open("a", encoding="utf-8") as file:
        file.write("cut sho")
    new, old = stored_reports(home)
    assert (new.name, new.written, new.questions, new.metrics["right"]) == ("new", "2023-11-14T22:13:20+00:00", 7, 1.0)
    assert old.name == "old"
    assert stored_report(home, old.key) == old
    assert old.scorecard() == card
    assert old.page() == (tmp_path / "old" / "report.html").read_text("utf-8")
    assert "gold.jsonl · 7 questions" in old.page()


def test_a_key_that_nobody_gave_out_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"there is no stored report '../../etc'"):
        stored_report(tmp_path, "../../etc")
