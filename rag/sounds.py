"""Whether a name in Latin letters and one in katakana may be the same though their keys differ, and Japanese syllables.

Coarser than `index/names.py`, which search needs exact: メアリー and Mary, Macedonia and マケドニア. Knows sounds only.
"""

import re
from difflib import SequenceMatcher

_ALIKE_FROM = 0.72  # chosen on 400 pairs of news sentences; no other value was tried
_SHORT_ALIKE_FROM = 0.8  # of four letters or fewer, where one letter makes another name
_SOUNDS = {"l": "r", "v": "b", "ph": "h", "f": "h", "th": "s", "sh": "s", "j": "s", "z": "s", "ch": "t", "ts": "t"}
_SOUNDS |= {"c": "k", "q": "k", "x": "ks", "u": "", "w": "", "y": "i", "e": "", "o": "", "ck": "k", "a": "a", "i": "i"}
_BY_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_ALIKE = [
    {"r", "l"},
    {"b", "v"},
    {"h", "f"},
    {"s", "z"},
    {"s", "t"},
    {"j", "g"},
    {"j", "z"},
    {"s", "c"},
    {"k", "c"},
    {"c", "t"},
]
_ALIKE += [
    {"i", "y"},
    {"i", "e"},
    {"u", "w"},
    {"a", "o"},
    {"h", "j"},
    {"k", "q"},
    {"j", "y"},
    {"e", "a"},
    {"a", "u"},
    {"f", "p"},
    {"y", "j"},
]
# Each letter can be read in one way only: with two, a word such as "kakaka...q" would take exponential time.
SYLLABLES = re.compile(
    r"(?:([kstpc])(?=\1)|tch|[nm](?![aiueoy])|h(?=$|[kgstnmbdrh])"
    r"|(?:(?:ky|gy|sh|j|ch|ny|hy|by|py|my|ry)(?=[aou])|sh(?=[ie])|ch(?=[ie])|ts(?=u)|j(?=i)"
    r"|[kgsztdnhbpmrf](?=[aiueo])|y(?=[auo])|w(?=a))?[aiueo])+"
)
_KANA_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サ.スセソ", "t": "タ..テト", "n": "ナニヌネノ", "h": "ハヒ.ヘホ",
    "m": "マミムメモ", "y": "ヤ.ユ.ヨ", "r": "ラリルレロ", "w": "ワ", "g": "ガギグゲゴ", "z": "ザ.ズゼゾ",
    "d": "ダ..デド", "b": "バビブベボ", "p": "パピプペポ",
}  # fmt: skip
_ROMAJI = {kana: row + "aiueo"[i] for row, some in _KANA_ROWS.items() for i, kana in enumerate(some) if kana != "."}
_ROMAJI |= {"シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu", "ン": "n", "ヲ": "o"}


def sound_alike(latin: str, katakana: str) -> bool:
    """Whether two longer words may be one name though their keys differ: Macedonia, マケドニア.

    Both the consonants and the letters as a whole have to be near.
    """
    if len(latin) < 5 or len(katakana) < 3 or not latin.isascii():
        return False
    spelled = romanised(katakana)
    if spelled[:1] != latin[:1] and {spelled[:1], latin[:1]} not in _ALIKE:
        return False
    heard = _by_sound(spelled)
    readings = [latin, latin.replace("j", "y")] if "j" in latin else [latin]  # Jonas: ジョナス, ヨナス
    return any(
        SequenceMatcher(None, heard, written, autojunk=False).ratio()
        >= (_ALIKE_FROM if min(len(heard), len(written)) > 4 else _SHORT_ALIKE_FROM)
        for written in map(_by_sound, readings)
    )


def _by_sound(letters: str) -> str:
    """Letters that sound alike as one, without the vowels that vary."""
    return _BY_SOUND.sub(lambda match: _SOUNDS[match[0]], letters)


def romanised(run: str) -> str:
    letters = ""
    for character in run:
        kana = chr(ord(character) + 0x60) if "\u3041" <= character <= "\u3096" else character
        if kana in "ャュョ":
            letters = (
                letters[:-1]
                + ("" if letters[-2:-1] in "hj" and letters[-3:-1] in ("sh", "ch") or letters[-2:-1] == "j" else "y")
                + {"ャ": "a", "ュ": "u", "ョ": "o"}[kana]
            )
        else:
            letters += _ROMAJI.get(kana, "")
    return short(letters)


def short(letters: str) -> str:
    """Without what tells long vowels and doubled consonants: Ōsaka, Oosaka, Osaka; Kyushu, Kyuushuu."""
    letters = re.sub(r"o[uh](?![aiueo])|oo", "o", letters.replace("uu", "u"))
    return re.sub(r"([kstpcmn])\1", r"\1", letters)
