"""Relative times mean a date of the article they stand in, and stay alone where more than one could be meant."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.figures import find_figures
from rag.relative_dates import resolved, time_words

# 2025-11-05 is a Wednesday. (text, the article's date, what is written behind; "" where the text stays)
CASES = [
    ("昨日、発表した。", "2025-11-05", "2025年11月4日"),
    ("今日から始まる。", "2025-11-05", "2025年11月5日"),
    ("明日から始まる。", "2025-12-31", "2026年1月1日"),
    ("先週、発表した。", "2025-11-05", "2025年10月27日〜11月2日"),
    ("来週始まる。", "2025-12-24", "2025年12月29日〜2026年1月4日"),
    ("先週の金曜日に", "2025-11-05", "2025年10月31日"),
    ("先月の発表", "2026-01-10", "2025年12月"),
    ("来月10日に", "2025-12-05", "2026年1月10日"),
    ("昨年の売上高", "2025-11-05", "2024年"),
    ("昨年12月から", "2026-02-06", "2025年12月"),
    ("払い戻しは2月28日までに", "2026-02-06", "2026年2月28日"),
    ("sold until 20 January", "2026-02-06", "January 20, 2026"),
    ("去年", "2025", "2024年"),
    ("今年4月の速報", "2025-11-05", "2025年4月"),
    ("来年度の予算", "2025-11-05", "2026年度"),
    ("今年度の予算", "2026-02-06", "2025年度"),
    ("今年上半期の利益", "2025-11-05", "2025年上半期"),
    ("一昨年の記録", "2025-11-05", "2023年"),
    ("再来年に", "2025-11", "2027年"),
    ("3日前に", "2025-11-02", "2025年10月30日"),
    ("3年前に", "2025-11-02", "2022年"),
    ("2か月前に", "2025-01-15", "2024年11月"),
    ("「来年、工場を開く」と述べた。", "2025-11-05", "2026年"),
    ("It closed yesterday.", "2025-03-01", "February 28, 2025"),
    ("The bank said today that", "2025-11-05", "November 5, 2025"),
    ("It opens tomorrow.", "2024-02-28", "February 29, 2024"),
    ("It closed last week.", "2025-11-05", "October 27 to November 2, 2025"),
    ("It opens next month.", "2025-12-05", "January 2026"),
    ("Last year it lost money.", "2025-11", "2024"),
    ("two weeks ago", "2025-11-05", "October 20 to October 26, 2025"),
    ("10 years ago", "2025-04-18", "2015"),
    ("last Friday", "2025-11-05", "October 31, 2025"),
    ("next Tuesday", "2025-11-05", "November 11, 2025"),
    ("coming to Uminari next April", "2025-07-17", "April 2026"),
    ("a typhoon last September tore", "2025-04-18", "September 2024"),
    ("Profit in yen will fall this fiscal year.", "2026-02-06", "fiscal 2025"),
    # a day without its year
    ("It was cleared on 28 August with two conditions.", "2025-10-02", "August 28, 2025"),
    ("The deal closed on Tuesday, 30 September, as planned.", "2025-10-02", "September 30, 2025"),
    ("9月30日に完了した。", "2025-10-02", "2025年9月30日"),
    ("1月5日まで休む。", "2025-12-20", "2026年1月5日"),
    ("12月28日に閉まった。", "2026-01-10", "2025年12月28日"),
    ("マラソンは26日に行われた。", "2025-10-27", "2025年10月26日"),
    ("30日に発表した。", "2025-11-02", "2025年10月30日"),
    ("2月3日には", "2025-02", ""),
    ("26日に発表した。", "2025-10", ""),
    ("31日に発表する。", "2025-10-27", ""),  # of which month?
    ("3月20日に公表", "2025-10-27", ""),  # of last year, of next year?
    ("払い戻しは8月31日までに", "2026-02-06", ""),  # it may be ahead
    ("Refunds are made until 31 August.", "2026-02-06", ""),
    ("1995年1月17日の後、2月3日に", "2025-02-10", ""),
    ("2026年4月1日を、同年9月1日に延期する。", "2026-08-20", ""),
    ("2月29日", "2025-02-10", ""),
    ("毎月26日に", "2025-10-27", ""),
    ("5 days", "2025-10-27", ""),
    # only as far as the date carries
    ("昨日、発表した。", "2025-11", ""),
    ("先月", "2025", ""),
    ("昨年", "", ""),
    ("今年度", "2025", ""),
    ("last week", "2025-11", ""),
    # more than one reading, or none
    ("next Friday", "2025-11-05", ""),
    ("last Monday", "2025-11-05", ""),
    ("next December", "2025-11-05", ""),
    ("Profit will fall this fiscal year.", "2026-02-06", ""),
    ("over the last year of the war", "2025-11-05", ""),
    ("約3年前から", "2025-11-05", ""),
    ("翌年、前年同期", "2025-11-05", ""),
    ("今日では当たり前だ", "2025-11-05", ""),
    ("一昨年度末までの数年前", "2025", ""),
    ("昨年(2024年)の売上高", "2025-11-05", ""),
    ("on Monday", "2025-11-05", ""),
    ("more certainty than anybody has today", "2025-11-05", ""),
    ("昨年2月30日", "2025-11-05", ""),
    ("yesterday", "2025-13-40", ""),
]


@pytest.mark.parametrize(("text", "article_date", "written"), CASES)
def test_a_relative_time_is_resolved_against_the_articles_date(text: str, article_date: str, written: str) -> None:
    assert [word.written for word in time_words(text, article_date)] == ([written] if written else [])


def test_the_meaning_is_written_behind_the_words_and_every_other_character_stays() -> None:
    assert resolved("昨年12月から先月まで試験した。", "2026-02-06") == (
        "昨年12月(2025年12月)から先月(2026年1月)まで試験した。"
    )
    assert resolved("It rose last week, not this year.", "2025-11-05") == (
        "It rose last week (October 27 to November 2, 2025), not this year (2025)."
    )


@settings(max_examples=200, deadline=None)
@given(
    st.dates(min_value=date(1950, 1, 1), max_value=date(2090, 12, 31)),
    st.lists(st.sampled_from([text for text, _, _ in CASES]), max_size=4),
)
def test_resolving_twice_is_once_and_what_is_written_is_read_as_that_date(day: date, texts: list[str]) -> None:
    text = " | ".join(texts)  # "next April" and "3日前" must not become a date
    once = resolved(text, day.isoformat())
    assert resolved(once, day.isoformat()) == once
    for word in time_words(text, day.isoformat()):
        ends = word.value if isinstance(word.value, tuple) else (word.value,)
        read = {
            end
            for f in find_figures(f"in {word.written}")
            for end in (f.value if isinstance(f.value, tuple) else (f.value,))
        }
        assert {end[-5:] for end in ends} <= {str(end)[-5:] for end in read}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.text(max_size=12))
def test_no_text_and_no_date_raises(text: str, article_date: str) -> None:
    assert resolved(text, article_date).startswith(text[:1])
