"""What 昨日, 来年度 or "last week" mean in an article of a known date, written behind them: 昨年12月(2025年12月).

Resolves only as far as the article's date carries and only where there is one reading; else the text stays. A day
without its year ("28 August") is the nearest one, unless another year was named just before it; 26日 is one of the days
before the article. Words that name no day by themselves (翌日, 前年, "on Monday") stay. Knows nothing of when a
question is asked: its words are not for this.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from index.english_dates import MONTHS
from index.figures import Figure, find_figures
from index.partial_dates import iso
from rag.dates import english_date, japanese_date
from rag.weekdays import DAYS_EN, DAYS_JA

_DAYS_JA = {"一昨日": -2, "おととい": -2, "昨日": -1, "きのう": -1, "本日": 0, "今日": 0, "明日": 1, "あす": 1}
_DAYS_JA |= {"明後日": 2, "あさって": 2}
_STEPS_JA = {"先々": -2, "先": -1, "今": 0, "来": 1, "再来": 2}
_YEARS_JA = {"一昨": -2, "昨": -1, "去": -1, "今": 0, "本": 0, "来": 1, "再来": 2}
_STEPS_EN = {"last": -1, "this": 0, "next": 1}
_DAYS_EN = {"the day before yesterday": -2, "yesterday": -1, "today": 0, "tomorrow": 1, "the day after tomorrow": 2}
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MONTH_OF = {month.lower(): number for number, month in enumerate(MONTHS, 1)}
_BEFORE, _AFTER = 180, 60  # days from an article to those that it may name without their year
_LATELY = 7  # days
# A day that ends something is as often ahead: far from the article either year could be meant.
_LIMIT_AFTER = re.compile(r"[(\uff08]?[月火水木金土日]?[)\uff09]?(?:まで|以降|締)")
_LIMIT_BEFORE = re.compile(r"\b(?:until|till|by|through|before|from|deadline (?:is|of)) $", re.IGNORECASE)
_NEAR = 120  # characters before a day in which another year's number may be its own
# Its year or month is told otherwise, or it explains something itself.
_TOLD = re.compile(r"[同翌前昨来今本]年の?$|[先今来\d]月の?$|毎[年月]$|\b(?:every|each) $|[((][^()()]{0,60}$")
_YEAR = re.compile(r"(?<![\d.,])(?:1[89]|20)\d\d(?![\d.,]\d|\d)")
_ON_THAT_DAY = re.compile(r"\b(?:said|earlier|later|[a-z]{2,20}ed|will \w{1,20}) $")
_IS_JAPANESE = re.compile(r"\b(?:Japan|Japanese|yen|Tokyo)\b|¥")

_JAPANESE = re.compile(
    r"(?P<day>一昨日|おととい|(?<![一-龯])昨日|きのう|(?<![一-龯])本日|(?<![一-龯])今日(?!では|的|において|の(?:社会|世界))"
    r"|(?<![一-龯])明日|明後日|あさって)"
    r"|(?<![一-龯])(?P<week>先々|先|今|再来|来)週(?!末)(?:の?(?P<weekday>[月火水木金土日])曜日?)?"
    r"|(?<![一-龯])(?P<month>先々|先|今|再来|来)月(?:(?P<dom>\d{1,2})日(?!間))?"
    r"|(?<![一-龯])(?P<year>一昨|昨|去|今|本|再来|来)年(?P<fiscal>度)?(?:の?(?P<half>[上下]半期)"
    r"|(?P<mon>\d{1,2})月(?!期)(?:(?P<mday>\d{1,2})日(?!間))?)?"
    r"|(?<![\d.,約数一-龯])(?P<count>\d{1,3})(?P<unit>日|週間|[かヶカケ]月|年)前"
)
_ENGLISH = re.compile(
    rf"\b(?:(?P<day>{'|'.join(sorted(_DAYS_EN, key=len, reverse=True))})"
    r"|(?P<fiscal>last|this|next) fiscal year"
    r"|(?<!the )(?<!past )(?P<step>last|this|next) (?:(?P<unit>week|month|year)|(?P<weekday>"
    rf"{'|'.join(DAYS_EN)})|(?P<mon>{'|'.join(_MONTH_OF)}))(?! of\b)"
    rf"|(?<!about )(?<!than )(?<!around )(?<!nearly )"
    rf"(?P<count>\d{{1,3}}|{'|'.join(_NUMBERS[1:])}) (?P<ago>day|week|month|year)s? ago)\b(?!-)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class TimeWord:
    """A relative time at `text[start:end]`: `value` in partial ISO as in `index/partial_dates.py`, or (first, last)."""

    start: int
    end: int
    value: str | tuple[str, str]
    written: str


def resolved(text: str, article_date: str) -> str:
    """The text with what its relative times mean written behind them, in the text's own way."""
    pieces, done = [], 0
    for word in time_words(text, article_date):
        opened, closed = ("(", ")") if re.search(r"[\u3040-\u9fff]", text[word.start : word.end]) else (" (", ")")
        pieces += [text[done : word.end], f"{opened}{word.written}{closed}"]
        done = word.end
    return "".join([*pieces, text[done:]])


