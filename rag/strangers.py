"""Names of an answer that stand nowhere in its evidence, in either script: they were made up.

A name is a Latin word with a capital or a digit (GB200, v1.2.3), or a katakana word that is no everyday loan word.
Kanji names are not judged. Across scripts names meet by sound (`index/names.py`); a name that Japanese writes in kanji
(佐藤健一, "Kenichi Sato") is let through when the kanji of the evidence can be read so or, without a table of readings,
when it is made of Japanese syllables and the evidence names somebody or some place in kanji. Does not know figures
(`rag/grounding.py`), nor whether a name is used for the right thing.
"""

import re

from index.names import phrase_keys
from index.words import FUNCTION_WORDS
from rag.common_words import CALENDAR, KINDS, LOAN_WORDS, OPENERS, SHORT_FORMS, TITLES
from rag.kanji_names import Readings, no_readings
from rag.known_names import JAPANESE, KATAKANA_WORD, LATIN_WORD, MOST_WORDS, KnownNames, plain
from rag.sounds import sound_alike

_KATAKANA_NAME = re.compile(r"[\u30a1-\u30fa][\u30a1-\u30fa\u30fc]*(?:[・=＝][\u30a1-\u30fa\u30fc]+)*")
_CALLED = re.compile(r"氏|さん|様|博士|選手|監督|容疑者|被告")
_SENTENCE_OPENS = re.compile(r"(?:^|[.!?:;。!?:]|[\n\"“”「『(•])[\s\"'“”‘’(*>#_-]{0,40}(?:\d{1,3}[.)]\s{0,8})?$")
# Endings of English words that open sentences without being names: Children's, Owners, Shipping, Recently, Delayed.
_COMMON_ENDING = re.compile(
    r"(?:[^s]s|ly|ing|ed|tion|sion|ment|ness|ity|ance|ence|ship|ism|ists?|ure|dren|folk|ware|age|ics|ary|al|ive|ers?|ors?)$"
)
_ABSTRACT = re.compile(r"(?:tion|sion|ment|ness|ity|ance|ence|ary|al|ive|ing|ics)$")
_JOINT = re.compile(r"[ ]|, ?(?=Inc|Ltd|Corp)|\. | & ")
_REDUPLICATED = re.compile(r"(.{2,3})\1")  # ギリギリ, バラバラ: a Japanese word
_CONTRACTED = re.compile(r"'(?:ve|m|ll|d|re|s|t)$")


def ungrounded_names(answer: str, evidence: str, question: str = "", readings: Readings = no_readings) -> list[str]:
    """The names in `answer` that neither `evidence` nor `question` holds, as they are written, in order, each once."""
    known = KnownNames(f"{evidence}\n{question}", readings)
    text = plain(answer)
    found = [*_latin_strangers(text, known), *_katakana_strangers(text, known)]
    return list(dict.fromkeys(name for _, name in sorted(found)))


def _latin_strangers(text: str, known: KnownNames) -> list[tuple[int, str]]:
    rows: list[list[re.Match[str]]] = []
    for match in LATIN_WORD.finditer(text):
        if rows and _JOINT.fullmatch(text, rows[-1][-1].end(), match.start()):
            rows[-1].append(match)
        else:
            rows.append([match])
    return [found for row in rows for found in _strangers_of_row(text, row, known)]


def _strangers_of_row(text: str, row: list[re.Match[str]], known: KnownNames) -> list[tuple[int, str]]:
    """The unknown names of neighbouring Latin words; a name of several words may be known as a whole."""
    named = [_is_name(text, match, row[i + 1][0] if i + 1 < len(row) else "") for i, match in enumerate(row)]
    open_words = {i for i, is_name in enumerate(named) if is_name and not known.holds_word(row[i][0])}
    for length in range(min(MOST_WORDS, len(row)), 1, -1):
        for start in range(len(row) - length + 1):
            span = range(start, start + length)
            if open_words.intersection(span) and _held_together([row[i][0] for i in span], known):
                open_words.difference_update(span)
    if known.japanese and any(match[0][0].isupper() and match[0].casefold() in KINDS for match in row):
        # 司法委員会 is the Judiciary Committee: a word that looks like a common noun is one, beside one that is.
        open_words = {i for i in open_words if not _ABSTRACT.search(row[i][0])}
    return [(row[i].start(), row[i][0]) for i in sorted(open_words) if not _parts_held(row[i][0], known)]


