"""Takes the two pictures of the page that the READMEs show, from the whole product: index, models, browser.

python benchmarks/pictures.py HOME docs     HOME holds an index of seeds/articles
"""

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from rag import Chatbot, Settings
from tests.ui.browsing import served, visited
from tests.ui.conftest import CHROMIUM

PATIENCE = 900_000  # milliseconds for an answer, on however busy a machine
COLOURS = 128  # enough for a page, and a third of the bytes


def take(browser: Browser, url: str, path: Path, question: str, panel: bool, **context: object) -> None:
    """One question, answered, on the screen; with `panel` its first source is open."""
    with visited(browser, url, **context) as watched:
        watched.ask(question)
        expect(watched.page.locator(".k-done")).to_be_visible(timeout=PATIENCE)
        if panel:
            watched.page.locator(".k-cite").first.click()
            watched.page.locator("#k-panel mark").wait_for()
        watched.page.mouse.move(0, 0)
        watched.page.wait_for_timeout(500)
        watched.page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main(home: Path, folder: Path) -> None:
    phone = {"locale": "en-GB", "color_scheme": "dark", "viewport": {"width": 360, "height": 740}}
    bot = Chatbot.open(settings=Settings(home=home, models=Settings.from_environment().models))
    bot.warm_up()
    with served(bot) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        japanese = "OpenAIとAmazonの契約額はいくらで、期間は何年ですか?"
        take(browser, url, folder / "page-ja.png", japanese, panel=True, viewport={"width": 1280, "height": 800})
        english = "How much is OpenAI's cloud deal with Amazon worth, and for how long?"
        take(browser, url, folder / "page-en.png", english, panel=False, **phone)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
