"""Runs an embedder's ONNX graph: token ids in, unit vectors out. Knows nothing of texts or tokenizers.

ONNX Runtime comes with Chroma and is imported in half a second, where torch and sentence-transformers take six.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.onnxfile import Graph

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_HIGHEST_BYTE, _HIGHEST_SIGNED, _TERMS = 255, 127, 64


class Encoder:
    """A graph with the input `input_ids`. Safe to share between threads."""

    together = 128  # texts to give at a time: bounds the memory

    def __init__(self, path: Path, threads: int) -> None:
        """`threads`: texts that are run at the same time. Raises ModelError when the graph cannot be loaded."""
        try:
            self._session = _session(path)
        except Exception as error:  # noqa: BLE001  # onnxruntime's errors have no class in common but this one
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"{str(path)!r} cannot be loaded by ONNX Runtime ({reason[:200]}): read the model's files again with "
                "`kotae models --verify`, or install `onnxruntime` again"
            ) from error
        self._pool = ThreadPoolExecutor(threads, "encoder") if threads > 1 else None  # starts none before it has work

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """float32, shape (len(texts), dimension), rows of unit length. `texts`: token ids with the end marks.

        Each text is run by itself, by one thread: padded beside others its last bits would depend on them, and
        several threads for one text wait for each other (two of them: 1.4 times as long for as much). So a text has
        one vector, in whatever company and on however many threads.
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        if self._pool and len(texts) > 1:
            longest_first = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
            rows = self._pool.map(lambda row: (row, self._alone(texts[row])), longest_first)
        else:
            rows = ((row, self._alone(text)) for row, text in enumerate(texts))
        for row, vector in rows:
            vectors[row] = vector
        return vectors

    def _alone(self, text: Sequence[int]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._session.run(None, {"input_ids": np.array([text], np.int64)})[0][0]
        return found


def _session(graph: Path | bytes) -> "InferenceSession":
    """A graph that runs in the thread that asks."""
    # It reports to its makers unless told not to before it is imported; the call is for Windows.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised
    options.enable_cpu_mem_arena = False  # a pool of memory only grows
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@cache
def adds_bytes_exactly() -> bool:
    """Whether products of bytes are added up here as they are.

    Processors with VNNI or AMX do; older ones add pairs of them into 16 bits, which the largest do not fit into. They
    are not asked for their names: the largest products are added up, in one row and in many.
    """
    graph = Graph("bytes")
    state = graph.input("state", "float32", ("rows", _TERMS))
    weights = graph.constant("weights", np.full((_TERMS, _TERMS), _HIGHEST_SIGNED, np.int8))
    scales = graph.constant("scales", np.ones(_TERMS, np.float32))
    graph.node("DynamicQuantizeMatMul", [state, weights, scales], "sums", "com.microsoft")
    graph.output("sums", "float32", ("rows", _TERMS))
    session = _session(graph.to_bytes())
    expected = _HIGHEST_BYTE * _HIGHEST_SIGNED * _TERMS
    return all(
        np.allclose(session.run(None, {"state": np.full((rows, _TERMS), _HIGHEST_BYTE, np.float32)})[0], expected)
        for rows in (1, _TERMS)
    )
