"""Articles through the page: uploaded, pasted, dropped, refused with the reason, asked alone, taken out."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from index.build import update_index
from index.home import Home
from rag.chatbot import Chatbot
from rag.retrieve import Filters
from rag.settings import Settings
from tests.doubles import LetterEmbedder, write
from tests.ui.browsing import OpenPage, Watched, served, visited
from tests.ui.scripted import ScriptedBot
from ui import texts


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


@pytest.fixture(scope="module")
def tabs(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, Watched]]:
    """Two tabs of one server, each with its list of articles open."""
    folder = tmp_path_factory.mktemp("shelf")
    home = folder / "home"
    update_index(Home(home), LetterEmbedder(), [write(folder / "articles", one="aab.")])  # type: ignore[arg-type]
    with served(Kept(home)) as url, ExitStack() as stack:
        one, other = (stack.enter_context(visited(browser, url)) for _ in range(2))
        for tab in (one, other):
            tab.page.locator("#k-open-articles").click()
            tab.page.locator("#k-panel .k-entry").first.wait_for()
        yield one, other


def titles(page: Page) -> list[str]:
    return sorted(page.locator("#k-panel .k-entry .k-title").all_text_contents())


def searchable(page: Page, count: int) -> None:
    """Waits until the page says that so many articles can be searched."""
    expect(page.locator("#k-upload-state")).to_contain_text(texts.SEARCHABLE.filled(count=count).ja, timeout=30_000)
    expect(page.locator("#k-panel .k-entry")).to_have_count(count)  # and the list shows them


def test_pasted_text_becomes_an_article_with_its_title(tabs: tuple[Watched, Watched]) -> None:
    page = tabs[0].page
    page.locator(".k-paste summary").click()
    page.get_by_label(texts.PASTE_TITLE.ja, exact=True).fill('見出し: "v1.2"の話')
    page.get_by_label(texts.PASTE_TEXT.ja).fill("ああい。\n\nいいう。")
    page.get_by_role("button", name=texts.PASTE_ADD.ja).click()
    searchable(page, 2)
    assert titles(page) == ["ONE", '見出し: "v1.2"の話']
    expect(page.get_by_label(texts.PASTE_TEXT.ja)).to_have_value("")
    page.locator("#k-panel .k-entry", has_text="v1.2").click()
    expect(page.locator("#k-panel .k-article-text")).to_contain_text("いいう。")
    page.locator("#k-panel .k-back").click()
    page.locator("#k-panel .k-entry").first.wait_for()


def test_a_file_is_dropped_and_what_is_wrong_with_parts_of_it_is_said(tabs: tuple[Watched, Watched]) -> None:
    page = tabs[0].page
    rows = '{"id": "r1", "title": "Row", "text": "ccd."}\n{"id": "r2", "title": "Bad", "text": "ddc.", "date": "x"}\n'
    dropped = page.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'rows.jsonl')); return data; }",
        rows,
    )
    before = len(titles(page))
    page.dispatch_event("#k-adding", "dragover", {"dataTransfer": dropped})
    expect(page.locator("#k-adding.k-over")).to_have_count(1)
    page.dispatch_event("#k-adding", "drop", {"dataTransfer": dropped})
    searchable(page, before + 1)
    state = page.locator("#k-upload-state")
    expect(state).to_contain_text(texts.READ_IN.filled(name="rows.jsonl", count=1).ja)
    expect(state).to_contain_text("「rows.jsonl:2」の日付が読めません（'x'）。")
    assert "Row" in titles(page)
    page.evaluate("document.querySelector('#k-lang-en').click()")  # what has been said changes its language too
    expect(state).to_contain_text("field 'date' is 'x': write it as 2025-11-03", use_inner_text=True)
    page.evaluate("document.querySelector('#k-lang-ja').click()")


def test_two_tabs_that_add_articles_at_once_lose_none(tabs: tuple[Watched, Watched]) -> None:
    before = len(titles(tabs[0].page))
    for name, tab in zip("ab", tabs, strict=True):
        files = [
            {"name": f"{name}{n}.txt", "mimeType": "text/plain", "buffer": f"{name}{n}\n{name * (n + 1)}c.".encode()}
            for n in range(4)
        ]
        tab.page.locator("#k-files").set_input_files(files)
    for tab in tabs:
        expect(tab.page.locator("#k-upload-state")).to_contain_text("検索できます", timeout=60_000)
    page = tabs[1].page
    page.locator("#k-filter").fill(" ")
    expect(page.locator("#k-panel .k-entry")).to_have_count(before + 8)
    assert set(titles(page)) >= {f"{name}{n}" for name in "ab" for n in range(4)}
    for tab in tabs:
        assert tab.complaints == []
        assert tab.foreign == []
