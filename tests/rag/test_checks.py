from collections.abc import Sequence

import pytest

from index.article import Language
from rag.checks import answerable_kind, best_sentence, check, narrowed
from rag.evidence import Excerpt, Sentence
from rag.prompt import EXAMPLE_NAMES, answer_messages
from tests.doubles import article

TEXT = "契約は380億ドルで、期間は7年です。発表は11月3日でした。株価は4%上がりました。"
ARTICLE = article("j", TEXT, title="契約の発表", language="ja", date="2025-11-03")


def alike(question: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
    """Likeness is the share of the characters of the question that the text holds."""
    del language, of
    return [sum(character in text for character in question) / len(question) for text in texts]


def sentence(text: str, score: float) -> Sentence:
    start = TEXT.index(text)
    return Sentence(article=ARTICLE, start=start, end=start + len(text), score=score)


DEAL, DATE, SHARES = (
    sentence("契約は380億ドルで、期間は7年です。", 2.0),
    sentence("発表は11月3日でした。", -1.0),
    sentence("株価は4%上がりました。", 1.0),
)
EXCERPT = Excerpt(number=1, article=ARTICLE, sentences=(DEAL, DATE, SHARES))


def test_a_sound_draft_is_cited_and_has_no_fault() -> None:
    draft = check("契約は380億ドルです。", "契約額は?", "ja", [EXCERPT], alike)
    assert (draft.text, draft.is_sound) == ("契約は380億ドルです[1]。", True)
    assert [citation.quote for citation in draft.citations] == [DEAL.text]


def test_a_figure_in_the_notation_of_the_answers_language_stands_in_the_evidence() -> None:
    draft = check("It is worth $38 billion over 7 years.", "How much?", "en", [EXCERPT], alike)
    assert draft.invented == ()


def test_a_figure_that_nothing_holds_is_a_fault() -> None:
    draft = check("契約は480億ドルです。", "契約額は?", "ja", [EXCERPT], alike)
    assert (draft.invented, draft.is_sound) == (("480億ドル",), False)


def test_a_name_that_nothing_holds_is_a_fault_where_all_evidence_is_in_the_answers_language() -> None:
    draft = check("契約の相手はマクドナルドです。", "相手は?", "ja", [EXCERPT], alike)
    assert (draft.invented, draft.doubtful, draft.is_sound) == (("マクドナルド",), (), False)


def test_across_languages_a_strange_name_is_doubtful_only() -> None:
    draft = check("The $38 billion deal was signed by Brightwater.", "Who?", "en", [EXCERPT], alike)
    assert (draft.invented, draft.doubtful) == ((), ("Brightwater",))


def test_a_figure_of_the_question_may_be_repeated() -> None:
    assert check("2019年ではなく、11月3日でした。", "2019年の発表?", "ja", [EXCERPT], alike).invented == ()


@pytest.mark.parametrize(
    "text",
    [
        "The excerpts do not state the price.",
        "The article doesn't mention who founded it.",
        "The price is not stated in the excerpts.",
        "Not stated.",
        "記事には価格が記載されていません。",
        "この文章からは分かりません。",
        "価格に関する情報はありません。",
    ],
)
def test_a_draft_that_says_that_the_articles_do_not_say_is_silent(text: str) -> None:
    draft = check(text, "?", "en", [EXCERPT], alike)
    assert (draft.silent, draft.is_sound) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "No house fire has been reported.",
        "The plant will not open before 2028.",
        "負傷者はいません。",
        "料金に変更はありません。",
    ],
)
def test_a_denial_about_the_world_is_an_answer(text: str) -> None:
    assert not check(text, "?", "en", [EXCERPT], alike).silent


def test_the_second_try_reads_the_likeliest_sentences_of_one_article_in_their_order() -> None:
    other = article("e", "It rained.", language="en")
    weather = Excerpt(number=2, article=other, sentences=(Sentence(article=other, start=0, end=10, score=1.5),))
    (excerpt,) = narrowed([weather, EXCERPT])
    assert (excerpt.number, excerpt.sentences) == (1, (DEAL, SHARES))
    assert best_sentence([weather, EXCERPT]) == DEAL


def test_the_second_try_reads_first_what_gives_the_kind_of_figure_asked_for() -> None:
    (excerpt,) = narrowed([EXCERPT], "何%上がりましたか")
    assert excerpt.sentences == (DEAL, SHARES)
    assert best_sentence([EXCERPT], "何%上がりましたか") == SHARES
    assert best_sentence([EXCERPT], "何曜日ですか") == DEAL


def test_an_answer_of_another_kind_than_asked_for_is_evasive() -> None:
    draft = check("契約は7年です[1]。", "契約額はいくらですか。", "ja", [EXCERPT], alike)
    assert (draft.evasive, draft.is_sound) == (True, False)
    assert not check("380億ドルです。", "契約額はいくらですか。", "ja", [EXCERPT], alike).evasive


def test_evidence_without_any_figure_of_the_kind_asked_for_does_not_answer() -> None:
    assert answerable_kind("契約額はいくらですか。", [EXCERPT])
    assert answerable_kind("誰ですか", [EXCERPT])
    assert not answerable_kind("何人ですか", [Excerpt(number=1, article=ARTICLE, sentences=(DATE,))])
    assert not answerable_kind("誰ですか", [])


def test_a_currency_that_was_put_right_is_told() -> None:
    draft = check("It is worth €38 billion.", "How much is it worth?", "en", [EXCERPT], alike)
    assert (draft.text, draft.is_sound) == ("It is worth $38 billion [1].", True)
    assert draft.mended == (("€38 billion", "$38 billion"),)


def test_a_weekday_that_nothing_holds_is_a_fault() -> None:
    assert check("発表は11月3日の金曜日でした。", "いつ?", "ja", [EXCERPT], alike).invented == ("金曜日",)
    assert check("発表は11月3日の月曜日でした。", "いつ?", "ja", [EXCERPT], alike).invented == ()


def test_a_name_of_the_worked_examples_is_made_up_in_any_other_answer() -> None:
    draft = check("The $38 billion deal was signed by Norvel.", "Who?", "en", [EXCERPT], alike)
    assert (draft.invented, draft.doubtful) == (("Norvel",), ())
    assert check("Norvel paid $38 billion.", "What did Norvel pay?", "en", [EXCERPT], alike).invented == ()
    leeds = article("l", "本社はリーズにある。", language="ja")
    there = Excerpt(number=1, article=leeds, sentences=(Sentence(article=leeds, start=0, end=10, score=1.0),))
    assert check("It is in Leeds.", "Where?", "en", [there], alike).invented == ()
    languages: tuple[Language, ...] = ("ja", "en")
    examples = "".join(m["content"] for language in languages for m in answer_messages("?", [], language))
    assert all(name in examples for name in EXAMPLE_NAMES)
