import pytest

from rag.answer import Message
from rag.follow_up import accepted, leans, rewrite_messages, searched

DEAL: list[Message] = [
    {"role": "user", "content": "OpenAIとAmazonのクラウド契約の金額は?"},
    {"role": "assistant", "content": "380億ドルです。"},
]
SHARES: list[Message] = [
    {"role": "user", "content": "Which company sells cloud computing to OpenAI?"},
    {"role": "assistant", "content": "Amazon does, for $38 billion."},
]


@pytest.mark.parametrize(
    "question",
    [
        "期間は?",
        "それはいつですか。",
        "その社長の名前は何ですか",
        "じゃあMicrosoftとの契約はどうですか",
        "なぜ下がったの?",
        "同社の本社はどこにありますか",
    ],
)
def test_a_japanese_question_that_points_back_leans_on_the_conversation(question: str) -> None:
    assert leans(question, DEAL)


@pytest.mark.parametrize(
    "question",
    ["And for how long?", "When was it announced?", "How old is he?", "What about the third one, E5?", "Why?"],
)
def test_an_english_question_that_points_back_leans_on_the_conversation(question: str) -> None:
    assert leans(question, SHARES)


@pytest.mark.parametrize(
    "question",
    [
        "ソレンヌ・セルズの本社はどこの国のどの都市ですか?",
        "佐藤健一氏と佐藤健二氏は、それぞれどの会社の社長ですか。",
        "When did Microsoft and OpenAI announce that they had signed the contract?",
        "What does Kestrel say about its own plans for Toronto?",
        "Is there any link between Hokusei Denki and Hokusei Electric Systems?",
    ],
)
def test_a_question_that_says_all_it_means_stands_alone_in_any_conversation(question: str) -> None:
    assert not leans(question, DEAL)


def test_nothing_leans_on_a_conversation_that_has_not_begun() -> None:
    assert not leans("それはいつ?", [])
    assert not leans("それはいつ?", [{"role": "assistant", "content": "こんにちは"}])


def test_a_follow_up_is_searched_with_the_question_before_it_and_any_other_question_alone() -> None:
    assert searched("期間は?", DEAL) == "OpenAIとAmazonのクラウド契約の金額は?\n期間は?"
    assert searched("海鳴市の自動運転バスの定員は何人ですか?", DEAL) == "海鳴市の自動運転バスの定員は何人ですか?"


def test_the_examples_of_the_rewrite_are_the_same_for_every_question() -> None:
    one, other = rewrite_messages("期間は?", DEAL), rewrite_messages("いつ?", DEAL[:1])
    assert one[:-1] == other[:-1]
    assert one[-1]["content"].splitlines() == [
        "利用者: OpenAIとAmazonのクラウド契約の金額は?",
        "回答: 380億ドルです。",
        "続きの質問: 期間は?",
        "書き直した質問:",
    ]


def test_a_rewrite_that_only_uses_the_conversation_is_accepted() -> None:
    alone = "OpenAIとAmazonのクラウド契約の期間は?"
    assert accepted(f"「{alone}」\nほかの行", "期間は?", DEAL) == alone
    assert accepted("By how much did Amazon's shares rise?", "And by how much did its shares rise?", SHARES) != ""


@pytest.mark.parametrize(
    ("rewrite", "why"),
    [
        ("", "nothing"),
        ("期間は?", "the question itself"),
        ("OpenAIとMicrosoftのクラウド契約の期間は?", "a name that nobody said"),
        ("480億ドルのクラウド契約の期間は?", "a figure that nobody said"),
        ("How long is the cloud deal?", "another language"),
        ("OpenAIとAmazonのクラウド契約の金額は?", "the question before it"),
        ("OpenAIとAmazonのクラウド契約の期間は" + "とても" * 40 + "?", "longer than all that was said"),
    ],
)
def test_a_rewrite_that_cannot_be_trusted_is_dropped(rewrite: str, why: str) -> None:
    assert accepted(rewrite, "期間は?", DEAL) == "", why
