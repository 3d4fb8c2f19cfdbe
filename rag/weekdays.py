"""Days of the week that an answer names and its evidence does not: 金曜日 where the article says 水曜日.

A day is also known from a date (2025-11-03 was a Monday), and from 平日, "weekend" and their like. Does not know dates
themselves (`rag/grounding.py`).
"""

import re
from datetime import date

from index.figures import find_figures

_JA = "月火水木金土日"
_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED = re.compile(rf"(?P<ja>[{_JA}])曜日?|\b(?P<en>{'|'.join(_EN)})s?\b", re.IGNORECASE)
# How evidence may name days besides: (月), 月・水・金, 月〜金, 土日, Mon-Fri.
_SHORT = re.compile(
    rf"[(\uff08・、〜~～-](?P<after>[{_JA}])(?![\u4e00-\u9fff])"
    rf"|(?<![\u4e00-\u9fff\d])(?P<before>[{_JA}])(?=[・〜~～-])"
    rf"|(?P<pair>土日)|\b(?P<en>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b"
)
_SPAN = re.compile(
    rf"(?P<first>[{_JA}])(?:曜日?)?(?:[〜~～-]|から)(?P<last>[{_JA}])|(?P<week>平日|\bweekdays?\b)|(?P<end>週末|\bweekends?\b)"
)


def ungrounded_weekdays(answer: str, evidence: str) -> list[str]:
    """The days of the week in `answer`, as written, that `evidence` neither names nor dates; each once, in order."""
    known = _known(evidence)
    found = [match[0] for match in _NAMED.finditer(answer) if _number(match) not in known | _dated(answer)]
    return list(dict.fromkeys(found))


def _known(text: str) -> set[int]:
    """The days that a text knows, Monday is 0."""
    days = {_number(match) for match in _NAMED.finditer(text)} | _dated(text)
    for match in _SHORT.finditer(text):
        if match["en"]:
            days.add(next(n for n, name in enumerate(_EN) if name.startswith(match["en"].lower())))
        else:
            days |= {_JA.index(character) for character in match["after"] or match["before"] or match["pair"]}
    for match in _SPAN.finditer(text):
        if match["first"]:
            first, last = _JA.index(match["first"]), _JA.index(match["last"])
            days |= set(range(first, last + 1))
        else:
            days |= set(range(5)) if match["week"] else {5, 6}
    return days


def _number(match: re.Match[str]) -> int:
    return _JA.index(match["ja"]) if match["ja"] else _EN.index(match["en"].lower())


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
