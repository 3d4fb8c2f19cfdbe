"""Runs an embedder's ONNX graph: token ids in, unit vectors out. Knows nothing of texts or tokenizers.

ONNX Runtime comes with Chroma and is imported in half a second, where torch and sentence-transformers take six.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# Rows that ONNX Runtime multiplies at a time when it has several threads. One row alone goes another way through its
# kernels, which moves a vector by a thousandth: a masked token more keeps a text of 129 tokens from leaving one over.
_TILE = 128


class Encoder:
    """A graph with inputs `input_ids` and `attention_mask`. Safe to share between threads."""

    def __init__(self, path: Path, threads: int) -> None:
        """Raises ModelError when the graph cannot be loaded."""
        # It reports to its makers unless told not to before it is imported; the call is for Windows.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised
        # Threads that spin while they wait take the cores from the chat model; a pool of memory only grows.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False
        try:
            self._session: InferenceSession = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001  # onnxruntime's errors have no class in common but this one
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(
                f"{str(path)!r} cannot be loaded by ONNX Runtime ({reason[:200]}): read the model's files again with "
                "`kotae models --verify`, or install `onnxruntime` again"
            ) from error

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """float32, shape (len(texts), dimension), rows of unit length. `texts`: token ids with the end marks.

        Each text is run by itself: padded beside others its last bits would depend on them, and padding costs what
        running together saves. So a text has one vector, in whatever company and on however many threads.
        """
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            length = len(text)
            width = length + (length % _TILE == 1)
            ids = np.zeros((1, width), np.int64)
            mask = np.zeros((1, width), np.int64)
            ids[0, :length] = text
            mask[0, :length] = 1
            vectors[row] = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0][0]
        return vectors
