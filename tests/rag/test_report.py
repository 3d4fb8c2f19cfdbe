"""The report is one page that needs nothing else and shows what it is given, in both languages, as text."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rag.compare import compare
from rag.evaluate import evaluate
from rag.plots import Bar, Point, bar_plot, ticks, xy_plot
from rag.report import page_html, write_report
from rag.report_texts import METRICS, PAGE_TEXTS, WRONG
from rag.scorecard import Scorecard
from tests.rag.gold_cases import INDEXED, ScriptedBot, many

QUESTIONS = many(4)
HOSTILE = "<script>document.title='taken'</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"


def evaluated(**changes: object) -> Scorecard:
    return evaluate(ScriptedBot(questions=QUESTIONS, **changes), QUESTIONS, indexed=INDEXED)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a bad run: a wrong answer full of markup, one declined, one that failed."""
    bad = evaluated(text={"q1": f"390億ドルです{HOSTILE}", "q4": None}, fails={"q2"})
    rows = tuple(
        replace(row, outcome={**row.outcome, "answer": {**row.outcome["answer"], "confidence": number / 40}})
        if row.outcome.get("answer")
        else row
        for number, row in enumerate(bad.rows)
    )
    card = Scorecard(rows=rows, configuration={"variant": HOSTILE}, notes=(HOSTILE,))
    return write_report(tmp_path_factory.mktemp("report"), card, compare(card, evaluated()))


def test_the_page_is_one_file_without_script_and_escapes_everything(page: Path) -> None:
    content = page.read_text("utf-8")
    assert "<script" not in content.lower()
    assert "<img" not in content
    assert "<link" not in content
    assert not re.search(r"""\s(?:on\w+|src)=["']""", content)
    assert "default-src &#x27;none&#x27;" in content
    assert content.count("&lt;script&gt;") >= 6


def test_the_page_shows_failures_beside_their_sources(page: Path) -> None:
    content = page.read_text("utf-8")
    for code in ("facts_missing", "ungrounded", "declined", "failed"):
        assert WRONG[code].ja in content
        assert WRONG[code].en in content
    assert "両社は380億ドルの契約を結んだ。" in content
    assert PAGE_TEXTS["compared"].ja in content
    assert "ChatModelError: the endpoint is down" in content


def test_every_word_is_there_in_both_languages() -> None:
    for words in [*PAGE_TEXTS.values(), *WRONG.values()]:
        assert re.search(r"[ぁ-んァ-ン一-龯]", words.ja), words
        assert re.search(r"[a-z]", words.en), words
    assert all(words.ja and words.en for words in METRICS.values())


def test_every_plot_is_whole_svg(page: Path) -> None:
    plots = re.findall(r"<svg role=.img.*?</svg>", page.read_text("utf-8"), re.DOTALL)
    assert len(plots) == 5
    for plot in plots:
        assert len(list(ElementTree.fromstring(plot).iter())) > 10
        assert not re.search(r"\bnan\b", plot)


def test_a_scorecard_of_search_alone_and_an_empty_one_have_pages() -> None:
    card = evaluate(ScriptedBot(), QUESTIONS[:0], retrieval_only=True, indexed=INDEXED)
    assert "<h1>" in page_html(card)
    bot = ScriptedBot(questions=QUESTIONS)
    card = evaluate(bot, QUESTIONS, retrieval_only=True, indexed=INDEXED)
    assert len(re.findall(r"<svg role=.img", page_html(card))) == 2


def test_plots_place_their_points() -> None:
    plot = ElementTree.fromstring(
        xy_plot([Point(x=0.0, y=0.0, label="a"), Point(x=1.0, y=1.0, label="b")], title="t", x_label="x", y_label="y")
    )
    assert [(c.get("cx"), c.get("cy")) for c in plot.iter("circle")] == [("52.0", "226.0"), ("426.0", "12.0")]
    bars = ElementTree.fromstring(
        bar_plot([Bar(name="<a>", value=0.5, low=0.4, high=0.6, count=3)], title="t", x_label="x")
    )
    assert [text.text for text in bars.iter("text")][-2:] == ["<a>", "0.50 (n=3)"]
    assert [rect.get("width") for rect in bars.iter("rect")] == ["137.0"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.0, 27.0, [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]),
        (0.81, 0.93, [0.82, 0.84, 0.86, 0.88, 0.9, 0.92]),
        (1.0, 1.0, [1.0]),
    ],
)
def test_axes_have_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--headless"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_a_browser_opens_it_without_complaint_or_request(browser: object, page: Path, width: int, scheme: str) -> None:
    context = browser.new_context(  # type: ignore[attr-defined]
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    opened = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: requests.append(request.url))
    opened.goto(page.as_uri())
    opened.locator("details.k-row summary").first.click()
    assert opened.locator("details.k-row blockquote").first.is_visible()
    assert complaints == []
    assert requests == [page.as_uri()]
    assert "Kotae 評価レポート" in opened.title()
    for plot in opened.locator("svg[role=img]").all():
        box = plot.bounding_box()
        assert box["width"] > 200
        assert box["height"] > 60
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    shots = Path(__file__).parents[2] / "screenshots"
    shots.mkdir(exist_ok=True)
    opened.screenshot(path=shots / f"report-{width}-{scheme}.png", full_page=True)
    context.close()


def test_the_questions_are_put_in_order_by_a_button_without_a_script(browser: object, page: Path) -> None:
    context = browser.new_context(java_script_enabled=True, offline=True)  # type: ignore[attr-defined]
    opened = context.new_page()
    opened.set_content(f'<iframe sandbox style="width:1000px;height:900px" srcdoc="{escape(page.read_text("utf-8"))}">')
    frame = opened.frame_locator("iframe")  # as the page of the chat window shows it: no script may run

    def first() -> list[str]:
        rows = frame.locator(".k-line-of").all()
        placed = sorted((row.bounding_box()["y"], row.locator(".k-id").inner_text()) for row in rows)
        return [id for _, id in placed[:3]]

    assert first() == ["q1-0", "q2-0", "q3-0"]
    frame.get_by_text("wrong first").click()
    assert first() == ["q1-0", "q2-0", "q4-0"]
    context.close()
