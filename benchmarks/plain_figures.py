"""Figures, dates and times in a text, read in the plainest way, for `benchmarks/check_answers.py`.

Shares no code with `index/` or `rag/`, so that a mistake there is not repeated here. A text becomes a list of figures,
each with every value it may stand for: ("number", 38000000000, "$"), ("date", 2025, 11, 3), ("time", 540) in minutes,
("token", "gb200"). Strict reading (of answers) leaves out what is rarely meant as a figure: 一方, "one", "second".
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

Reading = tuple[object, ...]

_KANJI = {character: value for value, character in enumerate("〇一二三四五六七八九")}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_SCALE = {"百": 10**2, "千": 10**3, "万": 10**4, "億": 10**8, "兆": 10**12}
_ENGLISH_SCALE = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "mn": 10**6, "bn": 10**9, "tn": 10**12,
}  # fmt: skip
_UNITS_AND_TEENS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NTH = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_YEAR = "january february march april may june july august september october november december"
_WORDS = {word: value for value, word in enumerate(_UNITS_AND_TEENS.split(" "))}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(" "), 2)}
_ORDINALS = {word: value for value, word in enumerate(_NTH.split(" "), 1)}
_MONTHS = {name: value for value, name in enumerate(_YEAR.split(" "), 1)}
_MONTHS |= {name[:3]: value for name, value in _MONTHS.items()} | {"sept": 9}
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867}
_UNITS = {
    "$": r"米ドル|ドル|dollars?(?![a-z])|usd(?![a-z])",
    "¥": r"円|yen(?![a-z])|jpy(?![a-z])",
    "€": r"ユーロ|euros?(?![a-z])|eur(?![a-z])",
    "£": r"ポンド|pounds?(?![a-z])|gbp(?![a-z])",
    "%": r"%|パーセント|percent|per cent|ポイント",
}
_KANJI_DIGITS = "〇一二三四五六七八九十百千万億兆"
_COUNTED = re.compile(
    r"[年月日人名円社件台基つ個倍割回階店棟館駅校区県市町村本枚冊歳才時秒週度点位頭匹羽便隻軒戸%か国カヶドユポメキト]|分(?:[間後前の]|$)"
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_MONTH = r"(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")"


@dataclass(frozen=True)
class Plain:
    """A figure as it is written, and every value it may stand for."""

    text: str
    readings: frozenset[Reading]


def folded(text: str) -> str:
    """NFKC, lower case, one kind of dash and of space."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\s+", " ", re.sub(r"[‐‑–—−]", "-", text))


def figures_in(text: str, *, strict: bool) -> list[Plain]:
    """Every figure of a text. Each reader takes what it knows out of the text, so that no digit is read twice."""
    text = _digits_for_kanji(_digits_for_words(folded(text), strict), strict)
    found: list[Plain] = []

    def take(pattern: str, readings: Callable[[re.Match[str]], list[Reading]]) -> None:
        nonlocal text

        def taken(match: re.Match[str]) -> str:
            values = readings(match)
            if not values:
                return match[0]
            found.append(Plain(match[0].strip(), frozenset(values)))
            return "\x00"

        text = re.sub(pattern, taken, text)

    take(r"(午前|午後|正午|am|pm)?\s?(\d{1,2})時(?:(\d{1,2})分|(半))?(?!間)", _japanese_time)
    take(r"(?<!\d)(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m(?![a-z])\.?", lambda m: _time(m[1], m[2], m[3]))
    take(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])", lambda m: _time(m[1], m[2], ""))
    take(r"(?<![a-z])(noon|正午)", lambda _: [("time", 720)])
    take(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", lambda m: [_date(m[1], m[2], m[3])])
    take(rf"(?<!\d)({'|'.join(_ERAS)})(\d{{1,2}}|元)年(?:度)?(?:(\d{{1,2}})月(?:(\d{{1,2}})日)?)?", _era)
    take(r"(?<!\d)(\d{4})年(?:度)?\s?(?:(\d{1,2})月(?:(\d{1,2})日)?)?", lambda m: [_date(m[1], m[2], m[3])])
    take(r"(?<!\d)(\d{1,2})月(?:(\d{1,2})日)?(?!間)", lambda m: [_date(None, m[1], m[2])])
    take(
        rf"(?<![a-z])({_MONTH})(?![a-z])\.? (\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (\d{{4}}))?",
        lambda m: [_date(m[3], m[1], m[2])],
    )
    take(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})(?![a-z])\.?(?:,? (\d{{4}}))?",
         lambda m: [_date(m[3], m[2], m[1])])  # fmt: skip
    take(rf"(?<![a-z])({_MONTH})(?![a-z])\.?,? (?:of )?(\d{{4}})(?!\d)", lambda m: [_date(m[2], m[1], None)])
    take(rf"(?<![a-z])({_MONTH})(?![a-z])", lambda m: _bare_month(m))
    take(r"(?<![\d.])(\d{1,2})日(?!間)", lambda m: [_date(None, None, m[1]), ("number", Decimal(m[1]), "")])
    take(r"(?<![a-z])fy\s?(\d{4})\b", lambda m: [_date(m[1], None, None)])
    take(r"(?<![a-z])q([1-4])(?!\d)", lambda m: [("number", Decimal(m[1]), ""), ("token", m[0])])
    take(r"[a-z][a-z-]*\d[a-z\d-]*", lambda m: _token(m[0]))
    take(_numbers_pattern(), _number)
    if not strict:
        found += [Plain(m, frozenset({r})) for m, r in _said_otherwise(text)]
    return found


