"""Reads one quantity at a given place in a text: a number with its sign, currency, unit or range, a ratio, a rank.

Knows when a number written in kanji or words is meant as one (三人, but not 一方). Does not know dates
(`index/dates.py`) or qualifiers such as 約 (`index/figures.py`).
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from index.numerals import ORDINAL_WORDS, WORDS, Numeral, read_numeral
from index.units import PREFIX, UNITS, UnitSpan, currency_of, read_noun, read_unit

Amount = Decimal | tuple[Decimal, Decimal]


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A quantity ending at `end`; kind, value and unit as in `index.figures.Figure`, `vague` as in `Numeral`."""

    end: int
    kind: str
    value: Amount | str
    unit: str = ""
    vague: bool = False


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a number begins, and what has been read before it."""

    folded: str
    original: str
    start: int
    symbol: re.Match[str] | None
    between: bool  # "between" or "from" came before


_SEPARATOR = re.compile(r"(?P<tilde> ?~ ?)|(?P<dash>-)(?=[$¥€£₩\d])|(?P<kara>から)(?=\d)|(?P<to> to )|(?P<and> and )")
_ORDINAL = re.compile(
    rf"(?P<n>\d{{1,4}})(?:st|nd|rd|th)\b|(?P<w>{'|'.join(sorted(ORDINAL_WORDS, key=len, reverse=True))})\b"
)
_ORDINAL_TAIL = re.compile(r"[ -](?P<unit>century|centuries|anniversary)\b")
_RANK = re.compile(r"第 ?(?P<n>\d{1,6})(?![\d.,])")
_RATIO_JA = re.compile(r"(?P<den>\d{1,4}|[二三四五六七八九十]) ?分の ?(?P<num>\d{1,4}|[一二三四五六七八九])(?!\d)")
_RATIO_EN = re.compile(
    r"(?P<num>an?|one|two|three|four|five|seven)[ -](?P<den>third|quarter|fifth|sixth|eighth|tenth)(?P<s>s?)\b"
    r"(?P<of> of\b)?"
)
_DECADES = re.compile(r"(?P<a>a )?decade(?P<s>s?)\b")
_HALF_UNIT = re.compile(r"half an? (?P<unit>hour|year|day|inch|mile|percent|century)\b|半年間?")
_NOT_A_NUMBER = re.compile(r"\.\d|[,.:/]\d{1,9}[.:/]\d|-\d{1,9}-\d")  # 1.2.3, 10.0.0.1, 03-1234-5678
_LONE_WORDS = ("one", "zero", "hundred", "thousand", "million", "billion", "trillion", "dozen")
_KANJI_WORDS = re.compile(
    "十分(?!の)|[一二三]度(?!目)|一[回件元円部本戸軒種国点杯両機基席校名つ]|一人(?:ひとり|[一暮っで語旅娘息前相芝称歩])|一日(?:も早|一|中)|三日(?:月|坊)|四国|九州|[八七]戸"
    "|六本木|十両|百度|千歳|四万十|八百万の神|[四五八二]日(?:市|酔)|百人一首|千人[針力]|三国(?!間)|千[本種両葉枚]|百[人枚]一|二[枚三]目"
    "|五分五分|一億総|二人三脚|八頭|[二三]部|一週(?!間)"
)
# 統一, 慎一 and 第三 are words and names; 人数, 回数 and 多数 are no 数人.
_KANJI_BEFORE = "統同単均随唯純慎健浩雄真賢憲洋光清正英信誠幸隆第其無逐専画分"
_BEFORE_VAGUE = "人件回多少点台個社関"


def read_quantity(folded: str, original: str, pos: int) -> Quantity | None:
    """The quantity that begins at `pos`, or None."""
    return _read_ratio(folded, pos) or _read_ordinal(folded, pos) or _read_amount(folded, original, pos)


def _read_ratio(folded: str, pos: int) -> Quantity | None:
    if match := _RATIO_JA.match(folded, pos):
        num, den = (read_numeral(folded, folded, match.start(group)) for group in ("num", "den"))
        if num and den and den.value > 0:
            value = Fraction(int(num.value), int(den.value))
            return Quantity(end=match.end(), kind="ratio", value=f"{value.numerator}/{value.denominator}")
    # "a third of" is a ratio, "a third goal" and "one quarter" are not.
    if (match := _RATIO_EN.match(folded, pos)) and (
        match["of"] or ((match["s"] or "-" in match[0]) and not match["num"].startswith("a"))
    ):
        denominator = 4 if match["den"] == "quarter" else ORDINAL_WORDS[match["den"]]
        return Quantity(end=match.end("s"), kind="ratio", value=f"{WORDS.get(match['num'], 1)}/{denominator}")
    return None


def _read_ordinal(folded: str, pos: int) -> Quantity | None:
    if match := _ORDINAL.match(folded, pos):
        tail = _ORDINAL_TAIL.match(folded, match.end())
        if match["w"] in ("first", "second") and not tail:
            return None
        number = Decimal(match["n"] or ORDINAL_WORDS[match["w"]])
        unit, end = (tail["unit"].replace("ies", "y"), tail.end()) if tail else ("", match.end())
        return Quantity(end=end, kind="ordinal", value=number, unit=unit)
    if match := _RANK.match(folded, pos):
        return Quantity(end=match.end(), kind="ordinal", value=Decimal(match["n"]), unit="第")
    return None


def _read_amount(folded: str, original: str, pos: int) -> Quantity | None:
    if special := _read_half_or_decade(folded, pos):
        return special
    between = folded.startswith(("between ", "from "), pos)
    start = folded.index(" ", pos) + 1 if between else pos
    negative = next((minus for minus in ("マイナス", "minus ", "-") if folded.startswith(minus, start)), "")
    start += len(negative)
    symbol = PREFIX.match(folded, start)
    place = _Place(folded=folded, original=original, start=start, symbol=symbol, between=between)
    low = read_numeral(folded, original, symbol.end() if symbol else start, money=symbol is not None)
    if low is None or (low.script == "digits" and _NOT_A_NUMBER.match(folded, low.end)):
        return None
    unit = None if symbol else _unit_after(folded, low)
    found = _read_range(place, low, unit)
    if found is None and not between:
        found = _read_single(place, low, unit)
    if found is None or not negative:
        return found
    if not isinstance(found.value, Decimal) or found.kind in ("duration", "ordinal"):
        return None
    return replace(found, value=-found.value)


def _read_half_or_decade(folded: str, pos: int) -> Quantity | None:
    """ "half an hour" is 30 minutes and 半年 6 months, as people count; "decades" are 数十年."""
    if match := _HALF_UNIT.match(folded, pos):
        name = match["unit"] or "year"
        amount, unit = {"hour": (30, "minute"), "year": (6, "month"), "day": (12, "hour"), "century": (50, "year")}.get(
            name, (Decimal("0.5"), "%" if name == "percent" else name)
        )
        return Quantity(end=match.end(), kind=UNITS[unit].kind, value=Decimal(amount), unit=unit)
    match = _DECADES.match(folded, pos)
    if match is None or bool(match["a"]) == bool(match["s"]):
        return None
    return Quantity(end=match.end(), kind="duration", value=Decimal(10), unit="year", vague=not match["a"])


def _unit_after(folded: str, numeral: Numeral) -> UnitSpan | None:
    of = 3 if numeral.vague and folded.startswith(" of ", numeral.end) else 0
    unit = read_unit(folded, numeral.end + of)
    if unit is None:
        return None
    word = folded[numeral.end : unit.end].strip(" -\n")
    if word in ("won", "m", "min", "sec") and numeral.script != "digits":
        return None
    if word == "won" and not numeral.scaled and numeral.value < 1000:
        return None  # "3 won" is three winners
    return unit


def _read_single(place: _Place, numeral: Numeral, unit: UnitSpan | None) -> Quantity | None:
    folded, end = place.folded, unit.end if unit else numeral.end
    if not _is_meant(place, numeral, unit):
        return None
    value = numeral.value * (unit.times if unit else 1)
    if numeral.script == "words" and numeral.vague and unit is None and folded.startswith(" of ", end):
        end += 3
    if unit and unit.unit.name in ("year", "hour", "day") and folded.startswith("半", end) and not numeral.vague:
        value, end = value + Decimal("0.5"), end + 1
        end += folded.startswith("間", end)
    return _quantity(place, end, value, unit, numeral)


def _quantity(place: _Place, end: int, value: Amount, unit: UnitSpan | None, numeral: Numeral) -> Quantity:
    if place.symbol:
        currency = currency_of(place.symbol["symbol"])
        return Quantity(end=end, kind="money", value=value, unit=currency.name, vague=numeral.vague)
    noun = unit or read_noun(place.folded, end)
    if noun is None:
        return Quantity(end=end, kind="number", value=value, vague=numeral.vague)
    name = noun.unit.name or place.folded[numeral.end : noun.end].strip(" -")
    return Quantity(end=end, kind=noun.unit.kind, value=value, unit=name, vague=numeral.vague)


def _is_meant(place: _Place, numeral: Numeral, unit: UnitSpan | None) -> bool:
    """Whether a number written in words or kanji is a figure, and not part of a word (一方, "no one")."""
    folded, pos = place.folded, place.start
    if numeral.script == "digits":
        return unit is not None or not re.match(r"[a-z]|_", folded[numeral.end : numeral.end + 1])
    before = folded[pos - 1 : pos]
    if numeral.script == "words":
        word = folded[pos : numeral.end]
        if word == "one":
            measured = unit is not None and unit.unit.kind in ("duration", "measure", "money", "percent")
            return measured and unit is not None and unit.unit.name != "day"
        return word not in _LONE_WORDS and (not numeral.vague or numeral.value > 1 or unit is not None)
    if numeral.vague:
        if numeral.value == 1:
            return unit is not None and not re.match(r"(?![日月年週時約各毎計後])[一-龯]", before)
        return before == "" or before not in _BEFORE_VAGUE
    if _KANJI_WORDS.match(folded, pos) or (before and before in _KANJI_BEFORE):
        return False
    return numeral.scaled or (unit is not None and not folded[numeral.end : unit.end].isascii())


def _read_range(place: _Place, low: Numeral, unit: UnitSpan | None) -> Quantity | None:
    """10〜15%, 3年〜5年, "between 3 and 5 years": `low` may borrow its scale and unit from the upper end."""
    folded, symbol = place.folded, place.symbol
    separator = _SEPARATOR.match(folded, unit.end if unit else low.end)
    if separator is None or low.vague or (unit and not unit.unit.name):
        return None
    after_between = place.between and folded.startswith("between", max(0, place.start - 8))
    if bool(separator["and"]) != after_between:
        return None
    # "from $3 to $5" and 3%から5% may tell a change: the two stay two figures.
    if (separator["kara"] or separator["to"]) and (unit or symbol):
        return None
    again = PREFIX.match(folded, separator.end())
    if again and (symbol is None or again["symbol"] != symbol["symbol"]):
        return None
    high = read_numeral(folded, place.original, again.end() if again else separator.end(), money=symbol is not None)
    if high is None or high.vague:
        return None
    high_unit = None if symbol else _unit_after(folded, high)
    if unit and (high_unit is None or high_unit.unit != unit.unit):
        return None
    if not (high_unit or symbol or after_between or (high.scaled and not separator["dash"])):
        return None
    first = low.value
    if not low.scaled and not unit and first * high.scale < high.value:
        first *= high.scale
    times = high_unit.times if high_unit else Decimal(1)
    first, last = first * times, high.value * times
    end = high_unit.end if high_unit else high.end
    return _quantity(place, end, (first, last), high_unit, high) if first < last else None
