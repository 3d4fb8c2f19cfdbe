"""From use to gold: what readers thought of answers, kept on this machine, and made into gold rows to review.

Kept only where the setting `keep_feedback` says so, in HOME/feedback.jsonl. Knows nothing of pages.
"""

import errno
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from index.durable import append_line
from index.errors import KotaeError
from index.home import DEFAULT, Home
from rag.answer import Answer, Message
from rag.facts import suggested_facts
from rag.settings import Settings

FILE = "feedback.jsonl"
MAX_TEXT = 8000  # characters of a question, an answer or a correction; a longer one is an article
MAX_FILE = 64_000_000  # bytes of the file: some 20,000 judgements of short conversations
Verdict = Literal["up", "down"]
_MARK = re.compile(r"\s?\[\d{1,3}\]")


class FeedbackError(KotaeError):
    """Feedback that is not wanted, or cannot be kept or read."""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What one reader thought of one answer. `correction` is a right answer in the reader's words, "" for none.

    `cited` holds (article id, quote) of what the answer cited; `at` is set when it is kept (UTC, ISO 8601).
    `collection` is the one that was asked, "" the first.
    """

    question: str
    answer: str
    verdict: Verdict
    correction: str = ""
    language: str = ""
    answered: bool = True
    cited: tuple[tuple[str, str], ...] = ()
    history: tuple[Message, ...] = ()
    collection: str = ""
    at: str = ""

    @classmethod
    def of(
        cls,
        answer: Answer,
        verdict: Verdict,
        *,
        correction: str = "",
        history: Sequence[Message] = (),
        collection: str = "",
    ) -> "Feedback":
        """Feedback on an answer as it was given; `history` is the conversation before it."""
        return cls(
            question=answer.question,
            answer=answer.text,
            verdict=verdict,
            correction=correction.strip(),
            language=answer.language,
            answered=answer.answered,
            cited=tuple((citation.article_id, citation.quote) for citation in answer.citations),
            history=tuple({"role": turn["role"], "content": turn["content"]} for turn in history),
            collection="" if collection == DEFAULT else collection,
        )


def keep_feedback(settings: Settings, feedback: Feedback) -> None:
    """Adds feedback to the home.

    Raises FeedbackError when the setting does not allow it, when the file is full, or when it cannot be written.
    """
    if not settings.keep_feedback:
        raise FeedbackError("feedback is not kept: set KOTAE_KEEP_FEEDBACK=1 to keep it on this machine")
    if feedback.verdict not in ("up", "down"):
        raise FeedbackError(f"the verdict is {feedback.verdict!r}: use up or down")
    if not feedback.question.strip():
        raise FeedbackError("feedback needs the question that it is about")
    longest = max(len(text) for text in (feedback.question, feedback.answer, feedback.correction))
    if longest > MAX_TEXT:
        raise FeedbackError(f"the feedback has {longest:,} characters: use {MAX_TEXT:,} at most")
    kept = {**asdict(feedback), "at": feedback.at or datetime.now(UTC).isoformat(timespec="seconds")}
    path = settings.home / FILE
    try:
        append_line(path, json.dumps(kept, ensure_ascii=False), largest=MAX_FILE)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise FeedbackError(
                f"{FILE} in the home is full ({MAX_FILE:,} bytes), and this was not kept: make gold rows with "
                "`kotae eval --from-feedback OUT` for each collection, then move the file away"
            ) from error
        raise FeedbackError(f"cannot write {str(path)!r}: {error.strerror or error}") from error


def read_feedback(home: Path) -> list[Feedback]:
    """What was kept, oldest first. A line that is damaged is passed over. Raises FeedbackError."""
    path = home / FILE
    try:
        lines = path.read_text("utf-8", errors="replace").split("\n") if path.exists() else []
    except OSError as error:
        raise FeedbackError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    found = []
    for line in lines:
        try:
            row = json.loads(line)
            cited = tuple((str(article_id), str(quote)) for article_id, quote in row.pop("cited"))
            found.append(Feedback(**{**row, "cited": cited, "history": tuple(row["history"])}))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
    return found


def gold_rows(kept: Sequence[Feedback]) -> list[dict[str, Any]]:
    """A gold row for each question, from the last thing that was said of it; `review` says what is left to do.

    An answer that was liked becomes the reference, its quotes the contexts; a correction becomes the reference
    without contexts; without either, a reference is still to be written.
    """
    last = {(one.question.strip(), json.dumps(one.history)): one for one in kept}
    return [_gold_row(one) for one in last.values()]


def export_gold(home: Path, out: Path, collection: str = "") -> int:
    """Writes what was kept of a collection as gold rows to `out`, which must not exist yet, and returns how many.

    Raises FeedbackError.
    """
    rows = gold_rows([one for one in read_feedback(home) if one.collection == collection])
    if not rows:
        folder = Home(home, collection).folder
        raise FeedbackError(
            f"no feedback is kept in {str(folder)!r}: set KOTAE_KEEP_FEEDBACK=1, then judge answers in the chat window"
        )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise FeedbackError(f"{str(out)!r} exists, and may hold what you reviewed: name another file") from error
    except OSError as error:
        raise FeedbackError(f"cannot write {str(out)!r}: {error.strerror or error}") from error
    return len(rows)


def _gold_row(one: Feedback) -> dict[str, Any]:
    liked = one.verdict == "up"
    spoken = _MARK.sub("", one.answer).strip()
    reference = one.correction or (spoken if liked and one.answered else "")
    cited = one.cited if liked and not one.correction else ()
    row: dict[str, Any] = {"id": _id(one), "user_input": one.question.strip(), "question_type": "feedback"}
    if one.language:
        row["language"] = one.language
    if one.history:
        row["history"] = list(one.history)
    if liked and not one.answered and not one.correction:
        return {**row, "is_impossible": True, "review": "declined, and liked: does no article really say it?"}
    return {
        **row,
        "reference": reference,
        "required": suggested_facts(reference, one.question),
        "reference_contexts": [quote for _, quote in cited],
        "reference_context_ids": [article_id for article_id, _ in cited],
        "is_impossible": False,
        "review": _to_do(one, bool(reference)),
        "said": {"verdict": one.verdict, "answer": one.answer, "cited": [list(pair) for pair in one.cited]},
    }


def _to_do(one: Feedback, has_reference: bool) -> str:
    if not has_reference:
        return "disliked: write reference, required and reference_contexts, or set is_impossible"
    if one.correction:
        return "corrected by a reader: check it, write required, copy reference_contexts from the articles"
    return "liked: check it, keep in required only what a right answer must state"


def _id(one: Feedback) -> str:
    """The same for the same question in the same conversation."""
    said: Mapping[str, Any] = {"question": one.question.strip(), "history": list(one.history)}
    return "f-" + hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:10]