def _numbers_pattern() -> str:
    """An amount, or a range of two: prefix, value, English scale, unit; as groups `prefix1` ... `unit2`."""
    units = "|".join(f"(?:{words})" for words in _UNITS.values())
    scale = r"(?:\s?-?(?:hundred|thousand|million|billion|trillion)s?(?![a-z])|\s?(?:mn|bn|tn)(?![a-z]))"
    value = rf"(?:(?:{_NUMBER})[百千]?[万億兆]+)*(?:{_NUMBER})[百千]?[万億兆]*"
    low, high = (
        rf"(?:us|米)?(?P<prefix{n}>[$¥€£])?\s?(?P<value{n}>{value})(?P<scale{n}>{scale}{{0,2}})"
        rf"\s?-?(?P<unit{n}>{units}|割)?"
        for n in (1, 2)
    )
    return rf"(?<![\d.])(?:{low}\s?(?:~|-|から|to|and|or)\s?)?{high}"


def _number(match: re.Match[str]) -> list[Reading]:
    """One amount, or a range: its first part may take scale and unit from its second ("3 to 5 million yen")."""
    readings = _amount(match, 2)
    if match["value1"]:
        scale, unit = _scale(match, 2), _unit(match, 2)
        for character in re.findall("[万億兆]", match["value2"]):
            scale *= _SCALE[character]
        readings += [*_amount(match, 1), _as_number(_value(match["value1"]) * scale, unit)]
    return readings


def _amount(match: re.Match[str], n: int) -> list[Reading]:
    value, scale, unit = _value(match[f"value{n}"]), _scale(match, n), _unit(match, n)
    if unit == "割":
        return [_as_number(value * 10, "%"), _as_number(value, "")]
    readings = [_as_number(value * scale, unit)]
    if re.fullmatch(r"1\d{3}|2[01]\d\d", match[f"value{n}"]) and scale == 1 and not unit:
        readings.append(("date", int(value), None, None))
    return readings


def _as_number(value: Decimal, unit: str) -> Reading:
    return ("number", value.normalize(), unit)


def _scale(match: re.Match[str], n: int) -> int:
    scale = 1
    for word in re.findall(r"[a-z]+", match[f"scale{n}"] or ""):
        scale *= _ENGLISH_SCALE[word.rstrip("s")]
    return scale


def _unit(match: re.Match[str], n: int) -> str:
    written = match[f"unit{n}"] or ""
    if written == "割":
        return written
    return next((sign for sign, words in _UNITS.items() if re.fullmatch(words, written)), match[f"prefix{n}"] or "")


def _value(written: str) -> Decimal:
    """380億, 3万5000, 1,200 or 38.5."""
    total = Decimal(0)
    for digits, scales in re.findall(rf"({_NUMBER})([百千]?[万億兆]*)", written):
        value = Decimal(digits.replace(",", ""))
        for character in scales:
            value *= _SCALE[character]
        total += value
    return total


def _japanese_time(match: re.Match[str]) -> list[Reading]:
    minutes = match[3] or ("30" if match[4] else "0")
    return _time(match[2], minutes, {"午前": "a", "am": "a", "午後": "p", "pm": "p"}.get(match[1] or "", ""))


def _time(hours: str, minutes: str | None, half: str) -> list[Reading]:
    at = int(hours) * 60 + int(minutes or 0)
    if int(hours) > 24 or int(minutes or 0) > 59:
        return []
    if half == "p" and int(hours) < 12:
        return [("time", at + 720)]
    if half or int(hours) >= 12:
        return [("time", at % 720 if half == "a" else at)]
    return [("time", at), ("time", at + 720)]


def _date(year: str | None, month: str | None, day: str | None) -> Reading:
    named = _MONTHS[month] if month in _MONTHS else int(month) if month else None
    return ("date", int(year) if year else None, named, int(day) if day else None)


