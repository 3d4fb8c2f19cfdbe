import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build import update_index
from index.errors import ModelError
from index.home import Home
from index.modelspec import ModelStatus
from index.store import PassageStore
from rag.doctor import Finding, examine
from rag.settings import Settings
from tests.doubles import LetterEmbedder, write

NAMES = ["model letters", "index", "embedder", "manifest", "chroma", "words", "space"]


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
    monkeypatch.setattr("rag.doctor.open_embedder", lambda _: LetterEmbedder())
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
    monkeypatch.setattr("rag.doctor.open_embedder", lambda _: LetterEmbedder(name="other", digest="other"))
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
