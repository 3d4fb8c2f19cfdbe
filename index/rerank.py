"""An optional second look: a cross-encoder that reads question and passage together. Off unless the user names one.

Any sentence-transformers CrossEncoder in a local folder works; a hub name only where the hub is allowed. No pickle and
no code of the model's own is ever run. Knows nothing of the index.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Reranker:
    """A cross-encoder, loaded when it is first used. Safe to share between threads."""

    def __init__(self, name: str, *, allow_hub: bool = False) -> None:
        """Raises ModelError when `name` is no folder and the hub is not allowed."""
        if not Path(name).is_dir() and not allow_hub:
            raise ModelError(
                f"there is no reranker at {name!r}: set KOTAE_RERANKER to the folder of a sentence-transformers "
                "CrossEncoder, or allow the model hub with KOTAE_ALLOW_HUB=1"
            )
        self.name = name
        self._allow_hub = allow_hub
        self._loading = threading.Lock()
        self._model: CrossEncoder | None = None

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score per text, higher is better; comparable within one question only."""
        if not texts:
            return []
        values = self._loaded().predict([(question, text) for text in texts], show_progress_bar=False)
        return [float(value) for value in values]

    def _loaded(self) -> "CrossEncoder":
        with self._loading:
            if self._model is None:
                from sentence_transformers import CrossEncoder  # takes seconds to import: only where it is used

                try:
                    self._model = CrossEncoder(
                        self.name,
                        num_labels=1,
                        trust_remote_code=False,
                        local_files_only=not self._allow_hub,
                        model_kwargs={"use_safetensors": True},
                    )
                except (OSError, ValueError) as error:
                    reason = str(error).splitlines()[0]
                    raise ModelError(
                        f"cannot load the reranker {self.name!r}: {reason}: check KOTAE_RERANKER"
                    ) from error
            return self._model
