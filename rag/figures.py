"""Writes figures and dates across languages by rule, because the chat model misreads 億 and 兆.

380億ドル becomes "$38 billion" in place, and the other way round; every other character stays as it is. Knows how a
`Figure` is written in each language. Does not know how figures are found (`index/figures.py`), nor translation: a
rewritten sentence is still in its own language.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from index.figures import Figure, find_figures, plain
from index.numerals import fold
from index.units import SYMBOL_OF, UNITS, read_unit
from rag.dates import english_date, japanese_date

_JAPANESE = re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uff01-\uffef]")
# Unit signs that both languages share: "30 GW" needs no rewriting, "30 gigawatts" does.
_SHARED_SIGN = re.compile(r"\b(?:[kc]?m|mm|kg|g|ha|[gmk]?wh?|[tgm]b|km/h|[kc]?m[23²³])\b|°c", re.IGNORECASE)
_ENGLISH = re.compile(r"[A-Za-z$¥€£₩₹]")

_SCALES_EN = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_SCALES_JA = ((10**16, "京"), (10**12, "兆"), (10**8, "億"), (10**4, "万"))
_VAGUE_EN: tuple[str, ...] = (
    "several", "dozens", "hundreds", "thousands", "tens of thousands", "hundreds of thousands", "millions",
    "tens of millions", "hundreds of millions", "billions", "tens of billions", "hundreds of billions", "trillions",
    "tens of trillions", "hundreds of trillions",
)  # fmt: skip
_VAGUE_JA: tuple[str, ...] = (
    "数", "数十", "数百", "数千", "数万", "数十万", "数百万", "数千万", "数億", "数十億", "数百億", "数千億", "数兆",
    "数十兆", "数百兆",
)  # fmt: skip
_BEFORE_JA = {"about": "約", "up to": "最大"}
_AFTER_JA = {
    "at least": "以上",
    "at most": "以下",
    "more than": "超",
    "less than": "未満",
    "nearly": "近く",
    "within": "以内",
}
_PER = re.compile(r"(?:当たり|あたり|につき)の?")  # after 1世帯
# 1日に3回, 2日に1度: how often, where 1日に alone would be the first of a month.
_EACH = re.compile(r"に(?=約?(?P<times>[0-9〇一二三四五六七八九十]{1,4})(?:回|度|往復|錠|杯|食))")
_RATIO_WORDS = {3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth", 10: "tenth"}
_SMALL_WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 7: "seven"}


def rewrite(text: str, language: Literal["ja", "en"] | str) -> str:
    """The text with its figures and dates written in `language` ("ja" or "en")."""
    writers: dict[str, Callable[[str], str]] = {"en": to_english, "ja": to_japanese}
    if language not in writers:
        raise ValueError(f"figures can be written in {' or '.join(map(repr, writers))}, not in {language!r}")
    return writers[language](text)


def to_english(text: str) -> str:
    """380億ドル -> $38 billion, 令和7年3月 -> March 2025, 数十万個のX -> hundreds of thousands of X."""
    return _replaced(text, _english_in_place)


def to_japanese(text: str) -> str:
    """$38 billion -> 380億ドル, Nov. 3, 2025 -> 2025年11月3日, a 7-year deal -> a 7年間の deal."""
    return _replaced(text, _japanese_in_place)


def _replaced(text: str, write: Callable[[Figure, str], tuple[str, int] | None]) -> str:
    pieces: list[str] = []
    done = 0
    for figure in find_figures(text):
        written = write(figure, text)
        if written is None:
            continue
        new, end = written
        before = text[figure.start - 1 : figure.start] if figure.start > done else pieces[-1][-1:] if pieces else ""
        pieces += [text[done : figure.start], _gap(before, new[:1]), new, _gap(new[-1:], text[end : end + 1])]
        pieces, done = [piece for piece in pieces if piece], end
    return "".join([*pieces, text[done:]])


def _gap(left: str, right: str) -> str:
    """A space where two Latin words would otherwise grow together (Amazon380億ドル)."""
    joins = left.isascii() and (left.isalnum() or left == ".") and right.isascii() and (right.isalnum() or right in "$")
    return " " if left and right and joins else ""


def _english_in_place(figure: Figure, text: str) -> tuple[str, int] | None:
    if not _JAPANESE.search(figure.text):
        return None
    rate = _rate_english(figure, text)
    if rate:
        return rate
    new, end = figure_english(figure), figure.end
    if new is None:
        return None
    if figure.is_vague and figure.kind == "count":
        # 数十万個のチップ: the noun follows, so neither the counter nor の is wanted; nor in 「数十万個」の.
        amount = _vague_name(_VAGUE_EN, figure) or ""
        several = amount == "several"
        if text.startswith("の", end):
            new, end = amount + (" " if several else " of "), end + 1
        elif text.startswith("」の", end):
            new = amount + ("" if several else " of")
    if figure.kind == "date" and new.isdigit() and read_unit(fold(text[end : end + 8]), 0):
        new += "年"  # 2006年日米 must not become 2006日
    return new, end


def _rate_english(figure: Figure, text: str) -> tuple[str, int] | None:
    """1世帯当たり: per household. 1日に(3回): per day. 2日に(1回): every 2 days. None where it is no rate."""
    each, per = _EACH.match(text, figure.end), _PER.match(text, figure.end)
    alone = re.fullmatch(r"(\d{1,3})日", fold(figure.text))  # read as a day of a month
    value, unit = (Decimal(alone[1]), "day") if alone else (figure.value, figure.unit)
    lasts = alone is not None or figure.kind == "duration"
    if figure.qualifier or figure.kind == "money" or not isinstance(value, Decimal):
        return None
    found, noun = per or (each if lasts else None), _name_english(unit, one=True)
    if found and value == 1 and noun:
        return f"per {noun}", found.end()
    if each and unit == "day" and fold(each["times"]) in ("1", "一"):
        return f"every {plain(value)} days", each.end()
    return None


def _japanese_in_place(figure: Figure, _text: str) -> tuple[str, int] | None:
    if not _ENGLISH.search(_SHARED_SIGN.sub("", figure.text)):
        return None
    bare = figure.kind == "count" and not _names_unit(figure)
    small = isinstance(figure.value, Decimal) and figure.value < 10**4 and not figure.qualifier
    if small and (bare or figure.kind == "number"):
        return None  # "three women" loses nothing
    new = figure_japanese(figure, counter=not bare)
    if new is None:
        return None
    hyphened = re.search(r"[\w]-[A-Za-z-]{1,60}$", figure.text) and not isinstance(figure.value, str)
    if bare or hyphened or figure.text.endswith(" of"):
        new += "間の" if hyphened and figure.kind == "duration" and not new.endswith("間") else "の"
    return new, figure.end


def _names_unit(figure: Figure) -> bool:
    """Whether the unit's own name is in the span; a noun such as "users" stays outside, and keeps its place."""
    unit = UNITS.get(figure.unit)
    lowered = figure.text.lower().replace("-", " ")
    return unit is None or any(lowered.endswith(word.replace("#", " ").partition(":")[0]) for word in unit.en.split())


