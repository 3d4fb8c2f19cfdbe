"""A later article that says that a figure of the answer has changed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from index.article import Article, Language
from rag.answer import Answer, Citation
from rag.cite import quote
from rag.conflict import Conflict
from rag.evidence import Excerpt, Sentence
from rag.later import find_later, later_words
from rag.retrieve import Hit
from rag.writer import Wanted, Writer
from tests.doubles import article, passage
from tests.rag.test_chatbot import ScriptedModel
from tests.rag.test_conflict import alike, excerpts

JULY = article("july", "バスは2026年4月1日に走り始める。", title="バスの運行", language="ja", date="2025-07-09")
NOTICE = "4月1日に予定していたバスの運行開始を、同年9月1日に延期します。"
LATER = article("notice", NOTICE, title="延期のお知らせ", language="ja", date="2026-02-10")
ANSWER = "2026年4月1日に走り始めます。"
QUESTION = "バスはいつ走り始めますか?"


def sentence(of: Article) -> Sentence:
    return Sentence(article=of, start=0, end=len(of.text), score=1.0)


def cited(of: Article) -> tuple[Citation, ...]:
    return (quote(sentence(of)),)


def hits(*articles: Article) -> list[Hit]:
    return [Hit(passage=passage(of), article=of, score=1.0) for of in articles]


def test_a_later_sentence_that_gives_the_answers_date_and_another_is_found() -> None:
    found = find_later(ANSWER, cited(JULY), QUESTION, hits(JULY, LATER), alike(0.9))
    assert found is not None
    assert (found.sentence.article, found.sentence.text, found.figures) == (LATER, NOTICE, ("9月1日",))


def test_it_is_found_across_languages_by_the_bar_of_centred_vectors() -> None:
    moved = article("moved", "The start planned for April 1 moves to September 1.", date="2026-02-11")
    assert find_later(ANSWER, cited(JULY), QUESTION, hits(JULY, moved), alike(0.25)) is not None
    assert find_later(ANSWER, cited(JULY), QUESTION, hits(JULY, moved), alike(0.15)) is None


def test_of_two_the_nearer_sentence_is_taken() -> None:
    other = article("other", NOTICE, title="別のお知らせ", language="ja", date="2026-03-01")
    values = iter([0.9, 0.95])

    def nearer(question: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
        del question, language, of
        return [next(values) for _ in texts]

    found = find_later(ANSWER, cited(JULY), QUESTION, hits(JULY, LATER, other), nearer)
    assert found is not None
    assert found.sentence.article == other


def test_an_article_that_the_answer_cites_already_and_one_without_its_source_among_the_hits_do_not_count() -> None:
    sorry = "ご迷惑をおかけします。"
    longer = article("notice", NOTICE + sorry, title="延期のお知らせ", language="ja", date="2026-02-10")
    end = Sentence(article=longer, start=len(NOTICE), end=len(longer.text), score=1.0)
    assert find_later(ANSWER, (*cited(JULY), quote(end, 2)), QUESTION, hits(JULY, longer), alike(0.9)) is None
    assert find_later(ANSWER, cited(JULY), QUESTION, hits(JULY, longer), alike(0.9)) is not None
    assert find_later(ANSWER, cited(JULY), QUESTION, hits(LATER), alike(0.9)) is None


def changed(text: str = NOTICE, date: str = "2026-02-10") -> Article:
    return article("x", text, title="延期", language="ja", date=date)


@pytest.mark.parametrize(
    ("text", "question", "cited_one", "other", "near", "why"),
    [
        (ANSWER, QUESTION, JULY, changed(), 0.80, "the sentences speak of different things"),
        ("4月1日から9月1日に延期されました。", QUESTION, JULY, changed(), 0.9, "the answer says it already"),
        (ANSWER, "4月1日に何が始まりますか?", JULY, changed(), 0.9, "the question gave the date"),
        ("バスが走り始めます。", QUESTION, JULY, changed(), 0.9, "the answer states no figure"),
        (ANSWER, QUESTION, JULY, changed(date="2025-07-09"), 0.9, "of the same day"),
        (ANSWER, QUESTION, JULY, changed(date="2025-01-01"), 0.9, "an earlier article"),
        (ANSWER, QUESTION, JULY, changed(date=""), 0.9, "nobody knows when it was written"),
        (ANSWER, QUESTION, changed(JULY.text, ""), LATER, 0.9, "nobody knows when the cited one was written"),
        (ANSWER, QUESTION, JULY, changed("運行開始を9月1日に延期します。"), 0.9, "it does not repeat the date"),
        (
            ANSWER,
            QUESTION,
            JULY,
            changed("4月1日に3,000円を値上げします。"),
            0.9,
            "the other figure is of another kind",
        ),
        ("2026年です。", QUESTION, JULY, changed("2026年から2027年に延期します。"), 0.9, "a year alone"),
        (ANSWER, QUESTION, JULY, changed("4月1日、5月1日、6月1日、7月1日に走る。"), 0.9, "a list"),
    ],
)
def test_nothing_is_found_where_nothing_changed(
    text: str, question: str, cited_one: Article, other: Article, near: float, why: str
) -> None:
    assert find_later(text, cited(cited_one), question, hits(cited_one, other), alike(near)) is None, why


def test_an_article_that_does_not_know_what_is_asked_about_does_not_count() -> None:
    ours = article("a", "Aldermoor opens on April 1.", title="The opening at Aldermoor", date="2025-01-01")
    theirs = article("b", "The opening moves from April 1 to May 1.", title="Brackwell", date="2025-02-01")
    question = "When does Aldermoor open?"
    assert find_later("It opens on April 1.", cited(ours), question, hits(ours, theirs), alike(0.95)) is None
    untitled = article("a", "Aldermoor opens on April 1.", title="News", date="2025-01-01")
    assert find_later("It opens on April 1.", cited(untitled), question, hits(untitled, theirs), alike(0.95)) is None
    unnamed = "When does it open?"
    assert find_later("It opens on April 1.", cited(ours), unnamed, hits(ours, theirs), alike(0.95)) is None
    known = article("b", "At Aldermoor it moves from April 1 to May 1.", title="Aldermoor", date="2025-02-01")
    assert find_later("It opens on April 1.", cited(ours), question, hits(ours, known), alike(0.95)) is not None


def test_the_answer_says_so_with_article_date_and_the_sentence_as_a_citation() -> None:
    writer = Writer(ScriptedModel(pieces=()), alike(0.9))
    given = Answer(question=QUESTION, text="", language="ja", answered=False, hits=tuple(hits(JULY, LATER)))
    evidence: list[Excerpt] = excerpts(sentence(JULY))
    answer = writer.finished(given, Wanted(question=QUESTION, language="ja"), ANSWER, evidence)
    assert answer.text == (
        "2026年4月1日に走り始めます[1]。\n"
        f"なお、その後の記事『延期のお知らせ』(2026-02-10)には次のように書かれています。「{NOTICE}」 [2]"
    )
    assert [citation.number for citation in answer.citations] == [1, 2]
    assert (answer.citations[1].article_id, answer.citations[1].quote) == ("notice", NOTICE)


def test_across_languages_the_answer_gives_the_figures_in_its_own_notation() -> None:
    moved = article("moved", "It recalls 4,150 units, up from 2,300.", title="Recall", date="2025-08-21")
    later = Conflict(sentence=sentence(moved), figures=("4,150 units",))
    assert later_words(later, 2, "ja") == "なお、その後の記事『Recall』(2025-08-21)では、4150個とされています。 [2]"
    assert later_words(later, 2, "en") == f"A later article, “Recall” (2025-08-21), says: “{moved.text}” [2]"
    notice = Conflict(sentence=sentence(LATER), figures=("9月1日",))
    assert later_words(notice, 3, "en") == "A later article, “延期のお知らせ” (2026-02-10), gives September 1. [3]"


def test_what_the_answer_says_of_a_later_article_is_not_warned_of_again() -> None:
    june = article("june", "2,300台を回収します。", title="6月の発表", language="ja", date="2025-06-03")
    first, second = "2,300台から4,150台に広げます。", "4,150台を回収します。"
    august = article("august", first + second, title="8月の発表", language="ja", date="2025-08-20")
    repeated = Sentence(article=august, start=len(first), end=len(august.text), score=1.0)
    evidence = excerpts(sentence(june), repeated)
    writer, wanted = Writer(ScriptedModel(pieces=()), alike(0.9)), Wanted(question="何台?", language="ja")
    given = Answer(question="何台?", text="", language="ja", answered=False, hits=tuple(hits(june)))
    assert "8月の発表" in writer.finished(given, wanted, "2,300台を回収します。", evidence).warnings[0]
    answer = writer.finished(replace(given, hits=tuple(hits(june, august))), wanted, "2,300台を回収します。", evidence)
    assert first in answer.text
    assert answer.warnings == ()
