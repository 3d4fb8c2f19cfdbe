"""Turns a text into search terms, for passages and for questions.

Japanese becomes bigrams, single kanji and whole runs of kanji or katakana; words in other scripts become stems, with
names, ids and versions whole and in parts; figures and names also become terms that cross over between the two
languages (`index/figures.py`, `index/names.py`). Knows nothing of scores or of what is indexed. Linear in the text.
"""

import re
import unicodedata
from collections.abc import Iterable

from index.figures import figure_terms
from index.names import LONGEST_PHRASE, PHRASE_STARTS, kanji_keys, katakana_keys, latin_keys, phrase_keys

VERSION = 1  # raise it with any change to what `terms` returns, figures and names included: older indexes are rebuilt

_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_KANJI = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003347f"
_OTHER = rf"[^\W{_HIRAGANA}{_KATAKANA}{_KANJI}]"
_RUN = re.compile(
    rf"(?P<hiragana>[{_HIRAGANA}]+)|(?P<katakana>[{_KATAKANA}]+)|(?P<kanji>[{_KANJI}]+)"
    rf"|(?P<word>{_OTHER}+(?:[-.,'’&/@:_+]{_OTHER}+)*(?:\+\+|#)?)"
)
_PART = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+")
_POSSESSIVE = re.compile(r"['’]s$")
_ROW = 10  # words read together in the search for names of several words
_LONGEST = 40  # characters of a word or run that is a term as a whole
_PILE = re.compile(r"[^\w\s]{31,}")
_FUNCTION_WORDS = """
a about after all also an and any are as at be because been before being between but by can could did do does doing
during each for from had has have he her his how i if in into is it its me more most my no not of on or our over she
should so some such than that the their them then there these they this those through to under was we were what when
where which while who whom whose why will with would you your
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
# What a Japanese question asks with, and how it ends.
_ASKING = re.compile(
    r"(?:とは|って)?(?:(?<!幾)何|なん|なに)(?:です|でしょう|なの|だ)?か?|(?:です|ます|でしょう|ました|でした|だろう|なの)か"
    r"|ください|教えて|[どこだ]れ|誰|どこ|いつ|なぜ|どう(?:して|やって)?|どの(?:よう[にな]?|くらい|ぐらい)?|どんな|いくつ|いくら"
)


def terms(text: str) -> list[str]:
    """The terms of a passage, in no particular order, repeated where they are repeated in the text."""
    text = normalised(text)
    pieces, wholes = _read(text, asked=False, every_word=True)
    return pieces + wholes + figure_terms(text)


def question_terms(text: str) -> list[str]:
    """The terms to look up for a question. A term that comes twice weighs double.

    Whole words, names and figures weigh double, pieces of Japanese single. Function words are left out, unless there
    is nothing else. A name asks for its spellings in the other script only: in its own, the word itself is looked up.
    """
    text = normalised(text)
    pieces, wholes = _read(without_asking(text), asked=True, every_word=False)
    wholes += figure_terms(text)
    if not pieces and not wholes:
        pieces, wholes = _read(text, asked=True, every_word=True)
    return pieces + wholes + wholes


def without_asking(text: str) -> str:
    """A normalised question without the Japanese words that only ask: 「…とは何ですか」."""
    return _ASKING.sub(" ", text)


def normalised(text: str) -> str:
    """NFKC (full-width letters become ASCII, half-width kana full), capitals kept."""
    return unicodedata.normalize("NFKC", _PILE.sub(_without_marks, text))


def _without_marks(pile: re.Match[str]) -> str:
    """Piled-up combining marks go: normalising them takes the square of their number (UAX 15 allows 30)."""
    return "".join(c for c in pile[0] if not unicodedata.combining(c))


def stem(word: str) -> str:
    """A casefolded English word without plural s, -ed, -ing and silent e; a word with other letters or digits as it is.

    Light on purpose: two words that mean different things should not become one.
    """
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    word = _singular(word)
    for suffix in ("ing", "ed"):
        rest = word.removesuffix(suffix)
        if rest != word and len(rest) > 2 and any(vowel in rest for vowel in "aeiouy"):
            doubled = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            word = rest[:-1] if doubled else rest.removesuffix("i") + "y" * rest.endswith("i")
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _read(text: str, *, asked: bool, every_word: bool) -> tuple[list[str], list[str]]:
    """The pieces (bigrams, single kanji) and the whole words and names of a normalised text."""
    pieces: list[str] = []
    wholes: list[str] = []
    row: list[str] = []  # neighbouring Latin words as written, for names of several words
    shouted = text.isascii() and text.isupper() and text.count(" ") > 2
    end, last = -1, ""  # where the last run ended, and what it was
    for match in _RUN.finditer(text):
        script, written = match.lastgroup, match[0]
        run = written.casefold()
        if match.start() == end:
            pieces.append(last[-1] + run[0])
            if last.isdecimal() and len(last) > 1:  # 19世 in 19世紀
                pieces.append(last[:_LONGEST] + run[0])
        if script == "word":
            if row and (len(row) == _ROW or text[end : match.start()] != " "):
                wholes += _phrase_terms(row, asked=asked)
                row = []
            row.append(written)
            # WHO and IT in capitals are names.
            if every_word or run not in FUNCTION_WORDS or (len(run) > 1 and written.isupper() and not shouted):
                wholes += _word_terms(run, asked=asked)
        else:
            pieces += map(str.__add__, run, run[1:])
            if script == "kanji":
                pieces += run
                wholes += _named(kanji_keys(run), japanese=not asked)
            if script != "hiragana" and len(run) <= _LONGEST:
                wholes.append(f"={run.rstrip('ー') or run}")
            if script == "katakana" and len(run) > 1:
                wholes += _named(katakana_keys(run), japanese=not asked)
        end, last = match.end(), run
    return pieces, wholes + _phrase_terms(row, asked=asked)


def _word_terms(word: str, *, asked: bool) -> list[str]:
    """A casefolded word as a whole, its parts when it has several, and the keys of both as names."""
    word = _POSSESSIVE.sub("", word)
    if _NUMBER.fullmatch(word):
        return [word.replace(",", "")[:_LONGEST]]
    parts = [word, *(part for part in _PART.findall(word) if part != word)]
    found = [stem(part[:_LONGEST]) for part in parts]
    keys = [key for part in parts if part not in FUNCTION_WORDS for key in latin_keys(part)]
    return found + _named(keys, japanese=asked)


def _phrase_terms(row: list[str], *, asked: bool) -> list[str]:
    """Names of one or more neighbouring words: from the table, and two words that katakana writes as one."""
    keys: list[str] = []
    row = [_POSSESSIVE.sub("", word).replace(".", "") for word in row]
    folded = [word.casefold() for word in row]
    for i, word in enumerate(folded):
        if word in PHRASE_STARTS:
            for length in range(1, min(LONGEST_PHRASE, len(row) - i) + 1):
                keys += phrase_keys("-".join(row[i : i + length]))
        named = asked or (row[i][:1].isupper() and i + 1 < len(row) and row[i + 1][:1].isupper())
        if named and i + 1 < len(row) and FUNCTION_WORDS.isdisjoint(folded[i : i + 2]):
            keys += latin_keys(word + folded[i + 1])
    return _named(keys, japanese=asked)


def _named(keys: Iterable[str], *, japanese: bool) -> list[str]:
    """Names as a text in Japanese has them ("ja:artmn"), or as one in Latin letters does ("en:artmn")."""
    return [("ja:" if japanese else "en:") + key for key in keys]
