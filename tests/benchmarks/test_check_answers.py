"""The referee of answers goes red for a made-up figure and a false quote, and not for another notation."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.check_answers import Source, Violation, check, figures_in, main, read_sources, spoken, unsupported

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"


def made_up(answer: str, evidence: str) -> list[str]:
    """The figures of an answer that do not stand in the evidence."""
    return [figure.text for figure in unsupported(figures_in(spoken(answer), strict=True), evidence)]


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("契約額は$38 billionです", "380億ドル規模"),
        ("$38 billion over seven years", "380億ドル規模の7年間"),
        ("三百八十億ドル", "$38bn"),
        ("3万5000人", "35,000 people"),
        ("3千億円", "300 billion yen"),
        ("5億5,000万", "550 million"),
        ("1兆2000億円", "1.2 trillion yen"),
        ("a hundred people", "100人"),
        ("twenty-five buses", "25台"),
        ("12%", "12 percent"),
        ("4割", "40 percent"),
        ("two-thirds", "3分の2"),
        ("3 to 5 million yen", "300万〜500万円"),
        ("15%から20%", "15–20%"),
        ("8.2 billion yen", "3.1 billion yen, from the 8.2 billion it had given"),
        ("November 3, 2025", "2025年11月3日(月曜)"),
        ("令和7年11月3日", "November 3, 2025"),
        ("平成元年", "1989"),
        ("二〇二五年", "2025年"),
        ("in May", "5月に"),
        ("mid-2026", "2026年半ば"),
        ("2025年度", "fiscal 2025"),
        ("the third quarter", "第3四半期"),
        ("9 p.m.", "午後9時"),
        ("21:00", "午後9時"),
        ("6か月", "six months"),
        ("1日8,000円", "8,000 yen a day"),
        ("GB200 chips [1]", "GB200搭載"),
        ("1. 契約\n2. 期間", "何もない"),
        ("一方、十分な人がいて、数百人が来た。", "何もない"),
        ("The first of them, one of the two, may come.", "nothing"),
    ],
)
def test_another_notation_is_no_violation(answer: str, evidence: str) -> None:
    assert made_up(answer, evidence) == []


@pytest.mark.parametrize(
    ("answer", "evidence", "found"),
    [
        ("It is worth $380 billion.", "380億ドル", "$380 billion"),
        ("契約額は390億ドルです", "380億ドル", "390億ドル"),
        ("¥38 billion", "380億ドル規模", "¥38 billion"),
        ("It rose 12%.", "12 people", "12%"),
        ("八年間です", "7年間", "8"),
        ("thirty people", "13 people", "30"),
        ("November 4, 2025", "2025年11月3日", "november 4, 2025"),
        ("2024年11月3日", "November 3, 2025", "2024年11月3日"),
        ("令和8年に", "2025年", "令和8年"),
        ("in June", "5月に", "june"),
        ("2027年末", "2026年末", "2027年"),
        ("the fourth quarter", "第3四半期", "4"),
        ("10 p.m.", "午後9時", "10 p.m."),
        ("GB300", "GB200", "gb300"),
    ],
)
def test_a_made_up_figure_is_found(answer: str, evidence: str, found: str) -> None:
    assert made_up(answer, evidence) == [found]


TEXT = "両社は380億ドルの契約を結んだ。期間は7年間である。"
SOURCES = {"deal": Source(TEXT, "大型契約\n2025-11-03\n通信社")}


def row(text: str, *, start: int = 0, end: int = 17, quote: str = "", article: str = "deal", n: int = 1) -> Any:
    citation = {"number": n, "article_id": article, "start": start, "end": end, "quote": quote or TEXT[start:end]}
    answer = {"answered": True, "text": text, "citations": [citation]}
    return {"id": "q1", "question": "2社の契約は?", "history": [], "outcome": {"answer": answer}}


def test_a_sound_answer_passes_and_is_counted() -> None:
    declined = {
        "id": "q2",
        "question": "?",
        "outcome": {"answer": {"answered": False, "text": "380人", "citations": []}},
    }
    failed = {"id": "q3", "question": "?", "outcome": {"error": "down"}}
    rows = [row("2社の契約は380億ドルで、2025年11月3日の記事にあります[1]。"), declined, failed]
    assert check(rows, SOURCES) == ([], {"questions": 3, "answers": 1, "quotes": 1, "figures": 3})


@pytest.mark.parametrize(
    ("wrong", "kind", "found"),
    [
        (
            row("380億ドル[1]", quote="両社は390億ドルの契約を結んだ。"),
            "quote",
            "deal[0:17] is not '両社は390億ドルの契約を結んだ。'",
        ),
        (row("380億ドル[1]", start=1, end=18, quote=TEXT[:17]), "quote", f"deal[1:18] is not '{TEXT[:17]}'"),
        (row("380億ドル[1]", article="gone"), "quote", "there is no article 'gone'"),
        (row("380億ドル[2]"), "mark", "[2] has no citation"),
        (row("380億ドル[1]", n=2), "mark", "citation 2 has no mark"),
        (row("期間は7年間です[1]"), "figure", "7"),
        (row("2024年に380億ドル[1]"), "figure", "2024年"),
    ],
)
def test_each_kind_of_violation_is_found(wrong: Any, kind: str, found: str) -> None:
    violations, _ = check([wrong], SOURCES)
    text = wrong["outcome"]["answer"]["text"]
    assert Violation("q1", kind, found, text) in violations


def test_the_conversation_before_a_question_counts() -> None:
    asked = row("7年間で380億ドルです[1]")
    assert [one.found for one in check([asked], SOURCES)[0]] == ["7"]
    asked["history"] = [{"role": "assistant", "content": "期間は7年です。"}]
    assert check([asked], SOURCES)[0] == []


def test_the_reference_answers_of_the_seeds_hold() -> None:
    """Written by people, checked by people: an alarm here is a false one."""
    sources = read_sources([SEEDS / "articles"])
    rows = []
    for line in (SEEDS / "questions.jsonl").read_text("utf-8").splitlines():
        gold = json.loads(line)
        if gold["is_impossible"]:
            continue
        citations = []
        for number, (id, quote) in enumerate(
            zip(gold["reference_context_ids"], gold["reference_contexts"], strict=True), start=1
        ):
            start = sources[id].text.index(quote)
            citations.append(
                {"number": number, "article_id": id, "start": start, "end": start + len(quote), "quote": quote}
            )
        marks = "".join(f"[{citation['number']}]" for citation in citations)
        answer = {"answered": True, "text": gold["reference"] + marks, "citations": citations}
        rows.append(
            {
                "id": gold["id"],
                "question": gold["user_input"],
                "history": gold.get("history"),
                "outcome": {"answer": answer},
            }
        )
    violations, counts = check(rows, sources)
    assert counts["answers"] > 250
    assert counts["figures"] > 300
    assert violations == []


def test_the_command_reads_a_report_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deal.md").write_text(
        f"---\nid: deal\ntitle: 大型契約\ndate: 2025-11-03\n---\n{TEXT}", encoding="utf-8"
    )
    for rows, status in (([row("380億ドル[1]")], 0), ([row("390億ドル[1]")], 1)):
        (tmp_path / "report.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
        assert main([str(tmp_path), str(tmp_path)]) == status
    clean, found, summary = capsys.readouterr().out.splitlines()
    assert clean == "0 violations in 1 questions, 1 answers, 1 quotes, 1 figures"
    assert found == "q1\tfigure\t390億ドル\t'390億ドル[1]'"
    assert summary == "1 violations in 1 questions, 1 answers, 1 quotes, 1 figures"
    assert main([str(tmp_path / "none.json"), str(tmp_path)]) == 2
    assert "none.json is no report" in capsys.readouterr().err


def test_it_shares_no_code_with_what_it_checks() -> None:
    imported = set()
    for name in ("check_answers.py", "plain_figures.py"):
        for node in ast.walk(ast.parse((ROOT / "benchmarks" / name).read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).split(".")[0])
    assert imported - {"plain_figures"} <= sys.stdlib_module_names
