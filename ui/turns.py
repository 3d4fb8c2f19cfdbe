"""One question on its way to its answer, as the page sees it: a turn. Knows nothing of HTML or gradio.

`grow` runs `Bot.stream` in a thread of its own and yields the turn each time it has changed, so that Stop and a closed
tab act at once even while the model is silent, and so that everyone's passages appear while one model serves them all.
Between two changes it yields None and waits for nothing: `take` lets others run there.
"""

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol, Self

from index.article import Article
from index.build import IndexReport
from index.catalogue import Entry
from index.errors import ChatModelBusy, KotaeError
from index.progress import ProgressCallback
from rag.answer import Answer, Found, Message, Piece
from rag.language import Asked
from rag.retrieve import Filters, Hit
from rag.settings import Settings

Stage = Literal["searching", "waiting", "reading", "writing", "done", "stopped", "failed"]

TICK = 0.03  # seconds between two looks while nothing comes
BEAT = 1.0  # seconds after which those who wait are told the same again
WAITING_ROOM = 64  # questions that may wait for the model; the next one is refused
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
        self,
        question: str,
        language: Asked = "auto",
        history: Sequence[Message] = (),
        *,
        filters: Filters | None = None,
    ) -> Iterator[Found | Piece | Answer]: ...

    def articles(self) -> Sequence[Entry]: ...

    def article(self, article_id: str) -> Article | None: ...


class Keeper(Bot, Protocol):
    """A bot whose articles can be changed from the page, one of those over the collections of a home."""

    @property
    def collections(self) -> list[str]: ...

    def of(self, collection: str) -> Self: ...

    def index(self, paths: Sequence[Path] = (), *, progress: ProgressCallback = ...) -> IndexReport: ...


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A question and as much of its answer as there is so far. `number` is unique within one conversation."""

    number: int
    question: str
    model_name: str
    language: Asked = "auto"
    collection: str = ""  # the one that was asked; "" is where the page begins
    filters: Filters = field(default_factory=Filters)
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

    @property
    def standalone(self) -> str:
        """The question that a follow-up was turned into, "" when it stands on its own."""
        return self.answer.standalone if self.answer else ""

    def kept(self) -> "Turn":
        """The same without the articles' texts: what a conversation remembers. A passage has its own text."""

        def slim(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
            return tuple(replace(hit, article=replace(hit.article, text="")) for hit in hits)

        return replace(
            self,
            hits=None if self.hits is None else slim(self.hits),
            answer=self.answer and replace(self.answer, hits=slim(self.answer.hits)),
        )


# What the worker reports: what the stream yields, an error, how many stand before this turn, None at the end.
Change = Found | Piece | Answer | Exception | int | None


class Places:
    """The model's places, given out in the order of asking; a waiter is told how many stand before it."""

    def __init__(self, count: int, waiting_room: int = WAITING_ROOM) -> None:
        self._free = count
        self._room = waiting_room
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def one(self, tell: Callable[[int], None], stop: threading.Event) -> Iterator[bool]:
        """Waits for a place and holds it; False when stopped before one was free.

        Raises ChatModelBusy when the waiting room is full.
        """
        ticket = object()
        told = -1
        with self._changed:
            if len(self._waiting) >= self._room:
                raise ChatModelBusy(
                    f"{len(self._waiting)} questions are waiting for the model already: ask again in a minute"
                )
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


async def take(
    bot: Bot, turn: Turn, history: Sequence[Message], places: Places, stop: threading.Event
) -> AsyncGenerator[Turn, None]:
    """Yields the turn as it grows: first unchanged, last with its answer, its error, or stopped with what it has.

    Those who wait hold no thread of the server. A turn that does not change is yielded every BEAT again: only then
    does a server notice that nobody listens.
    """
    with closing(grow(bot, turn, history, places, stop)) as growing:
        yielded = time.monotonic()
        for grown in growing:
            if grown is None and time.monotonic() - yielded < BEAT:
                await asyncio.sleep(TICK)
            else:
                turn = grown or turn
                yielded = time.monotonic()
                yield turn


def grow(
    bot: Bot, turn: Turn, history: Sequence[Message], places: Places, stop: threading.Event
) -> Generator[Turn | None, None, None]:
    """The turn whenever it has changed, None while it has not. Closing it stops the model."""
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
            yield turn if turn != before else None
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
        stream = bot.stream(turn.question, turn.language, history, filters=turn.filters)
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
    """All that is there: pieces that come together are shown together."""
    try:
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
