"""Reads dates and periods in Japanese notation: 令和7年3月, 11月3日, 2025年度第3四半期, 午後11時32分.

Knows western and era years, in digits and kanji. Does not know durations (`index/quantities.py`), nor what 昨年 is: it
never asks for today.
"""

import re

from index.partial_dates import ERAS, DateSpan, ends, iso, span, to_int, western_year

_K = "〇一二三四五六七八九十"
_ERA = rf"(?:明治|大正|昭和|平成|令和) ?(?:\d{{1,2}}|元|[{_K}]{{1,3}})年"
_WEST = rf"(?:\d{{4}}|[{_K[:10]}]{{4}}|二千[{_K}]{{0,4}}) ?年"
_YEAR = rf"(?P<year>{_ERA}|{_WEST})(?:\((?P<other>{_ERA}|{_WEST})\))?"
_PART = r"(?P<part>の?(?:初め|はじめ|初頭|初旬|上旬|中旬|下旬|半ば|末|終わり|暮れ|遅く))?(?P<about>頃|ごろ)?"
_N12 = rf"(?:\d{{1,2}}|[{_K}]{{1,3}})"
_YMD = re.compile(
    rf"{_YEAR}(?: ?(?P<month>{_N12}) ?月(?: ?(?P<day>{_N12})(?:[~-](?P<last>{_N12}))? ?日(?!間))?)?"
    rf"(?P<span>間|以上|以内|ぶり|連続|目|前|後)?{_PART}"
)
_MD = re.compile(rf"(?P<month>{_N12}) ?月 ?(?P<day>{_N12})(?:[~-](?P<last>{_N12}))? ?日(?!間|目){_PART}")
_MONTH = re.compile(rf"(?P<month>{_N12}) ?月(?![曜面光刊謝給額例食齢]){_PART}")
_DAY = re.compile(
    r"(?P<day>\d{1,2})(?:[~-](?P<last>\d{1,2}))? ?日"
    r"(?!間|目|後|前|以内|以上|以下|未満|ぶり|連続|余|あまり|も[^に]|かけ|かか|ごと|おき|分|程度|ほど|くらい|ぐらい|強|弱|足ら|本|経|数|当|あた|平均|中[^にの]|\d+回)(?P<about>頃|ごろ)?"
)
_MONTHS = re.compile(rf"(?:{_YEAR})?(?P<month>\d{{1,2}})月?[~-](?P<last>\d{{1,2}})月(?P<term>期)?")
_YEAR_END = re.compile(rf"(?P<year>{_ERA}|{_WEST})(?P<month>\d{{1,2}})月期")
_YEARS = re.compile(r"(?P<first>\d{4})年?[~-](?P<last>\d{4})(?P<fiscal>年度)?年?(?!間)")
_FISCAL = re.compile(rf"(?P<year>{_ERA}|{_WEST})度(?: ?の?(?:第(?P<q>[1-4一二三四])四半期|(?P<h>[上下]半?期)))?")
_TERM = re.compile(
    rf"(?:(?P<year>{_ERA}|{_WEST})の?)?(?P<h>上半期|下半期|上期|下期)|(?P<y2>{_ERA}|{_WEST})の?(?P<h2>[前後]半)"
)
_QUARTER = re.compile(rf"(?:(?P<year>{_ERA}|{_WEST})の?)?(?:第? ?(?P<q>[1-4一二三四]) ?四半期)")
_DECADE = re.compile(r"(?P<d>(?:1\d|20)?\d0)(?:年代|(?P<age>代)(?![表目理金替価]))")
_CLOCK = re.compile(
    r"(?P<half>午前|午後)?(?P<h>\d{1,2})(?:時(?!間|代|点)(?:(?P<m>\d{1,2})分)?|:(?P<m2>\d\d)(?![:\d]))(?P<about>頃|ごろ)?"
)
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4} | {str(i): i for i in range(1, 5)}


