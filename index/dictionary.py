"""A question's words in the other language: looked up, not guessed by a model.

Each word of a question becomes a group of translations that count as one term, whichever of them a passage holds
(structured queries: Pirkola, SIGIR 1998). The tables are made by `index/jmdict.py` and read through a memory map.
Knows nothing of passages or of scores.
"""

import mmap
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from pathlib import Path

from index.article import Language
from index.errors import ModelError
from index.jmdict import JMDICT, english_key, romanised
from index.modelfiles import prepare, status, verify
from index.modelspec import ModelStatus, missing_requirements
from index.progress import ProgressCallback
from index.readings import Reading, same_name
from index.words import FUNCTION_WORDS, normalised, stem, without_asking

Terms = tuple[str, ...]  # search terms (`index/words.py`) that must all be there

_PHRASE = 4  # words of an English entry at most
_RUN = 12  # characters of a Japanese entry at most
_MOST_WORDS = 60  # of a question
_WORD = re.compile(r"[A-Za-z0-9\u00c0-\u017f]+(?:'[A-Za-z]+)?")
_SENTENCE_END = re.compile(r"[.?!:]\s*$|^\s*$")
_UNTRANSLATED = re.compile(r"[\u3041-\u309fー]{1,2}|[!-~ ]+")
_KANJI = re.compile(r"[\u3005-\u3007\u3400-\u9fff\uf900-\ufaff]+")
_LONG_O = re.compile(r"o[ou]")


@dataclass(frozen=True)
class Group:
    """A word of a question and its translations, the commonest first: a text that holds all terms of one has it."""

    word: str
    translations: tuple[Terms, ...]


class Dictionary:
    """Five sorted tables. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Raises ModelError when a table is missing."""
        self._english = _Table(folder / "english.tsv")
        self._japanese = _Table(folder / "japanese.tsv")
        self._latin_names = _Table(folder / "names_english.tsv")
        self._kanji_names = _Table(folder / "names_japanese.tsv")
        self._readings = _Table(folder / "readings.tsv")
        self.groups = lru_cache(maxsize=256)(self._groups)
        self.readings = lru_cache(maxsize=4096)(self._read)

    @classmethod
    def open(cls, models_folder: Path, *, progress: ProgressCallback | None = None) -> "Dictionary | None":
        """The dictionary, made from its package on first use; None where it is neither there nor installed."""
        if not _available(models_folder):
            return None
        return cls(prepare(JMDICT, models_folder, progress=progress))

    def _read(self, kanji: str) -> tuple[Reading, ...]:
        """How a name in kanji, or a kanji by itself, is read; empty where it is not known."""
        return tuple(Reading.parse(value) for value in self._readings.values(kanji))

    def _groups(self, question: str, language: Language) -> tuple[Group, ...]:
        """The words of a question in `language` that the dictionary knows, with their translations into the other."""
        found: dict[str, dict[Terms, None]] = {}
        for word, translations in self._from_english(question) if language == "en" else self._from_japanese(question):
            if translations:
                found.setdefault(word, {}).update(dict.fromkeys(translations))
        return tuple(Group(word, tuple(translations)) for word, translations in found.items())

    def _from_english(self, question: str) -> Iterable[tuple[str, list[Terms]]]:
        """The longest entries, and the single words within them: a text may say 中央銀行 or only 銀行."""
        text = normalised(question).replace("’", "'")
        matches = [match for match in _WORD.finditer(text) if match[0].casefold() not in FUNCTION_WORDS][:_MOST_WORDS]
        written = [match[0].removesuffix("'s") for match in matches]
        stems = [english_key(word) or stem(word.casefold()) for word in written]
        place = 0
        while place < len(stems):
            length = next(
                (n for n in range(_PHRASE, 1, -1) if self._english.values(" ".join(stems[place : place + n]))), 1
            )
            length = min(length, len(stems) - place)
            if length > 1:
                yield self._in_japanese(" ".join(stems[place : place + length]))
            for key in stems[place : place + length]:
                yield self._in_japanese(key)
            place += length
        for match, word, key in zip(matches, written, stems, strict=True):
            starts = _SENTENCE_END.search(text[: match.start()])
            if (word[0].isupper() and not starts) or not self._english.values(key):
                yield key, [japanese_terms(name) for name in self._latin_names.values(same_name(romanised(word)))]
        for one, other in pairwise(written):
            for name in (f"{one} {other}", f"{other} {one}"):
                yield name, [japanese_terms(kanji) for kanji in self._latin_names.values(same_name(romanised(name)))]

    def _in_japanese(self, key: str) -> tuple[str, list[Terms]]:
        return key, [japanese_terms(spelling) for spelling in self._english.values(key)]

    def _from_japanese(self, question: str) -> Iterable[tuple[str, list[Terms]]]:
        """The longest entries from left to right; names the same way, within runs of kanji."""
        text = without_asking(normalised(question)).casefold()
        for place, word, keys in _longest(text, self._japanese):
            around = text[max(0, place - 1) : place + len(word) + 1]
            part = len(word) == 1 and len(_KANJI.sub("", around)) < len(around) - 1  # one kanji of a longer word
            if not part and not _UNTRANSLATED.fullmatch(word):
                yield word, [tuple(key.split()) for key in keys]
        for run in _KANJI.findall(text):
            for _, word, spelled in _longest(run, self._kanji_names):
                yield word, [terms for name in spelled for terms in _latin_terms(name)]


