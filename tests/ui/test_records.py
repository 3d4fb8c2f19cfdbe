"""A turn goes to the browser as JSON and comes back the same, or is refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

from index.errors import NoIndex, QuestionError
from rag.answer import Answer
from rag.retrieve import Filters
from tests.ui.scripted import DEAL, HITS, deal_answer
from ui import render, render_sources
from ui.records import LONGEST, conversation, from_record, scope, to_record
from ui.turns import Turn

DONE = Turn(number=3, question="q", model_name="m", stage="done", answer=deal_answer("q"), hits=HITS).kept()
DECLINED = replace(DONE, answer=Answer(question="q", text="no", language="en", answered=False, hits=DONE.hits or ()))
STOPPED = Turn(number=1, question="q", model_name="m", stage="stopped", written="half", hits=())
FAILED = Turn(number=1, question="q", model_name="m", stage="failed", error=NoIndex("run `kotae index`"))


def through_json(turn: Turn) -> Turn:
    return from_record(json.loads(json.dumps(to_record(turn))))


@pytest.mark.parametrize("turn", [DONE, DECLINED, STOPPED, FAILED], ids=["done", "declined", "stopped", "failed"])
def test_what_comes_back_looks_as_what_went(turn: Turn) -> None:
    back = through_json(turn)
    assert render.answer(back) == render.answer(turn)
    assert render_sources.sources(back) == render_sources.sources(turn)
    assert to_record(back) == to_record(turn)


def test_a_kept_turn_holds_passages_and_no_article() -> None:
    assert DONE.hits is not None
    assert [hit.passage.text for hit in DONE.hits] == [hit.passage.text for hit in HITS]
    assert {hit.article.text for hit in DONE.hits} == {""}
    assert DEAL.text not in json.dumps(to_record(DONE), ensure_ascii=False)


def test_while_a_turn_runs_its_record_stays_the_same() -> None:
    reading = Turn(number=1, question="q", model_name="m", stage="reading", hits=HITS)
    assert to_record(reading) == to_record(replace(reading, stage="writing", written="half"))
    assert from_record(to_record(reading)).stage == "stopped"  # it was left in the middle


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", -1),
        ("number", "1"),
        ("number", True),
        ("question", ["q"]),
        ("question", "a" * 200_000),
        ("language", "fr"),
        ("stage", "dreaming"),
        ("hits", {"a": 1}),
        ("hits", [1]),
        ("citations", "x"),
        ("citations", [{"number": 1.5}]),
        ("warnings", [1]),
        ("answer_language", 1),
    ],
)
def test_what_no_turn_can_be_is_refused(field: str, value: Any) -> None:
    with pytest.raises(QuestionError, match="open a new"):
        from_record({**to_record(DONE), field: value})


@pytest.mark.parametrize("records", [None, {"turns": []}, "x", [1], [to_record(DONE), to_record(DONE)]])
def test_what_no_conversation_can_be_is_refused(records: Any) -> None:
    with pytest.raises(QuestionError, match="open a new one"):
        conversation(records)


def test_a_conversation_is_its_last_turns() -> None:
    records = [to_record(replace(STOPPED, number=number)) for number in range(1, LONGEST + 11)]
    assert [turn.number for turn in conversation(records)] == list(range(11, LONGEST + 11))


def test_the_choice_of_articles_is_read_or_refused() -> None:
    assert scope("") == ("", Filters())
    limited = Filters(languages=("ja",), article_ids=("a",), date_from="2025")
    given = '{"collection": "b", "languages": ["ja"], "article_ids": ["a"], "date_from": "2025"}'
    assert scope(given) == ("b", limited)
    for wrong in ("[", "[]", '{"languages": "ja"}', '{"collection": ["b"]}', '{"date_to": 2025}'):
        with pytest.raises(QuestionError):
            scope(wrong)
