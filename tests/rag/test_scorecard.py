"""A scorecard adds up, survives being stored, and tells a worse configuration from the same one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.compare import compare
from rag.evaluate import evaluate
from rag.report import write_report
from rag.scorecard import ReportError, Scorecard
from tests.rag.gold_cases import GOLD, INDEXED, ScriptedBot, many
from ui.cli import main

QUESTIONS = many(8)


def evaluated(**changes: object) -> Scorecard:
    bot = ScriptedBot(questions=QUESTIONS, **changes)  # type: ignore[arg-type]
    return evaluate(bot, QUESTIONS, indexed=INDEXED)


@pytest.fixture(scope="module")
def good() -> Scorecard:
    return evaluated()


@pytest.fixture(scope="module")
def worse() -> Scorecard:
    """Another prompt (one answer off, one declined) and half the passages."""
    return evaluated(passages=3, text={"q1": "390億ドルです[1]。", "q4": None})


def test_means_are_of_the_questions_that_have_the_metric(good: Scorecard, worse: Scorecard) -> None:
    assert (good.metrics["right"].mean, good.metrics["right"].count) == (1.0, len(QUESTIONS))
    assert (worse.metrics["right"].mean, worse.metrics["facts_right"].count) == (5 / 7, 40)
    assert worse.metrics["declining_precision"].mean == pytest.approx(2 / 3)
    assert worse.metrics["declining_recall"].mean == 1.0
    interval = worse.metrics["right"]
    assert interval.low < interval.mean < interval.high


def test_splits_add_up_to_the_whole(worse: Scorecard) -> None:
    for groups in (worse.by_pair, worse.by_type):
        counts = sum(metrics["right"].count for metrics in groups.values())
        total = sum(metrics["right"].mean * metrics["right"].count for metrics in groups.values())
        assert (counts, total / counts) == (len(QUESTIONS), pytest.approx(worse.metrics["right"].mean))
    assert list(worse.by_pair) == ["ja-ja", "ja-en", "en-ja", "en-en", "ja-", "en-"]
    assert worse.by_pair["ja-en"]["right"].mean == 0.0


def test_times_are_the_median_and_the_95th_percentile(good: Scorecard) -> None:
    assert good.latency["seconds"].p50 == 1.5
    assert good.latency["first_words"].p95 == 0.5


def test_a_stored_scorecard_is_the_same(worse: Scorecard, tmp_path: Path) -> None:
    write_report(tmp_path, worse)
    for path in (tmp_path, tmp_path / "report.json"):
        assert Scorecard.read(path) == worse
    assert Scorecard.read(tmp_path).to_dict() == worse.to_dict()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{oops", "is no report"),
        ("[]", "is no report: it holds a list"),
        ('{"kotae_report": 9}', "has format 9, this Kotae reads 1"),
        ('{"kotae_report": 1, "rows": [{}]}', "the report is damaged"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "report.json").write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=message):
        Scorecard.read(tmp_path)
    with pytest.raises(ReportError, match="cannot read the report"):
        Scorecard.read(tmp_path / "none.json")


def test_markdown_and_pandas_show_every_metric(worse: Scorecard) -> None:
    text = worse.to_markdown()
    assert "| **right** | 0.714 |" in text
    assert "| ja-en | 0.000 (8) |" in text
    table = worse.to_pandas()
    assert len(table) == len(QUESTIONS)
    assert table.groupby("question_type")["right"].mean()["near_miss"] == 1.0
    assert table.loc[table["id"] == "q1-0", "wrong"].item() == "not_found, facts_missing, ungrounded"
    assert "<svg" in worse._repr_html_()


def test_a_worse_configuration_is_flagged_and_the_same_one_is_not(good: Scorecard, worse: Scorecard) -> None:
    same = compare(evaluated(), good)
    assert (same.fell, same.better, same.worse, same.compared) == ((), (), (), len(QUESTIONS))
    assert {interval.mean for interval in same.differences.values()} == {0.0}

    fallen = compare(worse, good)
    assert {fall.metric for fall in fallen.fell} == {"right", "hit@5", "ndcg@10"} | {
        fall.metric for fall in fallen.fell if fall.metric == "article_hit@5"
    }
    right = fallen.differences["right"]
    assert (right.mean, right.excludes_zero) == (pytest.approx(-2 / 7), True)
    assert fallen.worse == tuple(question.id for question in QUESTIONS if question.id.split("-")[0] in ("q1", "q4"))
    assert compare(good, worse).fell == ()
    assert compare(good, worse).better == fallen.worse


def test_only_named_metrics_are_held(good: Scorecard, worse: Scorecard) -> None:
    assert compare(worse, good, {"language_right": 0.0}).fell == ()
    assert [fall.metric for fall in compare(worse, good, {"right": 0.1}).fell] == ["right"]
    assert compare(worse, good, {"right": 0.3}).fell == ()
    with pytest.raises(ReportError, match="no metric 'rigth' to hold in both reports: use one of right, "):
        compare(worse, good, {"rigth": 0.1})


def test_times_fall_when_they_rise(good: Scorecard) -> None:
    slow = [
        replace(row, outcome={**row.outcome, "answer": {**row.outcome["answer"], "seconds": 9.0}}) for row in good.rows
    ]
    (fall,) = compare(Scorecard(rows=tuple(slow)), good, {"seconds": 1.0}).fell
    assert fall.by > 7


def test_questions_that_changed_are_left_out(good: Scorecard) -> None:
    changed = (replace(good.rows[0], question="another?"), *good.rows[1:-1])
    comparison = compare(Scorecard(rows=changed), good)
    assert (comparison.compared, comparison.left_out) == (len(QUESTIONS) - 2, 3)
    with pytest.raises(ReportError, match="shares no question"):
        compare(Scorecard(rows=changed[:1]), good)


# ---- the command


def test_the_command_reports_compares_and_ends_with_status_3(
    seeds_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = str(Path(__file__).parents[2] / "seeds" / "questions.jsonl")
    few = ["eval", gold, "--retrieval-only", "--sample", "30", "--seed", "1", "--home", str(seeds_home)]
    assert main([*few, "--out", str(tmp_path / "a"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["questions"] == 30
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "journal.jsonl",
        "report.json",
        "report.md",
        "report.html",
    }
    assert main([*few, "--out", str(tmp_path / "b"), "--baseline", str(tmp_path / "a")]) == 0
    assert "| hit@5 | +0.000 | +0.000 to +0.000 |" in capsys.readouterr().out

    # One passage instead of ten.
    monkeypatch.setattr("rag.evaluate.DEPTH", 1)
    monkeypatch.setattr("rag.evaluate.VERSION", 99)
    assert main([*few, "--out", str(tmp_path / "c"), "--baseline", str(tmp_path / "a" / "report.json")]) == 3
    said = capsys.readouterr()
    assert "kotae: hit@5 fell by 0." in said.err
    assert "Wrong now, right before: q" in said.out
    named = ["--baseline", str(tmp_path / "a"), "--tolerance", "hit@1=0"]
    assert main([*few, "--out", str(tmp_path / "c"), *named]) == 0


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["none.jsonl"], 1, "there is no gold set at 'none.jsonl'"),
        (["GOLD", "--tolerance", "right=0.1"], 1, "--tolerance needs a report to compare with"),
        (["GOLD", "--baseline", "OUT/report.json", "--out", "OUT"], 1, "name another --out"),
        (["GOLD", "--tolerance", "right"], 2, "'right' is not METRIC=X"),
        (["GOLD", "--limit", "0"], 2, "'0' is not a number from 1"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], good: Scorecard, options: list[str], status: int, message: str
) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"question": GOLD[0].question, "answer": "380億ドル"}), encoding="utf-8")
    write_report(tmp_path / "out", good)
    given = [option.replace("GOLD", str(gold)).replace("OUT", str(tmp_path / "out")) for option in options]
    if status == 2:
        with pytest.raises(SystemExit, match="2"):
            main(["eval", *given])
    else:
        assert main(["eval", *given]) == status
    assert message in capsys.readouterr().err
