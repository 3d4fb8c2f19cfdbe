"""The short answer is what an answer adds to its question."""

import pytest

from benchmarks.short_answers import short_answer
from index.article import Language


@pytest.mark.parametrize(
    ("language", "question", "text", "quote", "short"),
    [
        ("ja", "契約額はいくらですか。", "契約額は380億ドルです[1]。", "契約額は380億ドル。", "380億ドル"),
        ("ja", "社長は誰か。", "社長は田中花子さんです。", "社長の田中花子さん", "田中花子さん"),
        ("ja", "海鳴市はどこにある?", "海鳴市は北海道の東部にあります。", "北海道の東部の海鳴市", "北海道の東部"),
        ("ja", "本社の場所は?", "本社の場所は札幌市である。", "札幌市に本社を置く", "札幌市"),
        ("ja", "何年に始まった?", "1998年。", "1998年に始まった", "1998年"),
        (
            "en",
            "How much is the deal worth?",
            "The deal is worth $38 billion [1].",
            "a $38 billion deal",
            "$38 billion",
        ),
        ("en", "Who founded Norvel?", "Norvel was founded by Greta Olsen.", "founded by Greta Olsen", "Greta Olsen"),
        ("en", "When did it open?", "It opened in May 1998.", "opened in May 1998", "May 1998"),
        ("en", "Where is the plant?", "The plant is in Leeds, England.", "in Leeds, England", "Leeds, England"),
        ("en", "Where is the plant?", "Leeds", "in Leeds", "Leeds"),
    ],
)
def test_the_short_answer_is_what_the_answer_adds(
    language: Language, question: str, text: str, quote: str, short: str
) -> None:
    assert short_answer(text, question, [quote], language) == short


def test_an_answer_that_only_repeats_the_question_is_left_whole() -> None:
    assert short_answer("The deal.", "What is the deal?", [], "en") == "The deal."
