"""`kotae index --watch` beside a page that takes uploads into the same home."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from index.collection import Collection
from index.home import Home
from index.manifest import Manifest
from index.progress import nobody
from index.watch import changes
from rag.chatbot import Chatbot
from rag.settings import Settings
from tests.doubles import LetterEmbedder, write
from ui import cli
from ui.library import Library


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of `articles` and of one upload."""
    monkeypatch.setenv("KOTAE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("rag.chatbot.open_embedder", lambda *_: LetterEmbedder())
    monkeypatch.setattr("index.watch._BEAT", 300)
    monkeypatch.setattr("index.watch._QUIET", 100)
    assert cli.main(["index", str(write(tmp_path / "articles", one="aab."))]) == 0
    page = library(tmp_path / "home")
    assert page.receive("first.md", b"First upload: bbb.").kept
    page.index(nobody)
    return tmp_path / "home"


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Starts the command in a thread; it ends with the test."""
    stop = threading.Event()
    monkeypatch.setattr("index.watch.changes", partial(changes, stop=stop))
    begun: list[threading.Thread] = []

    def start(*paths: object) -> None:
        begun.append(threading.Thread(target=cli.main, args=(["index", "--watch", *map(str, paths)],)))
        begun[-1].start()

    yield start
    stop.set()
    begun[-1].join(30)
    assert not begun[-1].is_alive()


def library(home: Path) -> Library:
    """What the page does with uploads."""
    embedder = LetterEmbedder()
    return Library(Chatbot(Settings(home=home, models=home), embedder, Collection(Home(home), embedder)))  # type: ignore[arg-type]


def texts(home: Path) -> list[str]:
    manifest = Manifest.open(Home(home).live / "manifest.sqlite3")
    try:
        return sorted(article.text for article in manifest.all_articles())
    finally:
        manifest.close()


def becomes(home: Path, *wanted: str) -> None:
    until = time.monotonic() + 30
    while texts(home) != sorted(wanted) and time.monotonic() < until:
        time.sleep(0.1)
    assert texts(home) == sorted(wanted)


@pytest.mark.parametrize("named", [True, False])
def test_neither_takes_back_what_the_other_has_indexed(
    home: Path, tmp_path: Path, watching: Callable[..., None], capsys: pytest.CaptureFixture[str], *, named: bool
) -> None:
    watching(*[tmp_path / "articles"] if named else [])
    while "following changes" not in capsys.readouterr().err:
        time.sleep(0.05)
    page = library(home)
    for number, letter in enumerate("abc"):
        write(tmp_path / "articles", one=f"{letter}.")  # the watcher indexes at about the time at which the page does
        assert page.receive(f"more-{number}.md", f"{letter}{letter}.".encode()).kept
        page.index(nobody)
    uploads = ["First upload: bbb.", "aa.", "bb.", "cc."]
    becomes(home, *uploads, "c.")
    page.remove("first", nobody)
    write(tmp_path / "articles", one="ab.")
    becomes(home, *uploads[1:], "ab.")


def test_an_upload_that_the_page_did_not_come_to_index_is_taken_in_by_the_watcher_of_all_that_is_indexed(
    home: Path, watching: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    watching()
    while "following changes" not in capsys.readouterr().err:
        time.sleep(0.05)
    assert library(home).receive("late.md", b"ccc.").kept
    becomes(home, "First upload: bbb.", "aab.", "ccc.")
