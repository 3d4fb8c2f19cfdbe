"""The vectors of all passages in one file that is read through a memory map, so that comparing some is one product.

A copy of what the manifest holds, in the order of the passages' ids; made when a generation is written. Knows nothing
of questions, of Chroma or of what the vectors mean.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import StoreError

VECTORS = "vectors.npy"
_COMPARED = 8  # rows that are compared with the manifest's when the file is opened; `kotae doctor` compares all
_BATCH = 1024  # rows read or written at a time

Read = Callable[[Sequence[str]], NDArray[np.float32]]  # ids -> their vectors in the manifest


def write_vectors(path: Path, ids: Sequence[str], read: Read) -> None:
    """Writes the vectors of `ids`, float32, shape (len(ids), dimension), over an older file."""
    path.unlink(missing_ok=True)  # who still reads an older file keeps it
    with path.open("wb") as file:  # not through a map: there a full disk would end the process
        for start in _starts(ids) or [0]:
            rows = read(ids[start : start + _BATCH]).astype("<f4")
            if start == 0:
                shape = (len(ids), rows.shape[1])
                np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
            file.write(rows.tobytes())


def open_vectors(path: Path, ids: Sequence[str], read: Read) -> NDArray[np.float32]:
    """The vectors of `ids`, float32, shape (len(ids), dimension), mapped from `path`.

    An index made before there was such a file has none: then they are read from the manifest into memory. Raises
    StoreError for a file that is damaged or of other passages.
    """
    if not path.exists():
        return _joined(ids, read)
    try:
        rows: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise StoreError(f"{str(path)!r} is damaged ({error}): run `kotae index --rebuild`") from error
    some = range(0, len(ids), max(1, len(ids) // _COMPARED))
    fits = rows.dtype == np.float32 and rows.ndim == 2 and len(rows) == len(ids)
    if not fits or not np.array_equal(rows[some], read([ids[row] for row in some])):
        raise _strange(path, "other passages than the manifest")
    return np.asarray(rows)  # the same map, without what numpy.memmap does at every slice


def check_vectors(path: Path, ids: Sequence[str], read: Read) -> None:
    """Compares every vector of the file, where there is one, with the manifest's. Raises StoreError."""
    if not path.exists():
        return
    rows = open_vectors(path, ids, read)
    for start in _starts(ids):
        if not np.array_equal(rows[start : start + _BATCH], read(ids[start : start + _BATCH])):
            raise _strange(path, "a vector that is not the manifest's")


def _starts(ids: Sequence[str]) -> range:
    return range(0, len(ids), _BATCH)


def _joined(ids: Sequence[str], read: Read) -> NDArray[np.float32]:
    if not ids:
        return np.zeros((0, 0), dtype=np.float32)
    return np.concatenate([read(ids[start : start + _BATCH]) for start in _starts(ids)])


def _strange(path: Path, what: str) -> StoreError:
    return StoreError(f"{str(path)!r} holds {what}: run `kotae index --rebuild`")
