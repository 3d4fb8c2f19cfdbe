"""A run asks every question once, however often it is killed, and says what is left to do."""

import contextlib
import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from index.errors import ChatModelError
from index.home import Home
from index.progress import Progress
from rag.chatbot import Chatbot
from rag.compare import compare
from rag.evaluate import FAILURES_IN_A_ROW, evaluate
from rag.gold import GoldError, GoldPassage, GoldQuestion, read_gold
from rag.journal import Journal, JournalError, code_version, key_of
from rag.places import Indexed
from rag.settings import Settings
from tests.rag.gold_cases import GOLD, INDEXED, ScriptedBot, many

ROOT = Path(__file__).parents[2]


def test_every_question_is_asked_and_scored() -> None:
    bot = ScriptedBot()
    card = evaluate(bot, GOLD, indexed=INDEXED)
    assert bot.asked == [question.question for question in GOLD]
    assert [row.wrong for row in card.rows] == [()] * len(GOLD)
    assert {name: card.metrics[name].mean for name in ("right", "declining_recall", "citation_precision", "hit@1")} == {
        "right": 1.0,
        "declining_recall": 1.0,
        "citation_precision": 1.0,
        "hit@1": 1.0,
    }
    assert [row.pair for row in card.rows] == ["ja-ja", "ja-ja", "en-ja", "ja-en", "en-en", "", ""]


def test_retrieval_alone_asks_no_model() -> None:
    bot = ScriptedBot()
    card = evaluate(bot, GOLD, retrieval_only=True, indexed=INDEXED)
    assert bot.asked == []
    assert "right" not in card.metrics
    assert card.metrics["hit@5"].count == 5


def test_nothing_is_asked_when_the_gold_set_names_unknown_articles() -> None:
    bot = ScriptedBot()
    stray = GoldQuestion(id="x", question="?", language="en", passages=(GoldPassage(article_id="gone"),))
    with pytest.raises(GoldError, match=r"'gone' \(question x\)"):
        evaluate(bot, [*GOLD, stray], indexed=INDEXED)
    assert bot.asked == []


