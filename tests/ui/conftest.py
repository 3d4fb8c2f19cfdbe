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

from tests.ui.browsing import OpenPage, served, visited

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


@pytest.fixture(scope="module")  # its event loop runs in this thread: a module without it needs its own
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
        yield lambda bot, **context: stack.enter_context(visited(browser, stack.enter_context(served(bot)), **context))
