"""What the commands share: how the values of their options are read, and the chatbot that they open."""

import argparse
import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING

from index.progress import ProgressCallback
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.chatbot import Chatbot


def add_place(parser: argparse.ArgumentParser, *, collection: bool) -> None:
    """Which index is meant: `--home`, and where a command can mean another of its collections `--collection`."""
    parser.add_argument("--home", metavar="DIR", help="folder of the index and its state (default: KOTAE_HOME)")
    if collection:
        parser.add_argument(
            "--collection", default="", metavar="NAME", help="which collection of the home (default: KOTAE_COLLECTION)"
        )


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings, with the home and the collection that were named."""
    return Settings.from_environment(home=options.home, collection=options.collection)


def open_bot(options: argparse.Namespace, progress: ProgressCallback) -> "Chatbot":
    """The chatbot over the index that the options name."""
    from rag.chatbot import Chatbot  # not for `kotae --help`

    return Chatbot.open(settings=settings_of(options), progress=progress)


def path(text: str) -> Path:
    """A path that was written down."""
    if not text:  # an unset variable in a script: Path("") would be the current folder
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(text)


def date(text: str) -> str:
    """A date as articles have it: 2025, 2025-11 or 2025-11-03; "" where none was given."""
    if not text:
        return ""
    parts = text.split("-")
    try:
        if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
            datetime.date(int(parts[0]), *(int(part) for part in [*parts[1:], "01", "01"][:2]))
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a date: write it as 2025-11-03, 2025-11 or 2025")


def positive(text: str) -> int:
    """How many."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000")
    return int(text)


def port(text: str) -> int:
    """A port to serve on."""
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535; 0 takes any free one)")
    return int(text)