def describe_dictionary(
    models_folder: Path, *, recompute: bool = False, progress: ProgressCallback | None = None
) -> list[ModelStatus]:
    """What is known of it, in a list of one; an empty one where it is neither there nor installed."""
    if not _available(models_folder):
        return []
    return [verify(JMDICT, models_folder, progress=progress) if recompute else status(JMDICT, models_folder)]


def _available(models_folder: Path) -> bool:
    return (models_folder / JMDICT.folder_name).is_dir() or not missing_requirements(JMDICT)


def japanese_terms(spelling: str) -> Terms:
    """The search terms that a Japanese text with `spelling` in it has; a single kanji must stand alone there."""
    if len(spelling) == 1:
        return (f"={spelling}",)
    if spelling.isascii():
        return tuple(stem(word) for word in spelling.split())
    return tuple(dict.fromkeys(map(str.__add__, spelling, spelling[1:])))


def met(groups: Sequence[Group], terms: Iterable[str]) -> list[str]:
    """The words of `groups` that a text with these terms (`index.words.terms`) has in translation."""
    held = set(terms)
    return [group.word for group in groups if any(held.issuperset(one) for one in group.translations)]


def _latin_terms(name: str) -> Iterable[Terms]:
    """The ways to write a Japanese name: "ootani" is also Otani and Ohtani."""
    parts = _LONG_O.split(name)
    longs = _LONG_O.findall(name)[:2]
    rest = "".join(long + part for long, part in zip(_LONG_O.findall(name)[2:], parts[3:], strict=True))
    for chosen in product(*(dict.fromkeys(("o", "oh", long)) for long in longs)):
        spelled = parts[0] + "".join(o + part for o, part in zip(chosen, parts[1:3], strict=True)) + rest
        yield tuple(stem(word) for word in spelled.split())


def _longest(text: str, table: "_Table") -> Iterable[tuple[int, str, tuple[str, ...]]]:
    """The longest entries of `table` in `text`, from left to right: where, which, and what they stand for."""
    place = 0
    while place < len(text):
        word, values = table.longest(text[place : place + _RUN])
        if word:
            yield place, word, values
        place += len(word) or 1


class _Table:
    """A file of lines "key, tab, values with tabs between them", sorted by the bytes of the keys."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"the dictionary {str(path)!r} cannot be read ({error}): remove its folder and run "
                "`kotae models --prepare`"
            ) from error

    def values(self, key: str) -> tuple[str, ...]:
        """What `key` stands for; empty when it is not there."""
        line = f"{key}\t".encode("utf-8", "replace")
        return self._values(self._first(line, 0), line)

    def longest(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The longest key that `text` begins with, and what it stands for; "" when there is none."""
        found: tuple[str, tuple[str, ...]] = ("", ())
        low = 0
        for length in range(1, len(text) + 1):
            beginning = text[:length].encode("utf-8", "replace")
            low = self._first(beginning, low)
            if self._bytes[low : low + len(beginning)] != beginning:
                break
            if values := self._values(low, beginning + b"\t"):
                found = (text[:length], values)
        return found

    def _values(self, start: int, line: bytes) -> tuple[str, ...]:
        """The values of the line at `start`, if it begins with `line`."""
        if self._bytes[start : start + len(line)] != line:
            return ()
        end = self._bytes.find(b"\n", start)
        return tuple(self._bytes[start + len(line) : end].decode("utf-8").split("\t"))

    def _first(self, wanted: bytes, low: int) -> int:
        """Where the first line at or after `low` begins that is not less than `wanted`; the file's end if none."""
        high = len(self._bytes)
        while low < high:
            middle = (low + high) // 2
            start = self._bytes.rfind(b"\n", low, middle) + 1 or low
            if self._bytes[start : start + len(wanted)] < wanted:
                low = self._bytes.find(b"\n", middle) + 1
            else:
                high = start
        return low
