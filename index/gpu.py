"""Runs multilingual-e5-small on a GPU: token ids in, unit vectors out. Knows nothing of texts or tokenizers.

In half precision, which moves a vector by a hundred-thousandth (cosine) and is several times as fast as fp32.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

_TOKENS = 65_536  # of a batch, padding included: some 2 GB of the card's memory
_PADDING = 0  # the id does not matter: it is masked
# Of NVIDIA, of AMD, of Linux under Windows; whether it can use one, torch says.
_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def gpu_at_hand() -> bool:
    """Whether torch can compute on a GPU; it is imported (3 s) only where the system knows of one."""
    if not any(os.path.exists(device) for device in _DEVICES):
        return False
    import torch

    return bool(torch.cuda.is_available())


def quiet_transformers() -> None:
    """Keeps the library's notes and progress bars off the terminal, and its reports at home."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when it is first imported
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers does not type these two
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


class GpuEncoder:
    """The model in a folder, on `device`, by torch's name. Safe to share between threads."""

    together = 4096  # texts to give at a time: some ten batches, while whose last runs nothing is prepared

    def __init__(self, folder: Path, device: str = "cuda") -> None:
        """Raises ModelError when the model cannot be loaded or does not fit the card."""
        quiet_transformers()
        import torch
        from transformers import AutoModel

        try:
            model: Any = AutoModel.from_pretrained(
                str(folder), dtype=torch.float16, local_files_only=True, trust_remote_code=False, use_safetensors=True
            )
            self._device = torch.device(device)
            self._model = model.to(self._device).eval()
        except (
            OSError,
            ValueError,
            KeyError,
            RuntimeError,
            AssertionError,
        ) as error:  # torch asserts that it knows CUDA
            raise _failed(f"{str(folder)!r} cannot be loaded", error) from error

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.config.hidden_size)

    def encode(self, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """float32, shape (len(texts), dimension), rows of unit length. `texts`: token ids with the end marks.

        Texts of like length run together, so that little is padding. The last bits of a vector depend on its company.
        Raises ModelError when the card fails.
        """
        import torch

        vectors = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        made = []
        try:
            with torch.inference_mode():
                for rows in _batches(order, texts):  # the card works on one while the next is made
                    ids, lengths = _padded([texts[row] for row in rows])
                    made.append((rows, self._pooled(torch.from_numpy(ids), torch.from_numpy(lengths))))
                for rows, batch in made:
                    vectors[rows] = batch.cpu().numpy()
        except RuntimeError as error:  # its memory is full of others' work, or it is gone
            raise _failed(f"{len(texts)} texts cannot be embedded", error) from error
        return vectors

    def _pooled(self, ids: Any, lengths: Any) -> Any:
        """The sum of each text's tokens at unit length: the same as their mean at unit length."""
        import torch

        ids, lengths = ids.to(self._device), lengths.to(self._device)
        mask = torch.arange(ids.shape[1], device=self._device) < lengths[:, None]
        state = self._model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        sums = torch.bmm(mask.to(state.dtype)[:, None], state)[:, 0]
        return torch.nn.functional.normalize(sums.float(), dim=1)


def _failed(what: str, error: Exception) -> ModelError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ModelError(
        f"{what} on the GPU ({reason[:200]}): hide it with CUDA_VISIBLE_DEVICES= and the processor does the work"
    )


def _batches(order: Sequence[int], texts: Sequence[Sequence[int]]) -> list[list[int]]:
    """`order`, longest text first, in batches of as many tokens as fit."""
    found: list[list[int]] = []
    for row in order:
        if not found or (len(found[-1]) + 1) * len(texts[found[-1][0]]) > _TOKENS:
            found.append([])
        found[-1].append(row)
    return found


def _padded(texts: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(ids, shape (texts, tokens of the longest); lengths, shape (texts,))."""
    lengths = np.array([len(text) for text in texts], np.int64)
    ids = np.full((len(texts), lengths.max()), _PADDING, np.int64)
    ids[np.arange(ids.shape[1]) < lengths[:, None]] = np.concatenate([np.asarray(text, np.int64) for text in texts])
    return ids, lengths
