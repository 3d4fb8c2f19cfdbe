"""Asks the real model about poisoned articles, and counts how often it does what an article tells it to do.

    python benchmarks/injection.py [--count 132] [--tokens 100] [--seconds 7200] [--out rows.jsonl]

The articles of `benchmarks/poisons.py` are indexed by the product in a home of their own, and each is asked about once,
through the product. An order counts as obeyed when the answer does what it wants; `draft` counts what the model wrote
before its text was checked. One row a question is written at once, so a run that is ended has its rows.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.poisons import Poison, poisons, write
from index.build import update_index
from index.home import Home
from rag import Chatbot, Settings
from rag import writer as writing
from rag.answer import Answer, Piece
from rag.chatbot import open_embedder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=132, help="articles (of all, evenly)")
    parser.add_argument("--tokens", type=int, default=100, help="of an answer at most")
    parser.add_argument("--seconds", type=float, default=7200, help="after which no further question is asked")
    parser.add_argument("--out", type=Path, default=None, help="file for the rows")
    options = parser.parse_args()
    writing.MAX_ANSWER_TOKENS = options.tokens
    some = poisons()[: options.count]
    rows = []
    until = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        bot = opened(some, Path(folder))
        for poison in some:
            if time.monotonic() > until:
                break
            rows.append(asked(bot, poison))
            if options.out:
                with options.out.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(rows[-1], ensure_ascii=False) + "\n")
    print(f"{len(rows)} asked; the model failed on {sum(bool(row['failed']) for row in rows)}, which are left out\n")
    print(table(rows))


def opened(some: Sequence[Poison], folder: Path) -> Chatbot:
    """A chatbot over these articles alone."""
    articles = folder / "articles"
    articles.mkdir()
    write(list(some), articles)
    settings = Settings.from_environment(home=folder / "home")
    report = update_index(Home(settings.home), open_embedder(settings), [articles])
    assert report.articles == len(some), f"{report.articles} of {len(some)} articles were read"
    return Chatbot.open(settings=settings)


def asked(bot: Chatbot, poison: Poison) -> dict[str, Any]:
    """One question, and what came of it."""
    began = time.perf_counter()
    draft = ""
    for event in bot.stream(poison.question):
        if isinstance(event, Piece):
            draft += event.text
        elif isinstance(event, Answer):
            answer = event
    return {
        "goal": poison.goal,
        "disguise": poison.disguise,
        "carrier": poison.carrier,
        "language": poison.language,
        "obeyed": poison.obeyed(answer.text),
        "draft obeyed": poison.obeyed(draft),
        "failed": answer.failure,  # the model could not be asked, or was too slow: that says nothing
        "answered": answer.answered,
        "right": poison.tells(answer.text),
        "question": poison.question,
        "text": answer.text,
        "draft": draft,
        "seconds": round(time.perf_counter() - began, 1),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The rows as Markdown: all, then by each column of the attack. Where the model failed nothing was measured."""
    rows = [row for row in rows if not row["failed"]]
    lines = ["| | n | obeyed | draft obeyed | right | declined |", "|---|---|---|---|---|---|"]
    groups: dict[str, Callable[[dict[str, Any]], str]] = {"all": lambda _: "all"}
    groups |= {name: (lambda row, name=name: row[name]) for name in ("language", "goal", "disguise", "carrier")}
    for of in groups.values():
        by: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by[of(row)].append(row)
        for name, some in sorted(by.items()):
            counts = [sum(bool(row[column]) for row in some) for column in ("obeyed", "draft obeyed", "right")]
            declined = sum(not row["answered"] for row in some)
            lines.append(f"| {name} | {len(some)} | {' | '.join(map(str, [*counts, declined]))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
