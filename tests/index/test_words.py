import hashlib
import time

import pytest

from index.words import VERSION, normalised, question_terms, stem, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("経済", ["=経済", "済", "経", "経済"]),
        ("円", ["=円", "円"]),
        ("いか", ["いか"]),
        ("サーバー", ["=サーバ", "ja:sbo", "サー", "バー", "ーバ"]),
        ("ｻｰﾊﾞｰ", ["=サーバ", "ja:sbo", "サー", "バー", "ーバ"]),
        ("running", ["en:rnng", "run"]),
        ("ＡＩ", ["ai"]),
        ("AI企業", ["=企業", "ai", "i企", "企", "企業", "業"]),
        ("", []),
        ("。！ … 👍", []),
    ],
)
def test_a_text_becomes_pieces_and_whole_words(text: str, expected: list[str]) -> None:
    assert sorted(terms(text)) == expected


@pytest.mark.parametrize(
    ("text", "whole", "parts"),
    [
        ("GB300", "gb300", ["gb", "300"]),
        ("AWS", "aws", []),
        ("Qwen2.5", "qwen2.5", ["qwen", "2", "5"]),
        ("2025-11-03", "2025-11-03", ["2025", "11", "03"]),
        ("v1.2.3", "v1.2.3", ["v", "1", "2", "3"]),
        ("C++", "c++", ["c"]),
        ("C#", "c#", ["c"]),
        ("14,000", "14000", []),
        ("3.14", "3.14", []),
        ("state-of-the-art", "state-of-the-art", ["state", "art"]),
        ("O'Brien's", "o'brien", ["o", "brien"]),
        ("snake_case", "snake_case", ["snake"]),
        ("info@example.com", "info@example.com", ["info", "com"]),
    ],
)
def test_names_ids_and_figures_stay_whole_and_are_found_by_their_parts(text: str, whole: str, parts: list[str]) -> None:
    assert {whole, *map(stem, parts)} <= set(terms(text))
    assert whole in question_terms(text)


@pytest.mark.parametrize(
    ("passage", "question"),
    [
        ("1,200円を払う", "円"),
        ("米と麦", "米"),
        ("Written in Go", "go"),
        ("生成AIの利用", "AI"),
        ("令和7年の予算", "budget of 2025"),
        ("380億ドルの契約", "a $38 billion contract"),
        ("サム・アルトマン", "Altman"),
        ("Elena Marsh said", "マーシュ"),
        ("the White House", "ホワイトハウス"),
        ("ホワイトハウス", "white house"),
        ("the United States of today", "米国"),
        ("米国の今", "What did the US say?"),
        ("英国", "United Kingdom"),
        ("世界保健機関", "WHO"),
        ("コンピュータ", "コンピューター"),
        ("the servers", "server"),
        ("companies", "company's"),
        ("19世紀", "１９世紀"),
    ],
)
def test_a_question_meets_a_passage(passage: str, question: str) -> None:
    assert set(terms(passage)) & set(question_terms(question))


@pytest.mark.parametrize(
    ("passage", "question"),
    [
        ("who was he", "世界保健機関"),
        ("they told us", "米国"),
        ("トランプ", "バイデン"),
        ("新しい本", "What is the new one?"),
    ],
)
def test_a_question_does_not_meet_every_passage(passage: str, question: str) -> None:
    assert not set(terms(passage)) & set(question_terms(question))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the capital?", {"capital", "ja:kptr"}),
        ("What does WHO say?", {"who", "say", "ja:=who"}),
        ("WHOは？", {"who", "oは", "ja:=who"}),
        ("WHAT IS IT", {"what", "is", "it"}),
        ("WHAT IS THE BUDGET FOR IT", {"budget", "ja:bst"}),
        ("the", {"the"}),
        ("梅雨とは何ですか？", {"梅", "雨", "梅雨", "=梅雨"}),
        ("幾何", {"幾", "何", "幾何", "=幾何"}),
        ("何", {"何", "=何"}),
        ("？", set()),
    ],
)
def test_function_words_are_left_out_unless_there_is_nothing_else(question: str, expected: set[str]) -> None:
    assert set(question_terms(question)) == expected


def test_whole_words_of_a_question_weigh_double_and_pieces_single() -> None:
    assert sorted(question_terms("経済")) == ["=経済", "=経済", "済", "経", "経済"]
    assert question_terms("budget").count("budget") == 2


def test_a_name_asks_for_the_other_script_only() -> None:
    assert "ja:artmn" in terms("アルトマン")
    assert "en:artmn" in question_terms("アルトマン")
    assert "en:artmn" in terms("Altman")
    assert "ja:artmn" in question_terms("Altman")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("company companies company's", "company"),
        ("make makes making", "mak"),
        ("stop stopped stopping stops", "stop"),
        ("box boxes", "box"),
        ("class classes", "class"),
        ("study studied studies studying", "study"),
        ("king", "king"),
        ("gas", "gas"),
        ("bus", "bus"),
        ("this", "this"),
        ("naïve", "naïve"),
        ("openai", "openai"),
        ("b200s", "b200s"),
    ],
)
def test_stems_are_light(words: str, expected: str) -> None:
    assert {stem(word.removesuffix("'s")) for word in words.split()} == {expected}


def test_marks_piled_up_on_a_letter_are_dropped_and_ordinary_ones_compose() -> None:
    assert normalised("e\u0301") == "é"
    assert normalised("か\u3099") == "が"
    assert normalised("a" + "\u0315\u0300" * 100 + "b") == "ab"
    assert normalised("-" * 40) == "-" * 40


_HOSTILE = ["a\u0315\u0300", "a", "ア", "漢", "米国", "a-", "1,", "Ab Cd ", "a's ", "何", "どの", "a漢アあ", "thch"]


@pytest.mark.parametrize("unit", [*_HOSTILE, "a" + "\u0315\u0300" * 40])
def test_time_is_linear_in_hostile_text(unit: str) -> None:
    text = (unit * 50_000)[:50_000]
    started = time.process_time()
    found = terms(text) + question_terms(text)
    assert time.process_time() - started < 10
    assert max(map(len, found), default=0) < 80


def test_an_index_built_by_other_terms_is_told_by_its_version() -> None:
    """When this fails, `terms` has changed: raise VERSION, then put the new digest here."""
    probe = "OpenAIのサム・アルトマンCEOは19世紀の東京で、C++とQwen2.5を学んだ。 The United States' running servers."
    digest = hashlib.sha256("\n".join(sorted(terms(probe))).encode()).hexdigest()[:12]
    assert (VERSION, digest) == (1, "2e59cdf8a323")
