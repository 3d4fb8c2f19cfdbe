from collections.abc import Sequence

from index.article import Article, Language
from rag.evidence import BUDGET, SENTENCES, estimate_tokens, gather, whole_passages
from rag.retrieve import Hit
from tests.doubles import article, passage


def hit(of: Article, score: float = 1.0) -> Hit:
    return Hit(passage=passage(of), article=of, score=score)


def letters_a(question: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
    """Likeness is the share of the letter a (or あ)."""
    del question, language, of
    return [(text.count("a") + text.count("あ")) / len(text) for text in texts]


ENGLISH = article("e", "Bbb bbb bbb. Aaa aaa aaa! Ccc ccc ccc?", title="T")
JAPANESE = article("j", "いいいい。ああああ。うううう。", title="T", language="ja")


def test_excerpts_hold_sentences_exactly_as_they_stand_in_their_article() -> None:
    excerpts = gather("q", "en", [hit(ENGLISH), hit(JAPANESE)], letters_a)
    for excerpt in excerpts:
        for sentence in excerpt.sentences:
            assert sentence.text == excerpt.article.text[sentence.start : sentence.end]
    assert [excerpt.number for excerpt in excerpts] == [1, 2]


def test_both_languages_take_turns_so_that_neither_is_crowded_out() -> None:
    budget = estimate_tokens("Aaa aaa aaa!") + estimate_tokens("ああああ。")
    excerpts = gather("q", "en", [hit(ENGLISH), hit(JAPANESE)], letters_a, budget=budget)
    assert [excerpt.text for excerpt in excerpts] == ["Aaa aaa aaa!", "ああああ。"]


def test_sentences_left_out_between_two_others_leave_a_mark() -> None:
    text = "Aaa aaa aaa! Bbb bbb bbb. Aaa aaa aaa aaa!"
    budget = estimate_tokens("Aaa aaa aaa!") + estimate_tokens("Aaa aaa aaa aaa!")
    (excerpt,) = gather("q", "en", [hit(article("x", text))], letters_a, budget=budget)
    assert excerpt.text == "Aaa aaa aaa! … Aaa aaa aaa aaa!"


def test_the_budget_and_the_number_of_sentences_are_kept_but_one_sentence_is_always_read() -> None:
    many = article("x", " ".join(f"Aaa number {number}." for number in range(200)))
    chosen = gather("q", "en", [hit(many)], letters_a)[0].sentences
    assert len(chosen) == SENTENCES
    assert sum(estimate_tokens(sentence.text) for sentence in chosen) <= BUDGET
    huge = article("y", "a" * 9000)
    assert [len(sentence.text) for sentence in gather("q", "en", [hit(huge)], letters_a)[0].sentences] == [9000]


def test_articles_that_know_the_names_of_the_question_stand_first() -> None:
    stranger = article("s", "Aaa aaa aaa.", language="ja")
    named = article("n", "Zorblax bbb bbb.")
    excerpts = gather("What did Zorblax say?", "en", [hit(stranger, 2.0), hit(named, 1.0)], letters_a)
    assert [excerpt.article.id for excerpt in excerpts] == ["n", "s"]


def test_no_hits_give_no_excerpts() -> None:
    assert gather("q", "en", [], letters_a) == []


def test_whole_passages_are_not_cut() -> None:
    (excerpt,) = whole_passages([hit(ENGLISH)])
    assert excerpt.text == ENGLISH.text