def figure_english(figure: Figure) -> str | None:
    """The figure in English, or None where English has no better way to write it than the text does."""
    if figure.kind in ("date", "period", "time"):
        return english_date(figure)
    if isinstance(figure.value, str):
        return _qualify_en(figure, _ratio_english(figure.value))
    if figure.kind == "ordinal":
        return _ordinal_english(figure)
    if figure.is_vague:
        return _vague_english(figure)
    symbol = SYMBOL_OF.get(figure.unit, "")
    amount = _join(figure.value, lambda value: _amount_english(value, symbol), "-", figure.text)
    if isinstance(figure.value, tuple):
        amount = _shared_scale(amount, symbol)
    return _qualify_en(figure, amount + _noun_english(figure, symbol))


def _join(value: object, write: Callable[[Decimal], str], dash: str, text: str) -> str:
    if isinstance(value, tuple):
        # から and "to" can tell a change as well as a span, so they stay what they are.
        if dash == "-" and "から" in text:
            dash = " to "
        elif dash == "〜" and re.search(r"\d to ", text):
            dash = "から"
        return dash.join(write(end) for end in value)
    return write(value) if isinstance(value, Decimal) else ""


def _qualify_en(figure: Figure, words: str) -> str:
    return f"{figure.qualifier} {words}" if figure.qualifier else words


def _amount_english(value: Decimal, symbol: str) -> str:
    sign, value = ("-", -value) if value < 0 else ("", value)
    return sign + symbol + english_number(value)


def english_number(value: Decimal) -> str:
    """25000000 -> "25 million", 14000 -> "14,000": scale words from a million on, and only where nothing is lost."""
    for scale, name in _SCALES_EN:
        if value >= scale:
            mantissa = value / scale
            if mantissa < 1000 and mantissa == round(mantissa, 3):
                return f"{plain(mantissa)} {name}"
            break
    whole, _, decimals = plain(value).partition(".")
    return f"{int(whole):,}" + (f".{decimals}" if decimals else "")


