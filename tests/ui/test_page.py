"""The page in a real browser: asked, stopped, asked again, in both languages, with hostile text behind it.

Screenshots of each state land in `screenshots/`, which git ignores.
"""

import json
import statistics
import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from index.errors import NoIndex, SettingsError
from rag.answer import Answer
from tests.ui.browsing import OpenPage, Watched, served
from tests.ui.scripted import DEAL, HITS, POWER, QUOTE, ScriptedBot, article, citation, deal_answer, hit
from ui import texts
from ui.page import examples_from
from ui.page_settings import PageSettings
from ui.server import serve

SELECTED = """(selector) => {
  getSelection().selectAllChildren(document.querySelector(selector));
  return getSelection().toString();
}"""
QUESTION = "OpenAIとAmazonの契約額はいくらですか"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def box(watched: Watched):  # type: ignore[no-untyped-def]
    return watched.page.locator("#k-box textarea")


def test_a_question_is_answered_with_sources_that_open(open_page: OpenPage) -> None:
    bot = ScriptedBot()
    watched = open_page(bot)
    page = watched.page
    watched.ask(QUESTION)
    watched.finished()
    expect(page.locator(".k-question p")).to_have_text(QUESTION)
    expect(page.locator(".k-text")).to_contain_text("期間は7年間です")
    expect(box(watched)).to_have_value("")
    card = page.locator("#k-1-1")
    expect(card.locator(".k-title")).to_have_text(DEAL.title)
    expect(card.locator(".k-facts")).to_contain_text("2025-11-03")
    expect(card.locator(".k-passage mark")).to_have_text(QUOTE)
    watched.shot("answered-ja-light")
    page.locator(".k-cite").first.click()
    panel = page.locator("#k-panel")
    expect(panel.locator(".k-article-text")).to_contain_text("展開スケジュール")
    expect(panel.locator(".k-article-text mark")).to_have_text(QUOTE)
    expect(panel.locator("article h2")).to_be_focused()
    expect(panel.locator(".k-facts")).to_contain_text("2025-11-03")
    panel.locator(".k-scores summary").click()
    expect(panel.locator(".k-scores dl")).to_contain_text("0.87")
    assert page.evaluate(SELECTED, "#k-panel mark") == QUOTE
    watched.shot("source-ja-light")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".k-cite").first).to_be_focused()
    expect(page.locator(".k-thumb")).to_have_count(0)  # unless the operator keeps feedback
    assert bot.asked == [(QUESTION, "auto", ())]
    assert watched.foreign == []
    assert watched.complaints == []


def test_the_stages_come_in_order_and_the_sources_stand_before_the_model_speaks(open_page: OpenPage) -> None:
    hold = threading.Event()
    watched = open_page(ScriptedBot(hold=hold, pause=0.1))
    page = watched.page
    watched.ask(QUESTION)
    expect(page.locator(".k-source")).to_have_count(len(HITS))
    expect(page.locator(".k-status")).to_contain_text(texts.READING.ja)
    expect(page.locator(".k-status")).to_contain_text("scripted-model")
    expect(page.locator(".k-text")).to_have_count(0)
    expect(page.locator(".k-cite")).to_have_count(0)
    page.locator(".k-source > summary").nth(1).click()
    watched.shot("reading-ja-light")
    hold.set()
    expect(page.locator(".k-status")).to_contain_text(texts.WRITING.ja)
    expect(page.locator(".k-text")).to_contain_text("契約額は")
    expect(page.locator(".k-source").nth(1)).to_have_attribute("open", "")  # writing does not fold it again
    watched.finished()
    expect(page.locator(".k-cite")).to_have_count(2)
    expect(page.locator(".k-status")).to_have_count(0)


