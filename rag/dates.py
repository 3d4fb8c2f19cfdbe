"""Writes dates and calendar periods in either language, from the values of `index/dates.py`.

Knows their forms ("November 3, 2025", 2025年11月3日). Does not know where they stood or what stood around them.
"""

import re

from index.english_dates import MONTHS
from index.figures import Figure

_QUARTER_WORDS = {"1": "first", "2": "second", "3": "third", "4": "fourth"}
_PARTS_EN = {"early": "early ", "mid": "mid-", "late": "late ", "end of": "the end of ", "around": "around "}
_PARTS_MONTH = {"early": "上旬", "mid": "中旬", "late": "下旬", "end of": "末", "around": "頃"}
_PARTS_YEAR = {"early": "初め", "mid": "半ば", "late": "遅く", "end of": "末", "around": "頃"}


def english_date(figure: Figure) -> str | None:
    """ "2025-11-03" -> "November 3, 2025", "---03" -> "the 3rd", "FY2025-Q3" -> "the third quarter of fiscal 2025"."""
    if isinstance(figure.value, tuple):
        words = _range_english(str(figure.value[0]), str(figure.value[1]), figure.unit)
    else:
        words = _english(str(figure.value), figure)
    return words and _PARTS_EN.get(figure.qualifier, "") + words


def _english(value: str, figure: Figure) -> str:
    if figure.unit == "time":
        return _clock_english(value, "午" in figure.text)
    if figure.unit == "fiscal-year-end":
        return "fiscal year ending " + _english_day(value)
    if figure.unit in ("decade", "age-decade"):
        return value if figure.unit == "decade" else "their " + value
    if figure.kind == "period":
        year, _, part = value.rpartition("-") if value[-2] in "QH" else (value, "", "")
        named = f"fiscal {year[2:]}" if year.startswith("FY") else year
        if not part:
            return named
        noun = "quarter" if part[0] == "Q" else "half"
        if not year and noun == "half":
            named = "the year"
        return f"the {_QUARTER_WORDS[part[1]]} {noun}" + (f" of {named}" if named else "")
    return _english_day(value)


def _english_day(value: str) -> str:
    year, month, day = split_date(value)
    if not month:
        return f"the {day}{_ending(day)}" if day else str(year)
    words = MONTHS[month - 1] + (f" {day}" if day else "")
    return words + ((f", {year}" if day else f" {year}") if year else "")


def _ending(number: int) -> str:
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def split_date(value: str) -> tuple[int, int, int]:
    """Year, month and day of a partial ISO date, 0 for what it does not say."""
    if match := re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", value):
        return int(match[1]), int(match[2] or 0), int(match[3] or 0)
    match = re.fullmatch(r"(?:--)?(-|\d\d)(?:-?(\d\d))?", value)
    if match is None:
        raise ValueError(f"{value!r} is no partial ISO date")
    return 0, 0 if match[1] == "-" else int(match[1]), int(match[2] or 0)


def _range_english(first: str, last: str, unit: str) -> str:
    if unit == "fiscal-year":
        return f"fiscal {first[2:]}-{last[2:]}"
    year, month, day = split_date(first)
    _, last_month, last_day = split_date(last)
    if day:
        words = (
            f"{MONTHS[month - 1]} {day}-{last_day}"
            if month
            else f"the {day}{_ending(day)}-{last_day}{_ending(last_day)}"
        )
        return words + (f", {year}" if year else "")
    if month:
        months = f"{MONTHS[month - 1]}-{MONTHS[last_month - 1]}"
        if unit == "quarter":
            return f"{months} quarter" + (f" of {year}" if year else "")
        return months + (f" {year}" if year else "")
    return f"{first}-{last}"


def _clock_english(value: str, halves: bool) -> str:
    hour, minute = map(int, value.split(":"))
    if not halves:
        return f"{hour}:{minute:02}"
    return f"{hour % 12 or 12}" + (f":{minute:02}" if minute else "") + (" p.m." if hour >= 12 else " a.m.")


def japanese_date(figure: Figure) -> str | None:
    """ "2025-11-03" -> 2025年11月3日, "FY2025-Q3" -> 2025年度第3四半期, "23:32" -> 午後11時32分."""
    if isinstance(figure.value, tuple):
        words = _range_japanese(str(figure.value[0]), str(figure.value[1]), figure.unit)
    else:
        words = _japanese(str(figure.value), figure)
    parts = _PARTS_MONTH if "月" in words else _PARTS_YEAR
    return words + parts.get(figure.qualifier, "")


def _japanese(value: str, figure: Figure) -> str:
    if figure.unit == "time":
        hour, minute = map(int, value.split(":"))
        half = "午後" if hour >= 12 else "午前"
        return f"{half}{hour % 12}時" + (f"{minute}分" if minute else "")
    if figure.unit == "fiscal-year-end":
        return _japanese_day(value) + "期"
    if figure.unit in ("decade", "age-decade"):
        return value.removesuffix("s") + ("年代" if figure.unit == "decade" else "代")
    if figure.kind == "period":
        year, _, part = value.rpartition("-") if value[-2] in "QH" else (value, "", "")
        named = f"{year[2:]}年度" if year.startswith("FY") else f"{year}年" if year else ""
        halves = {"H1": "上半期", "H2": "下半期"}
        return named + (halves.get(part) or (f"第{part[1]}四半期" if part else ""))
    return _japanese_day(value)


def _japanese_day(value: str) -> str:
    return "".join(f"{number}{name}" for number, name in zip(split_date(value), "年月日", strict=True) if number)


def _range_japanese(first: str, last: str, unit: str) -> str:
    if unit == "fiscal-year":
        return f"{first[2:]}〜{last[2:]}年度"
    year, month, day = split_date(first)
    _, last_month, last_day = split_date(last)
    head = f"{year}年" if year and month else ""
    if day:
        return head + (f"{month}月" if month else "") + f"{day}〜{last_day}日"
    if month:
        return head + f"{month}〜{last_month}月" + ("期" if unit == "quarter" else "")
    return f"{first}〜{last}年"
