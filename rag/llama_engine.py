"""The embedded llama.cpp: one request at a time in, events out, stoppable at any moment. Knows nothing of LangChain.

llama.cpp runs in this process, in threads of its own. A request is handed to it by a worker thread whose callback
only fills a queue; whoever reads the queue may leave at any time, which stops the model.
"""

import atexit
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from index.embed import available_threads
from index.errors import ChatModelBusy, ChatModelError, ChatModelTimeout, ModelError

Event = dict[str, Any]

# Tokens of the prompt read between two looks at the stop sign: under a second of work on two cores, and reading in
# larger batches was no faster (64: 85 tokens/s, 128: 88, 512: 81).
BATCH_TOKENS = 64
# llama.cpp would keep up to 8 GiB of prompts for reuse. Qwen 1.5B takes 28 KiB for a token: room for a few prefixes.
PROMPT_CACHE_MIB = 384
END_SECONDS = 60.0  # how long the end of the process waits for llama.cpp to let go, on a machine that others fill
LEAVE_SECONDS = 5.0  # how long a reader who leaves waits for the model to notice


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait, in seconds: for a free place, for the first token, between two tokens, and in total."""

    busy: float = 60.0
    first_token: float = 120.0
    between_tokens: float = 60.0
    total: float = 300.0


class Turns:
    """One at a time, first come, first served; a plain lock would let the quickest in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line: deque[threading.Event] = deque()

    def take(self, seconds: float) -> threading.Event:
        """A ticket to give back. Raises ChatModelBusy when none is free within `seconds`."""
        ticket = threading.Event()
        with self._lock:
            self._line.append(ticket)
            self._line[0].set()
            ahead = len(self._line) - 1
        try:
            free = ticket.wait(seconds)
        except BaseException:
            self.give_back(ticket)
            raise
        if not free:
            self.give_back(ticket)
            raise ChatModelBusy(
                f"the chat model has been busy for {seconds:g} s with {ahead} request(s) before this one: try again"
            )
        return ticket

    def give_back(self, ticket: threading.Event) -> None:
        with self._lock:
            if ticket in self._line:
                self._line.remove(ticket)
            if self._line:
                self._line[0].set()


class Engine:
    """One loaded model. Safe to share between threads: they take turns."""

    def __init__(self, path: Path, *, context_tokens: int, threads: int, adapter: Path | None = None):
        """Loads the model (1 to 4 s), with a low-rank adapter (a GGUF file) where one is given. Raises ModelError."""
        self.path = path
        self._turns = Turns()
        self._running: dict[threading.Thread, threading.Event] = {}
        self._server: Any = _server(path, context_tokens, threads, adapter)

    def events(self, request: Event, limits: Limits) -> Iterator[Event]:
        """What the model says to an OpenAI-shaped chat request, event by event.

        Closing the iterator stops the model, within the time of one batch or token. Raises ChatModelBusy,
        ChatModelTimeout, ChatModelError.
        """
        ticket = self._turns.take(limits.busy)
        stop = threading.Event()
        arrived: SimpleQueue[Event | BaseException | None] = SimpleQueue()
        worker = threading.Thread(
            target=self._work, args=(request, arrived, stop, ticket), name="kotae-llama", daemon=True
        )
        self._running[worker] = stop
        worker.start()
        deadline = time.monotonic() + limits.total
        patience, until = limits.first_token, time.monotonic() + limits.first_token
        try:
            while True:
                try:
                    event = arrived.get(timeout=max(0.0, min(until, deadline) - time.monotonic()))
                except Empty:
                    late = limits.total if deadline <= until else patience
                    raise ChatModelTimeout(
                        f"the chat model did not go on within {late:g} s and was stopped: ask for less text, "
                        "or use a smaller model or an endpoint (KOTAE_CHAT_MODEL, KOTAE_CHAT_URL)"
                    ) from None
                if event is None:
                    return
                if isinstance(event, BaseException):
                    raise ChatModelError(f"llama.cpp did not take the request: {event}") from event
                if "error" in event:
                    raise _error(event["error"])
                if "prompt_progress" in event:  # still reading: the wait for the first token goes on
                    continue
                yield event
                patience, until = limits.between_tokens, time.monotonic() + limits.between_tokens
        finally:
            stop.set()
            worker.join(LEAVE_SECONDS)

    def close(self) -> None:
        """Stops what runs and unloads the model; at the end of the process only."""
        for worker, stop in list(self._running.items()):
            stop.set()
            worker.join(END_SECONDS)
        if not self._running:  # else a thread is inside llama.cpp, and freeing it under that thread would crash
            self._server = None

    def _work(
        self,
        request: Event,
        arrived: "SimpleQueue[Event | BaseException | None]",
        stop: threading.Event,
        ticket: threading.Event,
    ) -> None:
        """Runs one request to its end. The ticket is given back here, not by the reader: the place is free only when
        llama.cpp has let go of it."""

        def heard(event: Event) -> bool:
            arrived.put(event)
            return stop.is_set()  # True stops the model

        try:
            left = self._server.handle_chat_completions({**request, "stream": True, "return_progress": True}, heard)
            if isinstance(left, dict):
                arrived.put(left)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that reads
            arrived.put(error)
        finally:
            self._running.pop(threading.current_thread(), None)
            self._turns.give_back(ticket)
            arrived.put(None)


