"""Names in kanji are read by the table: written for the model, and compared with what it wrote."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from index.dictionary import Dictionary
from index.readings import Reading
from rag.evidence import Excerpt, Sentence, with_people
from rag.kanji_names import Readings, may_be_read, no_readings, people_in, spelled, with_latin_names
from rag.prompt import shown
from rag.strangers import ungrounded_names
from tests.doubles import article

TABLE = {
    "藤井": [Reading("s", 106, "fujii"), Reading("s", 0, "fuabio")],
    "亮太": [Reading("g", 16, "ryouta")],
    "日本": [Reading("s", 1, "yamatono")],
    "井上": [Reading("s", 80, "inoue")],
    "海": [Reading("k", kana="カイ"), Reading("k", kana="うみ")],
    "鳴": [Reading("k", kana="メイ"), Reading("k", kana="なり")],
    "日": [Reading("k", kana="ひ")],
}


def small(name: str) -> Sequence[Reading]:
    return TABLE.get(name, ())


@pytest.fixture(scope="module")
def readings(models_folder: Path) -> Readings:
    dictionary = Dictionary.open(models_folder)
    assert dictionary
    found: Callable[[str], Sequence[Reading]] = dictionary.readings
    return found


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("男子は藤井亮太(28)=職員=が優勝した。", {"藤井亮太": "Ryota Fujii", "藤井": "Fujii"}),
        ("藤井亮太氏は", {"藤井亮太": "Ryota Fujii", "藤井": "Fujii"}),
        ("藤井亮太が勝った。", {"藤井亮太": "Ryota Fujii", "藤井": "Fujii"}),  # a common surname needs no title
        ("井上前市長は", {"井上": "Inoue"}),
        ("井上は", {}),  # a place, a firm, a person: nothing tells
        ("日本選手は", {}),
        ("亮太は", {}),
    ],
)
def test_people_are_told_from_other_words(text: str, people: dict[str, str]) -> None:
    assert people_in(text, small) == people


def test_a_person_named_in_full_is_known_by_the_surname_afterwards() -> None:
    text = "藤井亮太(28)が優勝した。藤井は「うれしい」、藤井寺市で話した。"
    written = with_latin_names(text, people_in(text, small))
    assert written == "Ryota Fujii(28)が優勝した。Fujiiは「うれしい」、藤井寺市で話した。"


@pytest.mark.parametrize(
    ("latin", "written"),
    [("ryouta", "Ryota"), ("oono", "Ono"), ("yuuki", "Yuki"), ("inoue", "Inoue"), ("matsuura", "Matsuura"),
     ("kouichi", "Koichi"), ("satou", "Sato")],
)  # fmt: skip
def test_names_are_spelled_as_newspapers_do(latin: str, written: str) -> None:
    assert spelled(latin) == written


@pytest.mark.parametrize(
    ("word", "text", "is_read"),
    [
        ("Fujii", "藤井亮太", True),
        ("Ryohta", "藤井亮太", True),
        ("Uminari", "海鳴市", True),
        ("Kaimei", "海鳴市", True),
        ("Nagata", "藤井亮太", False),
        ("Takuya", "藤井亮太", False),
        ("Fujii", "", False),
    ],
)
def test_a_word_is_compared_with_all_that_the_kanji_can_be_read_as(word: str, text: str, is_read: bool) -> None:
    assert may_be_read(word, text, small) is is_read


@pytest.mark.parametrize(
    ("kanji", "latin"),
    [
        ("苫小牧", "Tomakomai"), ("四日市", "Yokkaichi"), ("神戸", "Kobe"), ("日本橋", "Nihombashi"), ("群馬", "Gumma"),
        ("北九州", "Kitakyushu"), ("東芝", "Toshiba"), ("吉祥寺", "Kichijoji"), ("佐々木", "Sasaki"), ("大阪", "Osaka"),
        ("翔平", "Shohei"), ("北星電機", "Denki"), ("御茶ノ水", "Ochanomizu"), ("経団連", "Keidanren"),
    ],
)  # fmt: skip
def test_the_real_table_reads_what_people_and_places_are_called(kanji: str, latin: str, readings: Readings) -> None:
    assert may_be_read(latin, kanji, readings)


@pytest.mark.parametrize(
    ("kanji", "latin"),
    [("佐藤健一", "Takashi"), ("札幌", "Sendai"), ("小林", "Kobayakawa"), ("藤井亮太", "Fujita"), ("石川県", "Ishida")],
)
def test_the_real_table_does_not_read_one_name_as_another(kanji: str, latin: str, readings: Readings) -> None:
    assert not may_be_read(latin, kanji, readings)


def test_the_model_reads_people_in_latin_letters_and_the_quote_stays(readings: Readings) -> None:
    of = article("x", "男子は藤井亮太(28)が優勝した。", title="藤井が優勝", language="ja")
    excerpt = Excerpt(number=1, article=of, sentences=(Sentence(article=of, start=0, end=len(of.text), score=1.0),))
    (named,) = with_people([excerpt], readings)
    assert shown(named, "en").startswith("[1] Fujiiが優勝")
    assert "男子はRyota Fujii(28)が優勝した。" in shown(named, "en")
    assert "藤井亮太" in shown(excerpt, "ja")
    assert named.text == of.text


def test_a_reading_that_the_kanji_do_not_have_was_made_up(readings: Readings) -> None:
    evidence = "男子は藤井亮太(28)=潮見大学職員=が優勝した。"
    assert ungrounded_names("It was won by Ryota Fujii of Shiomi University.", evidence, "", readings) == []
    assert ungrounded_names("It was won by Takuya Nagata.", evidence, "", readings) == ["Takuya", "Nagata"]
    assert ungrounded_names("It was won by Takuya Nagata.", evidence, "", no_readings) == []  # nothing to compare with


def test_long_runs_of_kanji_take_no_time(readings: Readings) -> None:
    began = time.process_time()
    assert not may_be_read("kakakakakakakakakakakakakakakakakakaq", "海鳴化学家" * 400, readings)
    people_in("山田太郎氏" * 2000, readings)
    assert time.process_time() - began < 3.0
