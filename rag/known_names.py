"""What a text knows of names: asked for one in either script, it says whether it holds it.

Names meet as written, inflected, by sound, by the table of `index/names.py`, in kana, and by initials. Does not know
what in an answer is a name: that is `rag/strangers.py`.
"""

import re
import unicodedata
from functools import cached_property

from index.figures import find_figures
from index.names import kanji_keys, katakana_keys, latin_keys, phrase_keys
from index.words import stem
from rag.common_words import FOREIGN_IN_SYLLABLES, OFFICES
from rag.facts import Stated
from rag.kanji_names import Readings, may_be_read, no_readings
from rag.sounds import SYLLABLES, romanised, short, sound_alike

MOST_WORDS = 4  # of a name that is looked up as a whole

LATIN_WORD = re.compile(
    r"(?:v\.? ?)?\d{1,4}(?:\.\d{1,4}){2,4}(?![\d.])"
    r"|[A-Za-z\d][A-Za-z\d]*(?:(?:[.&+_/-]|['’](?!s\b))[A-Za-z\d]+)*(?:\+\+|#)?"
)
KATAKANA_WORD = re.compile(r"[\u30a1-\u30fa\u30fc]+")
JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
_MARK = re.compile(r"[\[［【]\s?\d{1,3}(?:\s?[,、-]\s?\d{1,3}){0,20}\s?[\]］】]")
_ADDRESS = re.compile(r"https?://[!-~]+|(?<![\w.+-])[\w.+-]+@[\w.-]+")
_DEMONYM = re.compile(r"(?:ians?|ans?|ese|ish|is|ns|n|ic|i|s)$")
# Kanji by which a run of kanji is likely a name: 三浦, 海鳴市, 苫小牧.
_PERSON = re.compile(rf"[\u3400-\u9fff々ヶ]{{2,6}}(?:{OFFICES}|さん|様|被害者|代表|アナリスト|CEO|CFO|COO)")
_PLACE = re.compile(
    r"[\u3400-\u9fff々ヶ]{1,6}(?:[市町村区県府都郡駅島山川湾港湖岳峠城寺社]|半島|地方|空港|神社|大学|高校|銀行|電機|製薬"
    r"|重工|工業|自動車|鉄道|新聞|放送|商事|建設|食品|通信)(?!場|者|民)"
)
_NAME_KANJI = re.compile(
    r"[田山川藤木村森井野原崎浜浦沢谷島松竹梅岡坂橋][\u3400-\u9fff々]|[\u3400-\u9fff々][田山川藤木村森井野原崎浜浦沢谷島松竹梅岡坂橋]"
)
_COUNTRIES = (
    "us",
    "uk",
    "france",
    "germany",
    "italy",
    "russia",
    "south-korea",
    "australia",
    "india",
    "china",
    "japan",
    "europe",
)
_COUNTRY_KANJI = dict(zip("米英仏独伊露韓豪印中日欧", _COUNTRIES, strict=True))
# Of peoples and languages, what shares no spelling with the country.
_PEOPLE = {
    "english": "uk", "briton": "uk", "britons": "uk", "england": "uk", "spaniard": "spain", "spaniards": "spain",
    "dane": "denmark", "danes": "denmark", "swede": "sweden", "swedes": "sweden", "finn": "finland",
    "finns": "finland", "pole": "poland", "poles": "poland", "turk": "turkey", "turks": "turkey", "scot": "scotland",
    "scots": "scotland", "korean": "south-korea", "koreans": "south-korea", "korea": "south-korea", "greek": "greece",
    "greeks": "greece", "swiss": "switzerland", "dutchman": "netherlands", "americas": "us", "brits": "uk",
}  # fmt: skip
_ALONE = re.compile(r"(?<![\u3400-\u9fff])[米英仏独伊露韓豪印中日欧](?=[\u30a1-\u30fa\u3001、・A-Za-z\u3400-\u9fff])")


