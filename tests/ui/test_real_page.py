"""The whole product through its page: real index, real models, a real browser, a walk through everything."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from rag import Chatbot, Settings
from tests.ui.browsing import OpenPage
from ui import texts

PATIENCE = 180_000  # milliseconds for one answer, on a busy machine
NOTE = """---
title: Quillon tram opening
date: 2025-10-20
source: Written for the tests
---

The Quillon tram opens on 14 March 2026. The line is 9.4 km long and has 17 stops.
"""


@pytest.fixture(scope="module")
def bot(seeds_home: Path, models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chatbot]:
    home = tmp_path_factory.mktemp("real") / "home"
    shutil.copytree(seeds_home, home)  # an article is added here
    opened = Chatbot.open(settings=Settings(home=home, models=models_folder))
    yield opened
    opened.close()


def test_a_reader_asks_follows_up_stops_adds_an_article_and_comes_back(bot: Chatbot, open_page: OpenPage) -> None:
    watched = open_page(bot)
    page = watched.page
    page.set_default_timeout(90_000)
    answers = page.locator(".k-answer:not(.k-running)")

    def ask(question: str) -> str:
        """The new answer once it is whole."""
        before = answers.count()
        watched.ask(question)
        expect(answers).to_have_count(before + 1, timeout=PATIENCE)
        return answers.last.inner_text()

    text = ask("OpenAIとAmazonの契約額はいくらで、期間は何年ですか?")
    assert "380億ドル" in text
    assert "7年" in text
    assert "380億ドル規模の7年間" in (page.locator("#k-1-1 .k-passage mark").text_content() or "")
    page.locator("#k-1-a .k-cite").first.click()
    expect(page.locator("#k-panel mark").first).to_be_in_viewport()
    watched.shot("real-ja")
    page.keyboard.press("Escape")

    text = ask("契約はいつ発表されましたか?")
    assert "11月3日" in text
    page.locator("#k-lang-en").click()
    expect(page.locator("#k-send")).to_have_text(texts.SEND.en)
    assert "$38 billion" in ask("How much is OpenAI's cloud deal with Amazon worth, and for how long?")
    page.mouse.move(0, 0)
    watched.shot("real-en")

    watched.ask("What is the deal about?")
    expect(page.locator("#k-4-s .k-source").first).to_be_visible()
    page.locator("#k-stop").click()
    expect(page.locator("#k-4-a.k-stopped")).to_be_visible()

    page.locator("#k-open-articles").click()
    page.locator("#k-files").set_input_files(
        [{"name": "tram.md", "mimeType": "text/markdown", "buffer": NOTE.encode()}]
    )
    expect(page.locator("#k-upload-state")).to_contain_text("can be searched now", timeout=60_000)
    page.locator("#k-filter").fill("Quillon")
    expect(page.locator("#k-panel .k-entry")).to_have_count(1)
    page.get_by_role("button", name=texts.ONLY_THIS.en).click()
    expect(page.locator("#k-scope")).to_contain_text("Quillon tram opening")
    page.locator(".k-close").click()
    assert "9.4" in ask("How long is the Quillon tram line?")
    page.locator("#k-retry").click()
    expect(page.locator("#k-5-a.k-running")).to_be_visible()
    expect(answers).to_have_count(5, timeout=PATIENCE)
    assert "9.4" in answers.last.inner_text()
    page.get_by_role("button", name=texts.ASK_ALL.en).click()

    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark")
    watched.reload()
    expect(answers).to_have_count(5, timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("#k-send")).to_have_text(texts.SEND.en)
    page.locator("#k-3-q").evaluate("node => node.scrollIntoView()")
    watched.shot("real-phone-dark")
    page.locator("#k-open-history").click()
    page.locator("#k-history-search").fill("Quillon")
    expect(page.locator("#k-panel .k-entry")).to_have_count(1)
    page.locator(".k-close").click()
    page.locator("#k-1-a .k-cite").first.click()
    expect(page.locator("#k-panel mark").first).to_contain_text("380億ドル規模の7年間")
    assert watched.foreign == []
    assert watched.complaints == []
