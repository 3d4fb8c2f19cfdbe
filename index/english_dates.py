"""Reads dates and periods in English and in digits: "Nov. 3, 2025", "Q3 2025", "the 1990s", 2025-11-03, "11 p.m.".

Knows month names, ISO dates, R7.3.1 and four digits that are a year. Does not know durations (`index/quantities.py`).
"""

import re

from index.numerals import ORDINAL_WORDS
from index.partial_dates import ERAS, DateSpan, ends, iso, span

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH_NUMBER = {m.lower(): i for i, m in enumerate(MONTHS, 1)} | {m[:3].lower(): i for i, m in enumerate(MONTHS, 1)}
_MONTH_NUMBER["sept"] = 9
_ERA_LETTERS = {"m": "明治", "t": "大正", "s": "昭和", "h": "平成", "r": "令和"}

_MONTH = "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True))
# The full stop belongs to an abbreviation only: "in June." ends a sentence.
_STOP = r"\b(?:(?<![a-z]{5})(?<!june|july)(?<!may)\.)?"
_MON = rf"(?P<mon>{_MONTH}){_STOP}"
_D = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:-(?P<last>\d{1,2})(?:st|nd|rd|th)?)?(?![\d:%]|[.,]\d)"
_Y = r"(?P<year>[12]\d{3})(?![\d%]|[.,-]\d|s\b)"
_PART = r"(?:(?P<part>(?:the )?(?:early|mid|late|beginning|start|middle|end)(?: part)?)[ -](?:of )?(?:the )?)?"
_DATES = (
    re.compile(rf"{_PART}{_MON} (?:the )?{_D}(?:,? {_Y}(?! (?:people|[a-z]+s\b)))?"),
    re.compile(rf"(?:the )?{_D} (?:of )?{_MON}(?:,? {_Y})?"),
    re.compile(rf"{_MON}(?:-| to | through )(?P<mon2>{_MONTH}){_STOP}(?: (?P<quarter>quarter))?(?:,? (?:of )?{_Y})?"),
    re.compile(rf"{_PART}{_MON}(?:,? (?:of )?{_Y})?(?! \d{{1,2}}\b)"),
)
_ISO = re.compile(r"(?P<year>\d{4})(?P<sep>[-/.])(?P<month>\d{1,2})(?P=sep)(?P<day>\d{1,2})(?![-/.]?\d)")
_ERA_SHORT = re.compile(r"(?P<era>[mtshr])(?P<ey>\d{1,2})\.(?P<month>\d{1,2})\.(?P<day>\d{1,2})(?![.\d])")
_FISCAL = re.compile(
    r"(?:(?:the )?fiscal(?: year)? ?|fy ?'?)(?P<year>[12]\d{3}|(?<=fy)\d\d|(?<=fy )\d\d|(?<=fy')\d\d)\b(?![.,-]\d)"
    r"(?: ?q(?P<q>[1-4]))?|(?:the )?(?P<year2>[12]\d{3}) (?:fiscal|financial) year"
)
_FISCALS = re.compile(r"(?:the )?fiscal (?:years )?(?P<first>[12]\d{3})-(?P<last>[12]\d{3})(?![\d-])")
_YEAR_END = re.compile(rf"(?:the )?(?:fiscal|financial) year (?:ended|ending|to)(?: in)? {_MON}(?: \d{{1,2}},?)? {_Y}")
_OF_YEAR = r"(?: of|,)?(?P<fy> fiscal| fy)?(?: year)? ?(?P<year>[12]\d{3})\b(?![.,-]\d)"
_QUARTER = re.compile(
    r"(?:(?:the )?(?P<w>first|second|third|fourth|1st|2nd|3rd|4th)[ -]quarter\b|q(?P<q>[1-4])\b|(?P<q2>[1-4])q\b)"
    rf"(?:{_OF_YEAR})?|(?P<year2>[12]\d{{3}})[ -]q(?P<q3>[1-4])\b"
)
_HALF = re.compile(
    rf"(?:(?:the )?(?P<w>first|second|latter) half|h(?P<h>[12])\b)(?:{_OF_YEAR}| of the (?:fiscal )?year\b)"
)
_DECADE = re.compile(
    r"(?:(?:his|her|their|my|our) (?P<age>))?(?:the )?(?:(?P<part>early|mid|late)[ -])?"
    r"(?P<d>(?:1\d|20)\d0|'?[1-9]0)'?s\b"
)
_YEARS = re.compile(r"(?P<first>(?:1[1-9]|20)\d\d)-(?P<last>(?:(?:1[1-9]|20)\d\d|\d\d))(?![\d-]|[.,/]\d)")
_YEAR = re.compile(rf"{_PART}(?P<year>1\d{{3}}|20\d\d)(?![\d%]|[.,:/-]\d|-?[a-z])")
_CLOCK = re.compile(
    r"(?P<h>\d{1,2})(?:[:.](?P<m>\d\d))? ?(?P<half>[ap])(?:\.m\.|m\b)|(?P<h2>[01]?\d|2[0-3]):(?P<m2>[0-5]\d)(?![:\d])"
)
_BEFORE_MONTH = re.compile(
    r"\b(?:in|last|since|until|till|by|of|early|late|mid|this|next|from|to|and|before|after|during|every|previous"
    r"|through|for)[ -]$"
)
_BEFORE_YEAR = re.compile(r"\b(?:in|since|until|by|from|year|of|around|circa|after|before) $")


