"""Stored evaluation reports on the page: listed, and opened in a frame that runs nothing and asks for nothing."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from rag.evaluate import evaluate
from rag.report import write_report
from rag.settings import Settings
from rag.stored import remember_report, stored_reports
from tests.rag.gold_cases import GOLD, INDEXED
from tests.rag.gold_cases import ScriptedBot as Evaluated
from tests.ui.browsing import served, visited
from tests.ui.scripted import ScriptedBot
from ui import texts

QUESTIONS = GOLD
TRAP = (
    "<script>parent.document.title='taken'; fetch('/kotae/articles')</script>"
    "<img src={elsewhere}/x onerror=\"parent.document.title='taken'\"><link rel=stylesheet href={elsewhere}/z>"
    "<form action={elsewhere}/y><button>send</button></form>"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    card = evaluate(Evaluated(questions=QUESTIONS, text={"q1": "390億ドルです"}), QUESTIONS, indexed=INDEXED)
    for name in ("monday", "tuesday"):
        write_report(tmp_path / name, card)
        remember_report(home, tmp_path / name)
    return home


@pytest.fixture
def url(home: Path) -> Iterator[str]:
    with served(ScriptedBot(pause=0, settings=Settings(home=home, models=home))) as address:
        yield address


def test_a_report_is_chosen_from_the_list_and_read_in_a_frame_that_can_do_nothing(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    trapped = tmp_path / "monday" / "report.html"
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, visited(browser, url) as watched:
        elsewhere.setblocking(False)
        trap = TRAP.format(elsewhere=f"http://127.0.0.1:{elsewhere.getsockname()[1]}")
        trapped.write_text(trapped.read_text("utf-8").replace("</body>", f"{trap}</body>"), "utf-8")
        page = watched.page
        page.get_by_role("button", name=texts.REPORTS.ja).click()
        entry = page.locator("#k-panel .k-list > li", has_text="monday")
        expect(page.locator("#k-panel .k-list > li")).to_have_count(2)
        expect(entry).to_contain_text(f"{len(QUESTIONS)}問")
        expect(entry.locator(".k-metrics > div").first).to_have_text(re.compile(r"^正答\s0\.857$"), use_inner_text=True)
        watched.shot("reports-ja-light")
        entry.locator(".k-entry").click()
        frame = page.locator("iframe.k-report")
        expect(frame).to_have_attribute("sandbox", "")
        expect(frame).to_have_attribute("title", texts.REPORT_OPEN.filled(name="monday").ja)
        inside = page.frame_locator("iframe.k-report")
        expect(inside.get_by_role("heading", level=1)).to_contain_text("Kotae 評価レポート")
        expect(inside.locator("svg[role=img]").first).to_be_visible()
        inside.locator("a[href$='#q-q1']").first.click()  # a link within it stays within it
        expect(inside.locator("#q-q1")).to_be_in_viewport()
        page.wait_for_timeout(300)
        expect(inside.get_by_role("heading", level=1)).to_contain_text("Kotae 評価レポート")
        inside.get_by_role("button", name="send").click()  # the trap is there, and does nothing:
        page.wait_for_timeout(300)
        assert page.title() == texts.TITLE
        with pytest.raises(BlockingIOError):
            elsewhere.accept()  # nobody has called
        assert not any(asked.endswith("/kotae/articles") for asked in watched.requests)
        watched.shot("report-ja-light")
        page.locator("#k-panel .k-back").click()
        expect(page.locator("#k-panel .k-list > li")).to_have_count(2)


def test_the_door_to_reports_is_there_only_when_there_are_some(browser: Browser, url: str, home: Path) -> None:
    (home / "reports.jsonl").unlink()
    with visited(browser, url) as watched:
        expect(watched.page.locator("#k-open-history")).to_be_visible()
        expect(watched.page.locator("#k-open-reports")).to_be_hidden()


def test_a_report_is_known_by_its_key_and_by_no_path(url: str, home: Path) -> None:
    listed = httpx.get(f"{url}/kotae/reports").json()
    stored = stored_reports(home)
    assert [(one["key"], one["name"], one["questions"]) for one in listed] == [
        (r.key, r.name, len(QUESTIONS)) for r in stored
    ]
    assert listed[0]["metrics"][0] == {"name": {"ja": "正答", "en": "right"}, "mean": pytest.approx(6 / 7)}
    got = httpx.get(f"{url}/kotae/report", params={"key": stored[0].key})
    assert (got.text, got.headers["content-type"]) == (stored[0].page(), "text/plain; charset=utf-8")
    for key in ("nothing", "../report", str(stored[0].folder)):
        assert httpx.get(f"{url}/kotae/report", params={"key": key}).status_code == 404
