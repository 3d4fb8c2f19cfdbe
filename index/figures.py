"""Finds the figures and dates of a text and gives each a value that no longer depends on language or notation.

380億ドル, "$38 billion" and "38 billion dollars" are one value; so are 令和7年 and 2025. Knows where figures begin,
their qualifiers and their search terms; the numbers, units and dates are read by `index/quantities.py` and
`index/dates.py`. Does not know what a figure is about, nor how to write one (`rag/figures.py`).

Every attempt at one place reads a bounded number of characters, so the time is linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from index.dates import read_date
from index.numerals import MAGNITUDES, ORDINAL_WORDS, WORDS, fold
from index.partial_dates import ERAS, DateSpan
from index.quantities import Quantity, read_quantity
from index.units import PREFIX_WORDS

Value = Decimal | tuple[Decimal, Decimal] | str | tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure or date: `text` is exactly `original[start:end]`, its qualifier and unit included.

    `kind`: "money", "percent", "count", "duration", "measure", "number", "ordinal", "ratio" (value "2/3"), "date",
    "period" (fiscal years, quarters, halves, decades) or "time" (of day).
    `value`: a Decimal, or (low, high); dates are text as in `index/partial_dates.py`.
    `unit`: "USD", "%", "person", "year", "km" ... as in `index/units.py`, a Japanese counter without an English
    name as it stands (枚), or "".
    `qualifier`: "", "about", "up to", "at least", "at most", "more than", "less than", "nearly", "within", "several"
    (of a power of ten: 数十万人 is 10**5, several); for dates "early", "mid", "late", "end of", "around".
    """

    start: int
    end: int
    text: str
    kind: str
    value: Value
    unit: str = ""
    qualifier: str = ""

    @property
    def is_vague(self) -> bool:
        """Whether only the power of ten is known (数百社, "hundreds of firms")."""
        return self.qualifier == "several"


# What holds no figure and must be passed over whole: addresses, entities, years that an era or our count never had.
_SKIP = (
    r"https?://[^\s\u3000-\u9fff]{1,300}|&#?\w{1,8};|紀元前\d{1,5}年"
    rf"|(?:{'|'.join(ERAS)})[0-9〇一二三四五六七八九十]{{1,4}}年"
)
_JAPANESE_START = (
    r"[0-9〇一二三四五六七八九十百千数$¥€£₩₹]|[何幾](?=[十百千万億兆])|第(?=[0-9 一二三四])|[上下]半?期|半年"
    r"|午[前後](?=\d)"
    rf"|{'|'.join(ERAS)}|マイナス(?=[0-9一二三四五六七八九$¥€£])|(?<![^\s(\[「『、。:])-(?=[0-9$¥€£₩₹])"
)
_SCALE = "hundred|thousand|million|billion|trillion|dozen"
_WORD_START = "|".join(
    [
        *sorted([*WORDS, *ORDINAL_WORDS, *MAGNITUDES], key=len, reverse=True),
        f"several|many|decades|a (?:few|{_SCALE}|third|quarter|fifth|tenth|decade)",
        f"half (?:an? |{_SCALE})",
        rf"(?:{PREFIX_WORDS}) ?(?=[0-9$¥])",
        r"(?:the )?(?:early|mid|late|beginning|start|middle|end)(?: part)?[ -](?:of )?(?=[a-z0-9])",
        r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|fiscal|fy|q[1-4]|h[12]|minus (?=[0-9a-z$¥€£])",
        r"the (?=[0-9']|first|second|third|fourth|latter|fiscal|(?:early|mid|late)[ -][0-9'])|latter half",
        r"(?:his|her|their|my|our) (?=(?:(?:early|mid|late)[ -])?[1-9]0s)|'?[2-9]0'?s|between|from|[mtshr]\d{1,2}\.\d",
    ]
)
_START = re.compile(rf"(?P<skip>{_SKIP})|{_JAPANESE_START}|(?<![a-z0-9])(?:{_WORD_START})")
_DIGITS = re.compile(r"[0-9]+(?:[.,:/-][0-9]+)*|[〇一二三四五六七八九十百千万億兆京数]+")

