import io
import json
import sys

import pytest

from index.progress import Progress
from ui.terminal import ProgressLine, plain, say, say_json


class Stream(io.StringIO):
    """Standard output of a terminal, or of none, with an encoding."""

    def __init__(self, *, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__()
        self._terminal = terminal
        self._encoding = encoding

    def isatty(self) -> bool:
        return self._terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("日本語 and English\n\ttabs", "日本語 and English\n\ttabs"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b2J", "2J"),
        ("a\rb\x08c\x00d\x7fe\x85f", "abcdef"),
        ("safe\u202eexe.txt\u2066\u2069\u200f\u061c", "safeexe.txt"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_nothing_in_a_text_can_drive_the_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "契約 ?é\n"),
        ("ascii", "?? ??\n"),
        ("latin-1", "?? ?é\n"),
        ("shift_jis", "契約 ??\n"),
        (None, "契約 ?é\n"),
    ],
)
def test_what_an_encoding_cannot_show_becomes_a_question_mark(encoding: str, shown: str) -> None:
    stream = Stream(encoding=encoding)
    say("契約 \ud800é", to=stream)
    assert stream.getvalue() == shown


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "ascii", "shift_jis", "cp1252", None])
def test_json_loses_no_character_whatever_the_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = {"text": '契約 "é" \x1b[31m \x9b \u202e \u2028 \\ \ud800 😀\n\t', "number": 1.5}
    stream = Stream(encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    say_json(value)
    written = stream.getvalue()
    assert json.loads(written) == value
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert ("契約" in written) == (encoding in ("utf-8", "UTF8", None))


def progress_of(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[Stream, ProgressLine]:
    stream = Stream(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    return stream, ProgressLine()


def test_on_a_terminal_one_line_changes_and_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, line = progress_of(True, monkeypatch)
    with line:
        line(Progress(label="embed", done=0, total=900, unit="passages"))
        line(Progress(label="embed", done=1, total=900, unit="passages"))  # too soon after the last
        line(Progress(label="embed", done=900, total=900, unit="passages"))
        line.note("done")
        line.note("done")
    shown = stream.getvalue().split("\r")
    assert shown == [
        "",
        "embed: 0 of 900 passages (0%)",
        "embed: 900 of 900 passages (100%)",
        "done ...".ljust(33),
        " " * 8,
        "",
    ]


def test_in_a_log_a_line_is_written_when_something_begins_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, line = progress_of(False, monkeypatch)
    with line:
        line(Progress(label="model", done=0, total=1_117_000_000))
        line(Progress(label="model", done=350_000_000, total=1_117_000_000))
        line(Progress(label="model", done=1_117_000_000, total=1_117_000_000))
        line(Progress(label="waiting"))
        line(Progress(label="read", done=1200, unit="articles"))
        line.note("for terminals")
    assert stream.getvalue().splitlines() == [
        "kotae: model: 0 of 1,117 MB (0%)",
        "kotae: model: 1,117 of 1,117 MB (100%)",
        "kotae: waiting ...",
        "kotae: read: 1,200 articles",
    ]


def test_a_label_cannot_drive_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, line = progress_of(True, monkeypatch)
    line(Progress(label="\x1b[2Jevil\u202e"))
    assert stream.getvalue() == "\r[2Jevil ..."
