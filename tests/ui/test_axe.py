"""axe-core finds nothing serious on any state of the page, in either language, in light and in dark."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from index.errors import NoIndex
from rag.answer import Answer
from rag.evaluate import evaluate
from rag.report import write_report
from rag.settings import Settings
from rag.stored import remember_report
from tests.rag.gold_cases import INDEXED, many
from tests.rag.gold_cases import ScriptedBot as Evaluated
from tests.ui.browsing import Watched, served, visited
from tests.ui.scripted import DEAL, HITS, ScriptedBot
from ui import texts

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
# The page as it is. Inside a frame without scripts axe cannot look; the report is checked as a page of its own.
RUN = """async () => {
  const found = await axe.run(document, {iframes: false, resultTypes: ['violations']});
  return found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}"""


def findings(watched: Watched) -> list[str]:
    watched.page.mouse.move(0, 0)
    watched.page.evaluate(AXE)
    found: list[str] = watched.page.evaluate(RUN)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    write_report(home / "run", evaluate(Evaluated(questions=many(1)), many(1), indexed=INDEXED))
    remember_report(home, home / "run")
    return home


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    settings = Settings(home=home, models=home, keep_feedback=True)
    beside = ScriptedBot(pause=0, settings=replace(settings, collection="契約"), shelf=(DEAL,), article_count=1)
    bot = ScriptedBot(pause=0, settings=settings, beside={"契約": beside})
    bot.answers["declined"] = Answer(
        question="declined",
        text="記事には書かれていません。",
        language="ja",
        answered=False,
        hits=HITS,
        warnings=("注意",),
    )
    bot.answers["failed"] = NoIndex("there is no index in '/x': make one with `kotae index PATH`")
    with served(bot) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_state_of_the_page_has_a_serious_finding(browser: Browser, url: str, language: str, scheme: str) -> None:
    found: dict[str, list[str]] = {}
    with ExitStack() as stack:
        width = 1280 if scheme == "light" else 360
        options = {"locale": language, "color_scheme": scheme, "viewport": {"width": width, "height": 800}}
        watched = stack.enter_context(visited(browser, url, **options))
        page = watched.page

        def look(state: str) -> None:
            watched.shot(f"axe-{language}-{scheme}-{state}")
            found[state] = findings(watched)

        look("welcome")
        for number, question in enumerate(("answered", "declined", "failed"), start=1):
            watched.ask(question)
            expect(page.locator(".k-answer:not(.k-running)")).to_have_count(number)
        look("conversation")
        page.locator("#k-1-a .k-down").click()
        expect(page.locator("#k-1-correction")).to_be_focused()
        page.locator("#k-1-q .k-edit").click()
        look("judging-and-editing")
        page.locator("#k-1-a .k-cite").first.click()
        expect(page.locator("#k-panel mark")).to_be_visible()
        page.locator(".k-scores summary").click()
        look("source")
        page.locator(".k-close").click()
        page.locator("#k-open-history").click()
        expect(page.locator("#k-panel .k-entry")).to_have_count(1)
        page.get_by_role("button", name=getattr(texts.DELETE_ALL, language)).click()
        look("history")
        page.locator(".k-close").click()
        page.locator("#k-open-articles").click()
        expect(page.locator("#k-panel .k-entry")).to_have_count(2)
        page.locator(".k-paste summary").click()
        page.locator("#k-filter").fill("grid")
        expect(page.locator("#k-panel .k-entry")).to_have_count(1)
        page.get_by_role("button", name=getattr(texts.ONLY_THIS, language)).click()
        look("articles")
        page.locator(".k-close").click()
        page.get_by_role("button", name=getattr(texts.ASK_ALL, language)).click()
        page.locator("#k-box textarea").press("Escape")  # no longer editing
        page.get_by_label(getattr(texts.COLLECTION, language)).select_option("契約")
        expect(page.locator("#k-open-articles")).to_have_text(getattr(texts.ONE_ARTICLE, language))
        watched.ask("asked elsewhere")
        expect(page.locator(".k-answer:not(.k-running)")).to_have_count(4)
        look("collection")
        page.locator("#k-open-reports").click()
        expect(page.locator("#k-panel .k-metrics")).to_be_visible()
        look("reports")
        page.locator("#k-panel .k-entry").click()
        expect(page.frame_locator("iframe.k-report").locator("h1")).to_be_visible()
        look("report")
        assert watched.complaints == []
    assert {state: list(serious) for state, serious in found.items() if serious} == {}
    assert len(found) == 9


def test_a_report_alone_has_no_serious_finding(browser: Browser, home: Path) -> None:
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme, bypass_csp=True) as context:  # type: ignore[arg-type]
            watched = Watched(page=context.new_page(), url="")
            watched.page.goto((home / "run" / "report.html").as_uri())
            assert findings(watched) == []
