import os
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.errors import StoreError
from index.store import Neighbour, PassageStore, lost

E = np.eye(4, dtype=np.float32)


def make(folder: Path, count: int = 3) -> None:
    store = PassageStore.create(folder)
    store.put([f"p{n}" for n in range(count)], np.array([E[n % 4] for n in range(count)]), "ja")
    store.put(["q"], E[:1], "en")
    store.close()


def test_the_nearest_come_first_with_their_cosine_whatever_the_lengths(tmp_path: Path) -> None:
    store = PassageStore.create(tmp_path / "s")
    store.put(["a", "b", "c"], np.array([[2, 0], [1, 1], [-1, 0]], dtype=np.float32), "ja")
    found = store.search(np.array([3, 0], dtype=np.float32), 3, "ja")
    assert [n.passage_id for n in found] == ["a", "b", "c"]
    assert [n.similarity for n in found] == pytest.approx([1.0, 0.5**0.5, -1.0], abs=1e-6)
    store.close()


def test_what_was_put_is_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    make(tmp_path / "s")
    store = PassageStore.open(tmp_path / "s")
    assert store.search(E[1], 1, "ja") == [Neighbour("p1", 1.0)]
    assert (store.count("ja"), store.count("en")) == (3, 1)
    store.close()


def test_languages_are_searched_apart(tmp_path: Path) -> None:
    make(tmp_path / "s")
    store = PassageStore.open(tmp_path / "s")
    assert store.search(E[0], 5, "en") == [Neighbour("q", 1.0)]
    store.close()


def test_ties_are_broken_by_id(tmp_path: Path) -> None:
    store = PassageStore.create(tmp_path / "s")
    store.put(["c", "a", "b"], E[[0, 0, 0]], "ja")
    assert [n.passage_id for n in store.search(E[0], 3, "ja")] == ["a", "b", "c"]
    store.close()


def test_an_id_put_again_has_the_newer_vector(tmp_path: Path) -> None:
    store = PassageStore.create(tmp_path / "s")
    store.put(["a"], E[:1], "ja")
    store.put(["a"], E[1:2], "ja")
    assert store.search(E[1], 5, "ja") == [Neighbour("a", 1.0)]
    store.close()


def test_what_is_removed_is_not_found_and_what_is_not_there_may_be_removed(tmp_path: Path) -> None:
    make(tmp_path / "s")
    store = PassageStore.open(tmp_path / "s")
    store.remove(["p0", "none"], "ja")
    store.remove([], "ja")
    assert [n.passage_id for n in store.search(E[0], 5, "ja")] == ["p1", "p2"]
    assert store.count("ja") == 2
    store.close()


def test_more_rows_than_chroma_takes_in_a_call_are_written_and_all_are_reachable(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(2600, 8)).astype(np.float32)
    store = PassageStore.create(tmp_path / "s")
    ids = [f"p{n:04}" for n in range(2600)]
    store.put(ids, vectors, "ja")
    assert store.count("ja") == 2600
    assert store.reachable(2600, "ja") == set(ids)
    assert len(store.search(vectors[0], 1000, "ja")) == 1000
    store.close()


def test_nothing_is_reachable_in_an_empty_store(tmp_path: Path) -> None:
    store = PassageStore.create(tmp_path / "s")
    assert store.reachable(0, "ja") == set()
    assert store.reachable(3, "ja") == set()
    assert store.search(E[0], 3, "ja") == []
    store.close()


def test_a_store_may_be_closed_deleted_and_made_again_at_the_same_path(tmp_path: Path) -> None:
    make(tmp_path / "s")
    for path in sorted((tmp_path / "s").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    make(tmp_path / "s", 2)
    store = PassageStore.open(tmp_path / "s")
    assert store.count("ja") == 2
    store.close()


def test_a_stray_env_file_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("is_persistent=false\nchroma_server_host=elsewhere\nallow_reset=maybe\n")
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "s")
    assert (tmp_path / "s" / "chroma.sqlite3").is_file()


def test_a_missing_database_is_an_error_and_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^there is no Chroma database in '.*': run `kotae index --rebuild`$"):
        PassageStore.open(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_chromas_own_errors_become_store_errors(tmp_path: Path) -> None:
    make(tmp_path / "s")
    store = PassageStore.open(tmp_path / "s")
    with pytest.raises(StoreError, match=r"cannot be used \(.*dimension.*\): run `kotae index --rebuild`$"):
        store.search(np.ones(7, dtype=np.float32), 1, "ja")
    store.close()


def damaged(good: bytes) -> dict[str, bytes]:
    draw = random.Random(5)
    flipped = {}
    for number in range(20):
        bad = bytearray(good)
        for _ in range(200):
            bad[draw.randrange(len(bad))] ^= 255
        flipped[f"flipped{number}"] = bytes(bad)
    return {"cut": good[: len(good) // 2], "zeros": bytes(len(good)), "text": b"not a database"} | flipped


def test_a_damaged_database_is_refused_before_chroma_sees_it_since_that_may_end_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "s")
    path = tmp_path / "s" / "chroma.sqlite3"
    monkeypatch.setattr("index.store._client", lambda _: pytest.fail("Chroma was asked"))
    for data in damaged(path.read_bytes()).values():
        path.write_bytes(data)
        with pytest.raises(
            StoreError, match=r"^the Chroma database in '.*' cannot be used \(.+\): run `kotae index --reb"
        ):
            PassageStore.open(tmp_path / "s")


def test_an_empty_database_is_refused(tmp_path: Path) -> None:
    make(tmp_path / "s")
    (tmp_path / "s" / "chroma.sqlite3").write_bytes(b"")
    with pytest.raises(StoreError, match=r"cannot be used \(.+\): run `kotae index --rebuild`$"):
        PassageStore.open(tmp_path / "s")


def test_a_vector_that_no_search_finds_is_lost_unless_a_copy_of_it_is_found() -> None:
    vectors = {"a": [1.0, 0.0], "copy": [1.0, 0.0], "b": [0.0, 1.0]}

    def of(ids: Sequence[str]) -> NDArray[np.float32]:
        return np.array([vectors[one] for one in ids], dtype=np.float32)

    assert lost({"a", "copy", "b"}, {"a", "b"}, of) == []
    assert lost({"a", "copy", "b"}, {"a", "copy"}, of) == ["b"]
    assert lost({"a", "b"}, set(), of) == ["a", "b"]
    assert lost(set(), set(), of) == []


@pytest.mark.parametrize("name", ["data_level0.bin", "length.bin", "header.bin"])
def test_a_graph_whose_files_are_cut_is_refused_before_chroma_reads_it(tmp_path: Path, name: str) -> None:
    store = PassageStore.create(tmp_path)
    vectors = np.random.default_rng(4).random((1100, 4), dtype=np.float32)
    store.put([f"p{n}" for n in range(1100)], vectors, "ja")
    store.close()
    PassageStore.open(tmp_path).close()
    [header] = [path for path in tmp_path.glob("*/header.bin") if path.with_name("index_metadata.pickle").exists()]
    os.truncate(header.with_name(name), 20)
    with pytest.raises(StoreError, match=rf"{name}.*repair it with `kotae doctor --repair`"):
        PassageStore.open(tmp_path)


def test_a_database_that_another_program_holds_is_an_error_in_time_and_no_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.store._LOCK_SECONDS", 0.2)
    PassageStore.create(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "chroma.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program holds the Chroma database in .*: end it, then try again"):
            PassageStore.open(tmp_path)
    PassageStore.open(tmp_path).close()
