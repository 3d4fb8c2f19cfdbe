"""What a run that was stopped has embedded is not embedded again, and nothing else is ever taken for it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index import writer
from index.article import LANGUAGES
from index.build import update_index
from index.errors import StoreError
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.spool import Spool
from index.store import PassageStore
from tests.doubles import LetterEmbedder, letters, write


def everything(home: Home) -> dict[str, object]:
    """All that a live index holds, to the last bit of its vectors."""
    manifest = Manifest.open(home.live / "manifest.sqlite3")
    ids = [id for id, _ in manifest.passage_ids()]
    found = {
        "fingerprint": manifest.fingerprint,
        "articles": {article.id: article.digest for article in manifest.all_articles()},
        "places": manifest.places(),
        "passages": manifest.passages(ids),
        "vectors": manifest.vectors(ids).tobytes(),
        "words": list(LexicalIndex.open(home.live / "words").passage_ids),
        **{name: (home.live / name).read_bytes() for name in ("vectors.npy", "roots.json")},
    }
    store = PassageStore.open(home.live / "chroma")
    found["chroma"] = sorted(id for of in LANGUAGES for id in store.reachable(store.count(of), of))
    store.close()
    manifest.close()
    return found


TEXTS = ["a", "bb", "ccc", "a", "half \ud800"]


def spooled(path: Path | None, digest: str = "abc123") -> list[str]:
    """What is missing of TEXTS."""
    with closing(Spool(path, digest)) as spool:
        return spool.missing(TEXTS)


def filled(path: Path) -> Path:
    with closing(Spool(path, "abc123")) as spool:
        spool.put(["a", "bb"], np.stack([letters("a"), letters("bb")]))
    return path


def test_vectors_come_back_by_text_and_what_is_missing_is_named_once(tmp_path: Path) -> None:
    path = filled(tmp_path / "spool.sqlite3")
    assert spooled(path) == ["ccc", "half \ud800"]
    with closing(Spool(path, "abc123")) as spool:
        assert [row.tolist() for row in spool.vectors(["bb", "a", "bb"])] == [
            letters(text).tolist() for text in ("bb", "a", "bb")
        ]
        assert spool.vectors([]) == []
    assert spooled(None) == ["a", "bb", "ccc", "half \ud800"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def other_program(path: Path) -> None:
    path.write_bytes(b"damaged" * 1000)


def other_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE vectors")
        connection.execute("CREATE TABLE vectors (x)")
        connection.execute("UPDATE embedder SET digest = 'def456'")
        connection.commit()


@pytest.mark.parametrize("damage", [cut, other_program, other_table])
def test_a_damaged_spool_begins_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = filled(tmp_path / "spool.sqlite3")
    damage(path)
    assert spooled(path) == ["a", "bb", "ccc", "half \ud800"]
    filled(path)
    assert spooled(path) == ["ccc", "half \ud800"]


def test_the_vectors_of_another_embedder_are_never_taken(tmp_path: Path) -> None:
    path = filled(tmp_path / "spool.sqlite3")
    assert spooled(path, "def456") == ["a", "bb", "ccc", "half \ud800"]
    assert spooled(path) == ["a", "bb", "ccc", "half \ud800"]


def test_a_stopped_run_is_gone_on_with_and_the_index_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_BLOCK", 4)
    folder = write(tmp_path / "articles", **{f"x{number}": "a" * number + "b." for number in range(10)})
    whole, stopped = Home(tmp_path / "whole"), Home(tmp_path / "stopped")
    update_index(whole, LetterEmbedder(), [folder])
    with pytest.raises(StoreError, match="No space left on device"):
        update_index(stopped, LetterEmbedder(fails_after=9), [folder])
    assert stopped.spool.exists()
    second = LetterEmbedder()
    done = update_index(stopped, second, [folder])
    assert (done.embedded, done.added, done.passages) == (2, 10, 10)
    assert sorted(text for text in second.embedded if text.startswith("X")) == ["X8\naaaaaaaab.", "X9\naaaaaaaaab."]
    assert everything(stopped) == everything(whole)
    assert not stopped.spool.exists()
