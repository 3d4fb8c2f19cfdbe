"""Turns the dictionaries of the `jamdict-data` package (JMdict and JMnedict) into five sorted tables of text.

    english.tsv    English stems -> Japanese spellings     names_english.tsv    a name in Latin letters -> in kanji
    japanese.tsv   a Japanese spelling -> English stems    names_japanese.tsv   a name in kanji -> in Latin letters
    readings.tsv   how names and kanji are read (`index/readings.py`)

A line is a key and what it stands for, the commonest first, with tabs between them; lines are sorted by the bytes of
their keys. Reads a database and gives bytes: no package code runs. Knows nothing of questions (`index/dictionary.py`).
"""

import re
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from index.errors import ModelError
from index.modelspec import ModelFile, ModelSpec, PackageFile
from index.readings import compile_readings, same_name
from index.words import FUNCTION_WORDS, stem

MOST_SPELLINGS = 12  # Japanese words for one English key; more make no difference (docs/results.md)
MOST_GLOSSES = 6  # English keys for one Japanese spelling
_MOST_NAMES = 40
_LONGEST_KEY = 4  # words
_PER_SENSE, _PER_GLOSS = 15, 5  # how much commonness a later sense, and a later gloss within it, loses
_UNWANTED = (
    "archaism", "obscure term", "obsolete term", "vulgar expression or word", "slang", "Internet slang", "manga slang",
    "rare", "derogatory", "children's language", "proverb", "dated term", "jocular, humorous term",
)  # fmt: skip
_REMARK = re.compile(r"\([^()]*\)")
_WORD = re.compile(r"[a-z0-9]+")
_SHORT_HIRAGANA = re.compile(r"[\u3041-\u309f]{1,2}")
_KANJI = re.compile(r"[\u3005\u3400-\u9fff]")
# What follows the unchanging part of a verb of this last kana: 書く is also 書か, 書き, 書け, 書こ, 書い.
_ENDINGS = {
    "う": "わいうえおっ", "く": "かきくけこい", "ぐ": "がぎぐげごい", "す": "さしすせそ", "つ": "たちつてとっ",
    "ぬ": "なにぬねのん", "ぶ": "ばびぶべぼん", "む": "まみむめもん", "る": "らりるれろっ",
}  # fmt: skip

# Kanji, gloss, kinds with commas between them.
_NAMES = (
    "SELECT k.text, g.text, group_concat(DISTINCT y.text) FROM NEKanji k "
    "JOIN NETranslation t ON t.idseq = k.idseq JOIN NETransGloss g ON g.tid = t.ID "
    "LEFT JOIN NETransType y ON y.tid = t.ID GROUP BY k.ID, g.rowid"
)

Ranked = dict[str, dict[str, int]]  # key -> what it stands for -> how common, higher is better


def english_key(text: str) -> str:
    """The stems of a gloss or of words of a question: "to sign (a treaty)" -> "sign"; "" when it is no short phrase."""
    letters = unicodedata.normalize("NFKD", _REMARK.sub(" ", text)).casefold().replace("'s ", " ").replace("'", "")
    words = _WORD.findall("".join(c for c in letters if not unicodedata.combining(c)))
    stems = [stem(word) for word in words if word not in FUNCTION_WORDS]
    return " ".join(stems) if 0 < len(stems) <= _LONGEST_KEY and len(stems[0]) > 1 else ""


def spellings(word: str, parts_of_speech: Iterable[str]) -> list[str]:
    """How a dictionary word stands in running text, inflected or not: 書く -> 書か, 書き, ... No short hiragana."""
    word = unicodedata.normalize("NFKC", word).casefold()
    kinds = " ".join(parts_of_speech)
    found = [word]
    if len(word) > 1 and "Ichidan" in kinds and word.endswith("る"):
        found = [word[:-1]]
    elif len(word) > 1 and "Godan" in kinds and word[-1] in _ENDINGS:
        found = [word[:-1] + ending for ending in _ENDINGS[word[-1]]]
    elif len(word) > 1 and "keiyoushi" in kinds and word.endswith("い"):
        found = [word[:-1] + ending for ending in "いくかさ"]
    elif len(word) > 3 and word.endswith("する"):
        found = [word[:-2]]
    return [one for one in found if not _SHORT_HIRAGANA.fullmatch(one)]


