"""Two ways to multiply in the graph of multilingual-e5-small. Knows nothing of how the products are put together.

`FourBits` keeps the 4-bit weights of the package and rounds activations to 8 bits in blocks of 32, each with a scale
of its own: a vector moves by less than a ten-thousandth (cosine). `EightBits` rounds weights to 8 bits, one scale for
a column, and activations with one scale for a whole tensor: a vector moves by a thousandth, and processors that add up
products of bytes (VNNI, AMX) do it several times as fast. Two things make one scale do:

- Columns are evened out before they are rounded (SmoothQuant, Xiao et al., ICML 2023, formula 4 with alpha 1/2): what
  leaves a layer norm is divided by s and the weights are multiplied by it, s = sqrt(max |x| / max |w|). max |x| is
  not measured but read off the norm: three times its gain, plus its offset.
- In seven layers the marks `<s>` and `</s>` drive one inner channel to 10 to 50 where nothing else passes 8 ("massive
  activations", Sun et al., COLM 2024). What it has above 8 is multiplied apart, in fp32.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.e5weights import BLOCK, Quarters
from index.onnxfile import Graph

MICROSOFT = "com.microsoft"  # ONNX Runtime's own operators, part of every build of it
_INT8 = 4  # MatMulNBits's accuracy level: activations in 8 bits
_GAINS = 3.0  # a normalised value is rarely further from zero, in standard deviations
_MOST = 127  # of a signed byte
_TOP = 8.0
_MASSIVE = {0: 318, 1: 1462, 2: 354, 4: 778, 5: 658, 6: 1152, 7: 413}  # layer -> inner channel

Matrix = Callable[[str], Quarters]  # the package's name -> 4-bit weights
Numbers = Callable[[str], NDArray[np.float32]]  # the package's name -> full weights, flat


class Products(Protocol):
    """What the graph asks: names are the package's, without `.w` and `.b`."""

    def several(self, graph: Graph, state: str, names: Sequence[str], norm: str, /) -> list[str]:
        """`state`, which has left the layer norm `norm`, times each matrix, no biases added."""

    def inner(self, graph: Graph, state: str, name: str, norm: str, /) -> str:
        """`state`, which has left the layer norm `norm`, times the matrix, plus its bias."""

    def outer(self, graph: Graph, state: str, name: str, layer: int, /) -> str:
        """What has left the inner layer of `layer` times the matrix, plus its bias."""

    def plain(self, graph: Graph, state: str, name: str) -> str:
        """Any state times the matrix, plus its bias."""


