"""Figures are found whole, in either language, with one value for every notation."""

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.figures import Figure, figure_keys, figure_terms, find_figures
from index.numerals import fold
from index.partial_dates import western_year
from tests.growth import times_of_four_times_as_much

# text, (kind, value, unit, qualifier) of the only figure in it; numbers as text, ranges as pairs
FOUND = [
    ("380億ドル", ("money", "38000000000", "USD", "")),
    ("３８０億ドル", ("money", "38000000000", "USD", "")),
    ("三百八十億ドル", ("money", "38000000000", "USD", "")),
    ("$38 billion", ("money", "38000000000", "USD", "")),
    ("$38 billionの契約", ("money", "38000000000", "USD", "")),
    ("38 billion dollars", ("money", "38000000000", "USD", "")),
    ("US$38bn", ("money", "38000000000", "USD", "")),
    ("$1.4 trillion", ("money", "1400000000000", "USD", "")),
    ("1兆4000億ドル", ("money", "1400000000000", "USD", "")),
    ("3京円", ("money", "30000000000000000", "JPY", "")),
    ("2,345円", ("money", "2345", "JPY", "")),
    ("¥2,345", ("money", "2345", "JPY", "")),
    ("1億2345万6789円", ("money", "123456789", "JPY", "")),
    ("25百万円", ("money", "25000000", "JPY", "")),
    ("-$5 million", ("money", "-5000000", "USD", "")),
    ("80 million euros", ("money", "80000000", "EUR", "")),
    ("7元", ("money", "7", "CNY", "")),
    ("12%", ("percent", "12", "%", "")),
    ("12 per cent", ("percent", "12", "%", "")),
    ("3割", ("percent", "30", "%", "")),
    ("10〜15%", ("percent", ("10", "15"), "%", "")),
    ("10-15%", ("percent", ("10", "15"), "%", "")),
    ("10 to 15 percent", ("percent", ("10", "15"), "%", "")),
    ("1万4千人", ("count", "14000", "person", "")),
    ("14,000 people", ("count", "14000", "person", "")),
    ("14,000 new corporate jobs", ("count", "14000", "person", "")),
    ("fourteen thousand people", ("count", "14000", "person", "")),
    ("one hundred and twenty-five firms", ("count", "125", "company", "")),
    ("a dozen companies", ("count", "12", "company", "")),
    ("two and a half million homes", ("count", "2500000", "home", "")),
    ("百二十五社", ("count", "125", "company", "")),
    ("数十万個", ("count", "100000", "item", "several")),
    ("何千人", ("count", "1000", "person", "several")),
    ("hundreds of thousands of chips", ("count", "100000", "item", "several")),
    ("several hundred people", ("count", "100", "person", "several")),
    ("約5年間", ("duration", "5", "year", "about")),
    ("a seven-year deal", ("duration", "7", "year", "")),
    ("3年半", ("duration", "3.5", "year", "")),
    ("half an hour", ("duration", "30", "minute", "")),
    ("3日間", ("duration", "3", "day", "")),
    ("3日前", ("duration", "3", "day", "")),
    ("2000年間", ("duration", "2000", "year", "")),
    ("three to five years", ("duration", ("3", "5"), "year", "")),
    ("30ギガワット", ("measure", "30", "GW", "")),
    ("30GW", ("measure", "30", "GW", "")),
    ("38m", ("measure", "38", "m", "")),
    ("3億", ("number", "300000000", "", "")),
    ("250k", ("number", "250000", "", "")),
    ("minus 5 percent", ("percent", "-5", "%", "")),
    ("マイナス5%", ("percent", "-5", "%", "")),
    ("最大12%", ("percent", "12", "%", "up to")),
    ("1兆ドルを超える", ("money", "1000000000000", "USD", "more than")),
    ("more than $1 trillion", ("money", "1000000000000", "USD", "more than")),
    ("at least 100 people", ("count", "100", "person", "at least")),
    ("10社未満", ("count", "10", "company", "less than")),
    ("nearly 10 firms", ("count", "10", "company", "nearly")),
    ("3,000 or more", ("number", "3000", "", "at least")),
    ("2025年11月3日", ("date", "2025-11-03", "", "")),
    ("令和7年11月3日", ("date", "2025-11-03", "", "")),
    ("R7.11.3", ("date", "2025-11-03", "", "")),
    ("二〇二五年十一月三日", ("date", "2025-11-03", "", "")),
    ("2025/11/3", ("date", "2025-11-03", "", "")),
    ("2025-11-03", ("date", "2025-11-03", "", "")),
    ("3rd of November, 2025", ("date", "2025-11-03", "", "")),
    ("November 3, 2025", ("date", "2025-11-03", "", "")),
    ("平成31年", ("date", "2019", "", "")),
    ("令和元年", ("date", "2019", "", "")),
    ("昭和64年1月7日", ("date", "1989-01-07", "", "")),
    ("in 2025", ("date", "2025", "", "")),
    ("11月3日", ("date", "11-03", "", "")),
    ("11月", ("date", "--11", "", "")),
    ("3日に発表", ("date", "---03", "", "")),
    ("2026年末", ("date", "2026", "", "end of")),
    ("mid-2026", ("date", "2026", "", "mid")),
    ("2020-2023", ("date", ("2020", "2023"), "", "")),
    ("2025年度", ("period", "FY2025", "fiscal-year", "")),
    ("FY25", ("period", "FY2025", "fiscal-year", "")),
    ("Q3 2025", ("period", "2025-Q3", "quarter", "")),
    ("2025年7〜9月期", ("period", ("2025-07", "2025-09"), "quarter", "")),
    ("上半期", ("period", "H1", "half", "")),
    ("the 1990s", ("period", "1990s", "decade", "")),
    ("20代", ("period", "20s", "age-decade", "")),
    ("午後11時32分ごろ", ("time", "23:32", "time", "around")),
    ("11:32 p.m.", ("time", "23:32", "time", "")),
    ("第3回", ("ordinal", "3", "第", "")),
    ("21世紀", ("ordinal", "21", "century", "")),
    ("3分の1", ("ratio", "1/3", "", "")),
    ("two-thirds", ("ratio", "2/3", "", "")),
    ("the 2016 vote", ("date", "2016", "", "")),
    ("2016 people", ("count", "2016", "person", "")),
    ("36 万人", ("count", "360000", "person", "")),
    ("a few years", ("duration", "1", "year", "several")),
    ("for decades", ("duration", "10", "year", "several")),
]