def _shared_scale(amount: str, symbol: str) -> str:
    """ "$3 billion-$5 billion" as "$3-5 billion"."""
    match = re.fullmatch(r"(\S+) (\w+)(-| to )(\S+) (\w+)", amount)
    if match is None or match[2] != match[5]:
        return amount
    return f"{match[1]}{match[3]}{match[4].removeprefix(symbol)} {match[2]}"


def _noun_english(figure: Figure, symbol: str) -> str:
    if figure.unit == "%":
        return "%"
    if symbol or not figure.unit:
        return ""
    name = _name_english(figure.unit, one=figure.value == 1)
    return f" {name}" if name else _surface_counter(figure)


def _name_english(unit: str, *, one: bool) -> str:
    """What a unit is called, of one or of many; "" where English has no name for it."""
    known = UNITS.get(unit)
    names = [word.replace("#", " ").partition(":")[0] for word in known.en.split()] if known else []
    return "" if not names else names[1] if one and len(names) > 1 else names[0]


def _surface_counter(figure: Figure) -> str:
    """A Japanese counter that English lacks (枚, 本) stays."""
    return UNITS[figure.unit].ja.split()[0] if figure.unit in UNITS else figure.unit


def _vague_name(names: tuple[str, ...], figure: Figure) -> str | None:
    power = len(plain(figure.value)) - 1 if isinstance(figure.value, Decimal) else len(names)
    return names[power] if power < len(names) else None


def _vague_english(figure: Figure) -> str | None:
    amount = _vague_name(_VAGUE_EN, figure)
    unit = UNITS.get(figure.unit)
    if amount is None or unit is None or not unit.en:
        return amount
    noun = unit.en.split()[0].replace("#", " ")
    joint = " " if amount == "several" else " of "
    return amount + (joint + noun if noun != "%" else joint + "percent")


def _ratio_english(value: str) -> str:
    num, den = map(int, value.split("/"))
    if num not in _SMALL_WORDS or den not in _RATIO_WORDS:
        return value
    return f"{_SMALL_WORDS[num]}-{_RATIO_WORDS[den]}" + ("s" if num > 1 else "")


def _ordinal_english(figure: Figure) -> str | None:
    if not isinstance(figure.value, Decimal) or figure.unit not in ("century", "anniversary", "番目"):
        return None
    number = int(figure.value)
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}" + ("" if figure.unit == "番目" else f" {figure.unit}")


def figure_japanese(figure: Figure, *, counter: bool = True) -> str | None:
    """The figure in Japanese, or None as in `figure_english`; without `counter` 人 and 個 are left off."""
    if figure.kind in ("date", "period", "time"):
        return japanese_date(figure)
    unit = UNITS.get(figure.unit)
    suffix = (unit.ja.split()[0] if unit else figure.unit) if counter else ""
    if isinstance(figure.value, str):
        num, den = figure.value.split("/")
        return _qualify_ja(figure, f"{den}分の{num}")
    if figure.kind == "ordinal":
        return f"{plain(figure.value)}{suffix}" if unit and isinstance(figure.value, Decimal) else None
    if figure.is_vague:
        amount = _vague_name(_VAGUE_JA, figure)
        return None if amount is None else amount + suffix
    if figure.kind == "duration" and figure.unit == "year" and _reads_as_year(figure):
        suffix = "年間"  # 2000年 alone is a date
    return _qualify_ja(figure, _join(figure.value, japanese_number, "〜", figure.text) + suffix)


def _reads_as_year(figure: Figure) -> bool:
    ends = figure.value if isinstance(figure.value, tuple) else (figure.value,)
    return any(isinstance(end, Decimal) and end == int(end) and 1000 <= end < 2200 for end in ends)


def _qualify_ja(figure: Figure, words: str) -> str:
    return _BEFORE_JA.get(figure.qualifier, "") + words + _AFTER_JA.get(figure.qualifier, "")


def japanese_number(value: Decimal) -> str:
    """38000000000 -> "380億", 14000 -> "1万4000", 1.4 trillion -> "1兆4000億"; exact, decimals are kept."""
    if value < 0:
        return "マイナス" + japanese_number(-value)
    whole, _, decimals = plain(value).partition(".")
    rest, words = int(whole), ""
    if decimals or rest < 10**4:
        return plain(value)
    for scale, name in _SCALES_JA:
        if rest >= scale:
            words += f"{rest // scale}{name}"
            rest %= scale
    return words + (str(rest) if rest else "")