def _date(folded: str, original: str, pos: int) -> DateSpan | None:
    for pattern in _DATES:
        match = pattern.match(folded, pos)
        if match is None:
            continue
        groups = match.groupdict()
        year = int(groups["year"]) if groups["year"] else None
        month, day = _MONTH_NUMBER[match["mon"]], int(groups["day"]) if groups.get("day") else None
        if groups.get("mon2"):
            months = ends(iso(year, month), iso(year, _MONTH_NUMBER[match["mon2"]]))
            return span(match, months, "quarter" if match["quarter"] else "")
        if year is None and not _is_month(original, match, day):
            continue
        if groups.get("last"):
            return span(match, ends(iso(year, month, day), iso(year, month, int(match["last"]))))
        if value := iso(year, month, day):
            return span(match, value)
    return None


def _is_month(original: str, match: re.Match[str], day: int | None) -> bool:
    """ "may", "march" and "mar" are words: alone, a month needs its capital, and those a preposition before."""
    start, name = match.start("mon"), match["mon"]
    capital = original[start : start + 1].isupper()
    if day is not None:
        return capital or name not in ("may", "mar")
    if name in ("may", "march"):
        return capital and bool(_BEFORE_MONTH.search(original[max(0, start - 12) : start].lower()))
    return capital and (len(name) > 4 or name in ("june", "july"))


def _period(folded: str, _original: str, pos: int) -> DateSpan | None:
    if match := _FISCALS.match(folded, pos):
        return span(match, ends(f"FY{match['first']}", f"FY{match['last']}"), "fiscal-year")
    if match := _FISCAL.match(folded, pos):
        year = match["year"] or match["year2"]
        year = "FY" + (year if len(year) == 4 else "20" + year)
        return span(match, f"{year}-Q{match['q']}", "quarter") if match["q"] else span(match, year, "fiscal-year")
    if match := _YEAR_END.match(folded, pos):
        return span(match, iso(int(match["year"]), _MONTH_NUMBER[match["mon"]]), "fiscal-year-end")
    if match := _QUARTER.match(folded, pos):
        quarter = match["q"] or match["q2"] or match["q3"] or str(ORDINAL_WORDS.get(match["w"]) or match["w"][0])
        return span(match, _of_year(match["year"] or match["year2"], match["fy"], f"Q{quarter}"), "quarter")
    if match := _HALF.match(folded, pos):
        half = match["h"] or ("1" if match["w"] == "first" else "2")
        return span(match, _of_year(match["year"], match["fy"], f"H{half}"), "half")
    if match := _DECADE.match(folded, pos):
        decade = match["d"].removeprefix("'")
        return span(match, decade + "s", "decade" if match["age"] is None else "age-decade")
    return None


def _of_year(year: str | None, fiscal: str | None, part: str) -> str:
    return ("FY" if fiscal else "") + (f"{year}-" if year else "") + part if year else part


def _numeric(folded: str, original: str, pos: int) -> DateSpan | None:
    if match := _ISO.match(folded, pos):
        return span(match, iso(int(match["year"]), int(match["month"]), int(match["day"])))
    if (match := _ERA_SHORT.match(folded, pos)) and original[pos].isupper():
        offset, last = ERAS[_ERA_LETTERS[match["era"]]]
        if 1 <= int(match["ey"]) <= last:
            return span(match, iso(offset + int(match["ey"]), int(match["month"]), int(match["day"])))
    return None


def _plain_year(folded: str, _original: str, pos: int) -> DateSpan | None:
    match = _YEAR.match(folded, pos)
    if match is None:
        return None
    # Four digits outside 1900-2099 are a year only where the sentence says so.
    is_year = match["part"] or 1900 <= int(match["year"]) < 2100
    return span(match, match["year"]) if is_year or _BEFORE_YEAR.search(folded[max(0, pos - 12) : pos]) else None


def _year_range(folded: str, _original: str, pos: int) -> DateSpan | None:
    match = _YEARS.match(folded, pos)
    if match is None:
        return None
    last = match["last"] if len(match["last"]) == 4 else match["first"][:2] + match["last"]
    return span(match, ends(match["first"], last))


def _clock(folded: str, _original: str, pos: int) -> DateSpan | None:
    match = _CLOCK.match(folded, pos)
    if match is None:
        return None
    hour, minute = int(match["h"] or match["h2"]), int(match["m"] or match["m2"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    return span(match, f"{hour:02}:{minute:02}", "time") if hour < 24 and minute < 60 else None


READERS = (_date, _period, _numeric, _plain_year, _year_range, _clock)
