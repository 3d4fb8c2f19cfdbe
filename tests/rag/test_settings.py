import re
from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest

from index.errors import SettingsError
from index.home import Home
from rag.settings import DEFAULT_CHAT_MODEL, DEFAULT_EMBEDDER, Settings


def test_without_an_environment_everything_has_its_default() -> None:
    assert Settings.from_environment({}) == Settings(
        home=Path(platformdirs.user_data_path("kotae")).resolve(),
        collection="",
        models=Path(platformdirs.user_cache_path("kotae") / "models").resolve(),
        embedder=DEFAULT_EMBEDDER,
        embed_url="",
        embed_key="",
        embed_question_prefix="",
        embed_passage_prefix="",
        reranker="",
        chat_model=DEFAULT_CHAT_MODEL,
        chat_url="",
        chat_key="",
        allow_hub=False,
        keep_feedback=False,
        judge_model="",
        judge_url="",
        judge_key="",
        requests=8,
        chroma_url="",
        chroma_headers="",
        chroma_tenant="",
        chroma_database="",
        threads=0,
    )


def test_every_setting_has_its_variable(tmp_path: Path) -> None:
    environment = {
        "KOTAE_HOME": str(tmp_path / "home"),
        "KOTAE_COLLECTION": "news",
        "KOTAE_MODELS": str(tmp_path / "models"),
        "KOTAE_EMBEDDER": "e",
        "KOTAE_EMBED_URL": "eu",
        "KOTAE_EMBED_KEY": "ek",
        "KOTAE_EMBED_QUESTION_PREFIX": "query: ",
        "KOTAE_EMBED_PASSAGE_PREFIX": "none",
        "KOTAE_RERANKER": "r",
        "KOTAE_CHAT_MODEL": "m",
        "KOTAE_CHAT_ADAPTER": "a",
        "KOTAE_CHAT_URL": "u",
        "KOTAE_CHAT_KEY": "k",
        "KOTAE_KEEP_FEEDBACK": "1",
        "KOTAE_JUDGE_MODEL": "j",
        "KOTAE_JUDGE_URL": "http://127.0.0.1:1/v1",
        "KOTAE_JUDGE_KEY": "jk",
        "KOTAE_CHROMA_URL": "http://127.0.0.1:8000",
        "KOTAE_CHROMA_HEADERS": "A: b",
        "KOTAE_CHROMA_TENANT": "t",
        "KOTAE_CHROMA_DATABASE": "d",
        "KOTAE_ALLOW_HUB": "1",
        "KOTAE_REQUESTS": "2",
        "KOTAE_THREADS": "3",
    }
    assert Settings.from_environment(environment) == Settings(
        home=tmp_path / "home",
        collection="news",
        models=tmp_path / "models",
        embedder="e",
        embed_url="eu",
        embed_key="ek",
        embed_question_prefix="query: ",
        embed_passage_prefix="none",
        reranker="r",
        chat_model="m",
        chat_adapter="a",
        chat_url="u",
        chat_key="k",
        allow_hub=True,
        keep_feedback=True,
        judge_model="j",
        judge_url="http://127.0.0.1:1/v1",
        judge_key="jk",
        requests=2,
        chroma_url="http://127.0.0.1:8000",
        chroma_headers="A: b",
        chroma_tenant="t",
        chroma_database="d",
        threads=3,
    )


def test_every_spelling_of_a_folder_is_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    spellings = ("home", "./home/", "link/home", f"{tmp_path}//x/../home", "~/home", "~/link/home")
    assert {Settings.from_environment({"KOTAE_HOME": one}).home for one in spellings} == {tmp_path / "home"}


def test_a_home_that_is_given_wins_over_the_environment(tmp_path: Path) -> None:
    assert Settings.from_environment({"KOTAE_HOME": "/elsewhere"}, home=tmp_path).home == tmp_path
    assert Settings.from_environment({"KOTAE_HOME": str(tmp_path)}, home="").home == tmp_path


def own(home: Path, collection: str, text: str) -> Path:
    """The file in which a collection says what is its own."""
    path = Home(home, collection).folder / "settings.env"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_a_collection_has_models_of_its_own_where_the_environment_names_none(tmp_path: Path) -> None:
    own(tmp_path, "law", "# ours\n\nKOTAE_EMBEDDER = /models/large\nKOTAE_RERANKER=/models/cross\n")
    law = Settings.from_environment({}, home=tmp_path, collection="law")
    assert (law.collection, law.embedder, law.reranker) == ("law", "/models/large", "/models/cross")
    assert law.place.folder == tmp_path / "collections" / "law"
    assert Settings.from_environment({"KOTAE_EMBEDDER": "e"}, home=tmp_path, collection="law").embedder == "e"
    assert Settings.from_environment({}, home=tmp_path) == Settings.from_environment({}, tmp_path, "default")
    assert law.of_collection("default", {}) == Settings.from_environment({}, home=tmp_path)
    by_code = replace(Settings.from_environment({}, home=tmp_path), embedder="mine", models=tmp_path)
    there = by_code.of_collection("law", {})
    assert (there.embedder, there.reranker, there.models) == ("mine", "/models/cross", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("KOTAE_CHAT_URL=http://example.org", "sets 'KOTAE_CHAT_URL': a collection may set KOTAE_EMBEDDER, KOTAE_RER"),
        ("nonsense", "sets 'nonsense': a collection may set "),
        ("KOTAE_EMBEDDER={home}/model", "sets KOTAE_EMBEDDER to a model in the home itself: move it elsewhere"),
    ],
)
def test_a_collection_may_say_no_more_and_bring_no_model(tmp_path: Path, text: str, message: str) -> None:
    path = own(tmp_path, "law", text.format(home=tmp_path))
    with pytest.raises(SettingsError, match=re.escape(f"{str(path)!r} {message}")):
        Settings.from_environment({}, home=tmp_path, collection="law")
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="cannot read "):
        Settings.from_environment({}, home=tmp_path, collection="law")


def test_the_key_is_never_printed() -> None:
    settings = Settings.from_environment({"KOTAE_CHAT_KEY": "secret-key", "KOTAE_JUDGE_KEY": "secret-key"})
    assert "secret-key" not in f"{settings!r} {settings}"


@pytest.mark.parametrize(
    ("value", "allowed"), [("1", True), ("TRUE ", True), ("on", True), ("0", False), ("no", False)]
)
def test_a_switch_has_the_usual_spellings(value: str, allowed: bool) -> None:
    assert Settings.from_environment({"KOTAE_ALLOW_HUB": value}).allow_hub is allowed


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("KOTAE_ALLOW_HUB", "maybe", r"^KOTAE_ALLOW_HUB is 'maybe': set it to 1 or 0$"),
        ("KOTAE_THREADS", "two", r"^KOTAE_THREADS is 'two': set it to a whole number below 10000, or leave it out$"),
        ("KOTAE_THREADS", "-1", r"^KOTAE_THREADS is '-1': set it to a whole number"),
        ("KOTAE_THREADS", "1.5", r"^KOTAE_THREADS is '1.5': set it to a whole number"),
        ("KOTAE_THREADS", "２", r"^KOTAE_THREADS is '２': set it to a whole number"),
        ("KOTAE_THREADS", "9" * 5000, r"^KOTAE_THREADS is '9+': set it to a whole number"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_variable(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment({name: value})