def test_what_is_typed_while_the_model_is_silent_stays(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.turns.BEAT", 0.1)
    hold = threading.Event()
    watched = open_page(ScriptedBot(hold=hold))
    watched.ask(QUESTION)
    expect(watched.page.locator(".k-source")).to_have_count(len(HITS))
    box(watched).fill("次の質問")
    watched.page.wait_for_timeout(500)
    expect(box(watched)).to_have_value("次の質問")
    hold.set()
    watched.finished()
    expect(box(watched)).to_have_value("次の質問")


def test_stop_works_within_a_second_and_keeps_what_was_written(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0.15)
    watched = open_page(bot)
    page = watched.page
    expect(page.locator("#k-stop")).to_be_hidden()
    watched.ask(QUESTION)
    expect(page.locator(".k-text")).to_contain_text("契約額は")
    began = time.monotonic()
    page.locator("#k-stop").click()
    expect(page.locator(".k-stopped")).to_have_count(1)
    assert time.monotonic() - began < 1
    assert bot.closed.wait(1)
    expect(page.locator(".k-text")).to_contain_text("契約額は")
    expect(page.locator(".k-note")).to_contain_text(texts.STOPPED.ja)
    watched.shot("stopped-ja-light")
    watched.ask("もう一度")
    watched.finished()
    expect(page.locator(".k-done")).to_have_count(1)


def test_escape_stops_a_model_that_says_nothing(open_page: OpenPage) -> None:
    hold = threading.Event()
    watched = open_page(ScriptedBot(hold=hold))
    watched.ask(QUESTION)
    expect(watched.page.locator(".k-source")).to_have_count(len(HITS))
    began = time.monotonic()
    watched.page.keyboard.press("Escape")
    expect(watched.page.locator(".k-stopped")).to_have_count(1)
    assert time.monotonic() - began < 1
    hold.set()


def test_a_closed_tab_stops_the_model(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0.2)
    watched = open_page(bot)
    watched.ask(QUESTION)
    expect(watched.page.locator(".k-text")).to_contain_text("契約")
    watched.page.close()
    assert bot.closed.wait(10)


def test_a_conversation_keeps_each_turns_sources_and_can_be_repeated_and_cleared(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0)
    watched = open_page(bot)
    page = watched.page
    for question in ("一", "二"):
        watched.ask(question)
        expect(page.locator(".k-question p").last).to_have_text(question)
        watched.finished()
    expect(page.locator("#k-1-1 .k-passage mark")).to_have_text(QUOTE)
    expect(page.locator("#k-2-1 .k-passage mark")).to_have_text(QUOTE)
    assert [message["content"] for message in bot.asked[1][2]] == ["一", deal_answer("一").text]
    page.locator("#k-retry").click()
    while len(bot.asked) < 3:
        page.wait_for_timeout(20)
    page.wait_for_function("() => document.querySelectorAll('.k-done').length === 2")
    assert [asked[0] for asked in bot.asked] == ["一", "二", "二"]
    assert len(bot.asked[2][2]) == 2
    expect(page.locator(".k-question")).to_have_count(2)
    page.locator("#k-clear").click()
    expect(page.locator(".k-question")).to_have_count(0)
    expect(page.locator(".k-welcome")).to_be_visible()
    watched.ask("三")
    watched.finished()
    assert bot.asked[-1][2] == ()


PRESS_ENTER = """(sign) => {
  const box = document.querySelector('#k-box textarea');
  const enter = {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true};
  for (const type of ['keydown', 'keypress', 'keyup'])
    box.dispatchEvent(new KeyboardEvent(type, {...enter, ...(type === 'keydown' || sign.isComposing ? sign : {})}));
}"""


@pytest.mark.parametrize("sign", [{"isComposing": True}, {"keyCode": 229, "which": 229}], ids=["composing", "229"])
def test_enter_that_confirms_a_conversion_never_sends(open_page: OpenPage, sign: dict[str, object]) -> None:
    bot = ScriptedBot(pause=0)
    watched = open_page(bot)
    page = watched.page
    session = page.context.new_cdp_session(page)
    box(watched).focus()
    session.send("Input.imeSetComposition", {"text": "けいやく", "selectionStart": 4, "selectionEnd": 4})
    page.evaluate(PRESS_ENTER, sign)
    session.send("Input.insertText", {"text": "契約"})
    page.wait_for_timeout(300)
    assert bot.asked == []
    expect(box(watched)).to_have_value("契約")
    box(watched).press("Shift+Enter")
    box(watched).press_sequentially("は")
    expect(box(watched)).to_have_value("契約\nは")
    assert bot.asked == []
    page.evaluate(PRESS_ENTER, {})  # the same keys without the sign of a composition
    watched.finished()
    assert [asked[0] for asked in bot.asked] == ["契約\nは"]


def test_an_empty_question_asks_nothing(open_page: OpenPage) -> None:
    bot = ScriptedBot()
    watched = open_page(bot)
    watched.ask("   ")
    watched.page.locator("#k-send").click()
    watched.page.wait_for_timeout(300)
    assert bot.asked == []
    expect(watched.page.locator(".k-question")).to_have_count(0)


def test_the_page_speaks_the_browsers_language_and_its_switch_stays(open_page: OpenPage) -> None:
    watched = open_page(ScriptedBot(pause=0), locale="en-GB")
    page = watched.page
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#k-send")).to_have_text("Send")
    expect(page.get_by_role("heading", name=texts.WELCOME.en)).to_be_visible()
    watched.shot("welcome-en-light")
    watched.ask("q")
    watched.finished()
    expect(page.locator(".k-sources h3")).to_have_text(texts.SOURCES.en, use_inner_text=True)
    page.locator("#k-lang-ja").click()
    for _ in range(2):
        expect(page.locator("html")).to_have_attribute("lang", "ja")
        expect(page.locator("#k-send")).to_have_text("送信")
        expect(box(watched)).to_have_attribute("placeholder", texts.PLACEHOLDER.ja)
        expect(page.locator("#k-answer-language")).to_contain_text(texts.ANSWER_LANGUAGE.ja)
        expect(page.locator("#k-lang-ja")).to_have_attribute("aria-pressed", "true")
        watched.reload()
        page.wait_for_selector("#k-box textarea")
    watched.shot("welcome-ja-light")


def test_the_answers_language_is_apart_from_the_pages(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0)
    watched = open_page(bot)
    watched.page.get_by_label("English", exact=True).check(force=True)
    watched.ask(QUESTION)
    watched.finished()
    assert bot.asked[0][1] == "en"
    expect(watched.page.locator("html")).to_have_attribute("lang", "ja")


def test_an_example_is_asked_by_a_click(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0)
    watched = open_page(bot)
    example = f"「{DEAL.title}」で、いちばん重要な点は何ですか？"
    assert examples_from(bot.articles()) == [example, f'What is the main point of "{POWER.title}"?']
    watched.page.get_by_role("button", name=example).click()
    watched.page.wait_for_selector(".k-done")
    assert [asked[0] for asked in bot.asked] == [example]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
def test_a_phone_and_the_dark_show_everything_without_sideways_scrolling(
    open_page: OpenPage, locale: str, scheme: str
) -> None:
    bot = ScriptedBot(pause=0)
    long = "https://example.com/" + "a" * 200
    bot.answers["declined"] = Answer(
        question="declined",
        text=f"記事には書かれていません。 {long}",
        language="ja",
        answered=False,
        hits=HITS,
        warnings=("42という数字は出典にありません。",),
    )
    bot.answers["failed"] = NoIndex("no index in '/home/someone/.kotae': run `kotae index PATH` first")
    watched = open_page(bot, locale=locale, color_scheme=scheme, **PHONE)
    page = watched.page
    name = f"phone-{locale[:2]}-{scheme}"
    watched.shot(f"{name}-welcome")
    for question in (QUESTION, "declined", "failed"):
        watched.ask(question)
        expect(page.locator(".k-question p").last).to_have_text(question)
        watched.finished()
        page.wait_for_timeout(200)
        expect(page.locator(".k-answer").last).to_be_in_viewport(ratio=0.3)
        watched.shot(f"{name}-{'answered' if question is QUESTION else question}")
    expect(page.locator(".k-declined .k-badge")).to_be_visible()
    expect(page.locator(".k-warnings")).to_contain_text("42")
    expect(page.locator(".k-error")).to_contain_text("kotae index PATH")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    luminance = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3"
    )
    assert (luminance > 200) is (scheme == "light")


