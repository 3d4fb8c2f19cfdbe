import pytest

from rag.language import answer_language, question_language


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("契約額はいくらですか?", "ja"),
        ("OpenAIとは", "ja"),
        ("OpenAI AWS 契約期間", "ja"),
        ("契約額", "ja"),
        ("ﾎﾞｰﾅｽ", "ja"),
        ("What does 円安 mean?", "en"),
        ("Who is 北星電機's president?", "en"),
        ("the What is 契約額はいくらですか、期間は何年ですか、とは?", "ja"),
        ("How much is it?", "en"),
        ("AWS contract", "en"),
        ("2025?", "en"),
        ("", "en"),
        ("¿Cuánto cuesta?", "en"),
        ("・ー?", "ja"),
        ("\ud800", "en"),
    ],
)
def test_a_question_is_in_the_language_of_its_sentence(question: str, language: str) -> None:
    assert question_language(question) == language


def test_an_answer_is_in_the_language_asked_for_or_in_the_questions_own() -> None:
    assert answer_language("契約額は?", "auto") == "ja"
    assert answer_language("契約額は?", "en") == "en"
    assert answer_language("How much?", "auto") == "en"
    assert answer_language("How much?", "ja") == "ja"
