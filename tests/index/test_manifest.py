import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.article import Article, Passage
from index.errors import StoreError
from index.manifest import Manifest
from index.read import LocatedArticle
from tests.doubles import article, letters, passage

ONE = article("one", "aab. bbc.\n\nccc.", source="NHK", date="2025-11-03")
TWO = article("two", "ああい。うう。", language="ja", source="朝日", date="2025-11")
NONE = article("none", "ccc.")


def put(manifest: Manifest, of: Article, *passages: Passage, root: str = "/root", path: str = "") -> None:
    vectors = np.array([letters(one.text) for one in passages], dtype=np.float32).reshape(len(passages), 5)
    manifest.put_article(
        LocatedArticle(article=of, path=Path(path or f"/root/{of.id}.md")), Path(root), passages, vectors
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "manifest.sqlite3"


@pytest.fixture
def manifest(path: Path) -> Iterator[Manifest]:
    made = Manifest.create(path)
    made.set_fingerprint({"embedder": "letters", "dimension": "5"})
    put(made, ONE, passage(ONE, 0, 4, "H"), passage(ONE, 5, 9))
    put(made, TWO, passage(TWO, 0, 4), passage(TWO, 4))
    put(made, NONE)
    yield made
    made.close()


@pytest.mark.usefixtures("manifest")
def test_what_was_written_is_read_back_by_who_opens_the_file(path: Path) -> None:
    read = Manifest.open(path)
    passages = {
        one.id: one for one in (passage(ONE, 0, 4, "H"), passage(ONE, 5, 9), passage(TWO, 0, 4), passage(TWO, 4))
    }
    assert read.fingerprint == {"embedder": "letters", "dimension": "5"}
    assert read.digests() == {"one": ONE.digest, "two": TWO.digest, "none": NONE.digest}
    assert read.places() == {id: ("/root", f"/root/{id}.md") for id in ("one", "two", "none")}
    assert read.roots() == ["/root"]
    assert read.article("one") == ONE
    assert read.articles(["two", "missing", "none"]) == {"two": TWO, "none": NONE}
    assert list(read.all_articles()) == [NONE, ONE, TWO]
    assert read.passages([*passages, "missing"]) == passages
    assert read.passages_of("one") == [passage(ONE, 0, 4, "H"), passage(ONE, 5, 9)]
    assert read.passages_of("none") == []
    assert read.passage_ids() == sorted((id, one.language) for id, one in passages.items())
    assert read.count() == (3, 4)
    read.close()


def test_vectors_come_in_the_order_that_was_asked_for(manifest: Manifest) -> None:
    first, second = passage(ONE, 0, 4, "H"), passage(TWO, 4)
    found = manifest.vectors([second.id, first.id])
    assert found.dtype == np.float32
    assert found.tolist() == [letters("うう。").tolist(), letters("aab.").tolist()]
    assert manifest.vectors([]).shape == (0, 0)


def test_a_vector_that_is_not_there_is_an_error_that_names_the_way_out(manifest: Manifest) -> None:
    with pytest.raises(StoreError, match=r"^the manifest holds no vector for 'nope': .*`kotae index --rebuild PATH`$"):
        manifest.vectors(["nope"])


def test_an_article_written_again_takes_the_place_of_the_older_one(manifest: Manifest) -> None:
    newer = article("one", "ccc.")
    put(manifest, newer, passage(newer), root="/other", path="/other/new.md")
    assert manifest.article("one") == newer
    assert manifest.passages_of("one") == [passage(newer)]
    assert manifest.places()["one"] == ("/other", "/other/new.md")
    assert manifest.count() == (3, 3)
    assert manifest.roots() == ["/other", "/root"]


def test_an_article_moves_and_goes(manifest: Manifest) -> None:
    manifest.move_article("one", Path("/new"), Path("/new/1.md"))
    manifest.remove_article("two")
    manifest.remove_article("two")
    assert manifest.places() == {"one": ("/new", "/new/1.md"), "none": ("/root", "/root/none.md")}
    assert manifest.count() == (2, 2)
    assert manifest.passages_of("two") == []


def test_a_passage_is_a_slice_by_characters_also_behind_those_of_several_bytes(tmp_path: Path) -> None:
    odd = article("odd", "😀漢a\u0301。b\r\x0bc")
    whole = [passage(odd, start, start + 1) for start in range(len(odd.text))]
    made = Manifest.create(tmp_path / "m.sqlite3")
    put(made, odd, *whole)
    assert made.passages_of("odd") == whole
    made.close()


def test_more_ids_than_sqlite_takes_in_one_query_are_read_in_slices(tmp_path: Path) -> None:
    long = article("long", "ab" * 2000)
    passages = [passage(long, start, start + 2) for start in range(0, 4000, 2)]
    made = Manifest.create(tmp_path / "m.sqlite3")
    put(made, long, *passages)
    assert list(made.passages(one.id for one in passages).values()) != []
    assert len(made.passages([one.id for one in passages] * 20)) == 2000
    assert made.vectors([one.id for one in passages] * 20).shape == (40_000, 5)
    made.close()


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, ["one", "two"]),
        ({"languages": ["ja"]}, ["two"]),
        ({"languages": ["ja", "en"]}, ["one", "two"]),
        ({"article_ids": ["one", "missing"]}, ["one"]),
        ({"sources": ["NHK"]}, ["one"]),
        ({"sources": ["nhk' OR 1=1 --"]}, []),
        ({"sources": ["NHK"], "languages": ["ja"]}, []),
        ({"date_from": "2025-11-03"}, ["one"]),
        ({"date_from": "2025-11"}, ["one", "two"]),
        ({"date_from": "2025-11-04"}, []),
        ({"date_to": "2025-11"}, ["one", "two"]),
        ({"date_to": "2025-11-02"}, ["two"]),
        ({"date_to": "2025-10"}, []),
        ({"date_from": "2025-11-01", "date_to": "2025"}, ["one"]),
    ],
)
def test_select_gives_the_passages_of_articles_that_fit_every_condition(
    manifest: Manifest, conditions: dict[str, object], found: list[str]
) -> None:
    ids = manifest.select(**conditions)  # type: ignore[arg-type]
    assert sorted({id.split("#")[0] for id in ids}) == found
    assert ids == sorted(ids)
    assert len(ids) == 2 * len(found)