def test_a_second_run_asks_nothing_and_says_the_same(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    first = evaluate(ScriptedBot(), GOLD, journal=journal, indexed=INDEXED)
    bot = ScriptedBot()
    assert evaluate(bot, GOLD, journal=journal, indexed=INDEXED).to_dict() == first.to_dict()
    assert bot.asked == []


@pytest.mark.parametrize(
    "change", ["question", "history", "settings", "index", "variant", "code", "mode", "reference", "secret"]
)
def test_what_decides_an_answer_decides_whether_it_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    journal = tmp_path / "journal.jsonl"
    one = GOLD[:1]
    evaluate(ScriptedBot(), one, journal=journal, indexed=INDEXED)
    bot, indexed, variant, retrieval_only = ScriptedBot(), INDEXED, "", False
    fields = dict(one[0].__dict__)
    if change == "question":
        fields["question"] = GOLD[1].question
    elif change == "history":
        fields["history"] = ({"role": "user", "content": "前の質問"}, {"role": "assistant", "content": "答え"})
    elif change == "reference":
        fields["reference"] = "four"
    elif change == "settings":
        bot.settings = Settings(home=Path("nowhere"), models=Path("nowhere"), chat_model="other")
    elif change == "secret":
        bot.settings = Settings(home=Path("elsewhere"), models=Path("elsewhere"), chat_key="secret")
    elif change == "index":
        indexed = Indexed(digest="two", articles=INDEXED.articles)
    elif change == "variant":
        variant = "half"
    elif change == "code":
        monkeypatch.setattr("rag.evaluate.code_version", lambda: "other")
    elif change == "mode":
        retrieval_only = True
    if change == "history":
        monkeypatch.setattr("rag.evaluate.searched", lambda question, _: question)
    evaluate(
        bot,
        [GoldQuestion(**fields)],
        journal=journal,
        indexed=indexed,
        variant=variant,
        retrieval_only=retrieval_only,
    )
    lines = len(journal.read_text("utf-8").splitlines())
    assert lines == (1 if change in ("reference", "secret") else 2)
    assert "secret" not in journal.read_text("utf-8")


def test_a_line_that_was_cut_short_is_asked_again(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    first = evaluate(ScriptedBot(), GOLD, journal=journal, indexed=INDEXED)
    content = journal.read_bytes()
    journal.write_bytes(content[:-25])
    bot = ScriptedBot()
    assert evaluate(bot, GOLD, journal=journal, indexed=INDEXED).to_dict() == first.to_dict()
    assert bot.asked == [GOLD[-1].question]
    third = ScriptedBot()
    assert evaluate(third, GOLD, journal=journal, indexed=INDEXED).to_dict() == first.to_dict()
    assert third.asked == []


def test_ten_kills_at_random_change_nothing_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.rag.gold_cases"]
    subprocess.run([*command, str(tmp_path / "calm"), "0"], cwd=ROOT, check=True)
    out = tmp_path / "killed"
    chance = random.Random(11)
    kills = 0
    while kills < 10:
        run = subprocess.Popen([*command, str(out), "0.1"], cwd=ROOT)
        before = asked_in(out)
        while run.poll() is None and asked_in(out) == before:
            time.sleep(0.01)
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(chance.uniform(0.0, 0.45))
        assert run.poll() is None, "the run ended before it was killed ten times"
        run.kill()
        run.wait()
        kills += 1
    subprocess.run([*command, str(out), "0"], cwd=ROOT, check=True)
    for name in ("report.json", "report.md", "report.html"):
        assert (out / name).read_bytes() == (tmp_path / "calm" / name).read_bytes()
    assert asked_in(out) <= len(many(6)) + kills  # a kill loses the one answer that was under way
    answered = [json.loads(line)["key"] for line in whole_lines(out / "journal.jsonl")]
    assert len(answered) == len(set(answered)) == len(many(6))


def asked_in(out: Path) -> int:
    return len((out / "asked").read_text("utf-8").splitlines()) if (out / "asked").exists() else 0


def whole_lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.startswith("{") and line.endswith("}")]


def test_several_at_a_time_say_the_same_sooner() -> None:
    questions = many(3)
    one = evaluate(ScriptedBot(questions=questions), questions, indexed=INDEXED)
    bot = ScriptedBot(questions=questions, pause=0.1)
    began = time.monotonic()
    several = evaluate(bot, questions, indexed=INDEXED, workers=7)
    assert several.to_dict() == one.to_dict()
    assert sorted(bot.asked) == sorted(question.question for question in questions)
    assert time.monotonic() - began < 0.1 * len(questions) / 2


@pytest.mark.parametrize("workers", [1, 3])
def test_ctrl_c_ends_the_run_at_once_and_keeps_what_was_asked(tmp_path: Path, workers: int) -> None:
    journal = tmp_path / "journal.jsonl"
    before = threading.active_count()

    def interrupt(progress: Progress) -> None:
        if progress.done == 3:
            raise KeyboardInterrupt

    questions = many(6)
    bot = ScriptedBot(questions=questions, pause=0.02)
    with pytest.raises(KeyboardInterrupt):
        evaluate(bot, questions, journal=journal, indexed=INDEXED, workers=workers, progress=interrupt)
    assert len(whole_lines(journal)) == 3
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
    assert len(bot.asked) <= 3 + 2 * workers
    again = ScriptedBot(questions=questions)
    evaluate(again, questions, journal=journal, indexed=INDEXED)
    assert len(again.asked) == len(questions) - 3


@pytest.mark.parametrize("workers", [1, 3])
def test_a_question_that_fails_is_wrong_and_is_asked_again_next_time(tmp_path: Path, workers: int) -> None:
    journal = tmp_path / "journal.jsonl"
    card = evaluate(ScriptedBot(fails={"q2"}), GOLD, journal=journal, indexed=INDEXED, workers=workers)
    assert (card.errors, card.metrics["right"].mean) == (1, 6 / 7)
    assert card.rows[1].outcome["error"] == "ChatModelError: the endpoint is down"
    bot = ScriptedBot()
    assert evaluate(bot, GOLD, journal=journal, indexed=INDEXED).errors == 0
    assert bot.asked == [GOLD[1].question]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_model_that_is_down_ends_the_run(workers: int) -> None:
    questions = many(30)  # several are under way when the run ends
    bot = ScriptedBot(fails={f"q{n}" for n in range(8)}, questions=questions)
    with pytest.raises(ChatModelError, match=f"{FAILURES_IN_A_ROW} questions in a row failed, .* is down"):
        evaluate(bot, questions, indexed=INDEXED, workers=workers)
    assert len(bot.asked) < len(questions)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_mistake_in_the_program_is_not_swallowed(workers: int) -> None:
    class Broken(ScriptedBot):
        def search(self, question: str, k: int = 10) -> list[object]:  # type: ignore[override]
            raise ZeroDivisionError(question, k)

    with pytest.raises(ZeroDivisionError):
        evaluate(Broken(), GOLD, indexed=INDEXED, workers=workers)


def test_progress_tells_the_time_left() -> None:
    told: list[Progress] = []
    evaluate(ScriptedBot(pause=0.01), GOLD, indexed=INDEXED, progress=told.append)
    assert [(p.done, p.total) for p in told] == [(n, len(GOLD)) for n in range(len(GOLD) + 1)]
    assert "left" in told[3].unit
    assert told[-1].unit == "questions"


def test_a_judge_has_a_column_of_its_own() -> None:
    card = evaluate(ScriptedBot(), GOLD, indexed=INDEXED, judge=lambda question, _: float(question.id == "q1"))
    assert (card.judged.mean, card.judged.count) == (0.2, 5)
    assert "judged" not in card.metrics
    assert card.metrics == evaluate(ScriptedBot(), GOLD, indexed=INDEXED).metrics


def test_a_judge_that_comes_later_asks_no_question_again_and_one_that_was_down_is_asked_again(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    first = evaluate(ScriptedBot(), GOLD, journal=journal, indexed=INDEXED)

    def down(question: GoldQuestion, text: str) -> float | None:
        if question.id == "q2":
            raise ChatModelError(f"no judge for {text}")
        return 1.0

    bot = ScriptedBot()
    card = evaluate(bot, GOLD, journal=journal, indexed=INDEXED, judge=down)
    assert (bot.asked, card.judged.count, card.metrics) == ([], 4, first.metrics)
    assert card.rows[1].outcome["judge_error"] == "ChatModelError: no judge for 7年間です[1]。"
    judged: list[str] = []

    def up(question: GoldQuestion, _: str) -> float | None:
        judged.append(question.id)
        return 0.0

    up.__name__ = "down"  # the same judge, up again
    card = evaluate(ScriptedBot(), GOLD, journal=journal, indexed=INDEXED, judge=up)
    assert (judged, card.judged.mean, card.judge_agreement.mean) == (["q2"], 0.8, 0.8)
    up.__name__ = "another"
    assert evaluate(ScriptedBot(), GOLD, journal=journal, indexed=INDEXED, judge=up).judged.mean == 0.0


def test_a_context_that_is_no_longer_in_its_article_is_noted() -> None:
    moved = GoldQuestion(
        id="x", question=GOLD[0].question, language="ja", passages=(GoldPassage(article_id="deal", text="消えた文"),)
    )
    card = evaluate(ScriptedBot(), [moved], retrieval_only=True, indexed=INDEXED)
    assert card.notes == ("x: a reference context is not in its article: credit goes by the article alone",)


def test_the_code_version_holds_what_answers_and_not_what_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(code_version()) == 16
    read = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or real(path))
    code_version.__wrapped__()
    assert {"chatbot.py", "prompt.py", "retrieve.py", "split.py", "grounding.py"} <= set(read)
    assert not {"report.py", "metrics.py", "scorecard.py", "evaluate.py", "gold.py"} & set(read)


def test_a_journal_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(JournalError, match="give a folder that can be written with --out"):
        Journal(tmp_path / "file" / "journal.jsonl")
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1}) != key_of({"a": 1, "b": [3]})


