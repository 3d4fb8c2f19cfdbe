"""multilingual-e5-small as one ONNX graph: the token ids of a text in, its unit vector out.

How it multiplies is said by `index/e5products.py`. One text at a time and no mask: what is padded beside others costs
more than running together saves, and without a mask ONNX Runtime attends in tiles, which is faster. The table of words
stays in the 4 bits of the package. Knows nothing of files or of running a graph.
"""

import numpy as np

from index.e5products import MICROSOFT, Matrix, Numbers, Products
from index.e5weights import BLOCK
from index.onnxfile import Graph

_HEADS = 12
_EPSILON = 1e-12


def e5_graph(products: Products, matrix: Matrix, numbers: Numbers, *, layers: int, hidden: int) -> bytes:
    """The graph as a file. Input `input_ids`, int64, shape (1, tokens); output `sentence_embedding`, float32, shape
    (1, hidden), a row of unit length."""
    graph = Graph("e5")
    ids = graph.input("input_ids", "int64", (1, "tokens"))
    state, norm = _embeddings(graph, ids, matrix, numbers, hidden), "emb.ln"
    for layer in range(layers):
        state = _layer(graph, layer, state, norm, products, numbers)
        norm = f"l{layer}.oln"
    _pooled(graph, state)
    graph.output("sentence_embedding", "float32", (1, hidden))
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


def _layer(graph: Graph, number: int, state: str, norm: str, products: Products, numbers: Numbers) -> str:
    """One layer over `state`, which has left the layer norm `norm`."""
    layer = f"l{number}"
    parts = products.several(graph, state, [f"{layer}.{part}" for part in "qkv"], norm)
    biases = np.concatenate([numbers(f"{layer}.{part}.b") for part in "qkv"])
    attended = graph.node(
        "MultiHeadAttention",
        [*parts, graph.constant(f"{layer}.qkv.b", biases)],
        f"{layer}.attended",
        MICROSOFT,
        num_heads=_HEADS,
    )
    out = products.plain(graph, attended, f"{layer}.ao")
    state = _normed(graph, graph.node("Add", [state, out], f"{layer}.seen"), f"{layer}.aln", numbers)
    inner = products.inner(graph, state, f"{layer}.fi", f"{layer}.aln")
    out = products.outer(graph, graph.node("Gelu", [inner], f"{layer}.gelu", MICROSOFT), f"{layer}.fo", number)
    return _normed(graph, graph.node("Add", [state, out], f"{layer}.thought"), f"{layer}.oln", numbers)


def _normed(graph: Graph, state: str, name: str, numbers: Numbers) -> str:
    weights = [graph.constant(f"{name}.{part}", numbers(f"{name}.{part}")) for part in "wb"]
    return graph.node("LayerNormalization", [state, *weights], f"{name}.out", axis=-1, epsilon=_EPSILON)


def _pooled(graph: Graph, state: str) -> None:
    """The sum of the tokens at unit length: the same as their mean at unit length."""
    one = graph.constant("one", np.ones(1, np.int64))
    graph.node("ReduceSum", [state, one], "sum", keepdims=0)
    graph.node("LpNormalization", ["sum"], "sentence_embedding", axis=-1, p=2)
