"""The 4-bit multilingual-e5-small as one ONNX graph: token ids and mask in, unit vectors out.

The weights stay the 4-bit ones of the package: MatMulNBits multiplies them with activations that are rounded to 8 bits
in blocks of 32, each with a scale of its own. That moves a vector by less than a ten-thousandth (cosine), where one
scale for a whole tensor, the usual int8, costs two points of nDCG. Knows nothing of files or of running a graph.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from index.e5weights import BLOCK, Quarters
from index.onnxfile import Graph

MICROSOFT = "com.microsoft"  # ONNX Runtime's own operators, part of every build of it
_INT8 = 4  # MatMulNBits's accuracy level: activations in 8 bits
_HEADS = 12
_EPSILON = 1e-12


Matrix = Callable[[str], Quarters]  # the package's name -> 4-bit weights
Numbers = Callable[[str], NDArray[np.float32]]  # the package's name -> full weights, flat


def e5_graph(matrix: Matrix, numbers: Numbers, *, layers: int, hidden: int) -> bytes:
    """The graph as a file. Inputs `input_ids` and `attention_mask`, int64, shape (texts, tokens); output
    `sentence_embedding`, float32, shape (texts, hidden), rows of unit length."""
    graph = Graph("e5")
    ids = graph.input("input_ids", "int64", ("texts", "tokens"))
    mask = graph.input("attention_mask", "int64", ("texts", "tokens"))
    graph.node("Cast", [mask], "mask32", to=6)  # int32, as the attention wants it
    state = _embeddings(graph, ids, matrix, numbers, hidden)
    for layer in range(layers):
        state = _layer(graph, f"l{layer}", state, matrix, numbers)
    _pooled(graph, state, mask)
    graph.output("sentence_embedding", "float32", ("texts", hidden))
    return graph.to_bytes()


def _embeddings(graph: Graph, ids: str, matrix: Matrix, numbers: Numbers, hidden: int) -> str:
    words = matrix("emb.word")
    table = [graph.constant("emb.word", words.packed), ids, graph.constant("emb.word.scales", words.scales)]
    graph.node(
        "GatherBlockQuantized", table, "words", MICROSOFT, bits=4, block_size=BLOCK, gather_axis=0, quantize_axis=1
    )
    places = numbers("emb.pos").reshape(-1, hidden) + numbers("emb.type").reshape(-1, hidden)[0]  # all texts are type 0
    graph.node("Shape", [ids], "length", start=1, end=2)
    zero = graph.constant("zero", np.zeros(1, np.int64))
    graph.node("Slice", [graph.constant("emb.place", places), zero, "length", zero], "places")
    graph.node("Add", ["words", "places"], "emb")
    return _normed(graph, "emb", "emb.ln", numbers)


def _layer(graph: Graph, layer: str, state: str, matrix: Matrix, numbers: Numbers) -> str:
    parts = [_product(graph, state, f"{layer}.{part}", matrix) for part in "qkv"]
    biases = np.concatenate([numbers(f"{layer}.{part}.b") for part in "qkv"])
    attended = graph.node(
        "MultiHeadAttention",
        [*parts, graph.constant(f"{layer}.qkv.b", biases), "mask32"],
        f"{layer}.attended",
        MICROSOFT,
        num_heads=_HEADS,
    )
    out = _linear(graph, attended, f"{layer}.ao", matrix, numbers)
    state = _normed(graph, graph.node("Add", [state, out], f"{layer}.seen"), f"{layer}.aln", numbers)
    inner = graph.node("Gelu", [_linear(graph, state, f"{layer}.fi", matrix, numbers)], f"{layer}.gelu", MICROSOFT)
    out = _linear(graph, inner, f"{layer}.fo", matrix, numbers)
    return _normed(graph, graph.node("Add", [state, out], f"{layer}.thought"), f"{layer}.oln", numbers)


def _linear(graph: Graph, state: str, name: str, matrix: Matrix, numbers: Numbers) -> str:
    product = _product(graph, state, name, matrix)
    return graph.node("Add", [product, graph.constant(f"{name}.b", numbers(f"{name}.b"))], f"{name}.out")


def _product(graph: Graph, state: str, name: str, matrix: Matrix) -> str:
    weights = matrix(f"{name}.w")
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


def _normed(graph: Graph, state: str, name: str, numbers: Numbers) -> str:
    weights = [graph.constant(f"{name}.{part}", numbers(f"{name}.{part}")) for part in "wb"]
    return graph.node("LayerNormalization", [state, *weights], f"{name}.out", axis=-1, epsilon=_EPSILON)


def _pooled(graph: Graph, state: str, mask: str) -> None:
    """The sum of the tokens that are there, at unit length: the same as their mean at unit length."""
    one = graph.constant("one", np.ones(1, np.int64))
    graph.node("Cast", [mask], "weights", to=1)
    graph.node("Unsqueeze", ["weights", one], "weights3")
    graph.node("MatMul", ["weights3", state], "sum3")
    graph.node("Squeeze", ["sum3", one], "sum")
    graph.node("LpNormalization", ["sum"], "sentence_embedding", axis=-1, p=2)