_engines: dict[tuple[object, ...], Engine] = {}
_opening = threading.Lock()


def engine(path: Path, *, context_tokens: int, threads: int = 0, adapter: Path | None = None) -> Engine:
    """The engine of a model file and an adapter: loaded once per process, since it takes a gigabyte and seconds.

    `threads` 0 takes the cores this process may use. Raises ModelError.
    """
    # A forked child inherits the dictionary but not llama.cpp's threads: its requests would wait forever.
    key = (os.getpid(), os.path.realpath(path), context_tokens, threads, adapter and os.path.realpath(adapter))
    with _opening:
        if key not in _engines:
            _engines[key] = Engine(path, context_tokens=context_tokens, threads=threads, adapter=adapter)
        return _engines[key]


@atexit.register
def _close_all() -> None:
    """Waits for a model that is being loaded, too: the interpreter must not end under a thread inside llama.cpp."""
    loaded = _opening.acquire(timeout=END_SECONDS)
    try:
        for key, opened in list(_engines.items()):
            if key[0] == os.getpid():
                opened.close()
        _engines.clear()
    finally:
        if loaded:
            _opening.release()


def _server(path: Path, context_tokens: int, threads: int, adapter: Path | None) -> Any:
    _check_gguf(path, "chat model", "KOTAE_CHAT_MODEL")
    if adapter:
        _check_gguf(adapter, "adapter", "KOTAE_CHAT_ADAPTER")
    try:
        # 106 MB of native code, needed only when a model really runs here.
        import xllamacpp
    except ImportError as error:
        raise ModelError(
            "the package xllamacpp, which runs the chat model, cannot be loaded "
            f"({error}): run `pip install 'kotae[local]'`, or set KOTAE_CHAT_URL to an endpoint"
        ) from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    # Read, not mapped: most weights are laid out anew for the processor, and a map would keep the file's 1.1 GB beside.
    params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    if adapter:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    params.n_ctx = context_tokens
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = BATCH_TOKENS
    params.cpuparams.n_threads = threads or available_threads()
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.warmup = False
    params.verbosity = -1  # it writes its log to stderr
    # Building a server opens an HTTP port, which we do not use and cannot do without: loopback, any free port, a key
    # that nobody knows, no pages, no origin allowed.
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [secrets.token_urlsafe(32)]
    params.endpoint_slots = params.endpoint_metrics = params.endpoint_props = False
    params.ui = False
    params.cors_origins = ""
    params.cors_credentials = False
    params.n_threads_http = 1
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, ValueError, MemoryError) as error:
        beside = f" with the adapter {str(adapter)!r}, which must be made for this very model" if adapter else ""
        raise ModelError(
            f"llama.cpp cannot load {str(path)!r} ({path.stat().st_size:,} bytes){beside}: verify it with "
            "`kotae models --verify`, and check that there is memory for it"
        ) from error


def _check_gguf(path: Path, what: str, variable: str) -> None:
    """Raises ModelError for what llama.cpp would not even try, in words that name the setting."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelError(f"the {what} {str(path)!r} cannot be read: {error.strerror}") from error
    if magic != b"GGUF":
        raise ModelError(f"{str(path)!r} is not a GGUF file (it starts with {magic!r}): set {variable} to one")


def _error(error: object) -> ChatModelError:
    facts = error if isinstance(error, dict) else {"message": str(error)}
    if facts.get("type") == "exceed_context_size_error":
        return ChatModelError(
            f"the prompt has {facts.get('n_prompt_tokens')} tokens and the chat model reads at most "
            f"{facts.get('n_ctx')}: ask a shorter question, or give it fewer passages"
        )
    return ChatModelError(f"the chat model refused the request: {facts.get('message', facts)}")
