"""The adapter of the chat model: which one is used, and what becomes of a damaged one."""

from pathlib import Path

import pytest

from index.errors import ModelError
from rag import adapter, writer
from rag.adapter import ADAPTER, ADAPTER_SHA256, adapter_file, describe_adapter
from rag.confidence import MIN_CONFIDENCE
from rag.evidence import Excerpt, Sentence
from rag.local_model import LlamaChatModel
from rag.model import open_chat_model, yes_probability
from rag.prompt import probe_messages
from rag.settings import Settings
from rag.writer import Wanted, Writer, as_messages
from tests.doubles import article


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


def test_the_real_model_tells_a_near_miss_with_it_and_does_not_without(chat_model: LlamaChatModel) -> None:
    text = (
        "Oslo will pay $217 to each household. The city has set aside 760 million pounds. Applications open on May 14."
    )
    oslo = article("o", text, title="Oslo introduces a heating subsidy")
    excerpt = Excerpt(number=1, article=oslo, sentences=(Sentence(article=oslo, start=0, end=len(text), score=3.0),))

    def yes(model: LlamaChatModel, city: str) -> float:
        question = f"How much has {city} set aside for a heating subsidy?"
        return yes_probability(model, as_messages(probe_messages(question, [excerpt], "en"))) or 0.0

    plain = chat_model.model_copy(update={"adapter": None})
    assert yes(chat_model, "Kumamoto") < 0.5 * yes(plain, "Kumamoto")
    assert yes(chat_model, "Oslo") > 0.5 > yes(chat_model, "Kumamoto")


@pytest.mark.parametrize(("own", "confident"), [(ADAPTER, True), (None, False)])
def test_a_probe_of_the_model_with_its_own_adapter_has_its_own_weights(
    monkeypatch: pytest.MonkeyPatch, own: Path | None, confident: bool
) -> None:
    monkeypatch.setattr(writer, "yes_probability", lambda *_: 0.25)
    one = article("a", "It opened.")
    excerpt = Excerpt(number=1, article=one, sentences=(Sentence(article=one, start=0, end=10, score=0.0),))
    model = LlamaChatModel(path=Path("x.gguf"), adapter=own)  # never loaded: the probe is scripted
    found = Writer(model, lambda *_: []).confidence(Wanted(question="Did it open?", language="en"), [excerpt])
    assert found is not None
    assert (found > MIN_CONFIDENCE) is confident


def test_a_file_that_is_no_adapter_is_refused_before_the_model_is_loaded(
    tmp_path: Path, chat_model: LlamaChatModel
) -> None:
    other = tmp_path / "other.gguf"
    with pytest.raises(ModelError, match=r"the adapter '.*other.gguf' cannot be read: No such file"):
        LlamaChatModel(path=chat_model.path, adapter=other).load()
    other.write_bytes(b"not an adapter")
    with pytest.raises(ModelError, match=r"other.gguf' is not a GGUF file .*: set KOTAE_CHAT_ADAPTER to one"):
        LlamaChatModel(path=chat_model.path, adapter=other).load()
