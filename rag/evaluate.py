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

from index.endpoint import without_login
from index.errors import ChatModelError, KotaeError, ModelError, QuestionError
from index.progress import Progress, ProgressCallback, nobody
from rag.answer import Answer, Found, Message, Piece
from rag.follow_up import searched
from rag.gold import GoldQuestion, check_articles
from rag.journal import Journal, code_version, key_of
from rag.judge import Judge, name_of
from rag.language import Asked
from rag.places import Indexed, is_placed
from rag.retrieve import Hit
from rag.scorecard import Scorecard
from rag.scoring import DEPTH, score
from rag.settings import Settings

VERSION = 1  # of the outcomes a journal keeps: raise it with any change to what `_ask` returns
REMOTE_WORKERS = 4  # questions asked at the same time where the chat model is an endpoint
FAILURES_IN_A_ROW = 5  # after which the run ends: the model is down, not the questions wrong

Outcome = dict[str, Any]
# Settings that decide no answer: places, secrets, and who judges (which a judgement's own key holds).
_ASIDE = frozenset({
    "home", "collection", "models", "embed_url", "embed_key", "requests", "chat_key", "keep_feedback", "judge_model",
    "judge_url", "judge_key",
})  # fmt: skip


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
    name: str = "",
    progress: ProgressCallback = nobody,
) -> Scorecard:
    """Asks every question and scores what comes back.

    `journal` is the file that remembers what was asked; without it a stopped run begins anew. `variant` tells apart
    what settings and code do not show (a constant changed for an experiment). `judge` gives an answer a number of its
    own, which stays out of the headline. `name` is the gold set's, for the report. `workers` questions are asked at a
    time; 0 takes 1, or 4 of an endpoint.
    Raises GoldError for articles that the index does not hold, and what answering raises when the model is down.
    """
    indexed = indexed or Indexed.open(bot.settings.place)
    check_articles(gold, indexed.articles)
    judge = None if retrieval_only else judge
    configuration = _configuration(bot.settings, indexed, retrieval_only, variant)
    keys = {question.id: _key(question, configuration) for question in gold}
    outcomes: dict[str, Outcome] = {}
    with Journal(journal) if journal else nullcontext() as kept:
        for question in gold:
            if kept and (known := kept.get(keys[question.id])):
                outcomes[question.id] = known
                if judge and (judged := kept.get(_judged_key(question, known, judge))):
                    outcomes[question.id] = known | judged
        left = [q for q in gold if q.id not in outcomes or (judge and _to_judge(outcomes[q.id]))]
        answers = dict(outcomes)  # what needs no asking, though it may need judging

        def ask(question: GoldQuestion, stop: threading.Event) -> Outcome:
            outcome = answers.get(question.id) or _ask(bot, question, retrieval_only, stop)
            return outcome | _judged(judge, question, outcome) if judge and _to_judge(outcome) else outcome

        count = workers or (REMOTE_WORKERS if bot.settings.chat_url and not retrieval_only else 1)
        asked = _one_by_one(left, ask) if count == 1 else _at_a_time(left, ask, count)
        tell = _Telling(
            progress, done=len(gold) - len(left), total=len(gold), what="searching" if retrieval_only else "asking"
        )
        failures = 0
        for question, outcome in asked:
            failed = outcome.get("error") or outcome.get("judge_error")
            failures = failures + 1 if failed else 0
            if failures == FAILURES_IN_A_ROW:
                raise ChatModelError(f"{failures} questions in a row failed, the last one with: {failed}")
            outcomes[question.id] = _keep(kept, keys[question.id], question, outcome, judge) if kept else outcome
            tell.one_more()
    rows = tuple(score(question, outcomes[question.id], indexed.articles) for question in gold)
    notes = tuple(
        f"{question.id}: a reference context is not in its article: credit goes by the article alone"
        for question in gold
        if not all(is_placed(passage, indexed.articles) for passage in question.passages)
    )
    shown = {"gold": name} | configuration | {"judge": name_of(judge) if judge else ""}
    return Scorecard(rows=rows, configuration=shown, notes=notes)


