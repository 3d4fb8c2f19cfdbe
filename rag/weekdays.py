"""Days of the week that an answer names and its evidence does not: 金曜日 where the article says 水曜日.

A day is also known from a date (2025-11-03 was a Monday), and from 平日, "weekend" and their like. Does not know dates
themselves (`rag/grounding.py`).
"""

import re
from datetime import date

from index.figures import find_figures

DAYS_JA = "月火水木金土日"
DAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED = re.compile(rf"(?P<ja>[{DAYS_JA}])曜日?|\b(?P<en>{'|'.join(DAYS_EN)})s?\b", re.IGNORECASE)
# How evidence may name days besides: (月), 月・水・金, 月〜金, 土日, Mon-Fri.
_SHORT = re.compile(
    rf"[(\uff08・、〜~～-](?P<after>[{DAYS_JA}])(?![\u4e00-\u9fff])"
    rf"|(?<![\u4e00-\u9fff\d])(?P<before>[{DAYS_JA}])(?=[・〜~～-])"
    rf"|(?P<pair>土日)|\b(?P<en>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b"
)
_SPAN = re.compile(
    rf"(?P<first>[{DAYS_JA}])(?:曜日?)?(?:[〜~～-]|から)(?P<last>[{DAYS_JA}])|(?P<week>平日|\bweekdays?\b)|(?P<end>週末|\bweekends?\b)"
)


def ungrounded_weekdays(answer: str, evidence: str) -> list[str]:
    """The days of the week in `answer`, as written, that `evidence` neither names nor dates; each once, in order."""
    known = named_days(evidence) | _dated(evidence) | _dated(answer)
    found = [match[0] for match in _NAMED.finditer(answer) if _number(match) not in known]
    return list(dict.fromkeys(found))


def named_days(text: str) -> set[int]:
    """The days of the week that a text names, alone, in a list or as a span; Monday is 0."""
    days = {_number(match) for match in _NAMED.finditer(text)}
    for match in _SHORT.finditer(text):
        if match["en"]:
            days.add(next(n for n, name in enumerate(DAYS_EN) if name.startswith(match["en"].lower())))
        else:
            days |= {DAYS_JA.index(character) for character in match["after"] or match["before"] or match["pair"]}
    for match in _SPAN.finditer(text):
        if match["first"]:
            first, last = DAYS_JA.index(match["first"]), DAYS_JA.index(match["last"])
            days |= set(range(first, last + 1))
        else:
            days |= set(range(5)) if match["week"] else {5, 6}
    return days


def _number(match: re.Match[str]) -> int:
    return DAYS_JA.index(match["ja"]) if match["ja"] else DAYS_EN.index(match["en"].lower())


def _dated(text: str) -> set[int]:
    """The days of the week of the text's full dates."""
    days: set[int] = set()
    for figure in find_figures(text):
        if figure.kind == "date" and isinstance(figure.value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", figure.value):
            try:
                days.add(date.fromisoformat(figure.value).weekday())
            except ValueError:  # 2025-02-30
                continue
    return days
