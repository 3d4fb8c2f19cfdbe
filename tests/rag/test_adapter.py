"""The adapter of the chat model: which one is used, and what becomes of a damaged one."""

from pathlib import Path

import pytest

from index.errors import ModelError
from rag import adapter
from rag.adapter import ADAPTER, ADAPTER_SHA256, adapter_file, describe_adapter
from rag.local_model import LlamaChatModel
from rag.model import open_chat_model
from rag.settings import Settings


def settings_for(folder: Path, **changes: str) -> Settings:
    return Settings(home=folder, models=folder, **changes)  # type: ignore[arg-type]  # all strings


def test_the_bundled_model_has_its_own_adapter_and_no_other_model_does(tmp_path: Path) -> None:
    assert adapter_file(settings_for(tmp_path)) == ADAPTER
    assert adapter_file(settings_for(tmp_path, chat_model="other.gguf")) is None
    assert adapter_file(settings_for(tmp_path, chat_adapter="none")) is None
    mine = tmp_path / "mine.gguf"
    assert adapter_file(settings_for(tmp_path, chat_adapter=str(mine))) == mine
    assert adapter_file(settings_for(tmp_path, chat_model="other.gguf", chat_adapter=str(mine))) == mine


def test_it_is_listed_among_the_models_where_it_is_used(tmp_path: Path) -> None:
    (own,) = describe_adapter(settings_for(tmp_path))
    assert (own.kind, own.ready, own.digest, own.path) == ("adapter", True, ADAPTER_SHA256, ADAPTER)
    assert describe_adapter(settings_for(tmp_path, chat_adapter="none")) == []
    assert describe_adapter(settings_for(tmp_path, chat_url="http://127.0.0.1:9/v1")) == []


@pytest.mark.parametrize(("content", "found"), [(b"GGUF and more", "SHA-256 [0-9a-f]{64}"), (None, "no file")])
def test_a_damaged_one_is_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, found: str
) -> None:
    damaged = tmp_path / "damaged.gguf"
    if content is not None:
        damaged.write_bytes(content)
    monkeypatch.setattr(adapter, "ADAPTER", damaged)
    with pytest.raises(ModelError, match=rf"has {found} instead of SHA-256 .*: install Kotae again, or set KOTAE_CHAT"):
        adapter_file(settings_for(tmp_path))
    (told,) = describe_adapter(settings_for(tmp_path))
    assert not told.ready
    assert "install Kotae again" in told.source


def test_a_model_is_opened_with_the_adapter_that_the_settings_name(
    tmp_path: Path, chat_model: LlamaChatModel, models_folder: Path
) -> None:
    assert chat_model.adapter == ADAPTER
    plain = open_chat_model(Settings(home=tmp_path, models=models_folder, chat_adapter="none"))
    assert isinstance(plain, LlamaChatModel)
    assert (plain.adapter, plain.path) == (None, chat_model.path)


def test_a_file_that_is_no_adapter_is_refused_before_the_model_is_loaded(
    tmp_path: Path, chat_model: LlamaChatModel
) -> None:
    other = tmp_path / "other.gguf"
    with pytest.raises(ModelError, match=r"the adapter '.*other.gguf' cannot be read: No such file"):
        LlamaChatModel(path=chat_model.path, adapter=other).load()
    other.write_bytes(b"not an adapter")
    with pytest.raises(ModelError, match=r"other.gguf' is not a GGUF file .*: set KOTAE_CHAT_ADAPTER to one"):
        LlamaChatModel(path=chat_model.path, adapter=other).load()