def test_the_real_search_over_the_seeds(seeds_home: Path, models_folder: Path) -> None:
    bot = Chatbot.open(settings=Settings(home=seeds_home, models=models_folder))
    questions = read_gold(ROOT / "seeds" / "questions.jsonl")
    card = bot.evaluate(questions[::4], retrieval_only=True)
    assert card.notes == ()
    assert card.metrics["article_hit@5"].mean > 0.9
    assert set(card.by_pair) >= {"ja-ja", "ja-en", "en-ja", "en-en"}
    assert Indexed.open(Home(seeds_home)).digest == Indexed.open(Home(seeds_home)).digest != ""


def test_what_a_reranker_gains_is_measured_and_the_settings_name_it(
    seeds_home: Path, models_folder: Path, cross_encoder: Path
) -> None:
    questions = [gold for gold in read_gold(ROOT / "seeds" / "questions.jsonl") if gold.passages][:12]
    cards = {}
    for reranker in ("", str(cross_encoder)):
        bot = Chatbot.open(settings=Settings(home=seeds_home, models=models_folder, reranker=reranker))
        cards[reranker] = bot.evaluate(questions, retrieval_only=True)
        [first, *rest] = bot.search(questions[0].question, 5)
        assert [hit.score for hit in rest] == sorted((hit.score for hit in rest), reverse=True)
        assert ("rerank" in first.parts) == bool(reranker)
        bot.close()
    plain, reranked = cards.values()
    assert (plain.configuration["reranker"], reranked.configuration["reranker"]) == ("", str(cross_encoder))
    # An untrained one puts the passages in an order of its own: worse, and the comparison says by how much.
    difference = compare(reranked, plain).differences["mrr"]
    assert difference.mean < -0.1
