"""The real models, opened once for all tests. Prepared where KOTAE_MODELS says, so once per machine."""

from pathlib import Path

import pytest

from index.embed import Embedder
from rag.local_model import LlamaChatModel
from rag.model import open_chat_model
from rag.settings import DEFAULT_EMBEDDER, Settings


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