def test_hostile_text_stays_text_and_asks_the_network_for_nothing(open_page: OpenPage) -> None:
    attack = (
        "<script>document.title='owned'</script><img src=http://evil.example/a.png onerror=document.title='owned'> "
        "![x](http://evil.example/b.png) [click](javascript:document.title='owned') <style>*{display:none}</style> "
        "<a href='http://evil.example'>x</a> <form action=http://evil.example> </div></details>"
    )
    poisoned = article("x", attack, f"start\n{attack}\nend", source=attack)
    bot = ScriptedBot(pause=0.005, model_name=attack, shelf=(poisoned,))
    bot.answers[attack] = Answer(
        question=attack,
        text=f"{attack}\n\n{attack} [1]\n- {attack}",
        language="en",
        answered=True,
        citations=(citation(1, poisoned, attack),),
        hits=(hit(poisoned, attack),),
        warnings=(attack,),
    )
    watched = open_page(bot)
    page = watched.page
    watched.ask(attack)
    watched.finished()
    page.locator("#k-1-1 .k-open").click()
    expect(page.locator("#k-panel .k-article-text mark")).to_have_text(attack)
    page.locator("#k-panel .k-close").click()
    page.locator("#k-open-history").click()
    expect(page.locator("#k-panel .k-entry .k-title")).to_have_text(attack)
    page.wait_for_timeout(500)
    assert page.title() == texts.TITLE
    assert watched.foreign == []
    assert watched.complaints == []
    chat = page.locator(":is(#k-chat, #k-panel)")
    for selector in ("script", "img", "style:not(svg style)", "form", "iframe", "a:not([href^='#k-'])"):
        expect(chat.locator(selector)).to_have_count(0)
    expect(page.locator("#k-1-1 .k-passage mark")).to_have_text(attack)
    watched.shot("hostile")