NO_FIGURES = """
一部 一方 三菱 第三者 十分に 四日市 千葉 一致 統一 万が一 四国と九州 百度 十両 一人ひとり 人数 複数 二度と 五分五分
平成32年 昭和65年 大正0年 紀元前44年 GPT-4 H100 COVID-19 GB200 UTC+9 1.2.3 192.168.0.1 03-1234-5678 &#12345;
no_one once May_I? march_on a_second_chance the_first_lady the_only_one https://example.com/2025/11
9999999999999999999999999999999999999999 ____
"""

SAME_TERM = [
    ("380億ドル", "$38 billion", "38 billion dollars", "３８０億ドル", "三百八十億ドル", "$38bn", "USD 38 billion"),
    ("令和7年", "2025年", "in 2025", "二〇二五年", "2025年11月3日", "Nov. 3, 2025"),
    ("14,000人", "1万4千人", "1万4000人", "14,000 people", "14,000 workers", "fourteen thousand people"),
    ("12%", "12パーセント", "12 percent", "12 per cent", "１２％"),
    ("7年間", "seven years", "seven-year", "7-year", "七年間"),
    ("2500万世帯", "25 million households", "二千五百万世帯"),
    ("数十万個", "hundreds of thousands of chips", "several hundred thousand units"),
    ("11月3日", "November 3", "3 November 2025", "2025-11-03"),
    ("2025年度", "fiscal 2025", "FY2025"),
    ("第3四半期", "the third quarter", "Q3 2025", "2025年度第3四半期"),
    ("3分の2", "two-thirds", "two thirds of"),
    ("午後11時32分", "11:32 p.m.", "23:32"),
    ("30ギガワット", "30 GW", "30 gigawatts", "thirty gigawatts"),
    ("10〜15%", "10-15 percent", "between 10 and 15 percent"),
]


def summary(figure: Figure) -> tuple[str, object, str, str]:
    value = figure.value
    ends = value if isinstance(value, tuple) else (value,)
    words = tuple(format(end.normalize(), "f") if isinstance(end, Decimal) else end for end in ends)
    return figure.kind, words if isinstance(value, tuple) else words[0], figure.unit, figure.qualifier


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_a_figure_has_its_kind_value_unit_and_qualifier(text: str, expected: tuple[object, ...]) -> None:
    assert [summary(figure) for figure in find_figures(text)] == [expected]


