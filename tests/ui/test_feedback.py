"""What readers think of answers: kept where the operator said so, with a correction, and never without being asked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from rag.feedback import read_feedback
from rag.settings import Settings
from tests.ui.browsing import served, visited
from tests.ui.scripted import DEAL, QUOTE, ScriptedBot, deal_answer
from ui import render, texts
from ui.records import to_record
from ui.turns import Turn

TURN = Turn(number=1, question="q", model_name="m", stage="done", answer=deal_answer("q"), hits=deal_answer("q").hits)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def url(home: Path) -> Iterator[str]:
    home.mkdir()
    with served(ScriptedBot(pause=0, settings=Settings(home=home, models=home, keep_feedback=True))) as address:
        yield address


def test_a_thumb_and_a_correction_are_kept_with_the_conversation_before_and_stay_on_the_page(
    browser: Browser, url: str, home: Path
) -> None:
    with visited(browser, url) as watched:
        page = watched.page
        for number, question in enumerate(("一", "二"), start=1):
            watched.ask(question)
            expect(page.locator(".k-done")).to_have_count(number)
        page.locator("#k-1-a").get_by_role("button", name=texts.THUMB_UP.ja).click()
        expect(page.locator("#k-1-a .k-judging")).to_have_text(texts.THUMB_KEPT.ja)
        page.locator("#k-2-a").get_by_role("button", name=texts.THUMB_DOWN.ja).click()
        correction = page.get_by_label(texts.CORRECTION.ja)
        expect(correction).to_be_focused()
        watched.shot("feedback-ja-light")
        correction.fill("400億ドル")
        page.get_by_role("button", name=texts.SEND_CORRECTION.ja).click()
        expect(page.locator("#k-2-a .k-judging")).to_have_text(texts.CORRECTION_KEPT.ja)
        watched.reload()
        expect(page.locator(".k-done")).to_have_count(2, timeout=15_000)
        for part, pressed in (("#k-1-a .k-up", "true"), ("#k-1-a .k-down", "false"), ("#k-2-a .k-down", "true")):
            expect(page.locator(part)).to_have_attribute("aria-pressed", pressed)
        assert watched.complaints == []
    first, second, last = read_feedback(home)
    answer = deal_answer("一")
    assert (first.question, first.answer, first.verdict, first.correction) == ("一", answer.text, "up", "")
    assert first.cited[0] == (DEAL.id, QUOTE)
    assert first.history == ()
    assert (second.question, second.verdict, second.correction) == ("二", "down", "")
    assert replace(last, correction="", at="") == replace(second, at="")
    assert last.correction == "400億ドル"
    assert [message["content"] for message in last.history] == ["一", answer.text]


def test_what_cannot_be_kept_is_refused_in_both_languages(
    url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reply(**sent: object) -> tuple[int, str]:
        got = httpx.post(f"{url}/kotae/feedback", content=json.dumps(sent))
        return got.status_code, got.json()["problem"]["ja"]

    unreadable = "評価を読み取れません。ページを読み込み直してください。"
    turns = [to_record(TURN)]
    assert reply(turns=turns, verdict="up", correction="x" * 8001)[1].startswith("評価が長すぎます（8,001字）")
    assert reply(turns=[to_record(replace(TURN, answer=None, stage="stopped"))], verdict="up") == (
        400,
        "最後まで書かれた回答だけを評価できます。",
    )
    assert reply(turns=[], verdict="up") == (400, unreadable)
    assert reply(turns=turns) == (400, unreadable)
    assert reply(turns=turns, verdict=["up"])[0] == 400
    assert httpx.post(f"{url}/kotae/feedback", content="[" * 100_000).json()["problem"]["ja"] == unreadable
    monkeypatch.setattr("rag.feedback.MAX_FILE", 0)
    status, problem = reply(turns=turns, verdict="up")
    assert (status, "一杯" in problem, "feedback.jsonl を移す" in problem) == (400, True, True)
    assert read_feedback(home) == []


def test_where_feedback_is_not_kept_nobody_is_asked_and_nothing_is_taken() -> None:
    assert "k-thumb" in render.answer(TURN, thumbs=True)
    assert "k-thumb" not in render.answer(TURN)
    assert "k-thumb" not in render.answer(replace(TURN, answer=None, stage="stopped", written="x"), thumbs=True)
    with served(ScriptedBot()) as url:
        got = httpx.post(f"{url}/kotae/feedback", json={"turns": [to_record(TURN)], "verdict": "up"})
        assert got.status_code == 400
        assert got.json()["problem"]["ja"].startswith("評価は保存されません")
