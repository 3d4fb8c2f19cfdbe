from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index.errors import StoreError
from index.vectors import check_vectors, open_vectors, write_vectors

IDS = [f"p{number:04}" for number in range(2500)]
ROWS = np.random.default_rng(3).normal(size=(len(IDS), 6)).astype(np.float32)
ROW = dict(zip(IDS, ROWS, strict=True))


def read(ids: Sequence[str]) -> np.ndarray:
    return np.array([ROW[id] for id in ids], dtype=np.float32).reshape(len(ids), 6 if ids else 0)


@pytest.mark.parametrize("count", [0, 1, 1024, 2500])
def test_what_is_written_is_mapped_again_row_by_row(tmp_path: Path, count: int) -> None:
    path = tmp_path / "vectors.npy"
    write_vectors(path, IDS[:count], read)
    rows = open_vectors(path, IDS[:count], read)
    assert np.array_equal(rows, read(IDS[:count]))
    assert isinstance(rows.base, np.memmap) or count == 0  # an empty file cannot be mapped
    check_vectors(path, IDS[:count], read)


def test_an_index_without_the_file_is_read_from_its_manifest(tmp_path: Path) -> None:
    assert np.array_equal(open_vectors(tmp_path / "none.npy", IDS, read), ROWS)
    check_vectors(tmp_path / "none.npy", IDS, read)


def test_one_reader_keeps_what_it_mapped_while_the_file_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    write_vectors(path, IDS, read)
    rows = open_vectors(path, IDS, read)
    write_vectors(path, IDS[:3], read)
    assert np.array_equal(rows, ROWS)
    assert len(open_vectors(path, IDS[:3], read)) == 3


@pytest.mark.parametrize("damage", [b"", b"damaged " * 99])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "vectors.npy"
    path.write_bytes(damage)
    with pytest.raises(StoreError, match=r"vectors.npy' is damaged .*: run `kotae index --rebuild`$"):
        open_vectors(path, IDS, read)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    write_vectors(path, IDS, read)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(StoreError, match="vectors.npy' is damaged"):
        open_vectors(path, IDS, read)


@pytest.mark.parametrize("ids", [IDS[:2499], IDS[::-1]])
def test_vectors_of_other_passages_are_refused(tmp_path: Path, ids: list[str]) -> None:
    path = tmp_path / "vectors.npy"
    write_vectors(path, ids, read)
    with pytest.raises(StoreError, match="holds other passages than the manifest"):
        open_vectors(path, IDS, read)


def test_one_changed_number_among_all_vectors_is_found_by_the_check(tmp_path: Path) -> None:
    path = tmp_path / "vectors.npy"
    changed = ROWS.copy()
    changed[1701, 3] += 0.001
    np.save(path, changed)
    open_vectors(path, IDS, read)  # compares a few
    with pytest.raises(StoreError, match="holds a vector that is not the manifest's"):
        check_vectors(path, IDS, read)
