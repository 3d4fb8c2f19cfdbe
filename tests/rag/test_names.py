import pytest

from rag.names import names_held, names_in, without_strangers
from tests.doubles import article


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How much is OpenAI's deal with Amazon worth?", ["OpenAI", "Amazon"]),
        ("Which company makes Claude?", ["Claude"]),
        ("OpenAIとアマゾンの契約額は?", ["OpenAI", "アマゾン"]),
        ("契約の期間は何年ですか。", []),
        ("what does the GB300 cost", ["GB300"]),
        ("", []),
    ],
)
def test_names_are_capitalised_words_inside_a_question_and_katakana(question: str, names: list[str]) -> None:
    assert names_in(question) == names


def test_a_katakana_name_is_held_by_an_article_that_writes_it_in_latin_letters() -> None:
    english = article("e", "Amazon cut 14,000 jobs.")
    assert names_held("アマゾンは何人を削減しましたか。", english) == ["アマゾン"]


def test_articles_in_the_questions_language_that_know_no_name_are_left_out_when_another_knows_one() -> None:
    articles = {
        "amazon": article("amazon", "OpenAIとAmazonは契約を発表しました。", language="ja"),
        "kestrel": article("kestrel", "Kestrel will rent computing power to Aldermoor."),
        "kanji": article("kanji", "北星電機は買収を完了した。", language="ja"),
    }
    assert without_strangers("How much is OpenAI's deal with Amazon?", articles) == ["amazon", "kanji"]


def test_all_articles_stay_when_none_knows_a_name() -> None:
    articles = {"a": article("a", "aab."), "b": article("b", "abb.")}
    assert without_strangers("Who runs Zorblax?", articles) == ["a", "b"]
