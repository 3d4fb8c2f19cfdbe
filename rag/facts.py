"""Whether a text says a fact, in either notation: 380億ドル for "$38 billion", トラスク for "Trask".

A fact is given as the forms it may take. Knows figures and names by their search terms (`index/figures.py`,
`index/names.py`); does not know whether a true fact is said of the right thing.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from index.article import Language
from index.fields import detect_language
from index.figures import Figure, figure_keys, find_figures
from index.names import kanji_keys, katakana_keys, latin_keys, phrase_keys

_MARK = re.compile(r"[\[［【]\s?\d{1,3}(?:\s?[,、-]\s?\d{1,3}){0,20}\s?[\]］】]")
_LIST_NUMBER = re.compile(r"^[ \t>*_#-]{0,8}\(?\d{1,3}[.)．)](?=\s)", re.MULTILINE)
_QUOTES = str.maketrans("‘’“”‐‑–—−", "''\"\"-----")
_JAPANESE = re.compile(r"[\u3005-\u30ff\u3400-\u9fff]")
_YES_NO = frozenset({"yes", "no", "はい", "いいえ"})
_KANJI_NUMBER = "〇一二三四五六七八九十百千"
_SCALE = r"(?!\s?(?:[万億兆]|(?:hundred|thousand|million|billion|trillion)(?![a-z])))"
_PARTS_OF_TIME = frozenset({"early", "mid", "late", "end of"})
_NAME_WORD = re.compile(r"(?P<ja>[\u30a1-\u30fa\u30fc]{2,})|(?P<en>[A-Za-z][A-Za-z'-]*[A-Za-z])")
_NAME_GAP = re.compile(r"[ ・=＝·.\-]{0,2}")
_LATIN_NAME = re.compile(r"[A-Z][\w'-]*(?:[ -][A-Z][\w'-]*)*")
_PROPER = re.compile(r"[A-Z][A-Za-z'-]+|(?<![A-Za-z])[A-Za-z]+\d[\w-]*|(?<![a-z])[a-z]+[A-Z]\w*")
_MOST_WORDS = 4  # of a name
_ENGLISH_SENTENCE = re.compile(r"\b(?:the|of|is|was|are|were|in|to|and|by|for|it|no|not|yes)\b", re.IGNORECASE)


class Stated:
    """A text that can be asked whether it says a fact; what that takes is worked out once."""

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFKC", _LIST_NUMBER.sub(" ", _MARK.sub("", text))).translate(_QUOTES)
        self.text = self.text.replace("**", "").replace("`", "")

    @cached_property
    def folded(self) -> str:
        """Casefolded, white space as single spaces."""
        return " ".join(self.text.casefold().split())

    @cached_property
    def dense(self) -> str:
        """Casefolded, without white space: where Japanese forms are looked for."""
        return re.sub(r"\s", "", self.text.casefold())

    @cached_property
    def figures(self) -> list[Figure]:
        """The figures it states."""
        return find_figures(self.text)

    @cached_property
    def names(self) -> list[tuple[str, str, bool]]:
        """(script, word, whether it directly follows the one before) of every word that may be part of a name."""
        found, end = [], -9
        for match in _NAME_WORD.finditer(self.text):
            joined = _NAME_GAP.fullmatch(self.text, end, match.start()) is not None if end >= 0 else False
            found.append((match.lastgroup or "", match[0], joined))
            end = match.end()
        return found

    def says(self, form: str) -> bool:
        """Whether the form stands here: as written, as the same figure, or as a name in the other script.

        Letters are compared after NFKC, without case. Latin letters and digits count at word boundaries only ("4" is
        not in "14", "No" not in "November"), Japanese anywhere except inside a longer number; yes and no only where a
        sentence begins.
        """
        form = unicodedata.normalize("NFKC", form).translate(_QUOTES).strip()
        folded = form.casefold()
        if folded in _YES_NO:
            return re.search(rf"(?:^|[.!?。\n\"「])[\s*]*{re.escape(folded)}(?![a-z])", self.folded) is not None
        text = self.dense if _JAPANESE.search(form) else self.folded
        return re.search(_pattern(folded), text) is not None or self._says_figure(form) or self._says_name(form)

    def says_figure(self, wanted: Figure) -> bool:
        """Whether a figure of the same value stands here."""
        return any(_same(wanted, stated) for stated in self.figures)

    def _says_figure(self, form: str) -> bool:
        found = find_figures(form)
        if len(found) != 1 or found[0].end - found[0].start < len(form):
            return False
        return self.says_figure(found[0])

    def _says_name(self, form: str) -> bool:
        if _LATIN_NAME.fullmatch(form):
            words, keys_of, other = re.findall(r"[A-Za-z']+", form), _latin_name_keys, "ja"
        elif re.fullmatch(r"[\u30a1-\u30fa\u30fc・=＝ ]+", form):
            words, keys_of, other = re.findall(r"[\u30a1-\u30fa\u30fc]+", form), _katakana_name_keys, "en"
        else:
            return False
        joined = keys_of("".join(words))
        apart = [keys_of(word) for word in words]
        keys_there = _katakana_name_keys if other == "ja" else _latin_name_keys
        for start in range(len(self.names)):
            run: list[str] = []
            for script, word, follows in self.names[start : start + _MOST_WORDS]:
                if script != other or (run and not follows):
                    break
                run.append(word)
                if joined & keys_there("".join(run)):
                    return True
                if len(run) == len(apart) and all(
                    wanted & keys_there(there) for wanted, there in zip(apart, run, strict=True)
                ):
                    return True
        kanji = set(kanji_keys(self.text)) if other == "ja" else set()
        return bool(set(phrase_keys(form.replace(" ", "-"))) & kanji)


def facts_stated(text: str, required: Sequence[Sequence[str]]) -> list[bool]:
    """For each required fact, whether the text says it in one of its forms."""
    stated = Stated(text)
    return [any(stated.says(form) for form in forms) for forms in required]


def figures_right(text: str, reference: str, given: str) -> float | None:
    """Of the figures in `reference` that `given` (the question) does not state, the share that `text` states.

    None when there are none.
    """
    stated, known = Stated(text), Stated(given)
    wanted = [figure for figure in Stated(reference).figures if not known.says_figure(figure)]
    return sum(map(stated.says_figure, wanted)) / len(wanted) if wanted else None


def names_right(text: str, reference: str, given: str) -> float | None:
    """Of the names in `reference` that `given` does not hold, the share that `text` holds, in either script.

    Names are words in katakana, and Latin words with a capital or a digit; one that opens a sentence counts only if
    it has another capital or a digit. Names in kanji are not known. None when there are none.
    """
    stated, known = Stated(text), Stated(given)
    wanted = [name for name in _names_in(reference) if not known.says(name)]
    return sum(map(stated.says, wanted)) / len(wanted) if wanted else None


def suggested_facts(reference: str, given: str) -> list[list[str]]:
    """The figures and names of a reference that `given` (the question) does not state, each a fact of one form: a
    start for `required`, to be gone over by who writes the gold set."""
    plain, known = Stated(reference), Stated(given)
    figures = [figure.text.strip() for figure in plain.figures if not known.says_figure(figure)]
    names = [name for name in _names_in(reference) if not known.says(name)]
    return [[form] for form in dict.fromkeys([*figures, *names])]


def language_right(text: str, wanted: Language) -> bool:
    """Whether the text is in the language wanted; figures and bare names belong to both."""
    spoken = Stated(text).text
    if not any(character.isalpha() for character in spoken) or detect_language(spoken) == wanted:
        return True
    return wanted == "ja" and not _ENGLISH_SENTENCE.search(spoken)


def _pattern(form: str) -> str:
    """The form as a regular expression, with boundaries where it begins or ends with a letter or digit."""
    if _JAPANESE.search(form):
        written = re.escape(re.sub(r"\s", "", form))
    else:
        written = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", form) if word) or re.escape(form)
    first, last = form[:1], form[-1:]
    before = after = ""
    if first.isascii() and first.isalnum():
        before = r"(?<![0-9])(?<![0-9][.,])" if first.isdigit() else ""
        before += r"(?<![a-z])"
    elif first in _KANJI_NUMBER:
        before = rf"(?<![{_KANJI_NUMBER}])"
    if last.isascii() and last.isalnum():
        after = r"(?![0-9a-z])" + (r"(?![.,][0-9])" + _SCALE if last.isdigit() else "")
    if form and first.isascii() and first.isalpha():
        before += r"(?<![0-9])"
    return before + written + after


def _same(wanted: Figure, stated: Figure) -> bool:
    """Whether both are the same value; a date may be stated more exactly than it is wanted."""
    if wanted.qualifier in _PARTS_OF_TIME and stated.qualifier != wanted.qualifier:
        return False
    if isinstance(wanted.value, tuple):
        return isinstance(stated.value, tuple) and set(figure_keys(wanted)) <= set(figure_keys(stated))
    key, keys = figure_keys(wanted)[0], figure_keys(stated)
    if key in keys:
        return True
    # A counter says little: 41人 is "from 41 to 26". A currency or a per cent sign does not go without saying.
    countable = ("count", "number", "ordinal")
    bare = figure_keys(wanted)[-1]
    return wanted.kind in countable and stated.kind in countable and "" in (wanted.unit, stated.unit) and bare in keys


def _names_in(text: str) -> list[str]:
    plain = Stated(text)
    blanked = list(plain.text)
    for figure in plain.figures:
        blanked[figure.start : figure.end] = " " * (figure.end - figure.start)
    rest = "".join(blanked)
    found = [match[0] for match in re.finditer(r"[\u30a1-\u30fa\u30fc]{3,}", rest)]
    for match in _PROPER.finditer(rest):
        opens = re.search(r"(?:^|[.!?\"'。「]\s*)$", rest[: match.start()]) is not None
        plain_word = match[0][1:].islower() and match[0].isalpha()
        if not (opens and plain_word) and not rest[match.start() - 1 : match.start()].isdigit():
            found.append(match[0])
    return list(dict.fromkeys(found))


def _latin_name_keys(word: str) -> set[str]:
    return _telling(latin_keys(word.casefold())) | set(phrase_keys(word)) if len(word) > 2 else set(phrase_keys(word))


def _katakana_name_keys(word: str) -> set[str]:
    return _telling(katakana_keys(word))


def _telling(keys: Sequence[str]) -> set[str]:
    """Without skeletons of fewer than three letters: too many words share them."""
    return {key for key in keys if len(key) > 2}
