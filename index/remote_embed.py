"""An embedder behind an endpoint: Hugging Face's text-embeddings-inference (TEI), or anything OpenAI-compatible.

Which of the two it is, its window and its batches are asked of the endpoint. A URL that ends in /v1 is taken at its
word. What comes back is checked: right count, finite, of one dimension; it is scaled to unit length here.
"""

import base64
import hashlib
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.endpoint import Endpoint, TooMuch
from index.errors import ModelError
from index.modelspec import ModelStatus
from index.prefixes import Prefixes, prefixes_of
from index.tokens import estimated_tokens

PATIENCE = 300.0  # seconds that passages wait for a busy endpoint
QUESTION_PATIENCE = 20.0  # seconds that a reader waits
_TEXTS, _CHARACTERS = 64, 30_000  # of one request; TEI says itself how many texts
_WINDOW = 512  # tokens, where the endpoint does not say
_SHORTEST = 200  # characters: a text that is refused for its length is cut no shorter
_REMEMBERED = 20_000  # counts of tokens

# Vectors that tell whether this is the embedder that an index was made with. Measured with e5-small against fp32:
# 4-bit weights .9999, bfloat16 .99997; another arithmetic that should be noticed: int8 .970, no prefix .969.
_PROBES = (
    "富士山は静岡県と山梨県にまたがる活火山で、標高は3776メートルです。",
    "The committee approved the new budget on 12 March after a long debate.",
)
_SAME = 0.995  # least cosine of each


@dataclass(frozen=True, kw_only=True)
class Served:
    """What an endpoint says of itself."""

    tei: bool
    window: int = _WINDOW  # tokens of one text
    texts: int = _TEXTS  # of one request
    about: str = "OpenAI-compatible, tokens are estimated"


