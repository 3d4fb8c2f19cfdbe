"""Checks the figures of an answer against its evidence: a figure that stands nowhere in it was made up.

Knows when two figures say the same, in either notation. Does not know whether a true figure is used for the right
thing, nor names (`index/figures.py` finds neither).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from index.figures import Figure, figure_keys, find_figures, plain

# What an answer's own layout numbers: "1." or "2)" at the start of a line, and the citation marks [1], [2, 3].
_LIST_NUMBER = re.compile(
    r"^[ \t>*_#-]{0,8}(?:\(?\d{1,3}[.)](?=\s|$)|\d{1,3}[.．、)](?!\d)|[(（]\d{1,3}[)）])", re.MULTILINE
)
_CITATION = re.compile(r"[\[［【]\s?\d{1,3}(?:\s?[,、-]\s?\d{1,3}){0,20}\s?[\]］】]")


def ungrounded(answer: str, *sources: str, given: str = "") -> list[Figure]:
    """The figures and dates of `answer` whose value occurs neither in the sources nor in what is `given`, in order.

    A number is grounded by any figure of the same value, a share by a share, money by the same currency or a number
    without a unit; a date by a fuller date, or by a year and a day that both occur in one source (an article, say); a
    range by both its ends; a vague magnitude (数十万) by the same magnitude only. Qualifiers do not matter, rounding
    does. One and two written in words, list numbers and citation marks are passed over.
    """
    known = _keys_in(given)
    each = [known | _keys_in(source) for source in sources] or [known]
    return [f for f in find_figures(without_layout(answer)) if not all(_is_stated(end, each) for end in _ends(f))]


def _keys_in(text: str) -> set[str]:
    return {key for figure in find_figures(without_layout(text)) for end in _ends(figure) for key in _all_keys(end)}


def without_layout(text: str) -> str:
    """The text with spaces for its layout numbers, so that every offset stays."""
    for pattern in (_CITATION, _LIST_NUMBER):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def _ends(figure: Figure) -> list[Figure]:
    return [replace(figure, value=v) for v in figure.value] if isinstance(figure.value, tuple) else [figure]


def _all_keys(figure: Figure) -> list[str]:
    day = re.search(r"-(\d\d)$", str(figure.value)) if figure.kind == "date" else None
    share = [f"percent:{plain(figure.value)}"] if figure.kind == "percent" and isinstance(figure.value, Decimal) else []
    bare = [f"bare:{plain(figure.value)}"] if figure.kind == "number" and isinstance(figure.value, Decimal) else []
    return [
        *share,
        *bare,
        *figure_keys(figure),
        *([f"date:---{day[1]}"] if day and not str(figure.value).startswith("--") else []),
    ]


def _is_stated(figure: Figure, each: Sequence[set[str]]) -> bool:
    """Whether the figure stands in one of the sources, whose keys `each` holds."""
    stated = set().union(*each)
    if isinstance(figure.value, Decimal):
        number = plain(figure.value)
        if figure.is_vague:
            return f"vague:{number}" in stated
        if figure.kind == "percent":  # 4% is not the 4 of four people
            return f"percent:{number}" in stated
        if figure.kind == "money":  # £25,000 is not 2万5,000円
            return bool({f"bare:{number}", *(key for key in figure_keys(figure) if key.startswith("fig:"))} & stated)
        # "two companies" counts what the evidence names; only written digits claim a figure.
        if figure.value <= 2 and figure.kind in ("count", "number") and not re.search(r"\d", figure.text):
            return True
        # 2025 may be a year, and "the 3rd" a day.
        return bool({f"num:{number}", f"date:{number}", f"date:---{number:0>2}"} & stated)
    value = str(figure.value)
    if figure.kind in ("ratio", "time"):
        return f"{figure.kind}:{value}" in stated
    if f"date:{value}" in stated:
        return True
    if match := re.fullmatch(r"(?:FY)?(\d{4})-(\d\d-\d\d|\d\d|[QH]\d)", value):
        # Articles name the year once, and then days: 2025年の報告 ... 11月3日.
        rest = f"--{match[2]}" if len(match[2]) == 2 and match[2].isdigit() else match[2]
        return any({f"date:{match[1]}", f"date:{rest}"} <= keys for keys in each)
    number = value.removeprefix("FY").removeprefix("---").lstrip("0")
    return bool({f"num:{number}", f"date:{number}"} & stated) if number.isdigit() else False
