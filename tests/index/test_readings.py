"""The table of readings is made from names and kanji as the dictionaries have them."""

import sqlite3
from contextlib import closing

import pytest

from index.readings import Reading, compile_readings, same_name

KANJI = """
CREATE TABLE character (ID, literal); CREATE TABLE rm_group (ID, cid);
CREATE TABLE reading (gid, r_type, value); CREATE TABLE nanori (cid, value);
INSERT INTO character VALUES (1, '海'), (2, '藤');
INSERT INTO rm_group VALUES (1, 1), (2, 2);
INSERT INTO reading VALUES (1, 'ja_on', 'カイ'), (1, 'ja_kun', 'うみ'), (1, 'pinyin', 'hai3'), (2, 'ja_kun', 'ふじ.る');
INSERT INTO nanori VALUES (1, 'あま');
"""
NAMES = [
    ("藤井", "fujii", "surname"),
    ("藤井", "fushii", "surname,place"),
    ("亮太", "ryouta", "given,masc"),
    ("藤井亮太", "ryota fujii", "person"),  # long vowels are written in more than one way
    ("藤井亮太", "ryouta fujii", "person"),
    ("織田", "oda", "surname"),
    ("信長", "nobunaga", "given"),
    ("織田信長", "oda nobunaga", "person"),
    ("海の家", "umi no ie", "place"),
]


def test_readings_are_ranked_by_the_people_who_bear_them() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(KANJI)
        lines = [line.decode().rstrip("\n").split("\t") for line in compile_readings(database, NAMES)]
    table = {key: [Reading.parse(value) for value in values] for key, *values in lines}
    assert [key for key, *_ in lines] == sorted(table, key=str.encode)
    assert table == {
        "亮太": [Reading("g", 2, "ryouta")],
        "信長": [Reading("g", 1, "nobunaga")],
        "海": [Reading("k", kana="カイ"), Reading("k", kana="うみ"), Reading("k", kana="あま")],
        "織田": [Reading("s", 1, "oda")],
        "藤": [Reading("k", kana="ふじ")],
        "藤井": [Reading("s", 2, "fujii"), Reading("s", 0, "fushii"), Reading("p", 0, "fushii")],
    }


@pytest.mark.parametrize("name", ["ohtani", "ootani", "outani", "otani"])
def test_spellings_of_a_long_vowel_are_one(name: str) -> None:
    assert same_name(name) == "otani"
