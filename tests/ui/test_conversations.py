"""Conversations and articles through the page: kept over a reload, edited, searched; uploaded, asked, taken out."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from index.build import update_index
from index.home import Home
from rag.chatbot import Chatbot
from rag.retrieve import Filters
from rag.settings import Settings
from tests.doubles import LetterEmbedder, write
from tests.ui.browsing import OpenPage
from tests.ui.scripted import QUOTE, ScriptedBot


def test_a_conversation_is_found_after_a_reload_with_its_sources(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0)
    watched = open_page(bot)
    page = watched.page
    for number, question in enumerate(("一つめ", "二つめ"), start=1):
        watched.ask(question)
        expect(page.locator(".k-done")).to_have_count(number, timeout=15_000)
    page.reload()
    expect(page.locator(".k-done")).to_have_count(2, timeout=15_000)
    page.locator("#k-1-a .k-cite").first.click()
    expect(page.locator("#k-panel mark")).to_have_text(QUOTE)
    page.locator("#k-open-history").click()
    expect(page.locator("#k-panel .k-entry")).to_have_count(1)
    page.locator("#k-history-search").fill("二つめ")
    expect(page.locator("#k-panel .k-entry .k-title")).to_have_text("一つめ")
    watched.shot("history-ja-light")
    page.locator("#k-history-search").fill("どこにもない")
    expect(page.locator("#k-panel .k-entry")).to_have_count(0)
    page.locator(".k-close").click()
    page.locator("#k-undo").click()
    expect(page.locator(".k-question")).to_have_count(1)
    expect(page.locator("#k-box textarea")).to_have_value("二つめ")
    page.locator("#k-1-q .k-edit").click()
    page.locator("#k-box textarea").fill("書き直した")
    page.locator("#k-box textarea").press("Enter")
    expect(page.locator(".k-question p")).to_have_text("書き直した")
    watched.finished()
    assert [asked[0] for asked in bot.asked] == ["一つめ", "二つめ", "書き直した"]
    assert bot.asked[-1][2] == ()
    assert watched.foreign == []
    assert watched.complaints == []


class Kept(ScriptedBot):
    """Answers from the script, keeps its articles in a real index."""

    def __init__(self, home: Path) -> None:
        settings = Settings(home=home, models=home)
        super().__init__(pause=0, settings=settings)
        from index.collection import Collection

        embedder = LetterEmbedder()
        self._bot = Chatbot(settings, embedder, Collection(Home(home), embedder))  # type: ignore[arg-type]
        self.articles = self._bot.articles  # type: ignore[method-assign,assignment]
        self.article = self._bot.article  # type: ignore[method-assign]
        self.index = self._bot.index  # type: ignore[method-assign,assignment]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    home = tmp_path / "home"
    update_index(Home(home), LetterEmbedder(), [write(tmp_path / "articles", one="aab.", two="ああい。")])  # type: ignore[arg-type]
    return Kept(home)


def test_files_are_taken_in_refused_with_a_reason_and_taken_out(kept: Kept, open_page: OpenPage) -> None:
    watched = open_page(kept)
    page = watched.page
    page.locator("#k-open-articles").click()
    expect(page.locator("#k-panel .k-entry")).to_have_count(2)
    page.locator("#k-files").set_input_files(
        [
            {"name": "three.txt", "mimeType": "text/plain", "buffer": b"Third\nccc."},
            {"name": "again.txt", "mimeType": "text/plain", "buffer": b"aab."},
            {"name": "empty.txt", "mimeType": "text/plain", "buffer": b"  "},
        ]
    )
    state = page.locator("#k-upload-state")
    expect(state).to_contain_text("three.txt", timeout=15_000)
    expect(state).to_contain_text("同じ文章の記事「ONE」")
    expect(state).to_contain_text("empty.txt holds no text")
    expect(page.locator("#k-panel .k-entry")).to_have_count(3, timeout=15_000)
    watched.shot("articles-ja-light")
    page.locator("#k-filter").fill("Third")
    expect(page.locator("#k-panel .k-entry")).to_have_count(1)
    page.locator("#k-panel .k-list .k-small", has_text="この記事だけ").click()
    watched.ask("q")
    watched.finished()
    assert kept.filters[-1] == Filters(article_ids=("three",))
    for _ in range(2):
        page.locator("#k-panel .k-list .k-small").last.click()
    expect(state).to_contain_text("取り除きました", timeout=15_000)
    page.locator("#k-filter").fill("")
    expect(page.locator("#k-panel .k-entry")).to_have_count(2)