@pytest.mark.parametrize("text", NO_FIGURES.split())
def test_words_names_and_impossible_years_are_no_figures(text: str) -> None:
    assert find_figures(text.replace("_", " ")) == []


@pytest.mark.parametrize("notations", SAME_TERM)
def test_every_notation_of_a_value_shares_a_term(notations: tuple[str, ...]) -> None:
    shared = set.intersection(*(set(figure_terms(text)) for text in notations))
    assert shared, [figure_terms(text) for text in notations]


def test_terms_are_spelt_as_documented() -> None:
    assert figure_terms("380億ドル") == ["fig:usd:38000000000", "num:38000000000"]
    assert figure_terms("2025年11月3日") == [
        "date:2025-11-03", "date:2025-11", "date:11-03", "date:2025", "date:--11",
    ]  # fmt: skip
    assert figure_keys(find_figures("10〜15%")[0]) == ("fig:%:10", "num:10", "fig:%:15", "num:15")
    assert figure_terms("2025年度第1四半期") == ["date:FY2025-Q1", "date:Q1", "date:2025"]


def test_an_impossible_month_leaves_the_year() -> None:
    assert [summary(figure)[1] for figure in find_figures("2025年13月")][0] == "2025"
    assert all(summary(figure)[1] != "02-30" for figure in find_figures("2月30日"))


@pytest.mark.parametrize(
    ("written", "year"),
    [
        *[("明治元年", 1868), ("明治45年", 1912), ("大正元年", 1912), ("大正15年", 1926), ("昭和元年", 1926)],
        *[("昭和64年", 1989), ("平成元年", 1989), ("平成31年", 2019), ("令和元年", 2019), ("令和七年", 2025)],
        *[("明治46年", None), ("大正16年", None), ("昭和65年", None), ("平成32年", None), ("令和0年", None)],
    ],
)
def test_era_years_end_where_the_era_ended(written: str, year: int | None) -> None:
    assert western_year(written) == year


def test_offsets_are_those_of_the_original_text() -> None:
    text = "売上は約３，８００億円、AWS社は$5 billion。"
    assert [(f.text, text[f.start : f.end]) for f in find_figures(text)] == [
        ("約３，８００億円", "約３，８００億円"), ("$5 billion", "$5 billion"),
    ]  # fmt: skip


PIECES = """
0 1 9 2025 10.5 1,234 億 万 兆 京 千 百 十 三 〇 数 何 約 最大 以上 超 を超える ドル 円 $ € % 人 社 個の ２ ％ ＄
年 月 日 年間 度 期 時 分 の 第 四半期 令和 平成 元 上旬 末 〜 - , . : / ( ) から マイナス billion million k bn _
hundreds of thousands a half and to between from about the end early November may Q3 fiscal p.m. people years -year
seven twenty first
"""
JOINED_PIECES = st.lists(st.sampled_from(PIECES.replace("_", " ").split(" ")), max_size=14).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), JOINED_PIECES))
def test_any_text_gives_ordered_figures_that_are_slices_of_it(text: str) -> None:
    figures = find_figures(text)
    assert len(fold(text)) == len(text)
    assert all(text[f.start : f.end] == f.text and f.text for f in figures)
    assert all(a.end <= b.start for a, b in zip(figures, figures[1:], strict=False))
    assert all(figure_keys(f) for f in figures)


HOSTILE = """
9 1, 1,234 万 一 1万 数 $ 2025- 1: of_thousand_ a_hundred_ 令和 第1 〜1 1〜 between_1_and_ twenty_ https:// 1. 年 1月
the_early_ マイナス & 百 -1 十1 1_万_ 1_
"""


@pytest.mark.parametrize("piece", HOSTILE.split())
def test_time_grows_with_the_text_and_not_faster(piece: str) -> None:
    unit = piece.replace("_", " ")
    short, long = times_of_four_times_as_much(lambda of: find_figures((unit * of)[:of]), 8_000)
    # Below a few milliseconds the clock says more about the machine than about the text.
    assert long < 8 * max(short, 0.006)


def test_a_megabyte_of_digits_is_read_in_seconds() -> None:
    begin = time.perf_counter()
    assert find_figures("9" * 1_000_000) == []
    assert time.perf_counter() - begin < 5
