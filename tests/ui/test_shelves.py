"""Several collections on one page: the choice in a browser, the doors for programs, and what is not served."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from index.errors import NoIndex, StoreError
from rag.settings import Settings
from tests.ui.browsing import OpenPage, served
from tests.ui.scripted import DEAL, POWER, ScriptedBot, deal_answer
from ui.shelves import Shelves

SETTINGS = Settings(home=Path("/nowhere"), models=Path("/nowhere"))


@pytest.fixture
def bot() -> ScriptedBot:
    """Over two articles, beside a collection "契約" that holds one of them."""
    beside = ScriptedBot(
        pause=0,
        settings=replace(SETTINGS, collection="契約"),
        shelf=(POWER,),
        article_count=1,
        model_name="other-model",
    )
    return ScriptedBot(pause=0, beside={"契約": beside})


@pytest.fixture
def url(bot: ScriptedBot) -> Iterator[str]:
    with served(bot) as address:
        yield address


def test_each_collection_has_one_bot_and_one_library(bot: ScriptedBot) -> None:
    shelves = Shelves(bot)
    assert shelves.names == ["default", "契約"]
    assert shelves.bot("") is shelves.bot("default") is bot
    assert shelves.bot("契約") is bot.beside["契約"]
    assert shelves.library("契約") is shelves.library("契約") is not shelves.library("")
    with pytest.raises(NoIndex, match=r"no collection 'x' here \(those there: default, 契約\)"):
        shelves.bot("x")


def test_a_page_started_for_one_collection_serves_no_other(bot: ScriptedBot) -> None:
    alone = Shelves(ScriptedBot(settings=replace(SETTINGS, collection="契約"), beside={"b": bot}))
    assert alone.names == ["契約"]
    for other in ("default", "b"):
        with pytest.raises(NoIndex):
            alone.bot(other)


def test_the_choice_reaches_search_list_and_sources_and_outlives_a_reload(
    open_page: OpenPage, bot: ScriptedBot
) -> None:
    watched = open_page(bot)
    page = watched.page
    choice = page.locator("#k-collection")
    choice.wait_for()
    assert choice.locator("option").all_inner_texts() == ["default", "契約"]
    assert page.locator("#k-chat .example").count() > 0
    choice.select_option("契約")
    page.wait_for_function("() => !document.querySelector('#k-chat .example')?.checkVisibility()")
    page.wait_for_function("() => document.querySelector('#k-open-articles').innerText === '記事1件'")
    page.locator("#k-lang-en").click()
    assert page.locator("#k-open-articles").inner_text() == "1 article"
    page.locator("#k-lang-ja").click()
    watched.ask("契約額は?")
    watched.finished()
    assert [asked[0] for asked in bot.beside["契約"].asked] == ["契約額は?"]
    assert bot.asked == []
    assert page.locator(".k-question .k-of").inner_text() == "契約"
    page.locator("#k-open-articles").click()
    page.locator("#k-panel .k-list .k-title").first.wait_for()
    assert page.locator("#k-panel .k-list .k-title").all_inner_texts() == [POWER.title]
    page.locator("#k-panel .k-close").click()
    # [1] cites an article that this collection does not hold: the passage alone is shown, not the other one's text.
    page.locator(".k-cite").first.click()
    page.locator("#k-panel .k-page .k-note").wait_for()
    watched.shot("collections")

    watched.reload()
    choice.wait_for()
    page.locator(".k-question .k-of").wait_for()
    assert choice.input_value() == "契約"
    page.wait_for_timeout(3500)  # by then the page has told gradio
    watched.ask("次の質問")
    page.wait_for_function("() => document.querySelectorAll('.k-answer').length === 2")
    watched.finished()
    choice.select_option("default")
    watched.ask("別の質問")
    page.wait_for_function("() => document.querySelectorAll('.k-answer').length === 3")
    watched.finished()
    assert [asked[0] for asked in bot.beside["契約"].asked] == ["契約額は?", "次の質問"]
    assert [asked[0] for asked in bot.asked] == ["別の質問"]
    assert watched.complaints == []


class Damaged(ScriptedBot):
    """Its other collection cannot be opened."""

    def of(self, collection: str) -> ScriptedBot:
        raise StoreError(f"cannot write to '{collection}': disk full")


def test_a_collection_that_cannot_be_opened_is_said_and_the_page_goes_on(open_page: OpenPage, bot: ScriptedBot) -> None:
    watched = open_page(Damaged(pause=0, beside=bot.beside))
    page = watched.page
    page.locator("#k-open-articles").click()
    page.locator("#k-panel .k-entry").first.wait_for()
    page.locator("#k-collection").select_option("契約")
    reason = "「契約」に書き込めません（disk full）。"
    page.locator("#k-panel .k-error", has_text=reason).wait_for()
    watched.ask("q")
    watched.finished()
    assert page.locator(".k-answer .k-error-title").inner_text() == "答えられませんでした"
    page.locator(".k-answer .k-detail summary").click()
    assert page.locator(".k-answer .k-detail p").inner_text() == reason
    page.locator("#k-collection").select_option("default")
    page.locator("#k-panel .k-entry").first.wait_for()
    watched.ask("q")
    page.wait_for_function("() => document.querySelectorAll('.k-answer').length === 2")
    watched.finished()
    assert page.locator(".k-answer").last.locator(".k-cite").count() > 0
    for path in ("articles", "article?id=deal"):
        reply = httpx.get(f"{watched.url}/kotae/{path}", params={"collection": "契約", "id": "deal"})
        assert (reply.status_code, reply.json()["problem"]["ja"]) == (503, reason)


def test_one_collection_offers_no_choice(open_page: OpenPage) -> None:
    watched = open_page(ScriptedBot(pause=0))
    watched.ask("q")
    watched.finished()
    assert watched.page.locator("#k-collection").count() == 0


def test_programs_name_the_collection(url: str, bot: ScriptedBot) -> None:
    names = [model["id"] for model in httpx.get(f"{url}/v1/models").json()["data"]]
    assert names == ["kotae", "kotae/契約"]
    ask = {"messages": [{"role": "user", "content": "q"}]}
    done = httpx.post(f"{url}/v1/chat/completions", json={**ask, "model": "kotae/契約"}).json()
    assert (done["model"], done["kotae"]["text"]) == ("kotae/契約", deal_answer("q").text)
    assert (len(bot.beside["契約"].asked), bot.asked) == (1, [])
    assert httpx.post(f"{url}/v1/chat/completions", json={**ask, "model": "gpt-4"}).json()["model"] == "kotae"
    refused = httpx.post(f"{url}/v1/chat/completions", json={**ask, "model": "kotae/x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")

    listed = httpx.get(f"{url}/kotae/articles", params={"collection": "契約"}).json()
    assert [article["title"] for article in listed["articles"]] == [POWER.title]
    assert httpx.get(f"{url}/kotae/article", params={"id": DEAL.id}).status_code == 200
    assert httpx.get(f"{url}/kotae/article", params={"id": DEAL.id, "collection": "契約"}).status_code == 404
    for path in ("articles", "article?id=deal"):
        assert httpx.get(f"{url}/kotae/{path}", params={"collection": "x", "id": "deal"}).status_code == 404
    for path in ("upload?name=a.md&collection=x", "index?collection=x", "remove?id=deal&collection=x"):
        assert httpx.post(f"{url}/kotae/{path}").status_code == 404


def test_gradio_clients_name_the_collection(url: str, bot: ScriptedBot) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client = Client(url, verbose=False)
    assert client.predict("契約", "q", "auto", api_name="/ask_in")["text"] == deal_answer("q").text
    assert client.predict("q", "auto", api_name="/ask")["text"] == deal_answer("q").text
    assert (len(bot.beside["契約"].asked), len(bot.asked)) == (1, 1)
    with pytest.raises(AppError, match="no collection 'x'"):
        client.predict("x", "q", "auto", api_name="/ask_in")
