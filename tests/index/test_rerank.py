"""A reranker is any CrossEncoder in a folder. None installs from the package index, so a tiny untrained one is made."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from index.embed import Embedder
from index.errors import ModelError
from index.rerank import Reranker


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    folder = tmp_path_factory.mktemp("cross-encoder")
    config = BertConfig(
        vocab_size=250_037, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=1
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(embedder.folder).save_pretrained(folder)
    return folder


def test_each_text_gets_a_score_that_does_not_depend_on_the_others(folder: Path) -> None:
    reranker = Reranker(str(folder))
    both = reranker.scores("契約額は?", ["380億ドルです。", "It rained."])
    assert len(both) == 2
    assert reranker.scores("契約額は?", ["It rained."]) == pytest.approx([both[1]], abs=1e-4)


def test_no_texts_need_no_model(folder: Path) -> None:
    assert Reranker(str(folder)).scores("q", []) == []


def test_a_name_that_is_no_folder_says_how_to_allow_the_hub() -> None:
    with pytest.raises(ModelError, match="no reranker at 'someone/model'.*KOTAE_ALLOW_HUB=1"):
        Reranker("someone/model")


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"cannot load the reranker '{tmp_path}'"):
        Reranker(str(tmp_path)).scores("q", ["text"])
