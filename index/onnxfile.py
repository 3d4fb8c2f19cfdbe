"""Writes ONNX graphs as bytes. Knows the format and nothing of models.

The format is protobuf with few kinds of fields. It is written here, and not by the `onnx` package, because a model's
digest is pinned: the same graph must give the same bytes, whatever versions are installed.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 8
OPSETS = {"": 17, "com.microsoft": 1}  # the second holds the operators over rounded weights
_FLOAT, _UINT8, _INT8, _INT64 = 1, 2, 3, 7  # TensorProto.DataType
_TYPES = {"float32": _FLOAT, "uint8": _UINT8, "int8": _INT8, "int64": _INT64}
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT = 1, 2  # AttributeProto.AttributeType

Dimensions = Sequence[int | str]  # a name stands for a size that is known when the graph runs


@dataclass
class Graph:
    """A graph that is being put together. Methods give the name of what they add, for the next to take."""

    name: str
    _nodes: list[bytes] = field(default_factory=list)
    _constants: list[bytes] = field(default_factory=list)
    _inputs: list[bytes] = field(default_factory=list)
    _outputs: list[bytes] = field(default_factory=list)

    def node(
        self, operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: int | float
    ) -> str:
        """An operator over `inputs` that makes `output`; an input named "" is one that is left out."""
        body = b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, operator)
        body += b"".join(_bytes(5, _attribute(name, value)) for name, value in attributes.items())
        self._nodes.append(_bytes(1, body + (_text(7, domain) if domain else b"")))
        return output

    def constant(self, name: str, values: NDArray[np.float32 | np.uint8 | np.int8 | np.int64]) -> str:
        """A tensor that is part of the file."""
        dimensions = b"".join(_number(1, size) for size in values.shape)
        kind = _number(2, _TYPES[values.dtype.name])
        raw = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
        self._constants.append(_bytes(5, dimensions + kind + _text(8, name) + _bytes(9, raw)))
        return name

    def input(self, name: str, kind: str, dimensions: Dimensions) -> str:
        """What must be given to run the graph. `kind` is numpy's name of the type."""
        self._inputs.append(_bytes(11, _value(name, kind, dimensions)))
        return name

    def output(self, name: str, kind: str, dimensions: Dimensions) -> None:
        """What running the graph gives."""
        self._outputs.append(_bytes(12, _value(name, kind, dimensions)))

    def to_bytes(self) -> bytes:
        """The file."""
        graph = b"".join([*self._nodes, _text(2, self.name), *self._constants, *self._inputs, *self._outputs])
        opsets = b"".join(_bytes(8, _text(1, name) + _number(2, version)) for name, version in OPSETS.items())
        return _number(1, IR_VERSION) + _bytes(7, graph) + opsets


def _value(name: str, kind: str, dimensions: Dimensions) -> bytes:
    sizes = b"".join(_bytes(1, _number(1, size) if isinstance(size, int) else _text(2, size)) for size in dimensions)
    tensor = _number(1, _TYPES[kind]) + _bytes(2, sizes)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _attribute(name: str, value: int | float) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _number(20, _ATTRIBUTE_FLOAT)
    return _text(1, name) + _number(3, value) + _number(20, _ATTRIBUTE_INT)


# The three kinds of protobuf fields that are needed: number, bytes, text.


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _number(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value & (1 << 64) - 1)  # negative ones as 64-bit two's complement


def _bytes(number: int, value: bytes) -> bytes:
    return _key(number, 2) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode("utf-8"))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
