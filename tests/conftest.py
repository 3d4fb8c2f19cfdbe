"""The real models, opened once for all tests. Prepared where KOTAE_MODELS says, so once per machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from index.build import update_index
from index.embed import Embedder
from index.home import Home
from rag.local_model import LlamaChatModel
from rag.model import open_chat_model
from rag.settings import DEFAULT_EMBEDDER, Settings

# Properties are tried on the same inputs in every run of CI; `make fuzz` looks for others.
hypothesis.settings.register_profile("same", derandomize=True)
if not os.environ.get("KOTAE_FUZZ_MINUTES"):
    hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session")
def models_folder() -> Path:
    return Settings.from_environment().models


@pytest.fixture(scope="session")
def embedder(models_folder: Path) -> Embedder:
    return Embedder.open(DEFAULT_EMBEDDER, models_folder)


@pytest.fixture(scope="session")
def chat_model(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> LlamaChatModel:
    opened = open_chat_model(Settings(home=tmp_path_factory.mktemp("home"), models=models_folder))
    assert isinstance(opened, LlamaChatModel)
    return opened


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """A folder with a tiny untrained CrossEncoder, always the same: none installs from the package index."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = tmp_path_factory.mktemp("cross-encoder")
    config = BertConfig(
        vocab_size=250_037, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=1
    )
    with torch.random.fork_rng():
        torch.manual_seed(2026)
        BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(embedder.folder).save_pretrained(folder)
    return folder


SEEDS = Path(__file__).parent.parent / "seeds" / "articles"


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or changes the user's own home, or asks the endpoint that the user set up."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KOTAE_") and name != "KOTAE_MODELS"]:
            patch.delenv(name)
        patch.setenv("KOTAE_HOME", str(tmp_path_factory.mktemp("own") / "home"))
        yield


@pytest.fixture(scope="session")
def seeds_home(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the articles of seeds/ indexed by the real embedder. Read it, never write to it."""
    home = tmp_path_factory.mktemp("seeds") / "home"
    update_index(Home(home), embedder, [SEEDS])
    return home
