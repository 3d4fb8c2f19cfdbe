"""How the page is reached: under a proxy's path, by https, and before the models are ready."""

import subprocess
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from index.progress import Progress, ProgressCallback
from tests.ui.browsing import SCREENSHOTS, served, visited
from tests.ui.scripted import QUOTE, ScriptedBot
from ui import texts
from ui.page_settings import PageSettings
from ui.server import serving


def test_under_a_proxys_path_by_https_everything_works(browser: Browser, tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*new, *subject, "-keyout", key, "-out", cert], check=True, capture_output=True)
    settings = PageSettings(port=0, root_path="/team/kotae", tls_cert=cert, tls_key=key)
    with served(ScriptedBot(pause=0), settings) as url:
        assert url.startswith("https://127.0.0.1:")
        assert url.endswith("/team/kotae")
        assert httpx.get(f"{url}/readyz", verify=str(cert)).json() == {"ok": True}
        with visited(browser, url, ignore_https_errors=True) as watched:
            watched.ask("q")
            watched.finished()
            watched.page.locator(".k-cite").first.click()
            expect(watched.page.locator("#k-panel mark")).to_have_text(QUOTE)
            watched.page.locator("#k-open-articles").click()
            expect(watched.page.locator("#k-panel .k-entry")).to_have_count(2)
            assert watched.foreign == []
            assert [asked for asked in watched.requests if not asked.startswith((url, "data:", "blob:"))] == []
            assert watched.complaints == []


def test_the_first_screen_shows_how_far_the_models_are_and_gives_way_to_the_page(browser: Browser) -> None:
    go_on, reported = threading.Event(), threading.Event()

    def open_bot(report: ProgressCallback) -> ScriptedBot:
        report(Progress(label="preparing qwen", done=300_000_000, total=1_117_000_000))
        reported.set()
        assert go_on.wait(60)
        return ScriptedBot(pause=0)

    with ExitStack() as stack:
        address: list[str] = []
        up = threading.Event()

        def ready(url: str) -> None:
            address.append(url)
            up.set()

        server = stack.enter_context(serving(open_bot, PageSettings(port=0), ready))
        thread = threading.Thread(target=server, daemon=True)
        thread.start()
        assert up.wait(30)
        assert reported.wait(30)
        state = httpx.get(f"{address[0]}/readyz")
        assert (state.status_code, state.json()["done"], state.json()["total"]) == (503, 300_000_000, 1_117_000_000)
        assert httpx.get(f"{address[0]}/healthz").status_code == 200
        assert httpx.get(f"{address[0]}/v1/models").status_code == 503
        page = stack.enter_context(browser.new_context(locale="ja-JP")).new_page()
        page.goto(address[0])
        expect(page.get_by_role("heading", name=texts.PREPARING.ja)).to_be_visible()
        expect(page.locator("#k-step")).to_have_text("qwen を準備しています: 300 / 1117 MB")
        expect(page.get_by_role("progressbar")).to_have_js_property("value", 300_000_000)
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "preparing-ja-light.png")
        go_on.set()
        expect(page.locator("#k-box textarea")).to_be_visible(timeout=20_000)
        server.should_exit = True
        thread.join(15)
