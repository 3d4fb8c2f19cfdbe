"""How long the page takes, in a real browser: from opening it to being able to ask, from Enter to passages on screen.

    python benchmarks/page.py HOME     HOME holds an index, for example of seeds/articles

Index and embedder are real; the answer is stopped once its passages are there. Needs chromium, as the tests do.
"""

import json
import shutil
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from rag import Chatbot, Settings
from tests.ui.browsing import served, visited
from tests.ui.conftest import CHROMIUM

ROUNDS = 5  # openings, each in a browser without cache
ASKED = 20  # questions of seeds/questions.jsonl, from all over it
QUESTIONS = Path(__file__).parents[1] / "seeds" / "questions.jsonl"

# Notes when Enter was pressed and when the passages of a new turn were first drawn.
WATCH = """() => {
  window.waits = [];
  let asked = 0;
  addEventListener('keydown', (event) => { if (event.key === 'Enter') asked = performance.now(); }, true);
  const seen = new Set();
  new MutationObserver(() => {
    for (const card of document.querySelectorAll('.k-sources')) {
      if (seen.has(card.id) || !card.querySelector('.k-source')) continue;
      seen.add(card.id);
      requestAnimationFrame(() => requestAnimationFrame(() => window.waits.push(performance.now() - asked)));
    }
  }).observe(document.body, {childList: true, subtree: true});
}"""


def opening(browser, url: str) -> float:  # type: ignore[no-untyped-def]
    """Seconds from asking for the page until a question that was typed at once is on it."""
    began = time.monotonic()
    with visited(browser, url) as watched:
        usable = time.monotonic() - began
        watched.ask("?")
        watched.page.locator(".k-question").wait_for()
        return usable


def searching(browser, url: str, questions: list[str]) -> list[float]:  # type: ignore[no-untyped-def]
    """Milliseconds from Enter to passages on screen, of each question."""
    with visited(browser, url) as watched:
        watched.page.evaluate(WATCH)
        for number, question in enumerate(questions, start=1):
            watched.ask(question)
            watched.page.wait_for_function("number => window.waits.length === number", arg=number)
            watched.page.keyboard.press("Escape")
            watched.finished()
            if number % 5 == 0:
                watched.page.locator("#k-clear").click()
                watched.page.locator(".k-welcome").wait_for()
        waits: list[float] = watched.page.evaluate("window.waits")
        return waits


def main(home: Path) -> None:
    settings = Settings(home=home, models=Settings.from_environment().models)
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    questions = [row["user_input"] for row in rows[:: len(rows) // ASKED]][:ASKED]
    bot = Chatbot.open(settings=settings)
    bot.warm_up()
    with served(bot) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        opened = [opening(browser, url) for _ in range(ROUNDS)]
        waits = searching(browser, url, questions)
        browser.close()
    print(f"open to usable: median {statistics.median(opened):.2f} s of {[round(one, 2) for one in opened]}")
    print(
        f"Enter to passages: median {statistics.median(waits):.0f} ms, longest {max(waits):.0f} ms, {len(waits)} asked"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
