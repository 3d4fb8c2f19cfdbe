"""Figures cross languages unchanged, everything else stays as it is, and made-up figures are caught."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.figures import Figure, figure_terms, find_figures
from rag.figures import figure_english, figure_japanese, rewrite, to_english, to_japanese
from rag.grounding import ungrounded
from tests.rag.figure_cases import BOTH_WAYS, GROUNDING, TO_ENGLISH, TO_JAPANESE, UNTOUCHED


@pytest.mark.parametrize(("japanese", "english"), BOTH_WAYS + TO_ENGLISH)
def test_japanese_figures_are_written_in_english(japanese: str, english: str) -> None:
    assert to_english(japanese) == english
    assert to_english(english) == english


@pytest.mark.parametrize(("english", "japanese"), [(e, j) for j, e in BOTH_WAYS] + TO_JAPANESE)
def test_english_figures_are_written_in_japanese(english: str, japanese: str) -> None:
    assert to_japanese(english) == japanese
    assert to_japanese(japanese) == japanese


@pytest.mark.parametrize(("japanese", "english"), BOTH_WAYS)
def test_both_languages_share_a_search_term(japanese: str, english: str) -> None:
    assert set(figure_terms(japanese)) & set(figure_terms(english))


@pytest.mark.parametrize("text", UNTOUCHED)
def test_text_without_foreign_figures_is_left_alone(text: str) -> None:
    assert to_english(text) == text
    assert to_japanese(text) == text


def test_a_sentence_keeps_every_other_character() -> None:
    text = "同社は11月3日、約5年間で380億ドルを投じ、\n数十万個のチップ(GB200)を使うと発表した。"
    assert to_english(text) == (
        "同社はNovember 3、about 5 yearsで$38 billionを投じ、\nhundreds of thousands of チップ(GB200)を使うと発表した。"
    )


def test_rewrite_picks_the_direction_and_names_the_languages_it_knows() -> None:
    assert rewrite("380億ドル", "en") == "$38 billion"
    assert rewrite("$38 billion", "ja") == "380億ドル"
    with pytest.raises(ValueError, match="'en' or 'ja', not in 'fr'"):
        rewrite("380億ドル", "fr")


@pytest.mark.parametrize(("answer", "evidence", "made_up"), GROUNDING)
def test_figures_that_the_evidence_does_not_state_are_named(answer: str, evidence: str, made_up: list[str]) -> None:
    assert [figure.text for figure in ungrounded(answer, evidence)] == made_up


UNITS = [
    ("money", "USD"), ("money", "JPY"), ("money", "EUR"), ("money", "CNY"), ("count", "person"), ("count", "company"),
    ("count", "household"), ("duration", "year"), ("duration", "month"), ("duration", "hour"), ("measure", "GW"),
    ("measure", "ton"), ("percent", "%"),
]  # fmt: skip
QUALIFIERS = ["", "about", "up to", "at least", "at most", "more than", "less than", "nearly", "within"]
NUMBERS = st.one_of(
    st.integers(min_value=1, max_value=9999).map(Decimal),
    st.integers(min_value=1, max_value=10**16).map(Decimal),
    st.decimals(min_value=Decimal("0.1"), max_value=999, places=2).filter(lambda value: value > 0),
    st.tuples(st.integers(min_value=1, max_value=999), st.sampled_from([10**4, 10**6, 10**8, 10**9, 10**12])).map(
        lambda pair: Decimal(pair[0] * pair[1])
    ),
)


def meaning(figure: Figure) -> tuple[object, ...]:
    return figure.kind, figure.value, figure.unit, figure.qualifier


def figures_of(value: object, unit: tuple[str, str], qualifier: str) -> Figure:
    return Figure(start=0, end=0, text="", kind=unit[0], value=value, unit=unit[1], qualifier=qualifier)  # type: ignore[arg-type]


@settings(max_examples=400, deadline=None)
@given(NUMBERS, st.sampled_from(UNITS), st.sampled_from(QUALIFIERS))
def test_a_number_written_in_either_language_is_found_again(
    number: Decimal, unit: tuple[str, str], qualifier: str
) -> None:
    figure = figures_of(number, unit, qualifier)
    for words in (figure_english(figure), figure_japanese(figure)):
        assert words is not None
        assert [meaning(found) for found in find_figures(words)] == [meaning(figure)]


@settings(max_examples=200, deadline=None)
@given(NUMBERS, st.sampled_from(UNITS), st.integers(min_value=2, max_value=9))
def test_a_range_written_in_either_language_is_found_again(low: Decimal, unit: tuple[str, str], times: int) -> None:
    figure = figures_of((low, low * times), unit, "")
    for words in (figure_english(figure), figure_japanese(figure)):
        assert words is not None
        assert [meaning(found) for found in find_figures(words)] == [meaning(figure)]


@settings(max_examples=200, deadline=None)
@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_a_date_crosses_both_languages(day: date) -> None:
    iso = day.isoformat()
    for value in (iso, iso[:7], iso[:4], iso[5:], f"--{iso[5:7]}"):
        figure = Figure(start=0, end=0, text="", kind="date", value=value)
        english, japanese = figure_english(figure), figure_japanese(figure)
        assert english is not None
        assert japanese is not None
        # "May" and "March" alone are words: they need a preposition before them.
        assert [found.value for found in find_figures(f"in {english}")] == [value]
        assert [found.value for found in find_figures(japanese)] == [value]


@settings(max_examples=300, deadline=None)
@given(NUMBERS, st.sampled_from(UNITS), st.sampled_from(QUALIFIERS))
def test_the_round_trip_keeps_the_meaning(number: Decimal, unit: tuple[str, str], qualifier: str) -> None:
    japanese = figure_japanese(figures_of(number, unit, qualifier))
    assert japanese is not None
    back = to_japanese(to_english(japanese))
    assert [meaning(f) for f in find_figures(back)] == [meaning(f) for f in find_figures(japanese)]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_text_raises_and_every_text_grounds_itself(text: str) -> None:
    to_english(text)
    to_japanese(text)
    assert ungrounded(text, text) == []


PROSE = st.sampled_from(["契約は", "、", "です。", " for ", "。 ", "「", "」", "(", ")", " the plan ", "、同社は"])


@settings(max_examples=200, deadline=None)
@given(PROSE, st.sampled_from(BOTH_WAYS), PROSE, st.sampled_from(BOTH_WAYS), PROSE)
def test_figures_move_and_every_other_character_stays(
    first: str, one: tuple[str, str], second: str, two: tuple[str, str], third: str
) -> None:
    text = f"{first}{one[0]}{second}{two[0]}{third}"
    english = to_english(text)
    assert to_english(english) == english
    figures = find_figures(text)
    kept = [text[a.end : b.start] for a, b in zip(figures, figures[1:], strict=False)]
    place = 0
    for piece in [text[: figures[0].start], *kept, text[figures[-1].end :]]:
        place = english.find(piece.strip(), place)
        assert place >= 0
        place += len(piece.strip())


def test_the_table_of_hand_checked_figures_is_large_enough() -> None:
    assert len(BOTH_WAYS) + len(TO_ENGLISH) + len(TO_JAPANESE) >= 200


def test_money_is_grounded_by_the_same_currency_or_by_a_number_without_one() -> None:
    evidence = "合計2万5,000円を上限に £400 (€460)"
    assert [figure.text for figure in ungrounded("pays £25,000 (€460)", evidence)] == ["£25,000"]
    for answer, evidence in (
        ("25,000 yen", "2万5,000円"),
        ("¥25,000", "上限額(円) 25,000"),
        ("$5 to $6", "5ドルから6ドル"),
    ):
        assert ungrounded(answer, evidence) == []


def test_a_day_is_grounded_by_a_year_of_its_own_source_alone() -> None:
    notice, report = "発表は2026年2月6日。払い戻しは8月31日まで。", "2025年7月の報告"
    assert ungrounded("until August 31, 2026", notice, report) == []
    assert [figure.text for figure in ungrounded("until August 31, 2025", notice, report)] == ["August 31, 2025"]
    assert ungrounded("until August 31, 2025", notice, given="in 2025") == []
