import math
from collections.abc import Sequence

import pytest

from index.article import Article, Language
from index.split import Span, split_sentences
from rag.evidence import (
    BUDGET,
    GAP,
    LEAST,
    LEVEL,
    estimate_tokens,
    gather,
    rank_sentences,
    whole_passages,
)
from rag.relevance import COMPARED, Place, relevance
from rag.retrieve import Hit
from tests.doubles import article, passage


def hit(of: Article, score: float = 1.0) -> Hit:
    return Hit(passage=passage(of), article=of, score=score)


def letters_a(question: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
    """Likeness is the share of the letter a (or あ)."""
    del question, language, of
    return [(text.count("a") + text.count("あ")) / len(text) for text in texts]


def places(*articles: Article) -> list[Place]:
    """Every sentence of the articles, each article a hit of its own."""
    return [
        Place(article=one, span=span, rank=rank)
        for rank, one in enumerate(articles)
        for span in split_sentences(one.text, Span(0, len(one.text)))
    ]


ENGLISH = article("e", "Bbb bbb bbb. Aaa aaa aaa! Ccc ccc ccc?", title="T")
JAPANESE = article("j", "いいいい。ああああ。うううう。", title="T", language="ja")


def test_excerpts_hold_sentences_exactly_as_they_stand_in_their_article() -> None:
    excerpts = gather("q", "en", [hit(ENGLISH), hit(JAPANESE)], letters_a)
    for excerpt in excerpts:
        for sentence in excerpt.sentences:
            assert sentence.text == excerpt.article.text[sentence.start : sentence.end]
    assert [excerpt.number for excerpt in excerpts] == [1, 2]


def test_each_language_is_levelled_towards_the_best_of_all() -> None:
    english = article("e", "Aaa bbb ccc aaa. Aaa.", title="T")
    japanese = article("j", "いいいいああ。いいいい。", title="T", language="ja")
    both = [hit(english), hit(japanese)]
    plain = dict(
        zip(["e1", "e2", "j1", "j2"], relevance("b?", "en", places(english, japanese), letters_a), strict=True)
    )
    first, second = sorted([max(plain["e1"], plain["e2"]), max(plain["j1"], plain["j2"])], reverse=True)
    scores = {sentence.text: sentence.score for sentence in rank_sentences("b?", "en", both, letters_a)}
    lifted = LEVEL * (first - second)
    foreign_leads = plain["j1"] > max(plain["e1"], plain["e2"])
    assert first > second
    assert scores["いいいいああ。"] == pytest.approx(plain["j1"] + lifted * (not foreign_leads))
    assert scores["Aaa."] == pytest.approx(plain["e2"] + lifted * foreign_leads)


def test_only_the_sentences_for_which_the_other_clues_speak_most_are_compared() -> None:
    """The last of many holds the question's word: it and the one beside it are among them. The others come last."""
    many = article("e", " ".join(["Aaaa."] * COMPARED + ["Bbb aaa.", "A word."]))
    japanese = article("j", "ああ。いい。", language="ja")
    compared: list[str] = []

    def likeness(question: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
        compared.extend(texts)
        return letters_a(question, language, texts, of)

    scores = relevance("Which word?", "en", places(many, japanese), likeness)
    assert len(compared) == COMPARED + 2  # all of a language that has few
    assert any("A word." in text for text in compared)
    assert [score == -math.inf for score in scores] == [False] * (COMPARED - 2) + [True, True] + [False] * 4


def test_sentences_left_out_between_two_others_leave_a_mark() -> None:
    text = "Aaa aaa aaa! Bbb bbb bbb. Aaa aaa aaa aaa!"
    budget = estimate_tokens("Aaa aaa aaa!") + estimate_tokens("Aaa aaa aaa aaa!")
    (excerpt,) = gather("q", "en", [hit(article("x", text))], letters_a, budget=budget)
    assert excerpt.text == "Aaa aaa aaa! … Aaa aaa aaa aaa!"


def test_the_budget_and_the_number_of_sentences_are_kept_but_one_sentence_is_always_read() -> None:
    sentence = (
        "Aaa number {} has a good many words after it, as is the way of sentences in an article that takes its time."
    )
    many = article("x", " ".join(sentence.format(number) for number in range(200)))
    chosen = gather("q", "en", [hit(many)], letters_a)[0].sentences
    assert len(chosen) > LEAST
    assert BUDGET - estimate_tokens(sentence) <= sum(estimate_tokens(one.text) for one in chosen) <= BUDGET
    huge = article("y", "a" * 9000)
    assert [len(sentence.text) for sentence in gather("q", "en", [hit(huge)], letters_a)[0].sentences] == [9000]


def test_sentences_far_behind_the_likeliest_are_not_read() -> None:
    clear = article("c", "Zorblax aaa aaa 41 people. Bbb ccc. Ccc bbb. Bbb bbb. Ccc ccc ccc. Bbb ccc bbb.")
    question = "How many people does Zorblax aaa have?"
    ranked = rank_sentences(question, "en", [hit(clear)], letters_a)
    assert ranked[LEAST].score < ranked[0].score - GAP
    (excerpt,) = gather(question, "en", [hit(clear)], letters_a)
    assert len(excerpt.sentences) == LEAST


def test_the_article_with_the_likeliest_sentence_stands_first_and_strangers_are_left_out() -> None:
    stranger = article("s", "Bbb bbb bbb.")
    named, other = article("n", "Zorblax aaa aaa 41 people."), article("o", "Zorblax aaa aab 43 people.")
    far = article("f", "Zorblax bbb bbb 45 people.")
    hits = [hit(of) for of in (other, stranger, far, named)]
    excerpts = gather("How many people does Zorblax have?", "en", hits, letters_a)
    assert [excerpt.article.id for excerpt in excerpts] == ["n", "o", "f"]


def test_no_hits_give_no_excerpts() -> None:
    assert gather("q", "en", [], letters_a) == []


def test_whole_passages_are_not_cut() -> None:
    (excerpt,) = whole_passages([hit(ENGLISH)])
    assert excerpt.text == ENGLISH.text


def test_an_article_of_the_month_that_the_question_names_is_preferred() -> None:
    june = article("a", "Bbb ccc.", title="T", date="2025-06-03")
    august = article("b", "Bbb ccc.", title="T", date="2025-08-21")
    for question in ("8月の発表では?", "What was said in August 2025?"):
        of_june, of_august = relevance(question, "en", places(june, august), letters_a)
        assert of_august > of_june
    of_june, of_august = relevance("What was said in August 2024?", "en", places(june, august), letters_a)
    assert of_august < of_june