def time_words(text: str, article_date: str) -> list[TimeWord]:
    """The relative times of the text that the article's date ("", a year, a month or a day, in ISO) resolves."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", article_date)
    if match is None or not iso(int(match[1]), int(match[2] or 1), int(match[3] or 1)) or not 2 < int(match[1]) < 9998:
        return []
    known = _Known(int(match[1]), int(match[2] or 0), int(match[3] or 0), bool(_IS_JAPANESE.search(text)))
    found = []
    readers = ((_JAPANESE, _japanese, _write_japanese), (_ENGLISH, _english, _write_english))
    for pattern, read, write in readers:
        for word in pattern.finditer(text):
            # What is explained already is not explained again.
            value = None if re.match(r"\s?[((]", text[word.end() :]) else read(word, known)
            if value:
                found.append(TimeWord(start=word.start(), end=word.end(), value=value, written=_written(value, write)))
    taken = [(one.start, one.end) for one in found]
    found += [one for one in _without_year(text, known) if not any(a < one.end and one.start < b for a, b in taken)]
    return sorted(found, key=lambda one: one.start)


def _without_year(text: str, known: "_Known") -> Iterator[TimeWord]:
    """Days that are named without their year: 9月30日, "30 September"; in Japanese 26日, too."""
    for figure in find_figures(text):
        if figure.kind != "date" or not isinstance(figure.value, str) or re.match(r"\s?[((]", text[figure.end :]):
            continue
        japanese, value = "日" in figure.text, None
        before = text[max(0, figure.start - _NEAR) : figure.start]
        if match := re.fullmatch(r"(\d\d)-(\d\d)", figure.value):
            limit = _LIMIT_AFTER.match(text, figure.end) or _LIMIT_BEFORE.search(before)
            value = known.nearest(int(match[1]), int(match[2]), _AFTER if limit else _BEFORE)
            if value and not all(year == value[:4] for year in _YEAR.findall(before)):
                continue
        elif (match := re.fullmatch(r"---(\d\d)", figure.value)) and japanese:
            value = known.lately(int(match[1]))
        if value and not _TOLD.search(before):
            write = _write_japanese if japanese else _write_english
            yield TimeWord(start=figure.start, end=figure.end, value=value, written=_written(value, write))


@dataclass(frozen=True)
class _Known:
    """The article's date, 0 where it says nothing, and whether its text is about Japan."""

    year: int
    month: int
    day: int
    japanese: bool

    def day_after(self, days: int) -> str | None:
        return (date(self.year, self.month, self.day) + timedelta(days)).isoformat() if self.day else None

    def week_after(self, weeks: int) -> tuple[str, str] | None:
        """Monday and Sunday."""
        if not self.day:
            return None
        monday = date(self.year, self.month, self.day)
        monday += timedelta(7 * weeks - monday.weekday())
        return monday.isoformat(), (monday + timedelta(6)).isoformat()

    def month_after(self, months: int, day: int | None = None) -> str | None:
        if not self.month:
            return None
        count = 12 * self.year + self.month - 1 + months
        return iso(count // 12, count % 12 + 1, day)

    def nearest(self, month: int, day: int, before: int) -> str | None:
        """The month's day of the `before` days before, or of the weeks after; None where either year could be meant."""
        if not self.day:
            return None
        own = date(self.year, self.month, self.day)
        for year in (self.year, self.year - 1, self.year + 1):
            value = iso(year, month, day)
            if value and -before <= (date.fromisoformat(value) - own).days <= _AFTER:
                return value
        return None

    def lately(self, day: int) -> str | None:
        """The day of that number among the last few before the article."""
        if not self.day:
            return None
        own = date(self.year, self.month, self.day)
        days = (own - timedelta(back) for back in range(_LATELY))
        return next((one.isoformat() for one in days if one.day == day), None)

    def fiscal_after(self, years: int) -> str | None:
        """Of Japan: it begins in April."""
        return f"FY{self.year + years - (self.month < 4)}" if self.month else None


def _japanese(word: re.Match[str], known: _Known) -> str | tuple[str, str] | None:
    if word["day"]:
        return known.day_after(_DAYS_JA[word["day"]])
    if word["week"]:
        week = known.week_after(_STEPS_JA[word["week"]])
        return _day_of(week, DAYS_JA.index(word["weekday"])) if word["weekday"] else week
    if word["month"]:
        return known.month_after(_STEPS_JA[word["month"]], int(word["dom"]) if word["dom"] else None)
    if word["count"]:
        return _ago(known, int(word["count"]), {"日": "day", "週間": "week", "年": "year"}.get(word["unit"], "month"))
    step, half = _YEARS_JA[word["year"]], {"上": "-H1", "下": "-H2"}.get((word["half"] or " ")[0], "")
    if word["fiscal"]:
        fiscal = known.fiscal_after(step)
        return fiscal + half if fiscal and not word["mon"] else None
    if word["mon"]:
        return iso(known.year + step, int(word["mon"]), int(word["mday"]) if word["mday"] else None)
    return f"{known.year + step}{half}"


def _english(word: re.Match[str], known: _Known) -> str | tuple[str, str] | None:
    if word["day"]:
        # "More than anybody has today" means these days.
        these_days = word["day"].lower() == "today" and not _ON_THAT_DAY.search(word.string[: word.start()])
        return None if these_days else known.day_after(_DAYS_EN[word["day"].lower()])
    if word["fiscal"]:
        return known.fiscal_after(_STEPS_EN[word["fiscal"].lower()]) if known.japanese else None
    if word["count"]:
        count = word["count"].lower()
        return _ago(known, int(count) if count.isdigit() else _NUMBERS.index(count), word["ago"].lower())
    step = _STEPS_EN[word["step"].lower()]
    if word["weekday"]:
        return _weekday(known, step, DAYS_EN.index(word["weekday"].lower()))
    if word["mon"]:
        month = _MONTH_OF[word["mon"].lower()]
        # "Next April" has one reading only once this year's April is past, "last September" before this year's.
        past = month < known.month if step == 1 else month > known.month
        return iso(known.year + step, month) if step and known.month and past else None
    unit = word["unit"].lower()
    if unit == "year":
        return str(known.year + step)
    return known.week_after(step) if unit == "week" else known.month_after(step)


def _weekday(known: _Known, step: int, weekday: int) -> str | None:
    """A day of this week, or of the next or last one where no day of this week could be meant."""
    week = known.week_after(step)
    if week is None:
        return None
    today = date(known.year, known.month, known.day).weekday()
    clear = step == 0 or (weekday <= today if step == 1 else weekday >= today)
    return _day_of(week, weekday) if clear else None


def _day_of(week: tuple[str, str] | None, weekday: int) -> str | None:
    return (date.fromisoformat(week[0]) + timedelta(weekday)).isoformat() if week else None


def _ago(known: _Known, count: int, unit: str) -> str | tuple[str, str] | None:
    if unit == "year":
        return str(known.year - count) if known.year - count > 0 else None
    if unit == "month":
        return known.month_after(-count)
    return known.day_after(-count) if unit == "day" else known.week_after(-count)


def _written(value: str | tuple[str, str], write: Callable[[str, str], str]) -> str:
    return write(*value) if isinstance(value, tuple) else write(value, "")


def _write_japanese(first: str, last: str) -> str:
    if not last:
        return japanese_date(_figure(first)) or first
    shared = 5 if first[:4] == last[:4] else 0
    return f"{japanese_date(_figure(first))}〜{japanese_date(_figure(last[shared:]))}"


def _write_english(first: str, last: str) -> str:
    if not last:
        return english_date(_figure(first)) or first
    return f"{english_date(_figure(first[5:] if first[:4] == last[:4] else first))} to {english_date(_figure(last))}"


def _figure(value: str) -> Figure:
    period = value.startswith("FY") or value[-2] == "H"
    return Figure(start=0, end=0, text="", kind="period" if period else "date", value=value)