class RemoteEmbedder:
    """A `TextEmbedder` whose model runs behind an endpoint. Nothing is asked until something is wanted of it."""

    def __init__(self, endpoint: Endpoint, name: str, prefixes: Prefixes) -> None:
        self.name = name
        self._endpoint = endpoint
        self._prefixes = prefixes
        self._openai = endpoint.shown.rstrip("/").endswith("/v1")  # says so itself
        self._asking = threading.RLock()
        self._counted: dict[str, int] = {}

    @property
    def url(self) -> str:
        """Where it runs, without a login."""
        return self._endpoint.shown

    @property
    def digest(self) -> str:
        """SHA-256 of name, prefixes and dimension, wherever it runs; whether vectors agree, `agrees` says."""
        parts = (self.name, self._prefixes.question, self._prefixes.passage, str(self.dimension))
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()

    @property
    def dimension(self) -> int:
        """Length of a vector. Asks the endpoint once."""
        return int(self._probe.shape[1])

    @property
    def max_tokens(self) -> int:
        """How many of a passage's own tokens it reads: its window less the prefix and the end marks. Asks it."""
        with_marks, alone = self._tokens([f"{self._prefixes.passage}a"], special=True), self._tokens(["a"])
        return self.served.window - with_marks[0] + alone[0]

    def about(self) -> str:
        """What the endpoint is, in one line. Asks it."""
        before = self._prefixes
        return (
            f"the endpoint {self.url!r}: {self.served.about}, {self.dimension} dimensions, prefix of "
            f"questions {before.question!r}, of passages {before.passage!r}"
        )

    def embed_passages(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """float32, shape (number of texts, dimension), rows of unit length. Several requests are on their way at once.

        Raises ModelError when the endpoint fails for good.
        """
        return self._embedded(self._prefixes.passage + text for text in texts)

    def embed_questions(self, texts: Iterable[str]) -> NDArray[np.float32]:
        """As `embed_question`, many at once, for which nobody waits. Raises ModelError."""
        return self._embedded(self._prefixes.question + text for text in texts)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """float32, shape (dimension,), unit length. Raises ModelError."""
        alone: NDArray[np.float32] = self._embed([_sendable(self._prefixes.question + text)], QUESTION_PATIENCE)[0]
        return alone

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text's own: counted by TEI, else estimated (`index/tokens.py`)."""
        if not self.served.tei:
            return [estimated_tokens(text) for text in texts]
        missing = [text for text in dict.fromkeys(texts) if text not in self._counted]
        made = dict(zip(missing, self._tokens(missing), strict=True))
        found = [made[text] if text in made else self._counted[text] for text in texts]
        with self._asking:
            self._counted = {**({} if len(self._counted) > _REMEMBERED else self._counted), **made}
        return found

    def probe(self) -> str:
        """The vectors of two fixed texts, to be kept with an index: what `agrees` reads."""
        return base64.b64encode(self._probe.astype("<f2").tobytes()).decode("ascii")

    def agrees(self, probe: str) -> bool:
        """Whether vectors made when `probe` was kept can be compared with those that are made now."""
        try:
            then = np.frombuffer(base64.b64decode(probe), "<f2").astype(np.float32)
        except ValueError:
            return False
        if then.size != self._probe.size or not np.isfinite(then).all():
            return False
        return bool((np.sum(then.reshape(self._probe.shape) * self._probe, axis=1) >= _SAME).all())

    @property
    def served(self) -> Served:
        """What the endpoint says of itself, asked once. Raises ModelError when it serves another model."""
        with self._asking:
            return self._served

    @cached_property
    def _served(self) -> Served:
        said = None if self._openai else self._endpoint.get("/info", patience=QUESTION_PATIENCE)
        if not isinstance(said, dict) or "model_id" not in said or "max_input_length" not in said:
            return Served(tei=False)
        if said["model_id"] != self.name:
            raise ModelError(
                f"the embedding endpoint {self.url!r} serves {said['model_id']!r}, but the embedder is "
                f"{self.name!r}: set KOTAE_EMBEDDER to {said['model_id']!r}, or KOTAE_EMBED_URL to another endpoint"
            )
        return Served(
            tei=True,
            window=_whole(said["max_input_length"], _WINDOW),
            texts=min(_TEXTS, _whole(said.get("max_client_batch_size"), 32)),
            about=f"text-embeddings-inference {said.get('version', '')} with {said.get('model_dtype', '?')}",
        )

    @property
    def _probe(self) -> NDArray[np.float32]:
        with self._asking:
            return self._probed

    @cached_property
    def _probed(self) -> NDArray[np.float32]:
        return self._embed(list(_PROBES), QUESTION_PATIENCE, known=False)

    def _embedded(self, texts: Iterable[str]) -> NDArray[np.float32]:
        slices = list(self._in_flight(self._batches(texts)))
        return np.concatenate(slices) if slices else np.zeros((0, self.dimension), np.float32)

    def _batches(self, texts: Iterable[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for text in map(_sendable, texts):
            if batch and (len(batch) == self.served.texts or size + len(text) > _CHARACTERS):
                yield batch
                batch, size = [], 0
            batch.append(text)
            size += len(text)
        if batch:
            yield batch

    def _in_flight(self, batches: Iterator[list[str]]) -> Iterator[NDArray[np.float32]]:
        """The vectors of each batch in order. No more batches are made than are on their way."""
        self.dimension  # noqa: B018  (asked here, not by several threads)
        first = next(batches, None)
        if first is None:
            return
        second = next(batches, None)
        if second is None:  # a few sentences: no threads
            yield self._embed(first, PATIENCE)
            return
        stop = threading.Event()
        with ThreadPoolExecutor(self._endpoint.gate.places, thread_name_prefix="kotae-embed") as pool:
            waiting: deque[Future[NDArray[np.float32]]] = deque()
            try:
                for batch in chain((first, second), batches):
                    if len(waiting) == self._endpoint.gate.places:
                        yield waiting.popleft().result()
                    waiting.append(pool.submit(self._embed, batch, PATIENCE, stop))
                while waiting:
                    yield waiting.popleft().result()
            finally:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)

    def _embed(
        self, texts: Sequence[str], patience: float, stop: threading.Event | None = None, *, known: bool = True
    ) -> NDArray[np.float32]:
        """Unit vectors; a request that is refused for its size is made smaller, at last by cutting its text."""
        try:
            reply = self._requested(texts, patience, stop)
        except TooMuch:
            if len(texts) > 1:
                half = len(texts) // 2
                halves = [self._embed(part, patience, stop, known=known) for part in (texts[:half], texts[half:])]
                return np.concatenate(halves)
            if len(texts[0]) <= _SHORTEST:
                raise
            return self._embed([texts[0][: len(texts[0]) * 3 // 4]], patience, stop, known=known)
        return self._checked(reply, len(texts), self.dimension if known else None)

    def _requested(self, texts: Sequence[str], patience: float, stop: threading.Event | None) -> Any:
        if self.served.tei:
            body: dict[str, Any] = {"inputs": list(texts), "normalize": True, "truncate": True}
            return self._endpoint.post("/embed", body, patience=patience, stop=stop)
        body = {"model": self.name, "input": list(texts), "encoding_format": "float"}
        reply = self._endpoint.post("/embeddings", body, patience=patience, stop=stop)
        try:
            rows = {row["index"]: row["embedding"] for row in reply["data"]}
            return [rows[number] for number in range(len(reply["data"]))]
        except (TypeError, KeyError):
            raise self._wrong("no list of vectors") from None

    def _checked(self, rows: Any, count: int, dimension: int | None) -> NDArray[np.float32]:
        try:
            made = np.array(rows, dtype=np.float32)
        except (TypeError, ValueError):
            raise self._wrong("vectors that are not all numbers of one length") from None
        if made.ndim != 2:
            raise self._wrong("no list of vectors")
        if len(made) != count:
            raise self._wrong(f"{len(made)} vectors for {count} texts")
        if dimension is not None and made.shape[1] != dimension:
            raise self._wrong(f"vectors of {made.shape[1]} dimensions, and of {dimension} before")
        lengths: NDArray[np.float32] = np.linalg.norm(made, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not (lengths > 1e-6).all():
            raise self._wrong("a vector without a direction (zero, infinite or no number)")
        return np.asarray(made / lengths, np.float32)

    def _tokens(self, texts: Sequence[str], *, special: bool = False) -> list[int]:
        """Tokens of each text, as the endpoint counts them if it does."""
        if not self.served.tei:
            return [estimated_tokens(text) + (2 if special else 0) for text in texts]
        asked = [text for text in map(_printable, texts) if text]  # TEI refuses an empty one
        counts: list[int] = []
        for start in range(0, len(asked), self.served.texts):
            body = {"inputs": asked[start : start + self.served.texts], "add_special_tokens": special}
            try:
                counts += [len(tokens) for tokens in self._endpoint.post("/tokenize", body, patience=PATIENCE)]
            except TypeError:
                raise self._wrong("no list of tokens") from None
        if len(counts) != len(asked):
            raise self._wrong(f"the tokens of {len(counts)} texts for {len(asked)}")
        following = iter(counts)
        return [next(following) if text else 0 for text in texts]

    def _wrong(self, what: str) -> ModelError:
        return ModelError(
            f"the embedding endpoint {self.url!r} sent {what}: look at the server's log, or set "
            "KOTAE_EMBED_URL to another endpoint"
        )


def open_remote(
    url: str, key: str, name: str, *, requests: int, question_prefix: str = "", passage_prefix: str = ""
) -> RemoteEmbedder:
    """The embedder `name` behind `url`, not asked anything yet. Raises SettingsError for a URL that is none."""
    prefixes = prefixes_of(name, question=question_prefix, passage=passage_prefix)
    return RemoteEmbedder(Endpoint(url, key, requests=requests), name, prefixes)


def describe_remote(embedder: RemoteEmbedder, *, asking: bool = False) -> ModelStatus:
    """Its line in `kotae models`; `asking` the endpoint, what it is."""
    place = f"the endpoint {embedder.url!r}"
    ready, source, digest = True, place, ""
    if asking:
        try:
            source, digest = embedder.about(), embedder.digest
        except ModelError as error:
            ready, source = False, str(error)
    return ModelStatus(
        name=embedder.name,
        kind="embedder",
        ready=ready,
        path=None,
        size=0,
        digest=digest,
        licence="unknown",
        origin=place,
        source=source,
    )


def _sendable(text: str) -> str:
    return _printable(text) or " "  # servers refuse an empty one


def _printable(text: str) -> str:
    """Half a surrogate pair is no UTF-8: it becomes "?"."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and value > 0 else default
