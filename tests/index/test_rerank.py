"""A reranker is any CrossEncoder in a folder."""

from pathlib import Path

import pytest

from index.errors import ModelError
from index.rerank import Reranker


def test_each_text_gets_a_score_that_does_not_depend_on_the_others(cross_encoder: Path) -> None:
    reranker = Reranker(str(cross_encoder))
    both = reranker.scores("契約額は?", ["380億ドルです。", "It rained."])
    assert len(both) == 2
    assert reranker.scores("契約額は?", ["It rained."]) == pytest.approx([both[1]], abs=1e-4)


def test_no_texts_need_no_model(cross_encoder: Path) -> None:
    assert Reranker(str(cross_encoder)).scores("q", []) == []


def test_a_name_that_is_no_folder_says_how_to_allow_the_hub() -> None:
    with pytest.raises(ModelError, match="no reranker at 'someone/model'.*KOTAE_ALLOW_HUB=1"):
        Reranker("someone/model")


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"cannot load the reranker '{tmp_path}'"):
        Reranker(str(tmp_path)).scores("q", ["text"])