def compile_tables(paths: Sequence[Path]) -> Mapping[str, Iterable[bytes]]:
    """The tables by file name, as chunks of bytes. `paths`: the package's database. Raises ModelError."""
    try:
        with closing(sqlite3.connect(f"{paths[0].resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            english, japanese = _words(database)
            rows = database.execute(_NAMES).fetchall()
            latin, kanji = _names(rows)
            readings = list(compile_readings(database, _spelled(rows)))
    except sqlite3.DatabaseError as error:
        raise ModelError(f"{str(paths[0])!r} cannot be read ({error}): install jamdict-data==1.5") from error
    return {
        "english.tsv": _lines(english, 6 * MOST_SPELLINGS),
        "japanese.tsv": _lines(japanese, MOST_GLOSSES),
        "names_english.tsv": _lines(latin, _MOST_NAMES),
        "names_japanese.tsv": _lines(kanji, MOST_GLOSSES),
        "readings.tsv": readings,
    }


def _lines(table: Ranked, most: int) -> Iterator[bytes]:
    for key in sorted(table, key=lambda one: one.encode("utf-8")):
        best = sorted(table[key].items(), key=lambda pair: (-pair[1], pair[0]))[:most]
        yield ("\t".join([key, *(value for value, _ in best)]) + "\n").encode("utf-8")


def _words(database: sqlite3.Connection) -> tuple[Ranked, Ranked]:
    """JMdict both ways."""
    written = _written(database)
    senses = defaultdict(list)
    for sense, entry in database.execute("SELECT ID, idseq FROM Sense ORDER BY ID"):
        senses[entry].append(sense)
    kinds, remarks = _grouped(database, "SELECT sid, text FROM pos"), _grouped(database, "SELECT sid, text FROM misc")
    glosses = _grouped(database, "SELECT sid, text FROM SenseGloss ORDER BY rowid")
    words: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    for entry, of_entry in senses.items():
        kana_too = any("usually written using kana" in remark for sense in of_entry for remark in remarks[sense])
        chosen, common = _chosen(*written[entry], kana_too=kana_too)
        of_all = [kind for sense in of_entry for kind in kinds[sense]]
        forms = [form for word in chosen if (form := tuple(spellings(word, of_all)))]
        for place, sense in enumerate(of_entry):
            if any(remark in _UNWANTED for remark in remarks[sense]):
                continue
            for number, gloss in enumerate(glosses[sense]):
                key = english_key(gloss)
                good = common - _PER_SENSE * place - _PER_GLOSS * number
                for form in forms if key else ():
                    words[key][form] = max(good, words[key].get(form, good))
    english, japanese = Ranked(), Ranked()
    for key, found in words.items():
        best = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
        english[key] = {}
        for form, good in best[:MOST_SPELLINGS]:
            for spelling in form:
                english[key].setdefault(spelling, good)
        for form, good in best:
            for spelling in form:
                known = japanese.setdefault(spelling, {})
                known[key] = max(good, known.get(key, good))
    return english, japanese


def _written(database: sqlite3.Connection) -> dict[int, tuple[list[tuple[str, int]], list[tuple[str, int]]]]:
    """Entry -> its spellings in kanji and in kana, each with its commonness; irregular ones left out."""
    found: dict[int, tuple[list[tuple[str, int]], list[tuple[str, int]]]] = defaultdict(lambda: ([], []))
    for place, (words, marks, remarks) in enumerate((("Kanji", "KJP", "KJI"), ("Kana", "KNP", "KNI"))):
        common = _grouped(database, f"SELECT kid, text FROM {marks}")
        strange = {
            word
            for word, remark in database.execute(f"SELECT kid, text FROM {remarks}")
            if "irregular" in remark or "out-dated" in remark
        }
        for word, entry, text in database.execute(f"SELECT ID, idseq, text FROM {words} ORDER BY ID"):
            if word not in strange:
                found[entry][place].append((text, _commonness(common[word])))
    return found


def _commonness(marks: Sequence[str]) -> int:
    """JMdict's marks as one number: nf01 (the 500 commonest words of a newspaper) is 99, nf48 is 52; 0 has no mark."""
    bands = [int(mark[2:]) for mark in marks if mark.startswith("nf")]
    if bands:
        return 100 - min(bands)
    return 60 if any(mark.endswith("1") for mark in marks) else 40 if marks else 0


def _chosen(
    kanji: Sequence[tuple[str, int]], kana: Sequence[tuple[str, int]], *, kana_too: bool
) -> tuple[list[str], int]:
    """The spellings worth looking for, and how common the word is."""
    chosen = [text for text, common in kanji if common] or [text for text, _ in kanji[:3]]
    if kana_too or not kanji:
        chosen += [text for text, _ in kana[:2]]
    return chosen, max((common for _, common in (*kanji, *kana)), default=0)


def _names(rows: Sequence[tuple[str, str, str | None]]) -> tuple[Ranked, Ranked]:
    """JMnedict both ways: names with a kanji in them. A name is as common as it is among the full names of people."""
    common: Counter[str] = Counter()
    for kanji, _, kinds in rows:
        if kinds == "person":
            common.update({kanji[:length] for length in (1, 2, 3)} | {kanji[-length:] for length in (1, 2, 3)})
        elif kinds and "station" in kinds:
            common[kanji] += 3
    latin, japanese = Ranked(), Ranked()
    for kanji, gloss, _ in rows:
        spelled = romanised(gloss)
        if 1 < len(kanji) <= 8 and _KANJI.search(kanji) and spelled:
            latin.setdefault(same_name(spelled), {})[kanji] = common[kanji]
            japanese.setdefault(kanji, {})[spelled] = 0
    return latin, japanese


def _spelled(rows: Sequence[tuple[str, str, str | None]]) -> Iterator[tuple[str, str, str]]:
    for kanji, gloss, kinds in rows:
        if kinds and (spelled := romanised(gloss)):
            yield kanji, spelled, kinds


def romanised(gloss: str) -> str:
    """A name's gloss in plain small letters: "Shinzō Abe (1954.9-)" -> "shinzou abe"; "" when it is no short name."""
    letters = unicodedata.normalize("NFKD", _REMARK.sub(" ", gloss)).casefold()
    letters = letters.replace("o\u0304", "ou").replace("u\u0304", "uu").replace("'", "")
    words = _WORD.findall("".join(c for c in letters if not unicodedata.combining(c)))
    return " ".join(words) if 0 < len(words) <= _LONGEST_KEY and len("".join(words)) > 2 else ""


def _grouped(database: sqlite3.Connection, query: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for key, value in database.execute(query):
        found[key].append(value)
    return found


JMDICT = ModelSpec(
    name="jmdict",
    kind="dictionary",
    licence="CC BY-SA 3.0",
    origin="JMdict, JMnedict, KANJIDIC2 of the Electronic Dictionary Research and Development Group (jamdict-data 1.5)",
    files=(
        ModelFile(
            name="english.tsv",
            size=9_436_239,
            sha256="b8b4937fa5e1971d7e0c82cfe417062a79c9b1158c75efb4123fe69e2ef7de10",
        ),
        ModelFile(
            name="japanese.tsv",
            size=10_842_961,
            sha256="7857c23ab6e8eedba499c6cbb84fc1a17dd635c4c0576a6859a1ccf18628a1c6",
        ),
        ModelFile(
            name="names_english.tsv",
            size=9_655_171,
            sha256="72e9634a5e35129b77821ea54b8ec2c66921273b539ddef849de29af4558ff9c",
        ),
        ModelFile(
            name="names_japanese.tsv",
            size=11_764_440,
            sha256="9cefacec5da041f8594ba2cb1e511cc90e1a28eee31f6d6553e2493487ea83e0",
        ),
        ModelFile(
            name="readings.tsv",
            size=9_187_356,
            sha256="6dce2c70f85ad0569d6a33fbdadd131c8262db726ea5a9e889fb6ad22cc4ba98",
        ),
    ),
    sources=(
        PackageFile(
            requirement="jamdict-data==1.5",
            module="jamdict_data",
            path="jamdict.db",
            size=325_390_336,
            sha256="871fb170e94088f1b6edbf7cf1646c1bf5dc487212846f42b1b6051024b3e7a0",
        ),
    ),
    build=compile_tables,
)
