"""One question on its way to its answer, as the page sees it: a turn. Knows nothing of HTML or gradio.

`take` runs `Bot.stream` in a thread of its own and yields the turn each time it has changed, so that Stop and a closed
tab act at once even while the model is silent, and so that everyone's passages appear while one model serves them all.
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from index.errors import KotaeError
from rag.answer import Answer, Found, Piece
from rag.language import Asked
from rag.prompt import Message
from rag.retrieve import Hit
from rag.settings import Settings

Stage = Literal["searching", "waiting", "reading", "writing", "done", "stopped", "failed"]

TICK = 0.05  # seconds between two looks at Stop while nothing comes
REMEMBERED = 6  # turns that are given to the next question as its history

log = logging.getLogger(__name__)


class Bot(Protocol):
    """What the page needs of a `rag.Chatbot`."""

    @property
    def article_count(self) -> int: ...

    @property
    def model_name(self) -> str: ...

    @property
    def settings(self) -> Settings: ...

    def stream(
        self, question: str, language: Asked = "auto", history: Sequence[Message] = ()
    ) -> Iterator[Found | Piece | Answer]: ...


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A question and as much of its answer as there is so far. `number` is unique within one conversation."""

    number: int
    question: str
    model_name: str
    language: Asked = "auto"
    stage: Stage = "searching"
    ahead: int = 0
    hits: tuple[Hit, ...] | None = None
    written: str = ""
    answer: Answer | None = None
    error: Exception | None = None

    @property
    def running(self) -> bool:
        """True until the answer is there, was stopped, or failed."""
        return self.stage not in ("done", "stopped", "failed")

    @property
    def text(self) -> str:
        """The final text if there is one, else what has been written so far."""
        return self.answer.text if self.answer else self.written


# What the worker reports: what the stream yields, an error, how many stand before this turn, None at the end.
Change = Found | Piece | Answer | Exception | int | None


class Places:
    """The model's places, given out in the order of asking; a waiter is told how many stand before it."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def one(self, tell: Callable[[int], None], stop: threading.Event) -> Iterator[bool]:
        """Waits for a place and holds it; False when stopped before one was free."""
        ticket = object()
        told = -1
        with self._changed:
            self._waiting.append(ticket)
            while not stop.is_set() and not (self._free and self._waiting[0] is ticket):
                ahead = self._waiting.index(ticket) + 1
                if ahead != told:
                    tell(told := ahead)
                self._changed.wait(TICK)
            self._waiting.remove(ticket)
            got = not stop.is_set()
            self._free -= got
            self._changed.notify_all()
        try:
            yield got
        finally:
            with self._changed:
                self._free += got
                self._changed.notify_all()


def history_of(turns: Sequence[Turn]) -> list[Message]:
    """The conversation so far, as the core wants it: alternating questions and answers, the oldest first."""
    messages: list[Message] = []
    for turn in turns[-REMEMBERED:]:
        if turn.text:
            messages.append({"role": "user", "content": turn.question})
            messages.append({"role": "assistant", "content": turn.text})
    return messages


def take(
    bot: Bot, turn: Turn, history: Sequence[Message], places: Places, stop: threading.Event
) -> Generator[Turn, None, None]:
    """Yields the turn as it grows: first unchanged, last with its answer, its error, or stopped with what it has."""
    yield turn
    changes: queue.SimpleQueue[Change] = queue.SimpleQueue()
    worker = threading.Thread(
        target=_work,
        args=(bot, turn, history, places, stop, changes.put),
        name=f"kotae-turn-{turn.number}",
        daemon=True,
    )
    worker.start()
    try:
        while turn.running:
            before = turn
            for change in _arrived(changes):
                turn = _after(turn, change)
            if stop.is_set() and turn.running:
                turn = replace(turn, stage="stopped")
            if turn != before:
                yield turn
    finally:
        stop.set()  # a closed tab closes this generator here: the worker then closes the model's


def _work(
    bot: Bot,
    turn: Turn,
    history: Sequence[Message],
    places: Places,
    stop: threading.Event,
    put: Callable[[Change], None],
) -> None:
    """Drives the stream in one thread from first to last: searching at once, the model only with a place."""
    try:
        stream = bot.stream(turn.question, turn.language, history)
        try:
            put(next(stream))
            with places.one(put, stop) as got:
                if got:
                    put(0)
                    while not stop.is_set() and (item := next(stream, None)) is not None:
                        put(item)
        finally:
            getattr(stream, "close", lambda: None)()
        put(None)
    except KotaeError as error:
        put(error)
    except Exception as error:
        log.exception("a turn failed")
        put(error)


def _arrived(changes: "queue.SimpleQueue[Change]") -> Iterator[Change]:
    """All that is there, after waiting a little for the first: pieces that come together are shown together."""
    try:
        yield changes.get(timeout=TICK)
        while True:
            yield changes.get_nowait()
    except queue.Empty:
        return


def _after(turn: Turn, change: Change) -> Turn:
    if not turn.running:
        return turn
    match change:
        case Found(hits=hits):
            return replace(turn, hits=hits, stage="reading")
        case Piece(text=text):
            return replace(turn, written=turn.written + text, stage="writing" if turn.written + text else turn.stage)
        case Answer():
            return replace(turn, answer=change, hits=change.hits or turn.hits, stage="done")
        case Exception():
            return replace(turn, error=change, stage="failed")
        case int():
            return replace(turn, ahead=change, stage="waiting" if change else "reading")
        case None:
            return replace(turn, stage="stopped")
