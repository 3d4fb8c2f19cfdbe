import pytest

from index.article import Language
from rag.mend import mended


@pytest.mark.parametrize(
    ("answer", "language", "source", "right"),
    [
        ("A ride costs $200.", "en", "運賃は200円均一。", "A ride costs ¥200."),
        ("Up to £25,000 is paid [1].", "en", "合計2万5,000円を上限とする。", "Up to ¥25,000 is paid [1]."),
        ("It pays about 38 billion yen.", "en", "380億ドル", "It pays about $38 billion."),
        ("It costs $200 to $300.", "en", "200円から300円", "It costs ¥200 to ¥300."),
        ("It costs $200-300.", "en", "200〜300円", "It costs ¥200-¥300."),
        ("月35ユーロです。", "ja", "They get £35 a month.", "月35ポンドです。"),
    ],
)
def test_the_sources_own_currency_is_put_in_its_place(answer: str, language: Language, source: str, right: str) -> None:
    mend = mended(answer, "?", language, [source])
    assert mend.text == right
    assert mend.currencies


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("It costs $300.", "運賃は200円均一。"),  # another amount
        ("It costs $200.", "200円か200ユーロ"),  # two currencies
        ("It costs $200.", "運賃は200円。$200でもよい。"),  # the source has it
        ("It costs $200.", "200人が乗る。"),  # no money
    ],
)
def test_what_a_rule_cannot_tell_stays(answer: str, source: str) -> None:
    assert mended(answer, "?", "en", [source]).text == answer


def test_the_amount_of_the_question_is_not_changed() -> None:
    assert mended("$200 is too much.", "Is $200 too much?", "en", ["200円"], "Is $200 too much?").currencies == ()


@pytest.mark.parametrize(
    ("answer", "question", "right"),
    [
        ("風車が82つあります。", "風車は何基建ちますか", "風車が82基あります。"),
        ("1,200つの会社です。", "何社ですか", "1,200社の会社です。"),
        ("3つあります。", "何基建ちますか", "3つあります。"),
        ("82ついています。", "何基建ちますか", "82ついています。"),
        ("82つあります。", "いくつありますか", "82つあります。"),
    ],
)
def test_tsu_counts_to_nine(answer: str, question: str, right: str) -> None:
    assert mended(answer, question, "ja", ["82 turbines"]).text == right
