"""Conversations through the page: kept over a reload, edited, searched, exported, deleted; in the browser alone."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.ui.browsing import OpenPage
from tests.ui.scripted import DEAL, QUOTE, ScriptedBot, deal_answer
from ui import texts


def test_a_conversation_is_found_after_a_reload_with_its_sources(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0)
    watched = open_page(bot)
    page = watched.page
    for number, question in enumerate(("一つめ", "二つめ"), start=1):
        watched.ask(question)
        expect(page.locator(".k-done")).to_have_count(number, timeout=15_000)
    watched.reload()
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


def test_conversations_are_exported_as_markdown_and_json_and_deleted_for_good(open_page: OpenPage) -> None:
    watched = open_page(ScriptedBot(pause=0))
    page = watched.page
    for question in ("契約は？", "電力は？"):
        watched.ask(question)
        watched.finished()
        page.locator("#k-clear").click()
        expect(page.locator(".k-question")).to_have_count(0)
    page.locator("#k-open-history").click()
    entries = page.locator("#k-panel .k-list > li")
    expect(entries).to_have_count(2)

    def saved(name: str) -> tuple[str, str]:
        with page.expect_download() as download:
            (entries.last if name != texts.EXPORT_ALL.ja else page).get_by_role("button", name=name).click()
        return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8")

    answer = deal_answer("")
    quotes = "\n\n".join(f"> [{c.number}] {c.quote}\n>\n> — {DEAL.title}, {DEAL.source}" for c in answer.citations)
    assert saved(texts.EXPORT_MARKDOWN.ja) == (
        "契約は？.md",
        f"# 契約は？\n\n## 契約は？\n\n{answer.text}\n\n{quotes}\n",
    )
    name, exported = saved(texts.EXPORT_JSON.ja)
    assert name == "契約は？.json"
    (turn,) = json.loads(exported)["turns"]
    assert (turn["question"], turn["text"], turn["citations"][0]["quote"]) == ("契約は？", answer.text, QUOTE)
    name, exported = saved(texts.EXPORT_ALL.ja)
    assert (name, [kept["title"] for kept in json.loads(exported)]) == ("kotae.json", ["電力は？", "契約は？"])
    page.locator("#k-history-search").fill("電力 380億")
    expect(entries).to_have_count(1)
    for text in (texts.DELETE.ja, texts.SURE.ja):
        entries.get_by_role("button", name=text, exact=True).click()
    expect(entries).to_have_text([texts.HISTORY_NONE.ja], use_inner_text=True)
    watched.reload()
    page.locator("#k-open-history").click()
    expect(page.locator("#k-panel .k-entry .k-title")).to_have_text(["契約は？"])
    for text in (texts.DELETE_ALL.ja, texts.SURE.ja):
        page.get_by_role("button", name=text).click()
    expect(entries).to_have_text([texts.HISTORY_EMPTY.ja], use_inner_text=True)
    assert watched.complaints == []


def test_a_conversation_that_cannot_be_read_is_said_once_and_not_lost(open_page: OpenPage) -> None:
    watched = open_page(ScriptedBot(pause=0))
    page = watched.page
    watched.ask("q")
    watched.finished()
    kept = """async (spoil) => {
      const open = indexedDB.open("kotae", 1);
      await new Promise((done) => (open.onsuccess = done));
      const place = open.result.transaction("conversations", "readwrite").objectStore("conversations");
      const all = place.getAll();
      await new Promise((done) => (all.onsuccess = done));
      for (const one of spoil ? all.result : []) {
        one.turns[0].text = 5;
        await new Promise((done) => (place.put(one).onsuccess = done));
      }
      return all.result.map((one) => one.turns[0].text);
    }"""
    page.wait_for_function(f"async () => (await ({kept})(false)).length === 1")
    page.evaluate(kept, True)
    watched.reload()
    toast = page.locator(".toast-body")
    toast.wait_for()
    reason = "保存された会話の 'text' が正しくありません。新しい会話を始めてください。"
    assert reason in toast.inner_text()
    page.wait_for_timeout(1000)
    assert toast.inner_text().count(reason) == 1
    assert page.evaluate(kept, False) == [5]
    watched.ask("q")
    watched.finished()
    page.wait_for_function(f"async () => (await ({kept})(false)).length === 2")
    assert sorted(map(str, page.evaluate(kept, False))) == ["5", deal_answer("q").text]
