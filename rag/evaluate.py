"""Asks a chatbot every question of a gold set and makes a scorecard of what came back.

What was asked is kept in a journal, so a run that was stopped goes on where it stood and never asks twice. Knows
nothing of web pages or terminals; the metrics are in `rag/scoring.py`.
"""

import dataclasses
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Protocol

from index.errors import ChatModelError, KotaeError, QuestionError
from index.home import Home
from index.progress import Progress, ProgressCallback, nobody
from rag.answer import Answer, Found, Piece
from rag.follow_up import searched
from rag.gold import GoldQuestion, check_articles
from rag.journal import Journal, code_version, key_of
from rag.language import Asked
from rag.places import Indexed, is_placed
from rag.prompt import Message
from rag.retrieve import Hit
from rag.scorecard import Scorecard
from rag.scoring import DEPTH, score
from rag.settings import Settings

VERSION = 1  # of the outcomes a journal keeps: raise it with any change to what `_ask` returns
REMOTE_WORKERS = 4  # questions asked at the same time where the chat model is an endpoint
FAILURES_IN_A_ROW = 5  # after which the run ends: the model is down, not the questions wrong

Outcome = dict[str, Any]
Judge = Callable[[GoldQuestion, str], float | None]


class Evaluated(Protocol):
    """What is asked of a chatbot under evaluation; `Chatbot` has it."""

    @property
    def settings(self) -> Settings: ...

    def search(self, question: str, k: int = 10) -> list[Hit]: ...

    def stream(
        self, question: str, language: Asked = "auto", history: Sequence[Message] = ()
    ) -> Iterator[Found | Piece | Answer]: ...


def evaluate(
    bot: Evaluated,
    gold: Sequence[GoldQuestion],
    *,
    retrieval_only: bool = False,
    journal: Path | None = None,
    workers: int = 0,
    variant: str = "",
    judge: Judge | None = None,
    indexed: Indexed | None = None,
    progress: ProgressCallback = nobody,
) -> Scorecard:
    """Asks every question and scores what comes back.

    `journal` is the file that remembers what was asked; without it a stopped run begins anew. `variant` tells apart
    what settings and code do not show (a constant changed for an experiment). `judge` gives an answer a number of its
    own, which stays out of the headline. `workers` questions are asked at a time; 0 takes 1, or 4 of an endpoint.
    Raises GoldError for articles that the index does not hold, and what answering raises when the model is down.
    """
    indexed = indexed or Indexed.open(Home(bot.settings.home))
    check_articles(gold, indexed.articles)
    configuration = _configuration(bot.settings, indexed, retrieval_only, variant, judge)
    keys = {question.id: _key(question, configuration) for question in gold}
    outcomes: dict[str, Outcome] = {}
    with Journal(journal) if journal else nullcontext() as kept:
        for question in gold:
            if kept and (known := kept.get(keys[question.id])):
                outcomes[question.id] = known
        left = [question for question in gold if question.id not in outcomes]

        def ask(question: GoldQuestion, stop: threading.Event) -> Outcome:
            return _ask(bot, question, retrieval_only, judge, stop)

        count = workers or (REMOTE_WORKERS if bot.settings.chat_url and not retrieval_only else 1)
        asked = _one_by_one(left, ask) if count == 1 else _at_a_time(left, ask, count)
        tell = _Telling(progress, done=len(outcomes), total=len(gold), what="searching" if retrieval_only else "asking")
        failures = 0
        for question, outcome in asked:
            failures = failures + 1 if outcome.get("error") else 0
            if failures == FAILURES_IN_A_ROW:
                raise ChatModelError(f"{failures} questions in a row failed, the last one with: {outcome['error']}")
            if kept and not outcome.get("error"):
                outcome = kept.put(keys[question.id], outcome)
            outcomes[question.id] = outcome
            tell.one_more()
    rows = tuple(score(question, outcomes[question.id], indexed.articles) for question in gold)
    notes = tuple(
        f"{question.id}: a reference context is not in its article: credit goes by the article alone"
        for question in gold
        if not all(is_placed(passage, indexed.articles) for passage in question.passages)
    )
    return Scorecard(rows=rows, configuration=configuration, notes=notes)


def _configuration(
    settings: Settings, indexed: Indexed, retrieval_only: bool, variant: str, judge: Judge | None
) -> dict[str, Any]:
    """Everything but the question that decides an outcome. Where files lie does not matter, what they hold does."""
    shown = {
        field.name: getattr(settings, field.name)
        for field in dataclasses.fields(settings)
        if field.name not in ("home", "models", "chat_key")
    }
    return {
        "mode": "retrieval" if retrieval_only else "answers",
        **{name: value if isinstance(value, str | int | float | bool) else str(value) for name, value in shown.items()},
        "model_files": [_stamp(name) for name in (settings.chat_model, settings.embedder, settings.reranker)],
        "index": indexed.digest[:16],
        "code": code_version(),
        "variant": variant,
        "judge": getattr(judge, "__name__", type(judge).__name__) if judge else "",
        "version": VERSION,
    }


