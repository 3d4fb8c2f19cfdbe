"""Text to unit vectors. Knows nothing of articles, stores or questions being answered.

Opening an embedder is cheap: its files are found, nothing is loaded. The tokenizer is loaded by the first count of
tokens (0.8 s), the model itself by the first vector. The bundled model runs as an ONNX graph on the CPU (0.8 s to
load) or on a GPU in half precision; any other model is run by sentence-transformers (6 to 8 s, mostly imports).
"""

import json
import os
import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from index.embedfiles import EmbedderFiles, find_embedder
from index.encoder import Encoder, adds_bytes_exactly
from index.errors import ModelError
from index.gpu import GpuEncoder, gpu_at_hand, quiet_transformers
from index.progress import ProgressCallback, nobody

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

# Texts embedded together: bounds the memory of any iterable and, with sentence-transformers, how long a question waits
# for passages that are being embedded (3 s).
_SLICE = 128
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # encode_document's own order


class TextEmbedder(Protocol):
    """What the index needs of an embedder; tests count letters instead."""

    @property
    def name(self) -> str:
        """What the user calls it."""

    @property
    def digest(self) -> str:
        """SHA-256 of its files: equal digests make comparable vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """How many of a passage's own tokens it reads; what follows is cut off."""

    def embed_passages(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """float32, shape (number of texts, dimension), rows of unit length."""

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """float32, shape (dimension,), unit length."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text's own, without prefix and end marks."""


@runtime_checkable
class Elsewhere(Protocol):
    """An embedder whose files nobody here can read: some of its vectors tell whether it is still the same."""

    def embed_questions(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """As `embed_question`, many at once: float32, shape (number of texts, dimension)."""

    def about(self) -> str:
        """Where it is and what, in one line."""

    def probe(self) -> str:
        """Vectors of fixed texts, to be kept with an index."""

    def agrees(self, probe: str) -> bool:
        """Whether vectors made when `probe` was kept can be compared with those that are made now."""


class Embedder:
    """A sentence-transformers model, its prefixes applied, its files verified. Safe to share between threads."""

    def __init__(self, files: EmbedderFiles, *, threads: int = 0):
        self.name = files.name
        self.digest = files.digest
        self.folder = files.folder
        self._graphs = files.graphs
        self._prompts = files.prompts
        self._threads = threads
        self._loading = threading.Lock()
        self._encoding = threading.Lock()  # one call takes all threads; and shared tokenizers are "Already borrowed"

    @classmethod
    def open(
        cls,
        name_or_path: str,
        models_folder: Path,
        *,
        allow_hub: bool = False,
        threads: int = 0,
        progress: ProgressCallback | None = None,
    ) -> "Embedder":
        """The embedder of a known name, a folder of any sentence-transformers model, or a hub name if allowed.

        A known one is made from its packages on first use. `threads` 0 takes the cores this process may use.
        Raises ModelError.
        """
        tell = progress or nobody
        return cls(find_embedder(name_or_path, models_folder, allow_hub=allow_hub, tell=tell), threads=threads)

    @property
    def dimension(self) -> int:
        """Length of a vector. Loads the model."""
        if encoder := self._encoder:
            return encoder.dimension
        size = self.model.get_embedding_dimension()
        if size is None:
            raise ModelError(f"the embedder {self.name!r} does not say how long its vectors are: choose another")
        return int(size)

    @cached_property
    def max_tokens(self) -> int:
        """How many of a passage's own tokens the model reads: its window less the prefix and the end marks."""
        window = _read_json(self.folder / "sentence_bert_config.json").get("max_seq_length")
        window = window if isinstance(window, int) else self.model.max_seq_length or 512
        return int(window) - self.tokenizer.num_special_tokens_to_add(False) - self.count_tokens([self._prefix])[0]

    @property
    def _prefix(self) -> str:
        """What stands before every passage."""
        return next((self.prompts[name] for name in _DOCUMENT_PROMPTS if name in self.prompts), "")

    @cached_property
    def prompts(self) -> dict[str, str]:
        """The prefixes by name, as sentence-transformers knows them; empty when the model has none."""
        if self._prompts is not None:
            return self._prompts
        found = _read_json(self.folder / "config_sentence_transformers.json").get("prompts") or {}
        return {name: text for name, text in found.items() if text}

    def embed_passages(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """float32, shape (number of texts, dimension), rows of unit length."""
        iterator, encoder = iter(texts), self._encoder
        together = encoder.together if encoder else _SLICE
        slices = []
        while batch := [_printable(text) for text in islice(iterator, together)]:
            if encoder:
                slices.append(encoder.encode(self._ids([self._prefix + text for text in batch])))
                continue
            with self._encoding:
                # encode_document sorts by length itself, so that a batch is padded little.
                slices.append(self.model.encode_document(batch, **_QUIET))
        if not slices:
            return np.zeros((0, self.dimension), np.float32)
        return _unit(np.concatenate(slices))

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """float32, shape (dimension,), unit length."""
        if encoder := self._encoder:
            ids = self._ids([self.prompts.get("query", "") + _printable(text)])
            alone: NDArray[np.float32] = encoder.encode(ids)[0]
            return alone
        model = self.model
        with self._encoding:
            vectors = model.encode_query([_printable(text)], **_QUIET)
        first: NDArray[np.float32] = _unit(vectors)[0]
        return first

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids with the end marks, cut to the window before the last of them."""
        window = self.max_tokens + len(self.tokenizer.encode(self._prefix).ids)
        every = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts))]
        return [ids if len(ids) <= window else [*ids[: window - 1], ids[-1]] for ids in every]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text's own, without prefix and end marks. Loads the tokenizer only."""
        encodings = self.tokenizer.encode_batch_fast([_printable(text) for text in texts], add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token in `text`, in characters. Loads the tokenizer only.

        Tokens of one character that is normalised into several (㈱ into (株)) share its place.
        """
        encoding = self.tokenizer.encode(_printable(text), add_special_tokens=False)
        return [(start, end) for start, end in encoding.offsets]

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The tokenizer alone, never padding or cutting, so that threads can share it."""
        # As many threads as the model has. Read when it is first used.
        os.environ.setdefault("RAYON_NUM_THREADS", str(self._threads or available_threads()))
        # 17 MB of JSON: loaded when the first tokens are counted.
        from tokenizers import Tokenizer

        first = next((part.get("path", "") for part in _read_list(self.folder / "modules.json")), "")
        path = self.folder / first / "tokenizer.json"
        if path.is_file():
            tokenizer = Tokenizer.from_file(str(path))
        elif (backend := getattr(self.model.tokenizer, "backend_tokenizer", None)) is not None:
            tokenizer = Tokenizer.from_str(backend.to_str())
        else:
            raise ModelError(f"the embedder {self.name!r} has no fast tokenizer (tokenizer.json): choose another")
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @property
    def _encoder(self) -> Encoder | GpuEncoder | None:
        """What runs the bundled model, loaded on first use; None where sentence-transformers does the work."""
        with self._loading:
            return self._open_encoder

    @cached_property
    def _open_encoder(self) -> Encoder | GpuEncoder | None:
        if self._graphs is None:
            return None
        if gpu_at_hand():
            return GpuEncoder(self.folder)
        in_four_bits, in_eight = self._graphs
        return Encoder(in_eight if adds_bytes_exactly() else in_four_bits, self._threads or available_threads())

    @property
    def model(self) -> "SentenceTransformer":
        """The SentenceTransformer itself, in fp32, loaded on first use."""
        with self._loading:
            return self._model

    @cached_property
    def _model(self) -> "SentenceTransformer":
        # The folder is on this disk: nothing below has a reason to ask the network.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")  # read when it is first imported
        quiet_transformers()
        # 6 s of import, most of it torch, transformers and scikit-learn: `kotae --help` must not pay for it.
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(self._threads or available_threads())
        try:
            return SentenceTransformer(
                str(self.folder),
                prompts=self._prompts,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},  # the other format, pickle, can run code
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(
                f"{str(self.folder)!r} cannot be loaded as a sentence-transformers model ({reason[0][:200]}): "
                "set KOTAE_EMBEDDER to a folder that one was saved in, with its weights as safetensors"
            ) from error


_QUIET: dict[str, Any] = {"batch_size": 32, "show_progress_bar": False, "convert_to_numpy": True}


def available_threads() -> int:
    """The cores this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_list(path: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def _printable(text: str) -> str:
    """Half a surrogate pair cannot be tokenized: it becomes "?", one character for one, so offsets hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = np.asarray(vectors, np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True).astype(np.float32)
    return np.divide(rows, np.maximum(lengths, 1e-12), dtype=np.float32)