def test_a_missing_manifest_is_an_error_that_names_the_way_out(path: Path) -> None:
    with pytest.raises(StoreError, match=r"^there is no manifest at '.*': .*`kotae index --rebuild PATH`$"):
        Manifest.open(path)


def test_a_manifest_of_another_version_is_an_error_that_names_both(path: Path) -> None:
    Manifest.create(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"has version 99, this Kotae writes 2: .*`kotae index --rebuild PATH`$"):
        Manifest.open(path)


@pytest.mark.usefixtures("manifest")
def test_a_manifest_that_was_opened_for_reading_cannot_be_written(path: Path) -> None:
    read = Manifest.open(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        read.remove_article("one")
    read.close()


@pytest.mark.usefixtures("manifest")
def test_whatever_the_damage_it_is_a_store_error_that_names_the_way_out(path: Path) -> None:
    good = path.read_bytes()
    draw = random.Random(1)
    messages = []
    for round_ in range(600):
        bad = bytearray(good)
        if round_ % 2:
            bad = bad[: draw.randrange(len(bad))]
        else:
            for _ in range(30):
                bad[draw.randrange(len(bad))] ^= draw.randrange(1, 256)
        other = path.with_name(f"{round_}.sqlite3")
        other.write_bytes(bad)
        try:
            read = Manifest.open(other)
            assert {type(value) for one in read.all_articles() for value in vars(one).values()} <= {str, tuple}
            read.passages([id for id, _ in read.passage_ids()])
            read.vectors([id for id, _ in read.passage_ids()])
            read.passages_of("one")
            read.select(date_from="2025")
        except StoreError as error:
            messages.append(str(error))
    assert len(messages) > 300
    assert [message for message in messages if "`kotae index --rebuild PATH`" not in message] == []