_QUALIFIERS = {"about": "about", "up": "up to", "least": "at least", "most": "at most", "more": "more than"}
_QUALIFIERS |= {"less": "less than", "near": "nearly", "within": "within"}
_BEFORE = (
    re.compile(
        r"(?:(?P<about>約|およそ|おおよそ|おおむね|概ね|ほぼ|ざっと|推定)|(?P<up>最大で?も?|最多で?)"
        r"|(?P<least>最低でも?|少なくとも)) ?$"
    ),
    re.compile(
        r"(?<![a-z])(?:(?P<about>about|around|approximately|roughly|circa|some|an estimated)"
        r"|(?P<near>nearly|almost|close to)|(?P<up>up to|as many as|as much as)"
        r"|(?P<least>at least|no fewer than|no less than|a minimum of)|(?P<most>at most|no more than|a maximum of)"
        r"|(?P<more>more than|over|greater than|exceeding|in excess of|upwards of)"
        r"|(?P<less>less than|fewer than|under|below)|(?P<within>within))[ \n]$"
    ),
)
# を超える counts before a noun only: at the end of a clause it is the verb.
_AFTER = re.compile(
    r"(?P<least>以上| or more\b(?! than))|(?P<most>以下| or (?:less|fewer)\b)|(?P<within>以内)"
    r"|(?P<less>未満|足らず|を下回る(?![ぁ-ん。、]))"
    r"|(?P<more>超(?![え過])|を?超える(?![ぁ-ん。、])|を上回る(?![ぁ-ん。、])|余り|余(?![ぁ-ん一-龯])|あまり)"
    r"|(?P<near>近く)|(?P<about>程度|前後|ほど|くらい|ぐらい)"
)
_AFTER_UNIT = re.compile(r"(?P<more>強(?![ぁ-んい化制固]))|(?P<near>弱(?![ぁ-ん点]))")  # 震度6強 is a grade
_IN = re.compile(r"\b(?:in|since|by|from|until) $")


def find_figures(text: str) -> list[Figure]:
    """The figures and dates of a Japanese, English or mixed text: in order, never overlapping, in linear time."""
    return list(_scan(text))


def _scan(text: str) -> Iterator[Figure]:
    folded = fold(text)
    done = pos = 0
    while start := _START.search(folded, pos):
        figure = _read(folded, text, start.start())
        if figure is None:
            # Past a whole run of digits or kanji numerals, so that none is read twice.
            run = start if start["skip"] else _DIGITS.match(folded, start.start())
            pos = run.end() if run else start.start() + 1
            continue
        figure = _qualified(folded, figure, done)
        done = pos = figure.end
        yield replace(figure, text=text[figure.start : figure.end])


def _read(folded: str, text: str, pos: int) -> Figure | None:
    date, quantity = read_date(folded, text, pos), read_quantity(folded, text, pos)
    if date and (quantity is None or not _outweighs(quantity, date, folded, pos)):
        kind = "time" if date.unit == "time" else "period" if date.unit else "date"
        figure = Figure(
            start=pos, end=date.end, text="", kind=kind, value=date.value, unit=date.unit, qualifier=date.qualifier
        )
    elif quantity:
        figure = Figure(
            start=pos, end=quantity.end, text="", kind=quantity.kind, value=quantity.value, unit=quantity.unit,
            qualifier="several" if quantity.vague else "",
        )  # fmt: skip
    else:
        return None
    return None if _is_identifier(folded, pos) and folded[pos : figure.end].isascii() else figure


def _outweighs(quantity: Quantity, date: DateSpan, folded: str, pos: int) -> bool:
    noun = folded[date.end : quantity.end]
    if quantity.kind == "count" and noun.isascii() and not date.unit and noun and not noun.endswith(("s", "people")):
        return False  # "the 2016 vote"
    if noun or quantity.end < date.end:
        return quantity.end > date.end
    # "2018 workers" are workers, but "in 2018 workers struck" names a year.
    return quantity.kind == "count" and not _IN.search(folded[max(0, pos - 7) : pos])


