"""Names of an answer that stand in no evidence are told from those that do, within and across the two scripts."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.strangers import ungrounded_names
from tests.rag.stranger_cases import EN_OVER_EN, EN_OVER_JA, JA_OVER_EN, JA_OVER_JA

CASES = EN_OVER_EN + EN_OVER_JA + JA_OVER_JA + JA_OVER_EN
NAMES = ["Sam Altman", "GB200", "Vantry", "トラスク", "エレナ・マーシュ", "iPhone", "v2.4.1", "Macedonia"]


@pytest.mark.parametrize(("answer", "evidence", "question", "made_up"), CASES)
def test_names_that_the_evidence_does_not_hold_are_told(
    answer: str, evidence: str, question: str, made_up: list[str]
) -> None:
    assert ungrounded_names(answer, evidence, question) == made_up


def test_the_table_is_large_enough_to_mean_something() -> None:
    assert len(CASES) >= 100
    assert len([case for case in CASES if case[3]]) >= 30


def test_what_the_question_holds_is_no_invention() -> None:
    assert ungrounded_names("Trask leads it.", "", "") == []  # it opens the sentence: nothing tells that it is a name
    assert ungrounded_names("It is led by Trask.", "", "") == ["Trask"]
    assert ungrounded_names("It is led by Trask.", "", "トラスク氏は?") == []


# Beside any text, text dense in what figures and ids are made of, where the two run into each other.
TEXTS = st.text(max_size=60) | st.text(alphabet="0123AKkm年万%$/.,+-_ ", max_size=20)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(NAMES))
@example("0/0A/A", "Sam Altman")
def test_every_text_grounds_itself(text: str, name: str) -> None:
    assert ungrounded_names(text, text) == []
    assert ungrounded_names(f"It is {name} again.", f"{name}, {text}") == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(NAMES), max_size=5), st.lists(st.sampled_from(NAMES), max_size=5))
def test_more_evidence_never_makes_a_name_unknown(held: list[str], more: list[str]) -> None:
    answer = "It names " + ", ".join(NAMES) + "."
    fewer = ungrounded_names(answer, ", ".join(held))
    assert set(ungrounded_names(answer, ", ".join([*held, *more]))) <= set(fewer)


def test_a_long_answer_over_long_evidence_is_checked_in_a_moment() -> None:
    evidence = "サム・アルトマン氏はデータセンターを建てる。Elena Marsh runs Solenne Cells. " * 200
    began = time.process_time()
    assert ungrounded_names("Elena Trask met " * 100 + "サム・マスク氏", evidence) == ["Trask", "マスク"]
    assert time.process_time() - began < 5.0
