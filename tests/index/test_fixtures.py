"""Indexes that earlier versions made: each is opened and answers, or says how to make it again."""

import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from index.backup import import_index
from index.build import update_index
from index.collection import Collection
from index.embed import Embedder, TextEmbedder
from index.errors import StoreError
from index.home import Home
from rag.retrieve import Filters, retrieve
from tests.doubles import LetterEmbedder, write
from tests.index.keep import ASKED, FIXTURES

VERSION = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]["version"]
Result = TypeVar("Result")
HOMES, EXPORTS = (sorted(path.name for path in FIXTURES.glob(f"{kind}-*.zip")) for kind in ("home", "export"))


def answers(home: Home, embedder: TextEmbedder) -> dict[tuple[str, str], str]:
    """The first article that is found for each question, in its language."""
    collection = Collection(home, embedder)
    found = {
        (question, of): retrieve(collection, question, 1, filters=Filters(languages=(of,)))[0].article.id
        for question, of in ASKED
    }
    collection.close()
    return found


def outcome(act: Callable[[], Result]) -> tuple[Result | None, str]:
    """What came of it, or what is said of it."""
    try:
        return act(), ""
    except StoreError as error:
        return None, str(error)


def test_an_index_of_this_version_is_kept() -> None:
    assert f"home-{VERSION}.zip" in HOMES
    assert f"export-{VERSION}.zip" in EXPORTS
    assert sum(path.stat().st_size for path in FIXTURES.glob(f"*-{VERSION}.zip")) < 200_000


@pytest.mark.parametrize("name", HOMES)
def test_an_index_that_is_kept_answers_or_says_how_to_make_it_again(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(FIXTURES / name) as kept:
        kept.extractall(tmp_path / "home")
    home, embedder = Home(tmp_path / "home"), LetterEmbedder()
    found, said = outcome(lambda: answers(home, embedder))
    if name == f"home-{VERSION}.zip" or not said:
        assert (found, said) == (ASKED, "")
        # Its articles lie nowhere any more: the next run keeps them, whatever it has to write anew.
        update_index(home, embedder, [write(tmp_path / "more", one="bbbbbbbb.")])
        assert answers(home, embedder) == ASKED
    else:
        assert "`kotae index --rebuild" in said


@pytest.mark.parametrize("name", EXPORTS)
def test_an_archive_that_is_kept_answers_or_says_how_to_make_it_again(
    name: str, tmp_path: Path, embedder: Embedder
) -> None:
    home = Home(tmp_path)
    done, said = outcome(lambda: import_index(home, FIXTURES / name, embedder))
    if name == f"export-{VERSION}.zip" or not said:
        assert (said, done and done.embedded) == ("", 0)
        assert answers(home, embedder) == ASKED
    else:
        assert "`kotae export`" in said
