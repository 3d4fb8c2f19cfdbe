"""Partial dates: what a date says of year, month and day, as text, and the eras that Japanese years are counted in.

Values are partial ISO 8601: "2025", "2025-11", "2025-11-03"; without a year "--11", "11-03"; a day alone "---03".
Periods: "FY2025", "2025-Q3", "FY2025-Q3", "Q3", "2025-H1", "1990s"; times "23:32". Two ends make a tuple.
Does not know how dates are written in a text: that is `index/japanese_dates.py` and `index/english_dates.py`.
"""

import re
from dataclasses import dataclass

from index.numerals import read_numeral

# Year 1 of an era is its first calendar year, so western = offset + era year. The last year of an era is shared with
# the first of the next (1989 is both 昭和64 and 平成1): National Diet Library, "和暦・西暦対照表".
ERAS = {"明治": (1867, 45), "大正": (1911, 15), "昭和": (1925, 64), "平成": (1988, 31), "令和": (2018, 99)}
_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
PARTS = {"初め": "early", "はじめ": "early", "初頭": "early", "初旬": "early", "上旬": "early", "中旬": "mid"}
PARTS |= {"半ば": "mid", "下旬": "late", "遅く": "late", "末": "end of", "終わり": "end of", "暮れ": "end of"}
PARTS |= {"early": "early", "mid": "mid", "late": "late", "beginning": "early", "start": "early"}
PARTS |= {"middle": "mid", "end": "end of"}
_ARTICLES = re.compile(r"^(?:の|the )| part$")


@dataclass(frozen=True, kw_only=True)
class DateSpan:
    """A date ending at `end`. `unit`: "" for a date, else "fiscal-year", "quarter", "half", "decade" or "time"."""

    end: int
    value: str | tuple[str, str]
    unit: str = ""
    qualifier: str = ""


def western_year(text: str) -> int | None:
    """令和7年, 昭和元年, 2025年 or 二〇二五年 as a western year; None where the era had no such year."""
    name, number = text[:2], text.replace(" ", "").removesuffix("年")
    if name in ERAS:
        offset, last = ERAS[name]
        number = number[2:]
        year = 1 if number == "元" else to_int(number)
        return offset + year if 1 <= year <= last else None
    year = to_int(number)
    return year if 1000 <= year < 2200 else None


def to_int(text: str) -> int:
    """Digits or kanji numerals, 0 for anything else."""
    if text.isascii():
        return int(text)
    numeral = read_numeral(text, text, 0)
    return int(numeral.value) if numeral and numeral.end == len(text) else 0


def iso(year: int | None, month: int | None = None, day: int | None = None) -> str | None:
    """Partial ISO 8601, or None when the calendar has no such day."""
    if month is not None and not 1 <= month <= 12:
        return None
    if day is not None and not 1 <= day <= (_MONTH_DAYS[month - 1] if month else 31):
        return None
    if year and month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        return None
    if year is None:
        return f"{month:02}-{day:02}" if month and day else f"--{month:02}" if month else f"---{day:02}"
    return f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")


def ends(first: str | None, last: str | None) -> tuple[str, str] | None:
    """Both ends of a span of dates, when both are dates and in order."""
    return (first, last) if first and last and first < last else None


def span(
    match: re.Match[str], value: str | tuple[str, str] | None, unit: str = "", end: int | None = None
) -> DateSpan | None:
    """The value with the qualifier that the pattern's groups "part" and "about" hold; None stays None."""
    if value is None:
        return None
    groups = match.groupdict()
    part = PARTS[_ARTICLES.sub("", groups["part"])] if groups.get("part") else "around" if groups.get("about") else ""
    return DateSpan(end=end or match.end(), value=value, unit=unit, qualifier="" if end else part)
