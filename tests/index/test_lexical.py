import json
import random
from pathlib import Path

import bm25s
import numpy as np
import pytest

from index import words
from index.errors import StoreError
from index.lexical import LexicalIndex

PASSAGES = {
    "b": "The cat sat on the mat.",
    "a": "The cat sat on the mat.",
    "c": "猫は円を数える。380億ドルの契約。",
    "d": "サム・アルトマンは米国にいる。",
}


@pytest.fixture
def built(tmp_path: Path) -> LexicalIndex:
    return LexicalIndex.build(tmp_path / "words", list(PASSAGES), PASSAGES.values())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("cats", ["a", "b"]),
        ("円", ["c"]),
        ("a $38 billion contract", ["c"]),
        ("Where is Altman?", ["d"]),
        ("the US", ["d"]),
        ("zebra", []),
        ("", []),
    ],
)
def test_search_finds_the_passages_that_hold_the_terms_ties_by_id(
    built: LexicalIndex, question: str, expected: list[str]
) -> None:
    assert [passage_id for passage_id, _ in built.search(question, 10)] == expected


@pytest.mark.parametrize(("k", "expected"), [(-1, []), (0, []), (1, ["a"]), (2, ["a", "b"]), (9, ["a", "b"])])
def test_search_gives_at_most_k(built: LexicalIndex, k: int, expected: list[str]) -> None:
    assert [passage_id for passage_id, _ in built.search("cat", k)] == expected


def test_scores_are_bm25_in_the_order_of_the_ids(tmp_path: Path) -> None:
    index = LexicalIndex.build(tmp_path / "words", ["x", "y"], ["あい", "うえおか"])  # one and three bigrams
    idf = np.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    expected = [0.0, idf / (1 + 0.8 * (1 - 0.7 + 0.7 * 3 / 2))]
    assert index.passage_ids == ("x", "y")
    assert index.scores("うえ").dtype == np.float32
    assert index.scores("うえ") == pytest.approx(expected, rel=1e-6)


def test_the_scores_of_every_term_are_those_that_bm25s_makes(tmp_path: Path) -> None:
    draw = random.Random(7)
    known = ["cat", "dog", "emu", "猫", "金額", "ant"]
    texts = [" ".join(draw.choices(known, k=draw.randrange(40))) for _ in range(60)]
    index = LexicalIndex.build(tmp_path / "words", [str(n) for n in range(60)], texts)
    vocabulary: dict[str, int] = {}
    ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in words.terms(text)] for text in texts]
    theirs = bm25s.BM25(k1=0.8, b=0.7, method="lucene", backend="numpy")
    theirs.index((ids, vocabulary), create_empty_token=False, show_progress=False)
    assert index._vocabulary == vocabulary
    for name, array in theirs.scores.items():
        assert np.allclose(index._bm25.scores[name], array, rtol=1e-6, atol=0), name


def test_scores_of_no_known_term_are_zeros_for_every_passage(built: LexicalIndex) -> None:
    assert built.scores("zebra").tolist() == [0.0] * 4


@pytest.mark.parametrize("texts", [[], ["", "。"]])
def test_an_index_without_terms_answers_nothing(tmp_path: Path, texts: list[str]) -> None:
    LexicalIndex.build(tmp_path / "words", [str(i) for i in range(len(texts))], texts)
    index = LexicalIndex.open(tmp_path / "words")
    assert index.search("cat", 5) == []
    assert index.scores("cat").shape == (len(texts),)
    assert index.terms() == {str(i): [] for i in range(len(texts))}


def test_an_opened_index_gives_what_the_built_one_gave(built: LexicalIndex) -> None:
    opened = LexicalIndex.open(built.folder)
    assert len(opened) == 4
    assert opened.search("米国の猫", 4) == built.search("米国の猫", 4) != []


