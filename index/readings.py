"""How names and kanji are read: the table `readings.tsv`, made from the dictionaries of the `jamdict-data` package.

    藤井   s106=fujii   p0=fujii             a surname, as borne by 106 known people, and a place
    亮太   g16=ryouta                        a given name
    海     k=カイ  k=うみ  k=み ...           a kanji by itself, in kana: its readings and those in names

A surname or given name is as common as it is among the full names of people. Knows nothing of texts.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_MOST = 4  # readings of a name, of each kind
_MOST_OF_KANJI = 24
_PLAIN = re.compile(r"[\u3005\u3400-\u9fffヶ]{1,5}")
_GIVEN = frozenset({"given", "fem", "masc"})
_PLACES = frozenset({"place", "station"})

Counted = dict[str, dict[str, int]]  # a name -> how it is read -> how many bear it


@dataclass(frozen=True)
class Reading:
    """One way to read a name or a kanji.

    `kind`: "s" a surname, "g" a given name, "p" a place, "k" a kanji by itself; `count`: known people who bear it.
    `latin` in small letters with long vowels (ryouta); of a kanji by itself `kana` instead.
    """

    kind: str
    count: int = 0
    latin: str = ""
    kana: str = ""

    @classmethod
    def parse(cls, value: str) -> "Reading":
        """A value of the table, as `compile_readings` writes it."""
        mark, _, read = value.partition("=")
        if mark == "k":
            return cls("k", kana=read)
        return cls(mark[:1], int(mark[1:] or 0), read)


def compile_readings(database: sqlite3.Connection, names: Iterable[tuple[str, str, str]]) -> Iterator[bytes]:
    """The lines of the table, sorted by the bytes of their keys.

    `names`: (in kanji, in small Latin letters, kinds with commas between them), as JMnedict has them.
    """
    surnames: Counted = defaultdict(dict)
    given: Counted = defaultdict(dict)
    places: Counted = defaultdict(dict)
    people: list[tuple[str, list[str]]] = []
    for kanji, spelled, kinds in names:
        of = set(kinds.split(","))
        if "person" in of:
            people.append((kanji, spelled.split()))
        elif _PLAIN.fullmatch(kanji) and " " not in spelled:
            for table, wanted in ((surnames, {"surname"}), (given, _GIVEN), (places, _PLACES)):
                if of & wanted:
                    table[kanji].setdefault(spelled, 0)
    _count(people, surnames, given)
    lines: dict[str, list[str]] = defaultdict(list)
    for kind, table in (("s", surnames), ("g", given), ("p", places)):
        for kanji, readings in table.items():
            best = sorted(readings.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST]
            lines[kanji] += [f"{kind}{count}={spelled}" for spelled, count in best]
    for kanji, kana in _of_kanji(database):
        lines[kanji] += [f"k={one}" for one in kana[:_MOST_OF_KANJI]]
    for key in sorted(lines, key=lambda one: one.encode("utf-8")):
        yield ("\t".join([key, *lines[key]]) + "\n").encode("utf-8")


def same_name(spelled: str) -> str:
    """A key under which Ohtani, Ōtani, Ootani and Otani are one: long vowels are short."""
    return re.sub(r"uu", "u", re.sub(r"o[ou]|oh(?![aeiou])", "o", spelled))


def _count(people: Sequence[tuple[str, list[str]]], surnames: Counted, given: Counted) -> None:
    """Counts the two parts of the full names of people, wherever a cut gives parts that are read so."""
    for kanji, spelled in people:
        if len(spelled) != 2:
            continue
        for cut in range(1, len(kanji)):
            family, own = kanji[:cut], kanji[cut:]
            for first, last in (spelled, spelled[::-1]):  # "Shinzō Abe" and, of older people, "Oda Nobunaga"
                reading = _as_known(last, surnames.get(family, {}))
                other = _as_known(first, given.get(own, {}))
                if reading and other:
                    surnames[family][reading] += 1
                    given[own][other] += 1
                    break


def _as_known(spelled: str, known: dict[str, int]) -> str:
    return next((one for one in known if same_name(one) == same_name(spelled)), "")


def _of_kanji(database: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """Each kanji with its readings in kana: on, kun without what is written after it, and in names."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for kanji, kana in database.execute(
        "SELECT c.literal, r.value FROM character c JOIN rm_group g ON g.cid = c.ID JOIN reading r ON r.gid = g.ID "
        "WHERE r.r_type IN ('ja_on', 'ja_kun') ORDER BY c.ID, r.rowid"
    ):
        found[kanji][kana.split(".")[0].strip("-")] = None
    for kanji, kana in database.execute(
        "SELECT c.literal, n.value FROM character c JOIN nanori n ON n.cid = c.ID ORDER BY c.ID, n.rowid"
    ):
        found[kanji][kana.strip("-")] = None
    for kanji, kana_of in found.items():
        yield kanji, [kana for kana in kana_of if kana]