def _held_together(words: list[str], known: KnownNames) -> bool:
    name = " ".join(words)
    if not all(word[:1].isupper() or word[:1].isdigit() for word in (words[0], words[-1])):
        return False
    initials = "".join(word[0] for word in words if word[0].isupper()).casefold()
    return (
        known.stated.says(name)
        or bool(set(phrase_keys("-".join(words).replace(".", ""))) & known.table)
        or (len(initials) > 2 and initials in known.words)
        or any(sound_alike("".join(words).casefold(), katakana) for katakana in known.katakana)
    )


def _parts_held(word: str, known: KnownNames) -> bool:
    """Sapporo-based, non-Japanese, AI-driven: each part with a capital is known."""
    parts = [part for part in re.split(r"[-/&+_.]", word) if part]
    if len(parts) < 2 or re.search(r"\d", word):
        return False
    return all(not part[0].isupper() or _says_kind(part) or known.holds_word(part) for part in parts)


def _says_kind(word: str) -> bool:
    folded = _CONTRACTED.sub("", word.casefold()).replace("'", "").rstrip(".")
    kinds = (FUNCTION_WORDS, KINDS, TITLES, CALENDAR, SHORT_FORMS)
    return any(folded in some or folded.removesuffix("s") in some for some in kinds)


def _is_name(text: str, match: re.Match[str], following: str) -> bool:
    """Whether the Latin word names something: it has a capital or a digit, and none that grammar explains."""
    word = match[0]
    if re.fullmatch(r"[\d.,/-]+", word):
        return word.count(".") > 1
    digits = re.search(r"\d", word) is not None
    if not (re.search(r"[A-Z]", word) or (digits and re.search(r"[a-z]-?\d|\d[a-z]", word))):
        return False
    if digits and re.fullmatch(r"\d+[A-Za-z]{1,2}|\d+(?:st|nd|rd|th|s|x|k|m|bn|km|cm|mm|kg|d|v)?", word.casefold()):
        return False
    if _says_kind(word) or len(word) < 2:
        return False
    if digits or re.search(r"[a-z][A-Z]|[A-Z]{2}", word):
        return True
    if not _SENTENCE_OPENS.search(text, max(0, match.start() - 60), match.start()) or JAPANESE.match(text, match.end()):
        return word[0].isupper()
    folded = word.casefold()
    if folded in OPENERS or folded in FUNCTION_WORDS:
        return False
    # A sentence opens with a capital anyway: a name is told by a second capital, or by not looking like a common noun.
    return _opens_as_name(folded, following, text[match.end() : match.end() + 3])


def _opens_as_name(word: str, following: str, after: str) -> bool:
    if _COMMON_ENDING.search(word):
        return False
    if following[:1].isupper() and following.casefold() not in FUNCTION_WORDS | CALENDAR:
        return True
    singular = following in (
        "is",
        "was",
        "has",
        "will",
        "plans",
        "said",
        "says",
        "paid",
        "announced",
        "agreed",
        "bought",
    )
    return singular or after.startswith("'s")


def _katakana_strangers(text: str, known: KnownNames) -> list[tuple[int, str]]:
    found = []
    for name in _KATAKANA_NAME.finditer(text):
        words = [(name.start() + match.start(), match[0]) for match in KATAKANA_WORD.finditer(name[0])]
        unknown = {word for _, word in words if not known.holds_katakana(word)}
        # イーロン・マスク is no mask: everyday words excuse a name only when they explain all of it.
        everyday = _CALLED.match(text, name.end()) is None and all(_reads_as_parts(word, known) for word in unknown)
        if not everyday and not known.holds_katakana(name[0]):
            found += [(at, word) for at, word in words if word in unknown and len(word.strip("ー")) > 2]
    return [(at, word) for at, word in found if not _REDUPLICATED.fullmatch(word)]


def _reads_as_parts(word: str, known: KnownNames) -> bool:
    """Whether the word is made of everyday loan words and known ones: サービスセンター, トラスクグループ."""
    if len(word) > 40:
        return False
    reached = {0}
    for end in range(2, len(word) + 1):
        for start in range(max(0, end - 16), end - 1):
            part = word[start:end]
            if start in reached and (part in LOAN_WORDS or (len(part) > 2 and known.holds_katakana(part))):
                reached.add(end)
                break
    return len(word) in reached