def _configuration(settings: Settings, indexed: Indexed, retrieval_only: bool, variant: str) -> dict[str, Any]:
    """Everything but the question that decides an outcome. Where files lie does not matter, what they hold does."""
    shown = {
        field.name: getattr(settings, field.name) for field in dataclasses.fields(settings) if field.name not in _ASIDE
    }
    shown["chat_url"] = without_login(settings.chat_url)  # a report is shown to others
    return {
        "mode": "retrieval" if retrieval_only else "answers",
        **{name: value if isinstance(value, str | int | float | bool) else str(value) for name, value in shown.items()},
        "model_files": [_stamp(name) for name in (settings.chat_model, settings.embedder, settings.reranker)],
        "index": indexed.digest[:16],
        "code": code_version(),
        "variant": variant,
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
    return key_of({**configuration, "question": question.question, "history": list(question.history)})


def _judged_key(question: GoldQuestion, outcome: Outcome, judge: Judge) -> str:
    given = (outcome.get("answer") or {}).get("text", "")
    known = {"question": question.question, "reference": question.reference, "answers": list(question.answers)}
    return key_of({"judge": name_of(judge), "answer": given, **known, "history": list(question.history)})


def _to_judge(outcome: Outcome) -> bool:
    return bool((outcome.get("answer") or {}).get("answered")) and "judged" not in outcome


def _judged(judge: Judge, question: GoldQuestion, outcome: Outcome) -> Outcome:
    """A judge that is down costs no answer: it is asked again next time."""
    try:
        return {"judged": judge(question, outcome["answer"]["text"])}
    except (ChatModelError, ModelError) as error:
        return {"judge_error": f"{type(error).__name__}: {error}"}


def _keep(kept: Journal, key: str, question: GoldQuestion, outcome: Outcome, judge: Judge | None) -> Outcome:
    """The answer and the judgement under keys of their own: another judge asks no question again."""
    if outcome.get("error"):
        return outcome
    answer = {name: value for name, value in outcome.items() if name not in ("judged", "judge_error")}
    answer = kept.get(key) or kept.put(key, answer)
    if not judge or "judged" not in outcome:
        return answer | {name: value for name, value in outcome.items() if name == "judge_error"}
    return answer | kept.put(_judged_key(question, answer, judge), {"judged": outcome["judged"]})


def _ask(bot: Evaluated, question: GoldQuestion, retrieval_only: bool, stop: threading.Event) -> Outcome:
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
        return outcome
    except (ChatModelError, QuestionError) as error:
        return {"found": None, "error": f"{type(error).__name__}: {error}"}


def _answer(answer: Answer, first: float | None, total: float) -> dict[str, Any]:
    """The answer as the journal keeps it. Its own timings go before ours, which hold what we do beside it."""
    from rag.evidence import estimate_tokens

    return {
        "text": answer.text,
        "answered": answer.answered,
        "citations": [
            {name: getattr(c, name) for name in ("number", "article_id", "title", "start", "end", "quote")}
            for c in answer.citations
        ],
        "hits": _spans(answer.hits),
        "warnings": list(answer.warnings),
        "confidence": _confidence(answer),
        "first_words": answer.timings.get("first_piece", first),
        "seconds": answer.timings.get("total", total),
        "tokens": estimate_tokens(answer.text) if answer.answered else None,
    }


def _spans(hits: Sequence[Hit]) -> list[list[Any]]:
    return [[hit.passage.article_id, hit.passage.start, hit.passage.end] for hit in hits]


def _confidence(answer: Answer) -> float:
    """How sure the system was, the surer the higher: the best hit's similarity where nobody judged."""
    return _similarity(answer.hits) if answer.confidence is None else answer.confidence


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
