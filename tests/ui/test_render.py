"""Text becomes HTML here and nowhere else: walked token by token, whatever the text says."""

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from index.errors import EmbedderMismatch, KotaeError, NoIndex
from rag.answer import Answer, Citation
from tests.growth import times_of_four_times_as_much
from tests.ui.scripted import DEAL, HITS, QUOTE, article, citation, deal_answer, hit
from ui import render, render_sources, render_text, texts
from ui.records import to_record
from ui.turns import Turn

TAGS = {"a", "blockquote", "br", "button", "code", "details", "div", "h1", "h2", "h3", "li", "mark", "p", "span"}
TAGS |= {"strong", "summary", "ul"}
ATTRIBUTES = {"class", "id", "lang", "href", "open", "role", "type", "tabindex"}


class Walk(HTMLParser):
    """Every tag and attribute of a piece of HTML, its links, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.marked: list[str] = []
        self.text = ""
        self._in_mark = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "mark":
            self._in_mark = True
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_mark:
            self.marked[-1] += data


def turn(**fields: object) -> Turn:
    return replace(Turn(number=1, question="q", model_name="m"), **fields)


def done(answer: Answer) -> Turn:
    return turn(question=answer.question, stage="done", answer=answer, hits=answer.hits)


def all_of(asked: Turn) -> str:
    return render.question(asked) + render.answer(asked) + render_sources.sources(asked)


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "<a href='javascript:alert(1)'>x</a>",
    "</details></div><iframe src=//evil.example>",
    "[ref]: http://evil.example\n\n![a][ref]",
    "<http://evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    '" onmouseover="alert(1)',
    "**<b onclick=alert(1)>**",
    "- <svg/onload=alert(1)>",
    "[1](http://evil.example) [1]: http://evil.example",
    "[[1]](http://evil.example)",
    "```html\n<script>alert(1)</script>\n```",
    "$$\\href{javascript:alert(1)}{x}$$",
    "a\u2028b\r\rc\x00\x1b[31m\u202etxt.exe \ud800",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_becomes_markup_wherever_it_stands(attack: str) -> None:
    poisoned = article("x", attack.replace("\n", " "), f"line one\n{attack} [1]\nline three", source=attack)
    found = hit(poisoned, "line one")
    answer = Answer(
        question=attack,
        text=f"{attack}\n\n{attack} [1]",
        language="en",
        answered=True,
        citations=(citation(1, poisoned, attack),),
        hits=(found,),
        warnings=(attack,),
    )
    for asked in (
        done(answer),
        turn(question=attack, stage="writing", written=attack, hits=(found,), model_name=attack),
        turn(question=attack, stage="failed", error=KotaeError(attack)),
        done(replace(answer, citations=(Citation(**{**vars(answer.citations[0]), "quote": "not there " + attack}),))),
    ):
        html = all_of(asked)
        walk = Walk(html)
        assert walk.tags <= TAGS
        assert walk.attributes <= ATTRIBUTES
        assert all(link.startswith("#k-1-") for link in walk.links)
        assert set(walk.links) <= {f"#{id}" for id in walk.ids}
        assert not re.search(r"[\x00-\x1f\u2028\u2029\u202a-\u202e\ud800-\udfff]", html)
        html.encode("utf-8")


def test_html_starts_with_a_block_and_holds_no_line_break_so_that_markdown_leaves_it_alone() -> None:
    asked = done(deal_answer("one\n\n    two\n\n# three"))
    for html in (
        render.question(asked),
        render.answer(asked),
        render_sources.sources(asked),
        render.header(3),
        render.welcome(0),
    ):
        assert html.startswith("<div class=")
        assert "\n" not in html


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("It is so [1].", ["#k-1-1"]),
        ("It is so [1][2].", ["#k-1-1", "#k-1-2"]),
        ("It is so [1, 2].", ["#k-1-1", "#k-1-2"]),
        ("\u3060\u3088\uff3b\uff11\u3001\uff12\uff3d", ["#k-1-1", "#k-1-2"]),
        ("No such source [3], nor [1, 3].", []),
        ("Not yet whole [1", []),
        ("**bold [2]**", ["#k-1-2"]),
    ],
)
def test_marks_link_to_the_sources_there_are(text: str, links: list[str]) -> None:
    answer = replace(deal_answer("q"), text=text)
    assert Walk(render.answer(done(answer))).links == links


def test_paragraphs_bullets_and_bold_are_all_that_is_rendered() -> None:
    answer = Answer(
        question="q", text="One\ntwo\n\n- **a**\n- b\nThree *not* _this_ # nor this", language="en", answered=True
    )
    assert (
        '<div class="k-text" lang="en"><p>One<br>two</p><ul><li><strong>a</strong></li><li>b</li></ul>'
        "<p>Three *not* _this_ # nor this</p></div>"
    ) in render.answer(done(answer))


def test_a_quote_is_marked_in_its_passage() -> None:
    walk = Walk(render_sources.sources(done(deal_answer("q"))))
    second = "すべての容量は2026年末までに展開される予定"
    assert walk.marked == [QUOTE, second]
    assert "k-1-1" in walk.ids
    assert "k-1-2" in walk.ids


def test_a_quote_that_is_not_what_the_article_says_there_is_shown_but_never_marked() -> None:
    wrong = Citation(number=1, article_id=DEAL.id, title=DEAL.title, source="", quote="380億円", start=10, end=15)
    html = render_sources.sources(done(replace(deal_answer("q"), citations=(wrong,), hits=HITS[:1])))
    cited = html.split("k-others")[0]
    assert "380億円" in cited
    assert "<mark>" not in cited


def test_quotes_with_one_number_share_a_card_and_overlaps_are_joined() -> None:
    text = DEAL.text
    first = citation(1, DEAL, "380億ドル規模の7年間")
    second = citation(1, DEAL, "7年間のクラウド")
    walk = Walk(render_sources.sources(done(replace(deal_answer("q"), citations=(first, second), hits=HITS[:1]))))
    assert walk.marked == [text[first.start : second.end]]
    assert walk.ids.count("k-1-1") == 1


def test_before_the_answer_the_passages_found_are_shown_without_numbers_and_without_links() -> None:
    reading = turn(stage="writing", written="It is so [1]", hits=HITS * 2)
    html = render_sources.sources(reading)
    assert html.count("k-source") == 6 + 1  # six cards in one k-sources
    assert render_text.both(texts.FOUND) in html
    assert render_text.both(texts.OTHERS.filled(count=2)) in html
    assert Walk(render.answer(reading)).links == []
    assert "[1]" in Walk(render.answer(reading)).text


def test_a_declined_answer_shows_the_nearest_passages() -> None:
    declined = done(Answer(question="q", text="記事には書かれていません。", language="ja", answered=False, hits=HITS))
    assert texts.NEAREST.en in render_sources.sources(declined)
    assert texts.DECLINED.ja in render.answer(declined)


def test_what_the_browser_keeps_travels_as_text_that_shows_nothing() -> None:
    asked = done(deal_answer("</div><script>"))
    html = render_sources.sources(asked, to_record(asked))
    (kept,) = re.findall(r'<div class="k-record">(.*?)</div>', html)
    assert json.loads(unescape(kept)) == to_record(asked)
    assert "k-record" not in render_sources.sources(asked)


def test_a_follow_up_shows_the_question_it_was_turned_into() -> None:
    alone = "How long is OpenAI's <deal>?"
    answer = Answer(question="How long?", text="7.", language="en", answered=True, standalone=alone)
    html = render.answer(turn(question="How long?", stage="done", answer=answer))
    assert "How long is OpenAI&#x27;s &lt;deal&gt;?" in html
    assert "k-standalone" not in render.answer(done(deal_answer("q")))


@pytest.mark.parametrize(
    ("failure", "expected", "own_words"),
    [
        (NoIndex("no index in '/x': run `kotae index PATH`"), texts.ERRORS[NoIndex], True),
        (EmbedderMismatch("built with 'a'"), texts.ERRORS[EmbedderMismatch], True),
        (ValueError("/secret/path"), texts.UNEXPECTED, False),
    ],
)
def test_an_error_says_the_way_out_in_both_languages(failure: Exception, expected: texts.Text, own_words: bool) -> None:
    html = render.error(failure)
    assert render_text.both(expected) in html
    assert (str(failure).split("`")[0].replace("'", "&#x27;") in html) is own_words


def test_every_kind_of_error_has_its_text_and_every_text_both_languages() -> None:
    # Those of gold sets and reports are raised by `kotae eval` alone and never reach the page.
    for kind in [kind for kind in KotaeError.__subclasses__() if kind.__module__ == KotaeError.__module__]:
        assert texts.of_error(kind("x")) is not texts.UNEXPECTED
    pairs = [value for value in vars(texts).values() if isinstance(value, texts.Text)]
    for text in [*pairs, *texts.ERRORS.values()]:
        assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", text.ja)
        assert text.en.isascii()
        assert sorted(re.findall(r"\{\w+\}", text.ja)) == sorted(re.findall(r"\{\w+\}", text.en))


def test_rendering_is_linear_in_hostile_text() -> None:
    def shown(size: int) -> None:
        for piece in ("[1," * size, "**" * size, "[" * size, "- " * size, "**a" * size, "*" * size + "\n" * size):
            render.answer(turn(stage="writing", written=piece, hits=HITS))

    shown(1_000)
    short, long = times_of_four_times_as_much(shown, 10_000)
    assert long < 8 * short
