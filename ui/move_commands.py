"""`kotae export` and `kotae import`: an index as one archive, and back. Holds no logic of its own."""

import argparse

from ui.arguments import path, settings_of
from ui.index_report import say_report
from ui.terminal import ProgressLine, say, say_json


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae export`, without --home."""
    parser.add_argument("archive", type=path, metavar="ARCHIVE", help="the file to write, which must not be there yet")
    parser.add_argument("--json", action="store_true", help="print what was written as one JSON object")


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae import`, without --home."""
    parser.add_argument("archive", type=path, metavar="ARCHIVE", help="a file that `kotae export` wrote")
    parser.add_argument("--replace", action="store_true", help="take the place of the index that is there")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")


def run_export(options: argparse.Namespace) -> int:
    """Runs `kotae export` and returns its exit status."""
    from index.backup import export_index

    with ProgressLine() as progress:
        made = export_index(settings_of(options).place, options.archive, progress)
    if options.json:
        say_json({**vars(made), "path": str(made.path)})
    else:
        say(f"{made.articles} articles, {made.passages} passages, {made.uploads} uploads in {made.path} "
            f"({made.size / 1e6:,.1f} MB)")  # fmt: skip
    return 0


def run_import(options: argparse.Namespace) -> int:
    """Runs `kotae import` and returns its exit status."""
    from index.backup import import_index
    from rag.chatbot import open_embedder

    settings = settings_of(options)
    with ProgressLine() as progress:
        embedder = open_embedder(settings, progress)
        report = import_index(settings.place, options.archive, embedder, replacing=options.replace, progress=progress)
    say_report(report, settings.place.folder, as_json=options.json)
    return 0