class FourBits:
    """The package's own weights."""

    def __init__(self, matrix: Matrix, numbers: Numbers) -> None:
        self._matrix = matrix
        self._numbers = numbers

    def several(self, graph: Graph, state: str, names: Sequence[str], _norm: str, /) -> list[str]:
        """`state` times each matrix."""
        return [self._product(graph, state, name) for name in names]

    def inner(self, graph: Graph, state: str, name: str, _norm: str, /) -> str:
        """`state` times the matrix, plus its bias."""
        return self.plain(graph, state, name)

    def outer(self, graph: Graph, state: str, name: str, _layer: int, /) -> str:
        """`state` times the matrix, plus its bias."""
        return self.plain(graph, state, name)

    def plain(self, graph: Graph, state: str, name: str) -> str:
        """`state` times the matrix, plus its bias."""
        bias = graph.constant(f"{name}.b", self._numbers(f"{name}.b"))
        return graph.node("Add", [self._product(graph, state, name), bias], f"{name}.out")

    def _product(self, graph: Graph, state: str, name: str) -> str:
        weights = self._matrix(f"{name}.w")
        rows, blocks = weights.scales.shape
        packed = graph.constant(f"{name}.w", weights.packed.reshape(rows, blocks, BLOCK // 2))
        return graph.node(
            "MatMulNBits",
            [state, packed, graph.constant(f"{name}.s", weights.scales)],
            f"{name}.product",
            MICROSOFT,
            K=blocks * BLOCK,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=_INT8,
        )


class EightBits:
    """The same weights rounded to bytes."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def several(self, graph: Graph, state: str, names: Sequence[str], norm: str, /) -> list[str]:
        """`state` times each matrix, its columns evened out."""
        weights = [self._weights(name, norm) for name in names]
        even = self._evened(norm, weights)
        smooth = _scaled(graph, state, even, names[0])
        return [_product(graph, smooth, name, weight * even, None) for name, weight in zip(names, weights, strict=True)]

    def inner(self, graph: Graph, state: str, name: str, norm: str, /) -> str:
        """`state` times the matrix, its columns evened out, plus its bias."""
        weight = self._weights(name, norm)
        even = self._evened(norm, [weight])
        return _product(graph, _scaled(graph, state, even, name), name, weight * even, self._numbers(f"{name}.b"))

    def outer(self, graph: Graph, state: str, name: str, layer: int, /) -> str:
        """`state` times the matrix, plus its bias; of the massive channel what stands out is multiplied apart."""
        channel = _MASSIVE.get(layer)
        if channel is None:
            return self.plain(graph, state, name)
        weight = self._numbers(f"{name}.w").reshape(self._numbers(f"{name}.b").size, -1)
        top = graph.constant(f"{name}.top", np.array(_TOP, np.float32))
        cut = graph.node("Min", [state, top], f"{name}.cut")
        one = graph.constant(f"{name}.channel", np.array([channel], np.int64))
        whole = graph.node("Gather", [state, one], f"{name}.one", axis=2)
        below = graph.node("Gather", [cut, one], f"{name}.below", axis=2)
        over = graph.node("Sub", [whole, below], f"{name}.over")
        column = graph.constant(f"{name}.column", weight[:, channel].reshape(1, -1))
        apart = graph.node("MatMul", [over, column], f"{name}.apart")
        product = _product(graph, cut, name, weight, self._numbers(f"{name}.b"))
        return graph.node("Add", [product, apart], f"{name}.whole")

    def plain(self, graph: Graph, state: str, name: str) -> str:
        """`state` times the matrix, plus its bias."""
        bias = self._numbers(f"{name}.b")
        return _product(graph, state, name, self._numbers(f"{name}.w").reshape(bias.size, -1), bias)

    def _weights(self, name: str, norm: str) -> NDArray[np.float32]:
        """Shape (outputs, inputs): as many inputs as `norm` has gains."""
        return self._numbers(f"{name}.w").reshape(-1, self._numbers(f"{norm}.w").size)

    def _evened(self, norm: str, weights: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """s of each input. Square roots and quotients alone: the same bits on every machine."""
        reach = _GAINS * np.abs(self._numbers(f"{norm}.w")) + np.abs(self._numbers(f"{norm}.b"))
        most = np.maximum.reduce([np.abs(weight).max(axis=0) for weight in weights])
        even: NDArray[np.float32] = np.sqrt(np.maximum(reach, 1e-6) / np.maximum(most, 1e-6)).astype(np.float32)
        return even


def _scaled(graph: Graph, state: str, even: NDArray[np.float32], name: str) -> str:
    return graph.node("Mul", [state, graph.constant(f"{name}.even", np.float32(1.0) / even)], f"{name}.evened")


def _product(graph: Graph, state: str, name: str, weight: NDArray[np.float32], bias: NDArray[np.float32] | None) -> str:
    """`state` times the transpose of `weight` (outputs, inputs), both in bytes."""
    scales = (np.maximum(np.abs(weight).max(axis=1), 1e-12) / np.float32(_MOST)).astype(np.float32)
    rounded = np.clip(np.rint(weight / scales[:, None]), -_MOST, _MOST).astype(np.int8)
    inputs = [state, graph.constant(f"{name}.w", rounded.T), graph.constant(f"{name}.s", scales)]
    if bias is not None:
        inputs += ["", graph.constant(f"{name}.b", bias)]  # no zero point: zero is zero
    return graph.node("DynamicQuantizeMatMul", inputs, f"{name}.out", MICROSOFT)