def _year_month_day(folded: str, pos: int) -> DateSpan | None:
    match = _YMD.match(folded, pos)
    if match is None or (year := western_year(match["year"])) is None:
        return None
    if match["span"]:
        # 2000年間 and 1500年前 are durations, 2020年以上 is not.
        if match["span"] == "間" or not 1800 <= year <= 2100 or match["year"][:2] in ERAS:
            return None
        return span(match, iso(year, *_month_and_day(match)), end=match.start("span"))
    if match["other"] and western_year(match["other"]) != year:
        return span(match, iso(year), end=match.end("year"))
    month, day = _month_and_day(match)
    value = iso(year, month, day)
    if match["last"]:
        return span(match, ends(value, iso(year, month, to_int(match["last"]))))
    # "2025年13月" still names a year.
    return span(match, value) if value else span(match, iso(year), end=match.end("year"))


def _month_and_day(match: re.Match[str]) -> tuple[int | None, int | None]:
    return (to_int(match["month"]) if match["month"] else None, to_int(match["day"]) if match["day"] else None)


def _month_day(folded: str, pos: int) -> DateSpan | None:
    for pattern in (_MD, _DAY, _MONTH):
        if match := pattern.match(folded, pos):
            groups = match.groupdict()
            month = to_int(groups["month"]) if groups.get("month") else None
            day = to_int(groups["day"]) if groups.get("day") else None
            value = iso(None, month, day)
            if groups.get("last"):
                return span(match, ends(value, iso(None, month, to_int(groups["last"]))))
            if value:
                return span(match, value)
    return None


def _month_range(folded: str, pos: int) -> DateSpan | None:
    match = _MONTHS.match(folded, pos)
    if match is None:
        return None
    year = western_year(match["year"]) if match["year"] else None
    value = ends(iso(year, int(match["month"])), iso(year, int(match["last"])))
    return span(match, value, "quarter" if match["term"] else "")


def _year_range(folded: str, pos: int) -> DateSpan | None:
    match = _YEARS.match(folded, pos)
    if match is None or "年" not in match[0]:
        return None
    if not western_year(match["last"]):
        return None
    prefix = "FY" if match["fiscal"] else ""
    return span(match, ends(prefix + match["first"], prefix + match["last"]), "fiscal-year" if prefix else "")


def _period(folded: str, pos: int) -> DateSpan | None:
    """Fiscal years, quarters and halves in Japanese."""
    if match := _FISCAL.match(folded, pos):
        year = western_year(match["year"])
        if year is None:
            return None
        if match["q"]:
            return span(match, f"FY{year}-Q{_QUARTERS[match['q']]}", "quarter")
        if match["h"]:
            return span(match, f"FY{year}-H{1 if match['h'][0] == '上' else 2}", "half")
        return span(match, f"FY{year}", "fiscal-year")
    if match := _YEAR_END.match(folded, pos):
        return span(match, iso(western_year(match["year"]), int(match["month"])), "fiscal-year-end")
    if match := _QUARTER.match(folded, pos):
        return span(match, _of_year(match["year"], f"Q{_QUARTERS[match['q']]}"), "quarter")
    if match := _TERM.match(folded, pos):
        half = "H1" if (match["h"] or match["h2"])[0] in "上前" else "H2"
        return span(match, _of_year(match["year"] or match["y2"], half), "half")
    if match := _DECADE.match(folded, pos):
        return span(match, match["d"] + "s", "age-decade" if match["age"] else "decade")
    return None


def _of_year(year: str | None, part: str) -> str:
    western = western_year(year) if year else None
    return f"{western}-{part}" if western else part


def _clock(folded: str, pos: int) -> DateSpan | None:
    match = _CLOCK.match(folded, pos)
    if match is None:
        return None
    hour, minute = int(match["h"]), int(match["m"] or match["m2"] or 0)
    if match["half"] == "午後" and hour < 12:
        hour += 12
    return span(match, f"{hour % 24:02}:{minute:02}", "time") if hour <= 24 and minute < 60 else None


READERS = (_year_month_day, _month_day, _month_range, _year_range, _period, _clock)
