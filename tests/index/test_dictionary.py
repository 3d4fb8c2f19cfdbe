from pathlib import Path

import numpy as np
import pytest

from index.dictionary import Dictionary, Group, met
from index.errors import ModelError
from index.jmdict import JMDICT, english_key, romanised, spellings
from index.lexical import LexicalIndex
from index.modelfiles import verify
from index.readings import Reading, same_name
from index.words import terms

TABLES = {
    "english.tsv": ["bank\t銀行\t岸", "bank japan\t日本銀行\t日銀", "japan\t日本", "sign\t署名\t看板"],
    "japanese.tsv": ["書い\twrit\tpen", "署名\tsignatur\tsign", "銀行\tbank", "銀行員\tbank clerk"],
    "names_english.tsv": ["otani\t大谷\t小谷"],
    "names_japanese.tsv": ["大谷\tootani"],
    "readings.tsv": ["大谷\ts12=ootani\tp0=ootani", "海\tk=カイ\tk=うみ"],
}


@pytest.fixture
def dictionary(tmp_path: Path) -> Dictionary:
    for name, lines in TABLES.items():
        ordered = sorted(lines, key=str.encode)
        (tmp_path / name).write_text("\n".join(ordered) + "\n", encoding="utf-8")
    return Dictionary(tmp_path)


def test_english_words_are_found_as_phrases_and_one_by_one(dictionary: Dictionary) -> None:
    assert dictionary.groups("Did the Bank of Japan sign it?", "en") == (
        Group("bank japan", (("日本", "本銀", "銀行"), ("日銀",))),
        Group("bank", (("銀行",), ("=岸",))),
        Group("japan", (("日本",),)),
        Group("sign", (("署名",), ("看板",))),
    )


def test_japanese_words_are_found_longest_first_and_inflected(dictionary: Dictionary) -> None:
    assert dictionary.groups("銀行員が書いた署名とは何ですか", "ja") == (
        Group("銀行員", (("bank", "clerk"),)),
        Group("書い", (("writ",), ("pen",))),
        Group("署名", (("signatur",), ("sign",))),
    )


def test_names_in_kanji_and_in_latin_letters_meet_whatever_the_spelling(dictionary: Dictionary) -> None:
    for question in ("Who is Ohtani?", "who is ootani", "Who is Ōtani?"):
        [group] = dictionary.groups(question, "en")
        assert group.translations == (("大谷",), ("小谷",))
    assert dictionary.groups("大谷はどこ", "ja") == (Group("大谷", (("otani",), ("ohtani",), ("ootani",))),)


@pytest.mark.parametrize("question", ["", "?", "zzz", "\x00", "\ud800", "あ", "ab\tcd", "a" * 4000, "漢" * 4000])
def test_a_question_without_known_words_has_no_groups(dictionary: Dictionary, question: str) -> None:
    assert dictionary.groups(question, "en") == dictionary.groups(question, "ja") == ()


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="english.tsv"):
        Dictionary(tmp_path)


def test_a_text_has_a_word_when_it_has_all_terms_of_one_translation(dictionary: Dictionary) -> None:
    groups = dictionary.groups("Did the Bank of Japan sign it?", "en")
    assert met(groups, terms("日銀が署名した。")) == ["bank japan", "sign"]
    assert met(groups, terms("天気がよい。")) == []


def test_translations_of_a_word_count_as_one_term_within_the_passages_given(tmp_path: Path) -> None:
    texts = ["銀行が開いた。", "日銀と銀行。", "天気がよい。", "The bank."]
    index = LexicalIndex.build(tmp_path / "words", ["a", "b", "c", "d"], texts)
    one = index.translated([Group("bank", (("銀行",),))], np.array([0, 1, 2]))
    both = index.translated([Group("bank", (("銀行",), ("日銀",), ("=岸",)))], np.array([0, 1, 2]))
    assert [score > 0 for score in both] == [True, True, False, False]
    assert both[0] == one[0]  # a translation that no further passage holds changes nothing
    rare = index.translated([Group("boj", (("日銀",),))], np.array([0, 1, 2]))
    assert rare[1] > both[1]
    assert not index.translated([Group("bank", (("銀行", "天気"),))], np.array([0, 1, 2])).any()


@pytest.mark.parametrize(
    ("gloss", "key"),
    [("to sign (a treaty)", "sign"), ("the Banks of a river", "bank river"), ("it", ""), ("a b c d e f g", "")],
)
def test_a_gloss_becomes_the_stems_of_its_words(gloss: str, key: str) -> None:
    assert english_key(gloss) == key


@pytest.mark.parametrize(
    ("word", "kinds", "written"),
    [
        ("書く", ["Godan verb with 'ku' ending"], ["書か", "書き", "書く", "書け", "書こ", "書い"]),
        ("食べる", ["Ichidan verb"], ["食べ"]),
        ("高い", ["adjective (keiyoushi)"], ["高い", "高く", "高か", "高さ"]),
        ("銀行", ["noun"], ["銀行"]),
        ("こと", ["noun"], []),
    ],
)
def test_a_dictionary_word_is_spelled_as_texts_inflect_it(word: str, kinds: list[str], written: list[str]) -> None:
    assert spellings(word, kinds) == written


def test_a_name_has_its_readings_with_how_many_people_bear_them(dictionary: Dictionary) -> None:
    assert dictionary.readings("大谷") == (Reading("s", 12, "ootani"), Reading("p", 0, "ootani"))
    assert dictionary.readings("海") == (Reading("k", kana="カイ"), Reading("k", kana="うみ"))
    assert dictionary.readings("谷") == ()


def test_long_vowels_of_names_are_one() -> None:
    assert romanised("Shinzō Abe (1954.9-)") == "shinzou abe"
    assert {same_name(name) for name in ("otani", "ohtani", "ootani", "outani")} == {"otani"}


def test_the_tables_that_were_made_from_the_package_have_the_recorded_digest(models_folder: Path) -> None:
    # They are made once per machine (30 s), by `make test` too; here only their bytes are read again.
    assert Dictionary.open(models_folder)
    assert verify(JMDICT, models_folder).ready
