"""A turn as JSON: what the browser keeps of a conversation, and how it becomes turns again. Knows nothing of HTML.

What comes back from a browser is not trusted: every field is checked, and nothing of it is believed beyond being text
that is shown to the one who sent it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from index.article import LANGUAGES, Article, Language, Passage
from index.errors import QuestionError
from rag.answer import Answer, Citation
from rag.language import ASKED
from rag.retrieve import Filters, Hit
from ui import texts
from ui.turns import Turn

LONGEST = 50  # turns of one conversation that stay on the page
_TEXT = 100_000  # characters of one field
_STAGES = ("done", "stopped", "failed")
_FAILURES = {kind.__name__: kind for kind in texts.ERRORS}


def to_record(turn: Turn) -> dict[str, Any]:
    """The turn as JSON types. While it runs, only what its passages need: the text still changes."""
    answer = turn.answer
    return {
        "number": turn.number,
        "question": turn.question,
        "standalone": turn.standalone,
        "language": turn.language,
        "model": turn.model_name,
        "collection": turn.collection,
        "stage": "running" if turn.running else turn.stage,
        "text": "" if turn.running else turn.text,
        "answered": answer.answered if answer else False,
        "answer_language": answer.language if answer else "",
        "citations": [_citation_record(citation) for citation in answer.citations] if answer else [],
        "hits": None if turn.hits is None else [_hit_record(hit) for hit in turn.hits],
        "warnings": list(answer.warnings) if answer else [],
        "seconds": answer.timings.get("total", 0.0) if answer else 0.0,
        "error": "" if turn.error is None else type(turn.error).__name__,
        "reason": str(turn.error) if type(turn.error).__name__ in _FAILURES else "",
    }


def from_record(record: object) -> Turn:
    """The turn that a record stands for. Raises QuestionError naming the field that is not as it should be."""
    row = _Row(record)
    stage = row.one_of("stage", (*_STAGES, "running"))
    hits = None if row.given.get("hits") is None else tuple(_hit(_Row(hit)) for hit in row.rows("hits"))
    answer = None
    if row.text("answer_language"):
        answer = _answer(row, hits or ())
    kind = _FAILURES.get(row.text("error"), Exception)
    return Turn(
        number=row.whole("number"),
        question=row.text("question"),
        model_name=row.text("model"),
        collection=row.text("collection"),
        language=row.one_of("language", ASKED),
        stage="stopped" if stage == "running" else stage,
        hits=hits,
        written=row.text("text"),
        answer=answer,
        error=kind(row.text("reason")) if stage == "failed" else None,
    )


def conversation(records: object) -> list[Turn]:
    """The turns of a whole conversation, numbered upwards. Raises QuestionError."""
    if not isinstance(records, list):
        raise QuestionError("the conversation is not a list of turns: export it, and open a new one")
    turns = [from_record(record) for record in records[-LONGEST:]]
    if any(one.number >= other.number for one, other in zip(turns, turns[1:], strict=False)):
        raise QuestionError("the turns of the conversation are out of order: export it, and open a new one")
    return turns


def scope(text: str) -> tuple[str, Filters]:
    """The collection that a question is put to and the articles that it is limited to, from JSON.

    "" is the collection where the page begins, and all of it. Raises QuestionError.
    """
    if not text:
        return "", Filters()
    try:
        row = _Row(json.loads(text))
    except ValueError:
        raise QuestionError("the choice of articles cannot be read: choose them again") from None
    filters = Filters(
        languages=row.strings("languages"),
        article_ids=row.strings("article_ids"),
        date_from=row.text("date_from"),
        date_to=row.text("date_to"),
    )
    return row.text("collection"), filters


class _Row:
    """An object from a browser, read field by field. A missing field is empty."""

    def __init__(self, given: object) -> None:
        if not isinstance(given, dict):
            raise QuestionError("the conversation holds something that is no turn: export it, and open a new one")
        self.given: Mapping[str, Any] = given

    def text(self, name: str) -> str:
        return str(self._checked(name, "", lambda value: isinstance(value, str) and len(value) <= _TEXT))

    def whole(self, name: str) -> int:
        return int(self._checked(name, 0, lambda value: type(value) is int and 0 <= value < 10**9))

    def number(self, name: str) -> float:
        return float(self._checked(name, 0.0, lambda value: type(value) in (int, float)))

    def one_of(self, name: str, allowed: Sequence[str]) -> Any:
        return self._checked(name, allowed[0], lambda value: value in allowed)

    def strings(self, name: str) -> tuple[str, ...]:
        return tuple(self._checked(name, [], lambda value: all(isinstance(one, str) for one in value)))

    def rows(self, name: str) -> list[Any]:
        return list(self._checked(name, [], lambda value: isinstance(value, list) and len(value) <= 200))

    def _checked(self, name: str, empty: object, fits: Callable[[Any], bool]) -> Any:
        value = self.given.get(name, empty)
        if (isinstance(empty, list) and not isinstance(value, list)) or not fits(value):
            raise QuestionError(f"the field {name!r} of a stored turn is not as it should be: open a new conversation")
        return value


def _citation_record(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "article_id": citation.article_id,
        "title": citation.title,
        "source": citation.source,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "page": citation.page,
    }


def _hit_record(hit: Hit) -> dict[str, Any]:
    record = hit.to_dict()
    del record["passage_id"]
    return record


def _answer(row: _Row, hits: tuple[Hit, ...]) -> Answer:
    return Answer(
        question=row.text("question"),
        text=row.text("text"),
        language=_language(row, "answer_language"),
        answered=row.given.get("answered") is True,
        standalone=row.text("standalone"),
        citations=tuple(_citation(_Row(citation)) for citation in row.rows("citations")),
        hits=hits,
        warnings=row.strings("warnings"),
        timings={"total": row.number("seconds")} if row.number("seconds") else {},
    )


def _citation(row: _Row) -> Citation:
    return Citation(
        number=row.whole("number"),
        article_id=row.text("article_id"),
        title=row.text("title"),
        source=row.text("source"),
        quote=row.text("quote"),
        start=row.whole("start"),
        end=row.whole("end"),
        page=row.whole("page"),
    )


def _hit(row: _Row) -> Hit:
    language = _language(row, "language")
    title = row.text("title")
    return Hit(
        passage=Passage(
            article_id=row.text("article_id"),
            start=row.whole("start"),
            end=row.whole("end"),
            text=row.text("text"),
            title=title,
            heading=row.text("heading"),
            language=language,
        ),
        article=Article(
            id=row.text("article_id"),
            title=title,
            language=language,
            source=row.text("source"),
            date=row.text("date"),
            text="",
        ),
        score=row.number("score"),
        parts={str(name): float(value) for name, value in _parts(row).items()},
    )


def _parts(row: _Row) -> Mapping[str, float]:
    parts = row.given.get("parts", {})
    if not isinstance(parts, dict) or not all(type(value) in (int, float) for value in parts.values()):
        raise QuestionError("the field 'parts' of a stored turn is not as it should be: open a new conversation")
    return parts


def _language(row: _Row, name: str) -> Language:
    language: Language = row.one_of(name, LANGUAGES)
    return language
