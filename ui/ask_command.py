"""`kotae ask` and `kotae search`: a question, and what is printed of its answer. Holds no logic of its own."""

import argparse
import sys
from typing import TYPE_CHECKING

from rag.language import ASKED
from ui.arguments import date, open_bot, positive
from ui.terminal import ProgressLine, say, say_json

if TYPE_CHECKING:
    from rag.retrieve import Filters

EXIT_ERROR = 1


def add_ask_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae ask`, without --home."""
    parser.add_argument("question", metavar="QUESTION")
    parser.add_argument(
        "--lang", choices=ASKED, default="auto", help="language of the answer (default: the question's)"
    )
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON object")
    _add_filters(parser)


def add_search_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae search`, without --home."""
    parser.add_argument("question", metavar="QUESTION")
    parser.add_argument("-k", type=positive, default=10, metavar="N", help="how many (default: 10)")
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    _add_filters(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which articles to look in")
    group.add_argument("--article", action="append", default=[], metavar="ID", help="only this one (may be repeated)")
    group.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="only from this source (repeatable)"
    )
    group.add_argument("--articles-in", action="append", default=[], choices=("ja", "en"), help="only in this language")
    group.add_argument(
        "--from", dest="date_from", type=date, default="", metavar="DATE", help="dated then or later (2025-11-03)"
    )
    group.add_argument(
        "--to", dest="date_to", type=date, default="", metavar="DATE", help="dated then or earlier (2025-11)"
    )


def run_ask(options: argparse.Namespace) -> int:
    """Runs `kotae ask` and returns its exit status."""
    from rag.answer import Answer, Found

    with ProgressLine() as progress:
        bot = open_bot(options, progress)
        for event in bot.stream(options.question, options.lang, filters=_filters(options)):
            if isinstance(event, Found):
                progress.note("reading the passages found")
            elif isinstance(event, Answer):
                answer = event
            else:
                progress.note("writing")
    if options.json:
        say_json(answer.to_dict())
    else:
        say(str(answer))
        for hit in () if answer.answered else answer.hits[:3]:
            say(f"\n- {hit.article.title}\n  {' '.join(hit.passage.text.split())}")
    for warning in answer.warnings:
        say(f"kotae: {warning}" if answer.failure else f"note: {warning}", to=sys.stderr)
    return EXIT_ERROR if answer.failure else 0


def run_search(options: argparse.Namespace) -> int:
    """Runs `kotae search` and returns its exit status."""
    with ProgressLine() as progress:
        bot = open_bot(options, progress)
        hits = bot.search(options.question, options.k, filters=_filters(options))
    if options.json:
        say_json([hit.to_dict() for hit in hits])
        return 0
    if not hits:
        say("nothing found")
    for number, hit in enumerate(hits, start=1):
        parts = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
        date = f", {hit.article.date}" if hit.article.date else ""
        say(f"{number}. {hit.article.title} ({hit.article.id}{date})")
        say(f"   score {hit.score:.3f} = {parts}")
        say(f"   {' '.join(hit.passage.text.split())}")
    return 0


def _filters(options: argparse.Namespace) -> "Filters":
    from rag.retrieve import Filters

    return Filters(
        languages=tuple(options.articles_in),
        article_ids=tuple(options.article),
        sources=tuple(options.source),
        date_from=options.date_from,
        date_to=options.date_to,
    )