class KnownNames:
    """What evidence and question hold, in the forms that names are looked up in."""

    def __init__(self, text: str, readings: Readings = no_readings) -> None:
        self._readings = readings
        self.text = without_accents(unicodedata.normalize("NFKC", text).replace("’", "'"))
        self.stated = Stated(self.text)
        self.japanese = JAPANESE.search(text) is not None
        found = [match[0].replace("'", "") for match in LATIN_WORD.finditer(f"{self.text}\n{self.stated.text}")]
        self.words = {part for word in found for part in (word.casefold(), *re.split(r"[^a-z\d]+", word.casefold()))}
        self.stems = {stem(word) for word in self.words}
        self.roots = {_root(word) for word in self.words if len(word) > 3}
        self.capitals = "".join(
            word[0] for word in found if word not in ("the", "of", "and", "for", "on", "in")
        ).casefold()
        self.katakana = {match[0] for match in KATAKANA_WORD.finditer(self.text)}
        self.dense = re.sub(r"[・=＝ ]", "", self.text)

    @cached_property
    def heard(self) -> set[str]:
        """How its katakana words sound."""
        return {key for word in self.katakana for key in katakana_keys(word) if len(key) > 2}

    @cached_property
    def spelled(self) -> set[str]:
        """How its Latin words may sound."""
        return {key for word in self.words for key in latin_keys(word) if len(key) > 2}

    @cached_property
    def table(self) -> set[str]:
        """The table's names that it holds, in any script."""
        keys = {key for word in self.katakana for key in katakana_keys(word)}
        keys |= {key for run in re.findall(r"[\u3400-\u9fff]+", self.text) for key in kanji_keys(run)}
        keys |= {f"={_COUNTRY_KANJI[match[0]]}" for match in _ALONE.finditer(self.text)}
        words = re.findall(r"[A-Za-z]+", self.text.replace(".", ""))
        for length in range(1, MOST_WORDS):
            for start in range(len(words) - length + 1):
                keys.update(phrase_keys("-".join(words[start : start + length])))
        keys |= {f"={_PEOPLE[word]}" for word in self.words if word in _PEOPLE}
        return {key for key in keys if key.startswith("=")} | ({"=japan"} if self.japanese else set())

    @cached_property
    def romaji(self) -> str:
        """Its kana in Latin letters, long vowels short."""
        return " ".join(romanised(run) for run in re.findall(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]+", self.text))

    @cached_property
    def names_in_kanji(self) -> bool:
        """Whether somebody, a firm or a place seems to be named in kanji."""
        return any(pattern.search(self.text) for pattern in (_PERSON, _PLACE, _NAME_KANJI))

    def holds_word(self, word: str) -> bool:
        """Whether a Latin word is known: as it is, inflected, by sound, by the table, in syllables, by initials."""
        folded = word.casefold().replace("'", "")
        bare = folded.replace(".", "")
        if folded in self.words or bare in self.words:
            return True
        if re.search(r"\d", word):  # an id is known or not
            return re.sub(r"[-_ ]", "", folded) in self.solid or folded in self.cut
        if stem(bare) in self.stems or (len(bare) > 3 and _root(bare) in self.roots):
            return True
        if f"={_PEOPLE.get(bare, '')}" in self.table or set(phrase_keys(word.replace(".", ""))) & self.table:
            return True
        if word.isupper() and len(bare) > 2 and bare in self.capitals:
            return True
        forms = _without_endings(bare)
        if any(map(self._heard, forms)) or self._said_in_kana(bare) or self._may_be_kanji(bare):
            return True
        return folded in self.cut

    def _heard(self, word: str) -> bool:
        """Whether a katakana word sounds like the Latin one."""
        if not self.heard.isdisjoint(latin_keys(word)) or not self.table.isdisjoint(phrase_keys(word)):
            return True
        return any(sound_alike(word, katakana) for katakana in self.katakana)

    @cached_property
    def cut(self) -> set[str]:
        """Its Latin words where it is cut as an answer is: 0A/A in 0/0A/A, whose 0 is a figure. Asked for last."""
        return {match[0].casefold().replace("'", "") for match in LATIN_WORD.finditer(plain(self.text))}

    @cached_property
    def solid(self) -> set[str]:
        """Its Latin words without hyphens: GPT-4 is GPT4."""
        return {re.sub(r"[-_ ]", "", word) for word in self.words}

    def _said_in_kana(self, word: str) -> bool:
        return self.japanese and len(word) > 3 and SYLLABLES.fullmatch(word) is not None and short(word) in self.romaji

    def _may_be_kanji(self, word: str) -> bool:
        spelled = word not in FOREIGN_IN_SYLLABLES and SYLLABLES.fullmatch(word) is not None
        if not (self.japanese and len(word) > 1 and spelled):
            return False
        if not self._readings("日"):  # there is no table
            return self.names_in_kanji
        return may_be_read(word, self.text, self._readings)

    def holds_katakana(self, word: str) -> bool:
        """Whether a katakana word is known: as it is or inside a longer one, by sound, or by the table."""
        if word in self.dense or self.stated.says(word):
            return True
        if not self.spelled.isdisjoint(katakana_keys(word)) or not self.table.isdisjoint(katakana_keys(word)):
            return True
        return any(sound_alike(latin, word) for latin in self.words | self.pairs)

    @cached_property
    def pairs(self) -> set[str]:
        """Two neighbouring Latin words as one: Los Angeles is ロサンゼルス."""
        words = re.findall(r"[A-Za-z]+", self.stated.text)
        return {f"{a}{b}".casefold() for a, b in zip(words, words[1:], strict=False) if b[0].isupper()}


def _without_endings(word: str) -> list[str]:
    """The word, and what is left without the endings of a people: Bolivians, Bolivia."""
    forms = [word, *(word.removesuffix(ending) for ending in ("s", "n", "ns", "an", "ans", "ian", "ese", "er", "ers"))]
    return [form for i, form in enumerate(forms) if len(form) > 3 and form not in forms[:i]] or [word]


def _root(word: str) -> str:
    """A word without the ending that makes a demonym: Texan, Texas; Alaskan, Alaska."""
    root = _DEMONYM.sub("", word)
    root = root.rstrip("aeioy") if len(root) > 4 else root
    return root if len(root) > 2 else word


def plain(text: str) -> str:
    """NFKC, without accents on Latin letters; marks, addresses and figures become spaces, so that nothing joins."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'")
    text = without_accents(text)
    for pattern in (_MARK, _ADDRESS):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    for figure in find_figures(text):
        text = text[: figure.start] + "\x00" * (figure.end - figure.start) + text[figure.end :]
    return text


def without_accents(text: str) -> str:
    """Tōkyō and Beyoncé in plain letters; kana keep their marks."""
    letters = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in letters if not "\u0300" <= c <= "\u036f"))
