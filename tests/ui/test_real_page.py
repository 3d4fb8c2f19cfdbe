"""The whole product through its page: real index, real models, a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Chatbot, Settings
from tests.ui.browsing import OpenPage


@pytest.fixture(scope="module")
def bot(seeds_home: Path, models_folder: Path) -> Iterator[Chatbot]:
    opened = Chatbot.open(settings=Settings(home=seeds_home, models=models_folder))
    yield opened
    opened.close()


def test_the_page_answers_in_both_languages_with_the_sentence_behind_the_answer(
    bot: Chatbot, open_page: OpenPage
) -> None:
    watched = open_page(bot)
    page = watched.page
    page.set_default_timeout(90_000)
    watched.ask("OpenAIとAmazonの契約額はいくらで、期間は何年ですか?")
    watched.finished()
    first = page.locator(".k-answer").last
    assert "380億ドル" in first.inner_text()
    assert "7年" in first.inner_text()
    assert "380億ドル規模の7年間" in (page.locator("#k-1-1 .k-passage mark").text_content() or "")
    watched.shot("real-ja")
    watched.ask("How much is OpenAI's cloud deal with Amazon worth, and for how long?")
    page.wait_for_function("() => document.querySelectorAll('.k-answer').length === 2")
    watched.finished()
    assert "$38 billion" in page.locator(".k-answer").last.inner_text()
    watched.shot("real-en")
    assert watched.foreign == []
    assert watched.complaints == []
