import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build import update_index
from index.collection import Collection
from index.errors import ModelError, NoIndex, StoreError
from index.home import Home
from index.modelspec import ModelStatus
from index.store import PassageStore
from rag.doctor import Finding, examine, repair
from rag.settings import Settings
from tests.doubles import LetterEmbedder, write

NAMES = ["model letters", "index", "embedder", "manifest", "chroma", "words", "space", "vectors"]


def status(*, ready: bool) -> ModelStatus:
    return ModelStatus(
        name="letters",
        kind="embedder",
        ready=ready,
        path=None,
        size=1,
        digest="",
        licence="MIT",
        origin="tests",
        source="here" if ready else "not here: prepare it",
    )


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A sound home and a sound model."""
    monkeypatch.setattr("rag.doctor.describe_models", lambda _: [status(ready=True)])
    monkeypatch.setattr("rag.doctor.open_embedder", lambda *_: LetterEmbedder())
    made = Settings(home=tmp_path / "home", models=tmp_path / "models")
    update_index(
        Home(made.home), LetterEmbedder(), [write(tmp_path / "articles", one="aaa.", two="bbb.", drei="ああ。")]
    )
    return made


def wrong(settings: Settings) -> dict[str, str]:
    return {finding.name: finding.message for finding in examine(settings) if not finding.ok}


def test_everything_that_is_sound_is_said_to_be(settings: Settings) -> None:
    findings = list(examine(settings))
    assert [finding.name for finding in findings] == NAMES
    assert wrong(settings) == {}
    assert findings[1] == Finding(
        name="index", ok=True, message=f"3 articles, 3 passages in {settings.home}/generations/000001"
    )


def test_looking_changes_nothing(settings: Settings) -> None:
    def digests() -> dict[Path, str]:
        # Chroma writes a few bytes of its own whenever it opens a database.
        files = [path for path in settings.home.rglob("*") if path.is_file() and "chroma" not in path.parts]
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = digests()
    assert wrong(settings) == {}
    assert digests() == before


def test_a_home_without_an_index_is_found_wrong_and_not_created(settings: Settings, tmp_path: Path) -> None:
    empty = Settings(home=tmp_path / "empty", models=tmp_path)
    assert wrong(empty) == {"index": f"there is no index in '{tmp_path}/empty': make one with `kotae index PATH`"}
    assert not empty.home.exists()
    (settings.home / "CURRENT").write_text("000099")
    assert list(wrong(settings)) == ["index"]


def test_a_model_that_is_not_ready_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.doctor.describe_models", lambda _: [status(ready=False)])
    assert wrong(settings) == {"model letters": "not here: prepare it"}


def test_another_embedder_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.doctor.open_embedder", lambda *_: LetterEmbedder(name="other", digest="other"))
    assert list(wrong(settings)) == ["embedder"]

    def unknown(_: Settings) -> LetterEmbedder:
        raise ModelError("there is no embedder 'x'")

    monkeypatch.setattr("rag.doctor.open_embedder", unknown)
    assert wrong(settings) == {"embedder": "there is no embedder 'x'"}


def forget_vectors(live: Path) -> None:
    store = PassageStore.open(live / "chroma")
    store.remove([n.passage_id for n in store.search(np.ones(5, dtype=np.float32), 1, "en")], "en")
    store.close()


def change_a_text(live: Path) -> None:
    with sqlite3.connect(live / "manifest.sqlite3") as connection:
        connection.execute("UPDATE articles SET text = 'abc.' WHERE id = 'one'")
    connection.close()


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        (lambda live: (live / "manifest.sqlite3").write_bytes(b"damaged"), ["manifest"]),
        (lambda live: (live / "chroma" / "chroma.sqlite3").write_bytes(b"damaged"), ["chroma"]),
        (lambda live: (live / "chroma" / "chroma.sqlite3").unlink(), ["chroma"]),
        (lambda live: (live / "words" / "words.json").unlink(), ["words"]),
        (lambda live: (live / "words" / "passage_terms.npy").write_bytes(b""), ["words"]),
        (lambda live: (live / "space.npz").write_bytes(b"damaged"), ["space"]),
        (lambda live: (live / "vectors.npy").write_bytes(b"damaged"), ["vectors"]),
        (forget_vectors, ["chroma"]),
        (change_a_text, ["manifest"]),
    ],
)
def test_damage_is_found_in_the_part_that_has_it_with_the_way_out(
    settings: Settings, damage: Callable[[Path], object], names: list[str]
) -> None:
    damage(Home(settings.home).live)
    found = wrong(settings)
    assert list(found) == names
    assert all("`kotae index --rebuild" in message for message in found.values())


def everything(home: Path) -> tuple[list[str], list[list[str]]]:
    """What the live index holds, and the ids it finds for 200 questions."""
    collection = Collection(Home(home), LetterEmbedder())
    questions = [f"{'a' * (n % 7)}{'b' * (n % 5)}{'c' * (n % 3)} {'ああいう'[: n % 4]}x" for n in range(200)]
    found = [[c.passage_id for c in collection.now().candidates(collection.asked(q, "ja"), 5).found] for q in questions]
    ids = collection.now().select()
    collection.close()
    return ids, found


def segments(live: Path) -> list[Path]:
    return sorted(path for path in (live / "chroma").iterdir() if path.is_dir())


def query(live: Path, statement: str, file: str = "manifest.sqlite3") -> None:
    with sqlite3.connect(live / file) as connection:
        connection.execute(statement)
    connection.close()


def other_vectors(live: Path) -> None:
    store = PassageStore.open(live / "chroma")
    ids = sorted(store.reachable(store.count("en"), "en"))
    store.put(ids[:1], np.array([[0, 0, 1, 0, 0]], dtype=np.float32), "en")
    store.close()


def strange_vectors(live: Path) -> None:
    store = PassageStore.open(live / "chroma")
    store.put(["nobody#0"], np.ones((1, 5), dtype=np.float32), "en")
    store.close()


def another_manifest(live: Path) -> None:
    with sqlite3.connect(":memory:") as made:
        made.execute("CREATE TABLE bookmarks (url TEXT)")
        (live / "manifest.sqlite3").write_bytes(made.serialize())
    made.close()


def another_programs_chroma(live: Path) -> None:
    """As the default client writes one: the embedding function is noted, and would be built."""
    shutil.rmtree(live / "chroma")
    function = (
        '{"defaults": {"float_list": {"embedding_function": {"type": "known", "name": "default", "config": {}}}}}'
    )
    store = PassageStore.create(live / "chroma")
    store.close()
    with sqlite3.connect(live / "chroma" / "chroma.sqlite3") as connection:
        connection.execute("UPDATE collections SET schema_str = ?", (function,))
    connection.close()


# Every damage of the library's that was measured, and each of the manifest's own: the part that names it.
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "vectors lost": (forget_vectors, "chroma"),
    "vectors changed": (other_vectors, "chroma"),
    "vectors of nobody": (strange_vectors, "chroma"),
    "database cut": (lambda live: os.truncate(live / "chroma" / "chroma.sqlite3", 9000), "chroma"),
    "another program's": (another_programs_chroma, "chroma"),
    "manifest missing": (lambda live: (live / "manifest.sqlite3").unlink(), "manifest"),
    "manifest cut": (lambda live: os.truncate(live / "manifest.sqlite3", 5000), "manifest"),
    "manifest foreign": (another_manifest, "manifest"),
    "manifest of another version": (lambda live: query(live, "PRAGMA user_version = 99"), "manifest"),
    "text changed": (change_a_text, "manifest"),
    "passage moved": (lambda live: query(live, "UPDATE passages SET stop = stop - 1"), "manifest"),
    "vector cut": (lambda live: query(live, "UPDATE passages SET vector = x'00000000'"), "manifest"),
    "another embedder of the same size": (
        lambda live: query(live, "UPDATE fingerprint SET value = 'other' WHERE name = 'embedder_digest'"),
        "embedder",
    ),
    "words missing": (lambda live: shutil.rmtree(live / "words"), "words"),
    "vectors of another index": (lambda live: np.save(live / "vectors.npy", np.eye(3, 5)), "vectors"),
    "space missing": (lambda live: (live / "space.npz").unlink(), "space"),
    "current damaged": (lambda live: (live.parents[1] / "CURRENT").write_bytes(b"\xff"), "index"),
    "current missing": (lambda live: (live.parents[1] / "CURRENT").write_text("000077"), "index"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_is_named_and_repaired_to_an_index_that_finds_the_same(settings: Settings, damage: str) -> None:
    before = everything(settings.home)
    harm, part = DAMAGES[damage]
    harm(Home(settings.home).live)
    found = wrong(settings)
    assert part in found
    assert [message for message in found.values() if "\n" in message or "`kotae " not in message] == []
    assert repair(settings).articles == 3
    assert wrong(settings) == {}
    assert everything(settings.home) == before


@pytest.mark.parametrize("file", ["", "data_level0.bin", "index_metadata.pickle"])
def test_a_segment_that_is_gone_or_cut_is_named_and_repaired(settings: Settings, tmp_path: Path, file: str) -> None:
    rows = [{"id": f"r{n}", "text": "a" * (n % 40 + 1) + "b" * (n // 40 + 1)} for n in range(1100)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    update_index(Home(settings.home), LetterEmbedder(), [tmp_path / "rows.jsonl"])
    before = everything(settings.home)
    [segment] = [path for path in segments(Home(settings.home).live) if (path / "index_metadata.pickle").exists()]
    if file:
        os.truncate(segment / file, 100)
    else:
        shutil.rmtree(segment)
    assert list(wrong(settings)) == ["chroma"]
    assert repair(settings).embedded == 0
    assert wrong(settings) == {}
    assert everything(settings.home) == before


def test_a_manifest_that_is_gone_is_made_again_with_the_vectors_of_the_generation_before(
    settings: Settings, tmp_path: Path
) -> None:
    update_index(Home(settings.home), LetterEmbedder(), [write(tmp_path / "articles", four="ccc.")])
    before = everything(settings.home)
    (Home(settings.home).live / "manifest.sqlite3").unlink()
    done = repair(settings)
    assert (done.articles, done.embedded) == (4, 1)
    assert everything(settings.home) == before


def test_a_home_with_nothing_left_says_so(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="there is no index in"):
        repair(Settings(home=tmp_path / "empty", models=tmp_path))
    (Home(settings.home).live / "manifest.sqlite3").unlink()
    shutil.rmtree(tmp_path / "articles")
    with pytest.raises(StoreError, match=r"^nothing is left of the index in .* with `kotae index --rebuild PATH`$"):
        repair(settings)


def test_a_chroma_folder_of_another_program_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"")
    with pytest.raises(StoreError, match="is a Chroma folder that Kotae did not make, so it is not opened"):
        Home(tmp_path).live  # noqa: B018
