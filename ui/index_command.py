"""`kotae index`: reads articles and makes them searchable, once or whenever they change, or takes the last change back.

Holds no logic of its own.
"""

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from index.errors import ArticleError, ClusterError, KotaeError, SettingsError
from ui.arguments import path, settings_of
from ui.index_report import say_report
from ui.terminal import ProgressLine, say

if TYPE_CHECKING:
    from index.build import IndexReport
    from index.embed import TextEmbedder
    from index.engine import Engine
    from rag.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae index`, without --home."""
    parser.add_argument("paths", nargs="*", type=path, metavar="PATH", help="folders, or files of a kind that is read")
    parser.add_argument("--json", action="store_true", help="print the report, every file in it, as one JSON object")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--rebuild", action="store_true", help="make the index anew instead of bringing it up to date")
    how.add_argument("--watch", action="store_true", help="go on: read again whenever something changes, until Ctrl-C")
    how.add_argument("--undo", action="store_true", help="return to the index as it was before the last change")
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="what splits and embeds: this process, or Ray"
    )
    parser.add_argument(
        "--address", default="", metavar="HOST:PORT", help="the Ray cluster (default: a Ray of its own on this machine)"
    )


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    settings = settings_of(options)
    if options.address and options.engine != "ray":
        raise ClusterError("--address names a Ray cluster: give --engine ray too, or leave it out")
    if options.undo:
        from index.build import undo_index

        if options.paths:
            raise ArticleError("--undo reads no articles: leave the paths out")
        _say(undo_index(settings.place), settings, options)
        return 0
    from rag.chatbot import open_embedder

    with ProgressLine() as progress:
        embedder = open_embedder(settings, progress)
    if options.watch:
        _watch(settings, options, embedder)
    else:
        _say(_update(settings, options, embedder), settings, options)
    return 0


def _watch(settings: "Settings", options: argparse.Namespace, embedder: "TextEmbedder") -> None:
    """Indexes now and after each change. What goes wrong after the first time is said and tried again."""
    from index.build import known_roots
    from index.place import address_of, place
    from index.watch import changes

    if away := next((path for path in options.paths if address_of(path)), None):
        raise ArticleError(f"--watch follows folders of this machine: index {place(away)!r} without it")
    paths = options.paths or [root for root in known_roots(settings.place) if root.exists()]
    first, due = True, True
    try:
        for changed in changes(paths, settings.home):
            if not (changed or due):
                continue
            try:
                report = _update(settings, options, embedder)
                due = False
            except KotaeError as error:
                if first:
                    raise
                if changed or not due:
                    say(f"kotae: {' '.join(str(error).split())}", to=sys.stderr)
                due = True
                continue
            if first or report.added or report.changed or report.removed or report.replaced:
                _say(report, settings, options)
            if first:
                say("kotae: following changes (Ctrl-C ends it)", to=sys.stderr)
            first = False
    except KeyboardInterrupt:
        if first:  # before anything was made: as any other run that was stopped
            raise


def _update(settings: "Settings", options: argparse.Namespace, embedder: "TextEmbedder") -> "IndexReport":
    from index.build import update_index

    with ProgressLine() as progress, _engine(settings, options, embedder) as engine:
        return update_index(
            settings.place, embedder, options.paths, rebuild=options.rebuild, engine=engine, progress=progress
        )


def _engine(
    settings: "Settings", options: argparse.Namespace, embedder: "TextEmbedder"
) -> "AbstractContextManager[Engine | None]":
    """What splits and embeds; None is this process."""
    if options.engine == "local":
        return nullcontext()
    if settings.embed_url:
        raise SettingsError("KOTAE_EMBED_URL is set, and --engine ray embeds on the cluster: leave out one of them")
    from index.cluster import RayEngine
    from rag.nodes import open_on_node

    opener = partial(open_on_node, settings.embedder)
    return RayEngine(embedder, opener, address=options.address, threads=settings.threads)


def _say(report: "IndexReport", settings: "Settings", options: argparse.Namespace) -> None:
    say_report(report, settings.place.folder, as_json=options.json)
    sys.stdout.flush()
