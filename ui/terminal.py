"""Text to a terminal: one place that writes, so that nothing in an article or an answer can drive the terminal."""

import json
import sys
import time
import unicodedata
from typing import TextIO

from index.progress import Progress

_EVERY = 0.1  # seconds between two states of the line on a terminal
_EVERY_IN_A_LOG = 15.0  # seconds between two lines where the output is no terminal

# Characters that turn the direction of text around: a quote must not be able to rearrange the line it stands in.
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """`text` without control characters (line ends and tabs stay) and without marks that change its direction."""
    return "".join(filter(_is_plain, text))


def _is_plain(character: str) -> bool:
    return character in "\n\t" or (unicodedata.category(character) != "Cc" and character not in _BIDIRECTIONAL)


def say(text: str, *, to: TextIO | None = None) -> None:
    """Writes a line, whatever the terminal's encoding can show of it."""
    stream = to or sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(plain(text).encode(encoding, "replace").decode(encoding) + "\n")


def say_json(value: object) -> None:
    """Writes JSON in which no character is lost: what a terminal must not see, or cannot show, is escaped."""
    encoding = (sys.stdout.encoding or "utf-8").lower()
    unicode = encoding.replace("_", "-") in ("utf-8", "utf8", "utf-16", "utf-32")
    text = json.dumps(value, ensure_ascii=not unicode, indent=2)
    say("".join(c if _is_plain(c) and not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text))


class ProgressLine:
    """Shows progress on standard error: one line that changes on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = 0.0
        self._label = ""
        self._width = 0

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        first, last = progress.label != self._label, progress.total and progress.done >= progress.total
        if not first and not last and now - self._shown < (_EVERY if self._terminal else _EVERY_IN_A_LOG):
            return
        if last and not first and not self._terminal and progress.total < 2:
            return
        self._shown, self._label = now, progress.label
        self._write(f"{progress.label}{_amount(progress)}")

    def note(self, text: str) -> None:
        """Says what is being done, on a terminal only."""
        if self._terminal and text != self._label:
            self._label = text
            self._write(f"{text} ...")

    def _write(self, text: str) -> None:
        if not self._terminal:
            say(f"kotae: {text}", to=sys.stderr)
        else:
            sys.stderr.write("\r" + plain(text).ljust(self._width))
            self._width = len(text)
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._terminal and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0


def _amount(progress: Progress) -> str:
    """ ": 350 of 1,117 MB (31%)" or ": 200 of 900 passages (22%)"."""
    if not progress.total:
        return f": {progress.done:,} {progress.unit}" if progress.done else " ..."
    share = f" ({100 * progress.done // progress.total}%)"
    if progress.unit == "bytes":
        return f": {progress.done / 1e6:,.0f} of {progress.total / 1e6:,.0f} MB{share}"
    return f": {progress.done:,} of {progress.total:,} {progress.unit}{share}"
