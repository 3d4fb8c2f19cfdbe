import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.errors import StoreError
from index.store import Neighbour, PassageStore

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


OPEN = """
import sys
from pathlib import Path
import numpy as np
from index.errors import StoreError
from index.store import PassageStore
try:
    PassageStore.open(Path(sys.argv[1])).search(np.eye(4, dtype="f4")[0], 3, "ja")
except StoreError as error:
    print(error)
"""


def test_a_damaged_database_is_an_error_that_names_the_way_out_and_does_not_end_the_process(tmp_path: Path) -> None:
    make(tmp_path / "good")
    good = (tmp_path / "good" / "chroma.sqlite3").read_bytes()
    damaged = {
        "cut": good[: len(good) // 2],
        "zeros": bytes(len(good)),
        "text": b"not a database",
        "flipped": bytes(byte ^ 255 if place % 997 == 0 and place > 100 else byte for place, byte in enumerate(good)),
    }
    # Chroma aborts on some of this, so what is tested happens in processes of its own.
    processes = {}
    for name, data in damaged.items():
        shutil.copytree(tmp_path / "good", tmp_path / name)
        (tmp_path / name / "chroma.sqlite3").write_bytes(data)
        command = [sys.executable, "-c", OPEN, str(tmp_path / name)]
        processes[name] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for name, process in processes.items():
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, name
        start = f"the Chroma database in '{tmp_path / name}' cannot be used ("
        assert (said.startswith(start), said.endswith("): run `kotae index --rebuild`\n")) == (True, True), said
