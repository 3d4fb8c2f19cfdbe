"""`kotae index`: reads articles and makes them searchable. Holds no logic of its own."""

import argparse

from ui.arguments import path
from ui.index_report import say_report
from ui.terminal import ProgressLine


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae index`, without --home."""
    parser.add_argument("paths", nargs="*", type=path, metavar="PATH", help="folders, or files of a kind that is read")
    parser.add_argument("--json", action="store_true", help="print the report, every file in it, as one JSON object")
    parser.add_argument("--rebuild", action="store_true", help="make the index anew instead of bringing it up to date")


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from index.build import update_index
    from index.home import Home
    from rag.chatbot import open_embedder
    from rag.settings import Settings

    settings = Settings.from_environment(home=options.home)
    with ProgressLine() as progress:
        embedder = open_embedder(settings, progress)
        report = update_index(Home(settings.home), embedder, options.paths, rebuild=options.rebuild, progress=progress)
    say_report(report, settings.home, as_json=options.json)
    return 0
