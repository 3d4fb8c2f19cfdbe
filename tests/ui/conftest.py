"""A real browser that cannot reach anything but this machine.

`open_page(bot)` serves any bot that has what `ui.turns.Keeper` asks for, so a test
with the real Chatbot uses it as it is.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.ui.browsing import OpenPage, Watched, served
from ui.turns import Keeper

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        # A machine with Python alone can still run all other tests; in CI nothing is left out.
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Serves a bot and opens its page. Keywords are playwright's, for a context: `locale`, `color_scheme`, ..."""
    with ExitStack() as stack:

        def opened(bot: Keeper, **context: object) -> Watched:
            url = stack.enter_context(served(bot))
            options = {"locale": "ja-JP", "viewport": {"width": 1280, "height": 900}} | context
            page = stack.enter_context(browser.new_context(**options)).new_page()  # type: ignore[arg-type]
            watched = Watched(page=page, url=url)
            page.on("request", lambda request: watched.requests.append(request.url))
            page.on(
                "console",
                lambda message: (
                    watched.complaints.append(message.text) if message.type in ("error", "warning") else None
                ),
            )
            page.on("pageerror", lambda error: watched.complaints.append(str(error)))
            page.set_default_timeout(15_000)
            page.goto(url)
            page.locator("#k-box textarea").wait_for()
            page.wait_for_selector("html[data-kotae]")
            return watched

        yield opened
