from collections.abc import Sequence

import pytest

from index.article import Article, Language
from rag.answer import Answer, Citation
from rag.cite import quote
from rag.conflict import Conflict, find_conflict, wording
from rag.evidence import Excerpt, Sentence
from rag.relevance import Likeness
from rag.writer import Wanted, Writer
from tests.doubles import article
from tests.rag.test_chatbot import ScriptedModel

JUNE = article("june", "2,300台を回収します。", title="6月の発表", language="ja", date="2025-06-03")
AUGUST = article("august", "4,150台を回収します。", title="8月の発表", language="ja", date="2025-08-20")
ABROAD = article("abroad", "It recalls 4,150 units.", title="Recall widened", date="2025-08-21")


def sentence(of: Article, score: float = 1.0) -> Sentence:
    return Sentence(article=of, start=0, end=len(of.text), score=score)


def excerpts(*sentences: Sentence) -> list[Excerpt]:
    return [Excerpt(number=n, article=s.article, sentences=(s,)) for n, s in enumerate(sentences, start=1)]


def cited(of: Article) -> tuple[Citation, ...]:
    return (quote(sentence(of)),)


def alike(value: float) -> Likeness:
    def likeness(question: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
        del question, language, of
        return [value for _ in texts]

    return likeness


def test_another_figure_for_the_same_thing_in_another_article_is_found() -> None:
    evidence = excerpts(sentence(JUNE), sentence(AUGUST))
    found = find_conflict("2,300台です[1]。", cited(JUNE), "何台?", evidence, alike(0.9))
    assert found == Conflict(sentence=sentence(AUGUST), figures=("4,150台",))


def test_across_languages_units_are_one_and_the_bar_is_that_of_centred_vectors() -> None:
    japanese = article("ja", "従業員は2,300人です。", language="ja")
    english = article("en", "It has 4,150 people.")
    evidence = excerpts(sentence(japanese), sentence(english))
    found = find_conflict("2,300人です[1]。", cited(japanese), "何人?", evidence, alike(0.45))
    assert found == Conflict(sentence=sentence(english), figures=("4,150 people",))
    assert find_conflict("2,300人です[1]。", cited(japanese), "何人?", evidence, alike(0.35)) is None


@pytest.mark.parametrize(
    ("text", "question", "other", "near", "why"),
    [
        ("2,300台です。", "何台?", AUGUST, 0.80, "the sentences speak of different things"),
        ("2,300台から4,150台に増えました。", "何台?", AUGUST, 0.9, "the answer says it already"),
        ("2,300台です。", "2,300台はいつ?", AUGUST, 0.9, "the question gave the figure"),
        ("すべて回収します。", "回収する?", AUGUST, 0.9, "the answer states no figure"),
        ("2,300台です。", "何台?", article("x", "4,150円です。", language="ja"), 0.9, "another unit"),
        ("2,300台です。", "何台?", article("x", "数百台です。", language="ja"), 0.9, "a vague figure"),
        ("2,300台です。", "何台?", article("x", "10台、20台、30台です。", language="ja"), 0.9, "a list"),
        ("2,300台です。", "何台?", article("x", "2,300台です。", language="ja"), 0.9, "the same figure"),
    ],
)
def test_nothing_is_said_where_nothing_differs(text: str, question: str, other: Article, near: float, why: str) -> None:
    assert find_conflict(text, cited(JUNE), question, excerpts(sentence(JUNE), sentence(other)), alike(near)) is None, (
        why
    )


def test_a_sentence_far_behind_the_cited_one_and_one_of_the_cited_article_do_not_count() -> None:
    far = excerpts(sentence(JUNE, 6.0), sentence(AUGUST, 1.0))
    assert find_conflict("2,300台です。", cited(JUNE), "何台?", far, alike(0.9)) is None
    both = article("both", "2,300台です。4,150台です。", language="ja")
    first, second = (
        Sentence(article=both, start=0, end=8, score=1.0),
        Sentence(article=both, start=8, end=16, score=1.0),
    )
    of_one = [Excerpt(number=1, article=both, sentences=(first, second))]
    assert find_conflict("2,300台です。", (quote(first),), "何台?", of_one, alike(0.9)) is None


def test_an_article_that_does_not_know_who_is_asked_about_does_not_contradict() -> None:
    ours = article("a", "Aldermoor has 640 people.", title="Aldermoor")
    theirs = article("b", "It has 1,280 people.", title="Brackwell")
    evidence = excerpts(sentence(ours), sentence(theirs))
    assert find_conflict("640 people.", cited(ours), "How many work at Aldermoor?", evidence, alike(0.9)) is None


def test_an_article_that_knows_no_name_of_the_cited_ones_title_does_not_contradict() -> None:
    ours = article("a", "It has 640 people.", title="Growth at Aldermoor")
    theirs = article("b", "It has 1,280 people.", title="Growth at Brackwell")
    evidence = excerpts(sentence(ours), sentence(theirs))
    assert find_conflict("640 people.", cited(ours), "How many people?", evidence, alike(0.9)) is None
    related = article("b", "It has 1,280 people, Aldermoor says.", title="Growth at Brackwell")
    evidence = excerpts(sentence(ours), sentence(related))
    assert find_conflict("640 people.", cited(ours), "How many people?", evidence, alike(0.9)) is not None


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", "『Recall widened』(2025-08-21)には4150個とあります。"),
        ("en", "“Recall widened” (2025-08-21) gives 4,150 units: "),
    ],
)
def test_the_reader_is_told_the_other_article_its_date_and_its_figure_in_the_answers_language(
    language: Language, said: str
) -> None:
    assert wording(Conflict(sentence=sentence(ABROAD), figures=("4,150 units",)), language).startswith(said)


def test_an_answer_warns_of_the_other_article_and_a_sound_one_alone_does_not() -> None:
    writer = Writer(ScriptedModel(pieces=()), alike(0.9))
    given = Answer(question="何台?", text="", language="ja", answered=False)
    wanted = Wanted(question="何台?", language="ja")
    answer = writer.finished(given, wanted, "2,300台です。", excerpts(sentence(JUNE), sentence(AUGUST)))
    assert answer.text == "2,300台です[1]。"
    assert [warning.partition("。")[0] for warning in answer.warnings] == [
        "『8月の発表』(2025-08-20)には4,150台とあります"
    ]
    assert writer.finished(given, wanted, "2,300台です。", excerpts(sentence(JUNE))).warnings == ()