def test_an_update_takes_over_what_it_knows_and_equals_a_new_build(
    built: LexicalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, texts = ["c", "e", "a"], [PASSAGES["c"], "新しい猫", PASSAGES["a"]]
    fresh = LexicalIndex.build(tmp_path / "fresh", ids, texts)
    read: list[str] = []
    real = words.terms
    monkeypatch.setattr(words, "terms", lambda text: read.append(text) or real(text))
    updated = LexicalIndex.build(built.folder, ids, texts, previous=built)
    assert read == ["新しい猫"]
    assert updated.passage_ids == ("c", "e", "a")
    assert updated.search("猫 cat", 5) == fresh.search("猫 cat", 5)
    assert {path.name: path.read_bytes() for path in updated.folder.iterdir()} == {
        path.name: path.read_bytes() for path in fresh.folder.iterdir()
    }


def test_a_build_that_fails_leaves_the_index_as_it_was_and_nothing_beside_it(built: LexicalIndex) -> None:
    with pytest.raises(ValueError, match="zip"):
        LexicalIndex.build(built.folder, ["only one id"], ["one", "two"])
    assert [path.name for path in built.folder.parent.iterdir()] == ["words"]
    assert LexicalIndex.open(built.folder).search("cat", 1) == built.search("cat", 1)


_FILES = [
    "words.json",
    "vocab.index.json",
    "params.index.json",
    "data.csc.index.npy",
    "indices.csc.index.npy",
    "indptr.csc.index.npy",
]


@pytest.mark.parametrize("name", _FILES)
def test_a_missing_file_is_named_with_the_way_out(built: LexicalIndex, name: str) -> None:
    (built.folder / name).unlink()
    with pytest.raises(StoreError, match=rf"{name}.*kotae index --rebuild"):
        LexicalIndex.open(built.folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"3", b"\xff\xfe", b"half"])
@pytest.mark.parametrize("name", _FILES)
def test_a_damaged_file_is_a_store_error(built: LexicalIndex, name: str, content: bytes) -> None:
    path = built.folder / name
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == b"half" else content)
    with pytest.raises(StoreError, match=r"damaged.*kotae index --rebuild"):
        LexicalIndex.open(built.folder)


def test_files_of_two_indexes_do_not_open_as_one(built: LexicalIndex, tmp_path: Path) -> None:
    other = LexicalIndex.build(tmp_path / "other", ["a"], ["something else"])
    (built.folder / "data.csc.index.npy").write_bytes((other.folder / "data.csc.index.npy").read_bytes())
    with pytest.raises(StoreError, match="do not belong together"):
        LexicalIndex.open(built.folder)


@pytest.mark.parametrize("name", ["data.csc.index.npy", "passage_terms.npy"])
def test_pickled_arrays_are_refused(built: LexicalIndex, name: str) -> None:
    np.save(built.folder / name, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(StoreError, match="damaged"):
        LexicalIndex.open(built.folder).terms()


@pytest.mark.parametrize("name", ["passage_terms.npy", "passage_starts.npy"])
@pytest.mark.parametrize("content", [None, b"", b"half"])
def test_damaged_terms_are_told_before_an_update_uses_them(
    built: LexicalIndex, name: str, content: bytes | None
) -> None:
    path = built.folder / name
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(whole[:-8] if content == b"half" else content)
    with pytest.raises(StoreError, match="kotae index --rebuild"):
        LexicalIndex.build(built.folder, ["a"], ["one"], previous=built)


@pytest.mark.parametrize("field", ["layout", "tokens"])
def test_an_index_of_another_version_asks_for_a_rebuild(built: LexicalIndex, field: str) -> None:
    about = json.loads((built.folder / "words.json").read_text(encoding="utf-8"))
    (built.folder / "words.json").write_text(json.dumps({**about, field: 99}), encoding="utf-8")
    with pytest.raises(StoreError, match=r"has version .*99.*kotae index --rebuild"):
        LexicalIndex.open(built.folder)


def test_a_folder_without_an_index_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"words\.json.*kotae index --rebuild"):
        LexicalIndex.open(tmp_path)


def test_a_very_long_question_is_answered(built: LexicalIndex) -> None:
    assert built.search("猫 " * 100_000, 1)[0][0] == "c"