def _era(match: re.Match[str]) -> list[Reading]:
    year = _ERAS[match[1]] + (1 if match[2] == "元" else int(match[2]))
    return [_date(str(year), match[3], match[4])]


def _bare_month(match: re.Match[str]) -> list[Reading]:
    """A month without a day or year; "may" and "march" need a word before them that goes with a month."""
    before = match.string[: match.start()]
    name = match[0]
    if name in ("may", "march", "mar", "sep", "dec", "jan", "oct", "jun", "jul") and not re.search(
        r"\b(?:in|of|by|since|until|from|to|through|early|mid|late|last|next|this)[ -]$", before
    ):
        return []
    return [_date(None, name, None)]


def _token(written: str) -> list[Reading]:
    """GB200 is a name. What follows a hyphen is a number of its own (GPT-4, mid-2026)."""
    head, _, tail = written.rpartition("-")
    if head and re.fullmatch(r"\d+(?:st|nd|rd|th|s)?", tail) and not re.search(r"\d", head):
        number = re.match(r"\d+", tail)
        assert number is not None
        readings: list[Reading] = [("token", written), ("number", Decimal(number[0]).normalize(), "")]
        return [*readings, ("date", int(number[0]), None, None)] if len(number[0]) == 4 else readings
    return [("token", written)]


def _said_otherwise(text: str) -> list[tuple[str, Reading]]:
    """What evidence may say without a numeral."""
    said = {
        r"上期|上半期|前半": ("1", ""),
        r"下期|下半期|後半": ("2", ""),
        r"半年": ("6", ""),
        r"\bhalf\b|半分|半数": ("50", "%"),
    }
    said |= {r"\b(?:an?|per|each|every) (?:hour|day|week|month|year)\b": ("1", "")}
    said |= {r"\btwice\b|\bdouble[ds]?\b": ("2", ""), r"\bdozen\b": ("12", "")}
    return [
        (match[0], ("number", Decimal(value), unit))
        for pattern, (value, unit) in said.items()
        for match in re.finditer(pattern, text)
    ]


def _digits_for_words(text: str, strict: bool) -> str:
    """ "twenty-five" becomes 25, "two hundred" 200; larger scales stay. "one" and ordinals only where they count."""
    words = "|".join(sorted(_WORDS, key=len, reverse=True))

    def spoken(match: re.Match[str]) -> str:
        total = 0
        for word in re.findall(r"[a-z]+", match[0]):
            if word in _WORDS:
                total += _WORDS[word]
            elif word == "hundred":
                total = (total or 1) * 100
        refers = match[0] == "one" or (match[0] == "two" and text[: match.start()].endswith("the "))
        return match[0] if strict and refers else str(total)

    def ordinal(match: re.Match[str]) -> str:
        counts = re.match(r"[ -](?:quarter|half|phase|place|anniversary|floor|century|year)", text[match.end() :])
        return str(_ORDINALS[match[1]]) if counts or not strict else match[0]

    text = re.sub(rf"(?<![a-z])(?:{words})(?:(?:[ -]| and )(?:{words}|hundred))*(?![a-z])", spoken, text)
    text = re.sub(r"(?<![a-z])an? (?=(?:hundred|thousand|million|billion|trillion)(?![a-z]))", "1 ", text)
    return re.sub(rf"(?<![a-z])({'|'.join(_ORDINALS)})(?![a-z])", ordinal, text)


def _digits_for_kanji(text: str, strict: bool) -> str:
    """三百八十億 becomes 38000000000; where strict, only before a counter or after 第, and never a mere 一."""

    def spoken(match: re.Match[str]) -> str:
        run, before, after = match[0], text[: match.start()], text[match.end() :]
        value = _kanji_value(run)
        if value is None or before.endswith(("数", "何", "幾")):
            return "\x00"
        counts = _COUNTED.match(after) is not None or (before.endswith("第") and not after.startswith("者"))
        if strict and (value == 1 or not counts):
            return "\x00"
        return str(value)

    return re.sub(rf"(?<![\d.{_KANJI_DIGITS}])[{_KANJI_DIGITS}]+", spoken, text)


def _kanji_value(run: str) -> int | None:
    if all(character in _KANJI for character in run):
        return int("".join(str(_KANJI[character]) for character in run))  # 二〇二五
    if run[0] in "万億兆":
        return None
    total = section = digit = 0
    for character in run:
        if character in _KANJI:
            digit = _KANJI[character]
        elif character in _SMALL:
            section += (digit or 1) * _SMALL[character]
            digit = 0
        else:
            total += (section + digit) * _SCALE[character]
            section = digit = 0
    return total + section + digit