def test_screen_readers_hear_the_whole_answer_once_and_no_markup(open_page: OpenPage) -> None:
    watched = open_page(ScriptedBot())
    page = watched.page
    watched.ask(QUESTION)
    watched.finished()
    expect(page.locator("body > .k-sr[role='status']")).to_contain_text("期間は7年間です")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    labels = page.eval_on_selector_all("#k-chat [aria-label]", "nodes => nodes.map(n => n.getAttribute('aria-label'))")
    assert not any("<" in label for label in labels)
    expect(page.get_by_role("textbox", name=texts.QUESTION.ja)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kotae")


def test_copying_takes_the_answer_with_its_sources_as_text_or_markdown(open_page: OpenPage) -> None:
    watched = open_page(ScriptedBot(pause=0), permissions=["clipboard-read", "clipboard-write"])
    watched.ask(QUESTION)
    watched.finished()
    second = "すべての容量は2026年末までに展開される予定"
    watched.page.locator(".k-copy").first.click()
    expect(watched.page.locator(".k-copy").first).to_contain_text(texts.COPIED.ja)
    assert watched.page.evaluate("navigator.clipboard.readText()") == (
        "契約額は380億ドルで、期間は7年間です[1]。\n\n- すべての容量は2026年末までに展開されます[2]。\n\n"
        f"[1] {DEAL.title}, {DEAL.source}: 「{QUOTE}」\n[2] {DEAL.title}, {DEAL.source}: 「{second}」"
    )
    watched.page.locator(".k-markdown").click()
    expect(watched.page.locator(".k-markdown")).to_contain_text(texts.COPIED.ja)
    assert watched.page.evaluate("navigator.clipboard.readText()") == (
        "契約額は**380億ドル**で、期間は7年間です[1]。\n\n- すべての容量は2026年末までに展開されます[2]。\n\n"
        f"> [1] {QUOTE}\n>\n> — {DEAL.title}, {DEAL.source}\n\n> [2] {second}\n>\n> — {DEAL.title}, {DEAL.source}"
    )


def test_passages_are_on_screen_soon_after_enter(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0)
    watched = open_page(bot)
    page = watched.page
    page.evaluate(
        """() => {
          window.waits = [];
          let asked = 0;
          addEventListener('keydown', (e) => { if (e.key === 'Enter') asked = performance.now(); }, true);
          let turns = 0;
          new MutationObserver(() => {
            const now = document.querySelectorAll('.k-sources').length;
            if (now > turns) window.waits.push(performance.now() - asked);
            turns = now;
          }).observe(document.body, {childList: true, subtree: true});
        }"""
    )
    for number in range(7):
        watched.ask(f"質問 {number}")
        expect(page.locator(".k-question p").last).to_have_text(f"質問 {number}")
        watched.finished()
    waits = page.evaluate("window.waits")
    assert len(waits) == 7
    print(json.dumps({"enter_to_passages_ms": [round(wait) for wait in waits]}))  # noqa: T201
    assert statistics.median(waits) < 400


def test_other_programs_ask_by_gradio_client_and_get_the_answer_as_json() -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    bot = ScriptedBot(pause=0)
    bot.answers["bad"] = NoIndex("no index in '/x': run `kotae index PATH`")
    bot.answers["bug"] = ValueError("/secret/path")
    with served(bot) as url:
        client = Client(url, verbose=False)
        with closing(client):
            assert client.predict("q", "ja", api_name="/ask") == deal_answer("q").to_dict()
            assert client.predict("q", api_name="/ask")["answered"] is True
            assert [asked[1] for asked in bot.asked] == ["ja", "auto"]
            with pytest.raises(AppError, match="kotae index PATH"):
                client.predict("bad", api_name="/ask")
            with pytest.raises(AppError) as error:
                client.predict("bug", api_name="/ask")
            assert "secret" not in str(error.value)
            endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
            assert sorted(endpoints) == ["/ask", "/ask_in"]


def test_a_port_that_is_taken_is_said_and_not_moved() -> None:
    with served(ScriptedBot()) as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(SettingsError, match=f"cannot serve on port {port} of 127.0.0.1"):
            serve(lambda _: ScriptedBot(), PageSettings(port=port))


def test_no_variable_can_loosen_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GRADIO_SHARE": "True",
        "GRADIO_ANALYTICS_ENABLED": "True",
        "GRADIO_ALLOWED_PATHS": "/",
        "GRADIO_MCP_SERVER": "True",
        "GRADIO_RUN_HISTORY": "True",
        "GRADIO_ROOT_PATH": "/elsewhere",
    }.items():
        monkeypatch.setenv(name, value)
    from ui.page import build_page

    page = build_page(ScriptedBot())
    assert page.analytics_enabled is False
    assert page.root_path == ""
    assert page._queue.max_size == 128


