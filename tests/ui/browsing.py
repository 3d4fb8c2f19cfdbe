"""A page served from a thread, and what its browser asked for. For any bot that has what `ui.turns.Bot` asks for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, Request

from ui.page_settings import PageSettings
from ui.server import serving
from ui.turns import Keeper

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"  # ignored by git; each run overwrites them


@contextmanager
def served(bot: Keeper, settings: PageSettings | None = None) -> Iterator[str]:
    """The address of a page that serves `bot` from a thread."""
    addresses: list[str] = []
    up = threading.Event()

    def ready(url: str) -> None:
        addresses.append(url)
        up.set()

    with serving(lambda _: bot, settings or PageSettings(port=0), ready) as server:
        thread = threading.Thread(target=server, daemon=True)
        thread.start()
        assert up.wait(30), "the page did not come up"
        until = time.monotonic() + 60
        while httpx.get(f"{addresses[0]}/readyz", verify=False).status_code != 200:
            assert time.monotonic() < until, "the page did not get ready"
            time.sleep(0.05)
        yield addresses[0]
        server.should_exit = True
        thread.join(15)


@dataclass
class Watched:
    """A page with all that its browser asked for and complained about."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    waiting: list[Request] = field(default_factory=list)  # asked of the server's queue, and not answered to the end

    @property
    def foreign(self) -> list[str]:
        """Requests to anything but the page's own server."""
        own = urlsplit(self.url).netloc
        return [url for url in self.requests if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != own]

    def began(self, request: Request) -> None:
        self.requests.append(request.url)
        if "/queue/" in urlsplit(request.url).path:
            self.waiting.append(request)

    def ended(self, request: Request) -> None:
        if request in self.waiting:
            self.waiting.remove(request)

    def ask(self, question: str) -> None:
        box = self.page.locator("#k-box textarea")
        box.fill(question)
        box.press("Enter")

    def finished(self) -> None:
        """Waits until the last answer is whole, stopped or failed."""
        self.page.wait_for_function(
            "() => { const all = document.querySelectorAll('.k-answer');"
            " return all.length && !all[all.length - 1].classList.contains('k-running'); }"
        )

    def reload(self) -> None:
        """Reloads when the page has waited for nothing for a while: a browser complains of a stream that it cuts."""
        began = quiet_since = time.monotonic()
        while time.monotonic() < quiet_since + 0.2:
            self.page.wait_for_timeout(20)
            if self.waiting:
                quiet_since = time.monotonic()
                assert quiet_since < began + 15, f"the page still waits for {[request.url for request in self.waiting]}"
        self.page.reload()

    def shot(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@contextmanager
def visited(browser: Browser, url: str, **context: Any) -> Iterator[Watched]:
    """The page at `url` in a browser of its own. Keywords are playwright's: `locale`, `color_scheme`, ..."""
    with browser.new_context(**{"locale": "ja-JP", "viewport": {"width": 1280, "height": 900}} | context) as opened:
        page = opened.new_page()
        watched = Watched(page=page, url=url)
        page.on("request", watched.began)
        page.on("requestfinished", watched.ended)
        page.on("requestfailed", watched.ended)
        page.on(
            "console",
            lambda message: watched.complaints.append(message.text) if message.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.set_default_timeout(15_000)
        page.goto(url)
        page.locator("#k-box textarea").wait_for(timeout=60_000)  # a busy machine takes its time
        page.wait_for_selector("html[data-kotae]")
        yield watched


OpenPage = Callable[..., Watched]