def _is_identifier(folded: str, pos: int) -> bool:
    """GPT-4, H100, covid-19, UTC+9: digits that belong to a name."""
    before = folded[max(0, pos - 2) : pos]
    if not folded[pos].isdigit() or not before.isascii() or not before:
        return False
    return before[-1].isalpha() or before[-1] in "_#" or (before[-1] in "-+" and before[0].isalpha())


def _qualified(folded: str, figure: Figure, done: int) -> Figure:
    """The figure with the qualifier that stands before or after it taken into its span."""
    if figure.qualifier or figure.kind == "ordinal":
        return figure
    of_time = figure.kind in ("date", "period", "time")
    offset = max(done, figure.start - 20)
    for pattern in _BEFORE:
        if match := pattern.search(folded[offset : figure.start]):
            name = _QUALIFIERS[match.lastgroup or "about"]
            if of_time and name != "about":
                return figure
            return replace(figure, start=offset + match.start(), qualifier="around" if of_time else name)
    if of_time or figure.kind == "ratio":
        return figure
    match = _AFTER.match(folded, figure.end) or (_AFTER_UNIT.match(folded, figure.end) if figure.unit else None)
    return replace(figure, end=match.end(), qualifier=_QUALIFIERS[match.lastgroup or "about"]) if match else figure


def figure_keys(figure: Figure) -> tuple[str, ...]:
    """Search terms: the value with its unit ("fig:usd:38000000000"), the bare number ("num:14000"), for dates each
    coarser date ("date:2025-11-03", "date:2025-11", "date:2025", "date:11-03"), for ranges the terms of both ends.
    """
    if isinstance(figure.value, tuple):
        ends = [replace(figure, value=end) for end in figure.value]
        return tuple(dict.fromkeys(key for end in ends for key in figure_keys(end)))
    if isinstance(figure.value, str):
        if figure.kind in ("ratio", "time"):
            return (f"{figure.kind}:{figure.value}",)
        dates = tuple(f"date:{part}" for part in _coarser(figure.value))
        # 4日 alone may be the 4th or four days.
        return (*dates, f"num:{int(figure.value[3:])}") if figure.value.startswith("---") else dates
    number, unit = plain(figure.value), figure.unit.lower()
    if figure.is_vague:
        return (f"vague:{unit}:{number}", f"vague:{number}") if unit else (f"vague:{number}",)
    if figure.kind == "ordinal":
        # 89分 is "the 89th minute", so a rank shares its bare number too.
        return (f"ord:{unit}:{number}" if unit in ("century", "anniversary") else f"ord:{number}", f"num:{number}")
    return (f"fig:{unit}:{number}", f"num:{number}") if unit else (f"num:{number}",)


def plain(value: Decimal) -> str:
    """A Decimal without exponent or trailing zeros."""
    return format(value.normalize(), "f") if value else "0"


def _coarser(value: str) -> list[str]:
    """ "2025-11-03" and all that it says less exactly; "FY2025-Q3" is also 2025 and a third quarter."""
    if match := re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", value):
        year, month, day = match.groups()
        day_parts = [f"{year}-{month}", f"{month}-{day}"] if day else []
        return [value, *day_parts, year, f"--{month}"]
    if match := re.fullmatch(r"(\d\d)-\d\d", value):
        return [value, f"--{match[1]}"]
    if match := re.fullmatch(r"(?:FY)?(\d{4})-([QH]\d)", value):
        return [value, match[2], match[1]]
    return [value, value[2:]] if value.startswith("FY") else [value]


def figure_terms(text: str) -> list[str]:
    """The search terms of every figure in a text, in order, repeated where a figure is repeated."""
    return [key for figure in find_figures(text) for key in figure_keys(figure)]
