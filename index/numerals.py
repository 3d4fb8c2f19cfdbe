"""Reads one number, in Japanese or English notation, at a given place in a text.

Knows digits (full-width too), kanji numerals with 十百千万億兆京, English number words, scale words and vague
magnitudes (数十万, "hundreds of thousands of"). Does not know units, dates or which numbers matter: that is
`index/figures.py`. Every pattern is bounded in length, so reading at one place costs a constant.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

# One character becomes one character, so that offsets in the folded text are offsets in the original.
_FOLD = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_FOLD |= {ord(a): b for a, b in zip("￥￡\u3000\u00a0\u2009\u202f〜～∼–−‑‐", "¥£    ~~~----", strict=True)}
_FOLD |= {code: chr(code + 32) for code in range(0x41, 0x5B)}
_FOLD |= {code: chr(code - 0xFEE0 + 32) for code in range(0xFF21, 0xFF3B)}

KANJI_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0}
SMALL = {"十": 10, "百": 100, "千": 1000}
LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12, "京": 10**16}

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {w: i for i, w in enumerate(_ONES)} | {w: 20 + 10 * i for i, w in enumerate(_TENS)}
SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "quadrillion": 10**15}
ABBREVIATIONS = {"bn": 10**9, "tn": 10**12, "trn": 10**12, "mn": 10**6, "mln": 10**6, "bln": 10**9}
LETTERS = {"K": 10**3, "k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
MONEY_LETTERS = LETTERS | {"m": 10**6, "b": 10**9, "t": 10**12}
_ORDINAL_WORDS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15,
    "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
ORDINAL_WORDS = _ORDINAL_WORDS | {f"twenty-{w}": 20 + n for w, n in _ORDINAL_WORDS.items() if n < 10}

MAGNITUDES = ("tens", "dozens", "hundreds", "thousands", "millions", "billions", "trillions")
_MAGNITUDES = "|".join(MAGNITUDES)
_ARABIC = re.compile(r"(?:\d{1,3}(?:,\d{3}){1,7}(?!\d)|\d{1,24}(?!\d))(?:\.\d{1,12}(?!\d))?")
_SCALE_WORD = re.compile(
    r"[ \n-]?(thousand|million|billion|trillion|quadrillion)(?![a-z0-9])|[ ]?(bn|tn|trn|mn|mln|bln)(?![a-z0-9])"
)
# Translators write "1 億 4 千万ドル": a space inside a number, where a scale and a unit make sure that it is one.
_INNER_SPACE = re.compile(r" (?=\d{0,4} ?(?:[百千]?[万億兆京](?![博歳])|[百千](?:人|円|ドル|トン|件|台|社|個|キロ)))")
_SCALE_LETTER = re.compile(r" ?([KkMBTmbt])(?![A-Za-z0-9])")
_SCALE = "hundred|thousand|million|billion|trillion|dozen"
_WORD = rf"(?:{'|'.join(sorted(WORDS, key=len, reverse=True))}|{_SCALE})"
_WORDS = re.compile(
    rf"(?:a[ ](?={_SCALE}))?{_WORD}"
    rf"(?:(?:[ -]|[ ]and[ ](?=(?:{_WORD})\b)){_WORD}){{0,12}}\b(?:[ ]and[ ]a[ ]half\b)?"
)
_HALF_A = re.compile(r"half (?:an? )?(hundred|thousand|million|billion|trillion|dozen)\b")
_AND_A_HALF = re.compile(r"[ -]and[ -]a[ -]half\b")
_HALF_GLYPH = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
_VAGUE_JA = re.compile(r"[数何幾]([十百千]?)([万億兆]?)")
_VAGUE_EN = re.compile(
    rf"(?:({_MAGNITUDES})(?: of ({_MAGNITUDES}))?|(?:several|a few|many(?= (?:{_SCALE})))"
    rf"(?: ({_SCALE})\b(?: (thousand|million|billion|trillion))?)?)\b"
)
_MAGNITUDE_POWER = {"ten": 1, "dozen": 1, "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}


@dataclass(frozen=True, kw_only=True)
class Numeral:
    """A number at `[start, end)`. `vague` numbers state only a power of ten (数十万 is 10**5, "several" is 1)."""

    end: int
    value: Decimal
    script: str  # "digits", "kanji" or "words": how it begins
    scaled: bool = False  # carries 万 or more, or a scale word
    scale: Decimal = Decimal(1)  # 40億 and "4 billion" end in one scale word; "30〜40億" lends it to its lower end
    vague: bool = False


def fold(text: str) -> str:
    """Full-width to ASCII, capitals to small, wave and en dashes to "~" and "-"; the length never changes."""
    return text.translate(_FOLD)


def read_numeral(folded: str, original: str, pos: int, *, money: bool = False) -> Numeral | None:
    """The number that begins at `pos`, or None. `money`: a currency sign came before, so "38m" is millions."""
    head = folded[pos : pos + 1]
    if head.isascii() and head.isdigit():
        return _read_mixed(folded, original, pos, money)
    if head in KANJI_DIGITS or head in SMALL:
        return _read_mixed(folded, original, pos, money)
    if head in ("数", "何", "幾"):
        return _read_vague_japanese(folded, pos)
    if head.isascii() and head.isalpha():
        return _read_vague_english(folded, pos) or _read_words(folded, pos)
    return None


def _read_mixed(folded: str, original: str, pos: int, money: bool) -> Numeral | None:
    """Digits and kanji in any mixture (380億, 1万4千, 三十八億, 25百万, 二〇二五), or with a scale word (1.4 trillion).

    A section below 万 adds up (current digit times 十百千); 万億兆京 multiply the section and must descend.
    """
    total = section = Decimal(0)
    current: Decimal | None = None
    last_small, last_large = 10**4, 10**20
    script = "kanji" if folded[pos] in KANJI_DIGITS or folded[pos] in SMALL else "digits"
    i, scaled, tokens = pos, False, 0
    while tokens < 24 and i < len(folded):
        i += tokens > 0 and _INNER_SPACE.match(folded, i) is not None
        c = folded[i]
        if current is None and c.isascii() and c.isdigit():
            arabic = _ARABIC.match(folded, i)
            if arabic is None or tokens and script == "kanji":
                break
            current, i = Decimal(arabic[0].replace(",", "")), arabic.end()
        elif current is None and c in KANJI_DIGITS:
            if tokens and script == "digits":
                break
            j = i
            while j < len(folded) and j - i < 20 and folded[j] in KANJI_DIGITS:
                j += 1
            current, i = Decimal(int("".join(str(KANJI_DIGITS[d]) for d in folded[i:j]))), j
            if folded[i : i + 1] == "・" and folded[i + 1 : i + 2] in KANJI_DIGITS:
                current += Decimal(KANJI_DIGITS[folded[i + 1]]) / 10
                i += 2
        elif c in SMALL and SMALL[c] < last_small and (current is None or current < 1000):
            last_small = SMALL[c]
            section, current, i = section + (1 if current is None else current) * last_small, None, i + 1
        elif c in LARGE and LARGE[c] < last_large and (current is not None or section):
            if section + (current or 0) == 0:
                break
            last_small, last_large, scaled = 10**4, LARGE[c], True
            total, section, current, i = total + (section + (current or 0)) * last_large, Decimal(0), None, i + 1
        else:
            break
        tokens += 1
    if i == pos:
        return None
    value = total + section + (current or 0)
    if script == "digits" and not scaled and not section:
        return _with_scale(folded, original, i, value, money)
    scale = Decimal(last_large if scaled and current is None and not section else 1)
    return Numeral(end=i, value=value, script=script, scaled=scaled, scale=scale)


def _with_scale(folded: str, original: str, end: int, value: Decimal, money: bool) -> Numeral:
    scale = 1
    if folded[end : end + 1] in _HALF_GLYPH:
        value, end = value + _HALF_GLYPH[folded[end]], end + 1
    if half := _AND_A_HALF.match(folded, end):
        value, end = value + Decimal("0.5"), half.end()
    if word := _SCALE_WORD.match(folded, end):
        scale, end = SCALES[word[1]] if word[1] else ABBREVIATIONS[word[2]], word.end()
    elif letter := _SCALE_LETTER.match(original, end):
        letters = MONEY_LETTERS if money else LETTERS
        # "5 M" is a million only as money; "4K" and "8K" are screens.
        if letter[1] in letters and (money or " " not in letter[0]) and not (letter[1] == "K" and value in (4, 8)):
            scale, end = letters[letter[1]], letter.end()
    return Numeral(end=end, value=value * scale, script="digits", scaled=scale > 1, scale=Decimal(scale))


def _read_vague_japanese(folded: str, pos: int) -> Numeral | None:
    match = _VAGUE_JA.match(folded, pos)
    if match is None or (folded[pos] != "数" and not match[1] + match[2]):
        return None
    power = SMALL.get(match[1], 1) * LARGE.get(match[2], 1)
    return Numeral(end=match.end(), value=Decimal(power), script="kanji", scaled=bool(match[2]), vague=True)


def _read_vague_english(folded: str, pos: int) -> Numeral | None:
    match = _VAGUE_EN.match(folded, pos)
    if match is None:
        return None
    parts = [part.removesuffix("s") for part in match.groups() if part]
    power = sum(_MAGNITUDE_POWER[part] for part in parts)
    return Numeral(end=match.end(), value=Decimal(10) ** power, script="words", scaled=power > 3, vague=True)


def _read_words(folded: str, pos: int) -> Numeral | None:
    """English words: "twenty-five", "one hundred and four", "half a million", "two and a half billion"."""
    if half := _HALF_A.match(folded, pos):
        scale = {"hundred": 100, "dozen": 12}.get(half[1]) or SCALES[half[1]]
        return Numeral(end=half.end(), value=Decimal(scale) / 2, script="words", scaled=scale > 10**3)
    match = _WORDS.match(folded, pos)
    if match is None:
        return None
    total = section = 0
    last_scale, end, room, scaled = 10**18, pos, 100, False
    for token in re.finditer(r"[a-z]+", match[0]):
        word = token[0]
        if word in ("a", "an"):
            continue
        if word == "and":
            if match[0][token.start() :] == "and a half":
                break
            continue
        if word in WORDS:
            # "twenty five" adds up; "five five" and "nineteen eighty" are two numbers.
            if WORDS[word] >= room:
                break
            section += WORDS[word]
            room = 10 if WORDS[word] >= 20 else 0
        elif word in ("hundred", "dozen"):
            if section >= 100:
                break
            section, room = (section or 1) * (100 if word == "hundred" else 12), 100 if word == "hundred" else 0
        else:
            if SCALES[word] >= last_scale or (total and not section):
                break
            last_scale, scaled = SCALES[word], scaled or SCALES[word] > 1000
            total, section, room = total + (section or 1) * last_scale, 0, 100
        end = pos + token.end()
    if end == pos:
        return None
    value = Decimal(total + section)
    if half := _AND_A_HALF.match(folded, end):
        value, end = value + Decimal("0.5"), half.end()
        if (scale_word := _SCALE_WORD.match(folded, end)) and scale_word[1]:
            value, end, scaled = value * SCALES[scale_word[1]], scale_word.end(), True
    return Numeral(end=end, value=value, script="words", scaled=scaled)
