from collections.abc import Sequence

import pytest

from index.article import Article, Language
from index.split import split_sentences
from rag.cite import _with_marks, cite
from rag.evidence import Excerpt, Sentence
from tests.doubles import article
from tests.rag.test_kanji_names import small

JAPANESE = article("j", "契約は380億ドル、7年間です。株価は4%上昇しました。", title="契約", language="ja")
ENGLISH = article("e", "The fare is 210 yen. The bus runs from 1 October.", title="Bus")


def excerpt(of: Article, number: int = 1) -> Excerpt:
    spans = split_sentences(of.text)
    sentences = tuple(Sentence(article=of, start=span.start, end=span.end, score=0.0) for span in spans)
    return Excerpt(number=number, article=of, sentences=sentences)


def everything_alike(text: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
    del text, language, of
    return [0.9] * len(texts)


def nothing_alike(text: str, language: Language, texts: Sequence[str], of: Language) -> list[float]:
    del text, language, of
    return [0.0] * len(texts)


def test_each_claim_is_marked_with_the_sentence_that_holds_its_figures() -> None:
    cited = cite("株価は4%上がりました。契約額は380億ドルです。", "ja", [excerpt(JAPANESE)], everything_alike)
    assert cited.text == "株価は4%上がりました[1]。契約額は380億ドルです[2]。"
    assert [citation.quote for citation in cited.citations] == [
        "株価は4%上昇しました。",
        "契約は380億ドル、7年間です。",
    ]


def test_figures_are_found_in_the_other_languages_notation() -> None:
    cited = cite("It is worth $38 billion over 7 years.", "en", [excerpt(JAPANESE)], everything_alike)
    assert cited.text == "It is worth $38 billion over 7 years [1]."
    assert cited.citations[0].quote == "契約は380億ドル、7年間です。"


def test_what_the_question_gave_does_not_find_the_quote_but_the_name_that_answers() -> None:
    race = article(
        "r", "第12回海鳴マラソンは26日に行われ、男子は藤井亮太(28)が優勝した。", title="マラソン", language="ja"
    )
    bus = article("b", "The company hopes to make a profit in Uminari in 2025.", title="Uminari bus")
    other = article("o", "女子は中村葵(24)が2連覇を果たした。", title="マラソン", language="ja")
    excerpts = [excerpt(other), excerpt(race, 2), excerpt(bus, 3)]
    question = "Who won the men's race at the 2025 Uminari Marathon?"
    cited = cite("Ryota Fujii won the 2025 Uminari Marathon.", "en", excerpts, everything_alike, question, small)
    assert [citation.quote for citation in cited.citations] == [race.text]


def test_every_quote_is_a_verbatim_span_of_its_article() -> None:
    cited = cite("The fare is 210 yen.", "en", [excerpt(ENGLISH)], everything_alike)
    (citation,) = cited.citations
    assert ENGLISH.text[citation.start : citation.end] == citation.quote == "The fare is 210 yen."


def test_one_quote_keeps_one_number() -> None:
    cited = cite("The fare is 210 yen. It costs 210 yen.", "en", [excerpt(ENGLISH)], everything_alike)
    assert cited.text == "The fare is 210 yen [1]. It costs 210 yen [1]."
    assert len(cited.citations) == 1


@pytest.mark.parametrize(
    ("claim", "marked"),
    [
        ("It closes at 9 p.m.", "It closes at 9 p.m. [1]"),
        ("It closes at 9.", "It closes at 9 [1]."),
        ("9時に閉まります。", "9時に閉まります[1]。"),
        ("It is run by Acme Inc.!", "It is run by Acme Inc. [1]!"),
    ],
)
def test_a_dot_that_belongs_to_a_word_stays_with_it(claim: str, marked: str) -> None:
    assert _with_marks(claim, "[1]") == marked


@pytest.mark.parametrize("mark", ["[7]", " [1, 2]", "【3】", "[99]"])
def test_marks_that_the_model_made_up_are_dropped(mark: str) -> None:
    cited = cite(f"The fare is 210 yen{mark}.", "en", [excerpt(ENGLISH)], everything_alike)
    assert cited.text == "The fare is 210 yen [1]."


def test_a_claim_that_nothing_is_like_has_no_citation_and_is_named() -> None:
    cited = cite("The moon is made of cheese.", "en", [excerpt(ENGLISH)], nothing_alike)
    assert (cited.text, cited.citations) == ("The moon is made of cheese.", ())
    assert cited.unsupported == ("The moon is made of cheese.",)


def test_no_evidence_supports_nothing() -> None:
    assert cite("Anything.", "en", [], everything_alike).citations == ()


def test_a_figure_of_another_sentence_brings_that_sentence() -> None:
    """One that lies far from the claim is cited too, so that the figure can be checked; it is named where none is."""
    near, far = "従業員は300人です。", "海外の売上は19%でした。"
    evidence = [excerpt(article("x", f"{near}{far}来期は未定です。", title="決算", language="ja"))]

    def likeness(_claim: str, _language: Language, texts: Sequence[str], _of: Language) -> list[float]:
        return [0.9 if text == near else 0.5 for text in texts]

    cited = cite("従業員は300人、海外は19%です。", "ja", evidence, likeness)
    assert [citation.quote for citation in cited.citations] == [near, far]
    assert cited.uncited == ()
    assert cite("従業員は300人、海外は21%です。", "ja", evidence, likeness).uncited == ("21%",)
    assert cite("従業員は300人、海外は21%です。", "ja", evidence, likeness, "21%ですか").uncited == ()