def test_an_empty_index_says_what_to_do(open_page: OpenPage) -> None:
    watched = open_page(ScriptedBot(article_count=0))
    expect(watched.page.locator(".k-welcome")).to_contain_text("kotae index")
    expect(watched.page.locator("#k-chat .example")).to_have_count(0)


def test_a_long_answer_ends_with_what_the_core_says_last(open_page: OpenPage) -> None:
    bot = ScriptedBot(pause=0)
    bot.answers["q"] = replace(deal_answer("q"), text="最終の文です[1]。")
    watched = open_page(bot)
    watched.ask("q")
    watched.finished()
    assert watched.page.locator(".k-text .k-n").text_content() == "[1]"
    expect(watched.page.locator(".k-text p")).to_contain_text("最終の文です")


def test_an_article_opens_at_its_quote(open_page: OpenPage) -> None:
    long = article("long", "Long", "\n".join(f"line {n}" for n in range(400)))
    bot = ScriptedBot(pause=0, shelf=(long,))
    bot.answers["q"] = replace(
        deal_answer("q"), citations=(citation(1, long, "line 333"),), hits=(hit(long, "line 333"),)
    )
    watched = open_page(bot)
    watched.ask("q")
    watched.finished()
    watched.page.locator("#k-1-1 .k-open").click()
    expect(watched.page.locator("#k-panel mark")).to_be_in_viewport()
