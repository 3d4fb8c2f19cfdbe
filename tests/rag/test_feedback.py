"""What readers think of answers stays here, survives several writers, and becomes gold rows that can be read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rag.answer import Answer, Citation
from rag.feedback import Feedback, FeedbackError, export_gold, gold_rows, keep_feedback, read_feedback
from rag.gold import GoldPassage, read_gold
from rag.settings import Settings
from ui.cli import main

ROOT = Path(__file__).parents[2]
QUOTE = "両社は380億ドルの契約を結んだ。"


def on(home: Path) -> Settings:
    return Settings(home=home, models=home, keep_feedback=True)


def answer(question: str = "契約の金額は?", text: str = "380億ドルです[1]。", *, answered: bool = True) -> Answer:
    quoted = Citation(number=1, article_id="deal", title="契約", source="", quote=QUOTE, start=0, end=len(QUOTE))
    return Answer(
        question=question, text=text, language="ja", answered=answered, citations=(quoted,) if answered else ()
    )


def test_nothing_is_kept_without_the_setting(tmp_path: Path) -> None:
    with pytest.raises(FeedbackError, match="set KOTAE_KEEP_FEEDBACK=1"):
        keep_feedback(Settings(home=tmp_path, models=tmp_path), Feedback.of(answer(), "up"))
    assert list(tmp_path.iterdir()) == []
    assert read_feedback(tmp_path) == []


def test_what_is_kept_comes_back_with_its_time_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    history = [{"role": "user", "content": "AWSとは?"}, {"role": "assistant", "content": "クラウドです。"}]
    given = Feedback.of(answer(), "down", correction=" 38億ドルです。\n", history=history)
    keep_feedback(on(tmp_path), given)
    (kept,) = read_feedback(tmp_path)
    assert kept.at.endswith("+00:00")
    assert Feedback(**{**kept.__dict__, "at": ""}) == given
    assert (kept.correction, kept.cited, len(kept.history)) == ("38億ドルです。", (("deal", QUOTE),), 2)
    assert (tmp_path / "feedback.jsonl").stat().st_mode & 0o077 == 0


def test_several_processes_lose_nothing_and_a_line_cut_short_costs_itself(tmp_path: Path) -> None:
    (tmp_path / "feedback.jsonl").write_text('{"question": "cut sho', encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from rag.feedback import *; from rag.settings import Settings\n"
        "home = Path(sys.argv[1])\n"
        "for n in range(20): keep_feedback(Settings(home=home, models=home, keep_feedback=True), "
        "Feedback(question=f'{sys.argv[2]}-{n}' + '長' * 3000, answer='a', verdict='up'))"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(n)], cwd=ROOT) for n in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    kept = {one.question.rstrip("長") for one in read_feedback(tmp_path)}
    assert kept == {f"{writer}-{n}" for writer in range(3) for n in range(20)}


def test_a_full_file_refuses_what_comes_keeps_what_is_there_and_goes_on_once_it_is_moved_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, file = on(tmp_path), tmp_path / "feedback.jsonl"
    keep_feedback(home, Feedback.of(answer("a?"), "up"))
    monkeypatch.setattr("rag.feedback.MAX_FILE", 2 * file.stat().st_size)
    keep_feedback(home, Feedback.of(answer("b?"), "up"))
    full = file.read_bytes()
    with pytest.raises(FeedbackError, match=r"is full \([\d,]+ bytes\).*kotae eval --from-feedback OUT.*move the file"):
        keep_feedback(home, Feedback.of(answer("c?"), "up"))
    assert file.read_bytes() == full
    assert export_gold(tmp_path, tmp_path / "gold.jsonl") == 2
    file.rename(tmp_path / "feedback-2025.jsonl")
    keep_feedback(home, Feedback.of(answer("c?"), "up"))
    assert [one.question for one in read_feedback(tmp_path)] == ["c?"]


@pytest.mark.parametrize(
    ("feedback", "message"),
    [
        (Feedback(question="?", answer="", verdict="meh"), "the verdict is 'meh'"),  # type: ignore[arg-type]
        (Feedback(question=" ", answer="", verdict="up"), "needs the question"),
        (Feedback(question="?", answer="", verdict="up", correction="x" * 9000), "has 9,000 characters"),
    ],
)
def test_what_is_no_feedback_is_refused(tmp_path: Path, feedback: Feedback, message: str) -> None:
    with pytest.raises(FeedbackError, match=message):
        keep_feedback(on(tmp_path), feedback)


def test_rows_are_made_from_the_last_word_on_each_question(tmp_path: Path) -> None:
    kept = [
        Feedback.of(answer(), "down"),
        Feedback.of(answer(), "up"),
        Feedback.of(answer("期間は?", "9年です[1]。"), "down", correction="7年です。"),
        Feedback.of(answer("社長は?", "見つかりません。", answered=False), "up"),
        Feedback.of(answer("株価は?", "下がった[1]。"), "down"),
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in gold_rows(kept)), encoding="utf-8")
    liked, corrected, declined, open_ = read_gold(path)
    assert (liked.reference, liked.required) == ("380億ドルです。", (("380億ドル",),))
    assert liked.passages == (GoldPassage(article_id="deal", text=QUOTE),)
    assert (corrected.reference, corrected.passages, corrected.required) == ("7年です。", (), (("7年",),))
    assert (declined.is_impossible, declined.reference) == (True, "")
    assert (open_.reference, open_.required) == ("", ())


def test_the_command_exports_once_and_never_over_a_review(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, out = tmp_path / "home", tmp_path / "gold.jsonl"
    export = ["eval", "--from-feedback", str(out), "--home", str(home)]
    assert main(export) == 1
    assert "no feedback is kept" in capsys.readouterr().err
    keep_feedback(on(home), Feedback.of(answer(), "up"))
    assert main(export) == 0
    assert capsys.readouterr().out.startswith("1 gold rows in ")
    assert export_gold(home, tmp_path / "again.jsonl") == len(read_gold(out)) == 1
    assert main(export) == 1
    assert "may hold what you reviewed" in capsys.readouterr().err
    assert main(["eval"]) == 2


def test_each_collection_has_its_own_gold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, out = tmp_path / "home", tmp_path / "gold.jsonl"
    for question, collection in (("a?", ""), ("b?", "default"), ("c?", "contracts")):
        keep_feedback(on(home), Feedback.of(answer(question), "up", collection=collection))
    assert main(["eval", "--from-feedback", str(out), "--home", str(home), "--collection", "contracts"]) == 0
    assert [row.question for row in read_gold(out)] == ["c?"]
    assert export_gold(home, tmp_path / "first.jsonl") == 2
    with pytest.raises(FeedbackError, match="collections/none"):
        export_gold(home, tmp_path / "none.jsonl", "none")
    capsys.readouterr()