def _stamp(name: str) -> str:
    """Size and time of a model that is given as a path: it can change under its name."""
    path = Path(name).expanduser()
    if not name or not path.exists():
        return ""
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"


def _key(question: GoldQuestion, configuration: Mapping[str, Any]) -> str:
    judged = [question.reference, *question.answers] if configuration["judge"] else []
    return key_of({**configuration, "question": question.question, "history": list(question.history), "judged": judged})


def _ask(
    bot: Evaluated, question: GoldQuestion, retrieval_only: bool, judge: Judge | None, stop: threading.Event
) -> Outcome:
    try:
        hits = bot.search(searched(question.question, question.history), DEPTH)
        outcome: Outcome = {"found": _spans(hits), "similarity": _similarity(hits)}
        if retrieval_only:
            return outcome
        began = time.monotonic()
        first = None
        answer = None
        for event in bot.stream(question.question, history=list(question.history)):
            if stop.is_set():
                raise KeyboardInterrupt
            if isinstance(event, Answer):
                answer = event
            elif isinstance(event, Piece) and first is None:
                first = time.monotonic() - began
        if answer is None:
            raise ChatModelError("the stream ended without an answer")
        if answer.failure:
            raise ChatModelError(answer.failure)
        outcome["answer"] = _answer(answer, first, time.monotonic() - began)
        if judge and answer.answered:
            outcome["judged"] = judge(question, answer.text)
        return outcome
    except (ChatModelError, QuestionError) as error:
        return {"found": None, "error": f"{type(error).__name__}: {error}"}


def _answer(answer: Answer, first: float | None, total: float) -> dict[str, Any]:
    """The answer as the journal keeps it. Its own timings go before ours, which hold what we do beside it."""
    from rag.evidence import estimate_tokens

    confidence = getattr(answer, "confidence", None)
    return {
        "text": answer.text,
        "answered": answer.answered,
        "citations": [
            {name: getattr(c, name) for name in ("number", "article_id", "title", "start", "end", "quote")}
            for c in answer.citations
        ],
        "hits": _spans(answer.hits),
        "warnings": list(answer.warnings),
        "confidence": confidence if confidence is not None else _similarity(answer.hits),
        "first_words": answer.timings.get("first_piece", first),
        "seconds": answer.timings.get("total", total),
        "tokens": estimate_tokens(answer.text) if answer.answered else None,
    }


def _spans(hits: Sequence[Hit]) -> list[list[Any]]:
    return [[hit.passage.article_id, hit.passage.start, hit.passage.end] for hit in hits]


def _similarity(hits: Sequence[Hit]) -> float:
    """The best hit's similarity: how sure a system may be that says nothing of it."""
    return max((hit.parts.get("similarity", hit.score) for hit in hits), default=0.0)


Asking = Callable[[GoldQuestion, threading.Event], Outcome]


def _one_by_one(left: Sequence[GoldQuestion], ask: Asking) -> Iterator[tuple[GoldQuestion, Outcome]]:
    never = threading.Event()
    for question in left:
        yield question, ask(question, never)


def _at_a_time(left: Sequence[GoldQuestion], ask: Asking, count: int) -> Iterator[tuple[GoldQuestion, Outcome]]:
    """Several at a time, in the order in which they finish. Closing it stops the answers under way."""
    todo: queue.SimpleQueue[GoldQuestion] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[GoldQuestion, Outcome | BaseException]] = queue.SimpleQueue()
    stop = threading.Event()
    for question in left:
        todo.put(question)

    def work() -> None:
        while not stop.is_set():
            try:
                question = todo.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((question, ask(question, stop)))
            except (KotaeError, KeyboardInterrupt) as error:
                done.put((question, error))
            except Exception as error:  # noqa: BLE001  (raised again by who waits: a lost one would hang the run)
                done.put((question, error))

    try:
        for _ in range(min(count, len(left))):
            threading.Thread(target=work, daemon=True).start()
        for _ in left:
            question, outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield question, outcome
    finally:
        stop.set()


class _Telling:
    """Progress with the time left, from the mean of what this run has asked."""

    def __init__(self, progress: ProgressCallback, *, done: int, total: int, what: str) -> None:
        self._progress, self._done, self._total, self._what = progress, done, total, what
        self._asked, self._began = 0, time.monotonic()
        progress(Progress(label=what, done=done, total=total, unit="questions"))

    def one_more(self) -> None:
        self._asked += 1
        self._done += 1
        left = (time.monotonic() - self._began) / self._asked * (self._total - self._done)
        unit = f"questions, {_span(left)} left" if self._done < self._total else "questions"
        self._progress(Progress(label=self._what, done=self._done, total=self._total, unit=unit))


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
