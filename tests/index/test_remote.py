"""Articles behind an address, and Parquet. fsspec's memory stands for a store elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from index.build import update_index
from index.errors import ArticleError
from index.home import Home
from index.manifest import Manifest
from index.read import FileNote, LocatedArticle, read_articles
from tests.doubles import LetterEmbedder, write
from tests.index.samples import parquet
from ui import cli

ROWS = [
    {"id": "p1", "title": "First", "text": "aab.", "language": "en", "source": "The Daily", "date": "2025-10-02"},
    {"id": "p2", "title": "二番", "text": "ああ。", "language": "ja", "source": None, "date": None},
]


@pytest.fixture
def store() -> Iterator[Any]:
    memory = fsspec.filesystem("memory")
    memory.pipe("/arts/a.jsonl", json.dumps({"id": "a", "text": "aaa."}).encode())
    memory.pipe("/arts/sub/b.md", b"---\nid: b\ntitle: B\n---\nbbb.")
    memory.pipe("/arts/sub/c.txt", b"ccc.")
    memory.pipe("/arts/sub/c.meta.yaml", b"title: C\ndate: 2025-11\n")
    memory.pipe("/arts/rows.parquet", parquet(ROWS))
    memory.pipe("/arts/.hidden.md", b"hidden")
    memory.pipe("/arts/x.exe", b"x")
    yield memory
    memory.rm("/arts", recursive=True)


def read(root: Path) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """(id, title, date, text) of the articles, and the reasons of what gave none."""
    found = list(read_articles(root))
    articles = [item.article for item in found if isinstance(item, LocatedArticle)]
    notes = [item.reason for item in found if isinstance(item, FileNote)]
    return [(one.id, one.title, one.date, one.text) for one in articles], notes


@pytest.mark.usefixtures("store")
def test_files_and_parquet_behind_an_address_are_read_as_in_a_folder() -> None:
    articles, notes = read(Path("memory://arts"))
    assert articles == [
        ("a", "", "", "aaa."),
        ("p1", "First", "2025-10-02", "aab."),
        ("p2", "二番", "", "ああ。"),
        ("b", "B", "", "bbb."),
        ("sub/c", "C", "2025-11", "ccc."),
    ]
    assert notes == ["'memory://arts/x.exe': Kotae does not read .exe files"]
    assert read(Path("memory://arts/a.jsonl")) == ([("a", "", "", "aaa.")], [])


def test_an_index_of_an_address_is_brought_up_to_date_like_any_other(store: Any, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    first = update_index(home, LetterEmbedder(), [Path("memory://arts")])
    assert (first.added, first.passages) == (5, 5)
    store.rm("/arts/a.jsonl")
    store.pipe("/arts/sub/b.md", b"---\nid: b\ntitle: B\n---\nbbc.")
    again = update_index(home, LetterEmbedder(), [])
    assert (again.changed, again.removed, again.unchanged, again.embedded) == (1, 1, 3, 1)
    manifest = Manifest.open(home.live / "manifest.sqlite3")
    assert manifest.places()["b"] == ("memory://arts", "memory://arts/sub/b.md")
    manifest.close()
    store.pipe("/arts/sub/b.md", b"\x00\x01")
    kept = update_index(home, LetterEmbedder(), [])
    assert (kept.kept, kept.removed) == (1, 0)
    assert [note.reason.split(" (")[0] for note in kept.notes if note.outcome == "refused"] == [
        "'memory://arts/sub/b.md' is not text"
    ]


def test_a_file_address_is_a_path_of_this_machine(tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", one="aaa.")
    home = Home(tmp_path / "home")
    update_index(home, LetterEmbedder(), [Path(f"file://{folder}")])
    assert home.roots() == [folder]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("memory://nothing", r"^there is nothing at 'memory://nothing': check the address$"),
        ("nosuch://x/y", r"^cannot read 'nosuch://x/y' \(Protocol not known: nosuch\): check the address"),
        ("dropbox://x/y", r"^'dropbox://x/y' needs a package that is not installed \(.*dropbox.*\): pip install it$"),
    ],
)
def test_an_address_that_cannot_be_read_says_why(address: str, said: str) -> None:
    with pytest.raises(ArticleError, match=said):
        list(read_articles(Path(address)))


def test_an_address_is_not_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["index", "memory://arts", "--watch", "--home", str(tmp_path / "home")]) == 1
    said = "kotae: --watch follows folders of this machine: index 'memory://arts' without it\n"
    assert capsys.readouterr().err == said


def test_parquet_of_a_folder_is_read_row_by_row_and_what_is_wrong_with_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "good.parquet").write_bytes(parquet([{"見出し": "T", "本文": "ああ。", "n": 1}, {"本文": ""}]))
    (tmp_path / "no-text.parquet").write_bytes(parquet([{"x": 1}]))
    (tmp_path / "torn.parquet").write_bytes(parquet(ROWS)[:-20])
    articles, notes = read(tmp_path)
    assert articles == [("good.parquet/1", "T", "", "ああ。")]
    assert notes[0] == f"'{tmp_path}/good.parquet/2': field 'text' is None: give the article's text"
    assert notes[1] == f"'{tmp_path}/no-text.parquet' holds no column of text among ['x']: name one 'text'"
    assert notes[2].startswith(f"'{tmp_path}/torn.parquet' is no Parquet that can be read (")
