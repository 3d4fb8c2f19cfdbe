"""The real embedder, and small ones made on the spot."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.build import update_index
from index.collection import Collection
from index.e5 import EIGHT_BITS, FOUR_BITS
from index.embed import Embedder, TextEmbedder
from index.embedfiles import KNOWN_EMBEDDERS, describe_embedder
from index.encoder import Encoder, adds_bytes_exactly
from index.errors import ModelError
from index.gpu import GpuEncoder
from index.home import Home

JA = "OpenAIはAmazonと7年間で380億ドルのクラウド契約を結んだ。"
EN = "OpenAI signed a seven-year cloud deal worth $38 billion with Amazon."
OTHER = "The cat slept on the warm windowsill all afternoon."
SAME = 0.9997  # cosine to the model in fp32, from which a vector counts as the same
CLOSE = 0.9983  # the same, of weights and activations in bytes; without the massive channel apart it is below .9982


def test_the_same_news_in_two_languages_is_closer_than_other_news(embedder: Embedder) -> None:
    japanese, english, other = embedder.embed_passages([JA, EN, OTHER])
    assert japanese @ english > 0.85 > 0.80 > japanese @ other
    question = embedder.embed_question("How much is OpenAI's deal with Amazon worth?")
    assert question @ japanese > question @ other
    assert question @ english > question @ other


def test_vectors_are_unit_rows_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = [JA * 3, "短い", EN, OTHER * 2, "x"]
    vectors = embedder.embed_passages(iter(texts))
    assert (vectors.shape, vectors.dtype) == ((5, 384), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    alone = np.stack([embedder.embed_passages([text])[0] for text in texts])
    assert np.sum(vectors * alone, axis=1).min() > 0.99999


def test_questions_and_passages_get_their_own_prefixes(embedder: Embedder) -> None:
    query, passage = embedder.model.encode(["query: " + EN, "passage: " + EN], normalize_embeddings=True)
    assert embedder.embed_question(EN) @ query > CLOSE > query @ passage
    assert embedder.embed_passages([EN])[0] @ passage > CLOSE


def test_every_form_gives_the_vectors_of_the_full_model_also_past_its_window(embedder: Embedder) -> None:
    texts = [JA, EN, OTHER, "x", "", " ".join([JA] * 7), " ".join([EN] * 60)]
    assert max(embedder.count_tokens(texts)) > embedder.max_tokens
    ids, full = embedder._ids([f"passage: {text}" for text in texts]), embedder.model.encode_document(texts)

    def nearness(vectors: NDArray[np.float32]) -> float:
        return float(np.sum(vectors * full, axis=1).min())

    assert nearness(Encoder(embedder.folder / FOUR_BITS, 2).encode(ids)) > SAME
    assert nearness(GpuEncoder(embedder.folder, "cpu").encode(ids)) > SAME
    assert nearness(embedder.embed_passages(texts)) > 0.997  # of the empty one: nothing but marks
    some = [row for row, text in enumerate(texts) if text]
    ids, full = [ids[row] for row in some], full[some]
    assert nearness(embedder.embed_passages([texts[row] for row in some])) > CLOSE
    if adds_bytes_exactly():
        assert SAME > nearness(Encoder(embedder.folder / EIGHT_BITS, 2).encode(ids)) > CLOSE


def test_processors_made_for_products_of_bytes_add_them_up_exactly() -> None:
    flags = Path("/proc/cpuinfo").read_text("utf-8").split()
    assert adds_bytes_exactly() or not {"avx512_vnni", "avx_vnni"} & set(flags)


@pytest.mark.parametrize("exactly", [True, False])
def test_bytes_are_multiplied_only_where_they_are_added_up_exactly(
    models_folder: Path, monkeypatch: pytest.MonkeyPatch, exactly: bool
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("index.embed.adds_bytes_exactly", lambda: exactly)
    monkeypatch.setattr("index.embed.Encoder", lambda graph, _: opened.append(f"{graph.parent.name}/{graph.name}"))
    assert Embedder.open("intfloat/multilingual-e5-small", models_folder)._encoder is None
    assert opened == [EIGHT_BITS if exactly else FOUR_BITS]


def test_no_texts_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []


def test_half_a_surrogate_pair_does_not_stop_the_work(embedder: Embedder) -> None:
    assert embedder.embed_passages(["a\ud800b"]).shape == (1, 384)
    assert embedder.count_tokens(["a\ud800b"]) == embedder.count_tokens(["a?b"])


def test_the_tokenizer_gives_the_ids_of_xlm_roberta(embedder: Embedder) -> None:
    assert embedder.tokenizer.encode("Hello world").ids == [0, 35378, 8999, 2]
    assert embedder.model.tokenizer(JA)["input_ids"] == embedder.tokenizer.encode(JA).ids


def test_tokens_are_counted_without_prefix_and_marks_and_the_window_leaves_room_for_them(embedder: Embedder) -> None:
    (own,) = embedder.count_tokens([JA])
    whole = len(embedder.model.tokenizer("passage: " + JA)["input_ids"])
    assert embedder.max_tokens == 512 - 2 - 3
    assert whole <= own + (512 - embedder.max_tokens)


def test_offsets_are_characters_of_the_text_and_cover_it(embedder: Embedder) -> None:
    text = "OpenAIは380億ドル。㈱アマゾン 🙂 end"
    offsets = embedder.token_offsets(text)
    assert len(offsets) == embedder.count_tokens([text])[0]
    covered = {position for start, end in offsets for position in range(start, end)}
    assert [letter for position, letter in enumerate(text) if position not in covered and letter != " "] == []


def test_two_threads_may_embed_at_once(embedder: Embedder) -> None:
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(embedder.embed_question, [JA, EN] * 8))
    assert all(vector @ vectors[number % 2] > 0.99999 for number, vector in enumerate(vectors))


def test_a_known_name_is_opened_by_its_files_with_the_pinned_digest(embedder: Embedder) -> None:
    known = KNOWN_EMBEDDERS[embedder.name]
    assert (embedder.digest, embedder.dimension) == (known.digest, 384)
    opened: TextEmbedder = embedder
    assert opened.name == "intfloat/multilingual-e5-small"


def test_an_unknown_name_is_refused_with_the_known_ones_and_the_way_to_the_hub(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"no embedder 'a/b': set KOTAE_EMBEDDER to one of 'intfloat/.*with KOTAE_ALLOW_HUB=1, to a"
    ):
        Embedder.open("a/b", tmp_path)
    assert describe_embedder("a/b", tmp_path).source == "not found: known names are 'intfloat/multilingual-e5-small'"
    assert describe_embedder("a/b", tmp_path, allow_hub=True).source == "model hub: a/b"


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentenceTransformer of another kind: eight numbers, a dozen words, no prefixes."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("small") / "bert"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "slept", "on", "a", "mat", "no", "dog"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=32,
        )
    ).save_pretrained(folder)
    transformer = Transformer(str(folder), max_seq_length=32)
    saved = folder.with_name("saved")
    SentenceTransformer(modules=[transformer, Pooling(8)]).save(str(saved))
    return saved


def test_the_folder_of_any_sentence_transformer_works_without_prefixes(small_model: Path, tmp_path: Path) -> None:
    opened = Embedder.open(str(small_model), tmp_path)
    assert (opened.dimension, opened.max_tokens, opened.prompts) == (8, 32, {})
    vectors = opened.embed_passages(["the cat slept", "no dog"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)  # though it has no Normalize module
    assert np.allclose(opened.embed_question("no dog"), vectors[1], atol=1e-6)
    assert opened.count_tokens(["the cat slept"]) == [3]


def test_a_folders_digest_follows_its_weights_and_not_its_place(small_model: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(small_model, copied)
    first = Embedder.open(str(small_model), tmp_path / "models").digest
    assert Embedder.open(str(copied), tmp_path / "models").digest == first
    (copied / "README.md").write_text("changed")
    assert Embedder.open(str(copied), tmp_path / "models").digest == first
    weights = bytearray((copied / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copied / "model.safetensors").write_bytes(weights)
    assert Embedder.open(str(copied), tmp_path / "models").digest != first


def test_a_name_on_the_hub_is_fetched_once_whole_or_not_at_all_and_only_if_allowed(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def hub(name: str, *, local_dir: Path, allow_patterns: list[str], ignore_patterns: list[str]) -> None:
        asked.append(name)
        assert not any(pattern.endswith((".bin", ".py", ".pt")) for pattern in allow_patterns)
        assert "onnx/*" in ignore_patterns
        shutil.copytree(small_model, local_dir)
        if name == "some/broken":
            raise OSError("connection lost\nwith details")

    monkeypatch.setattr("huggingface_hub.snapshot_download", hub)
    with pytest.raises(ModelError, match=r"'some/broken' could not be fetched from the model hub \(connection lost\)"):
        Embedder.open("some/broken", tmp_path, allow_hub=True)
    assert [path.name for path in (tmp_path / "hub").iterdir() if path.is_dir()] == []
    assert Embedder.open("some/model", tmp_path, allow_hub=True).embed_question("no dog").shape == (8,)
    assert Embedder.open("some/model", tmp_path).count_tokens(["no dog"]) == [2]
    assert asked == ["some/broken", "some/model"]


def test_a_text_has_one_vector_in_whatever_company_and_on_however_many_threads(
    embedder: Embedder, models_folder: Path
) -> None:
    texts = [JA, EN, OTHER, *(" cat" * tokens for tokens in (1, 124, 125, 253))]
    lengths = [len(ids) for ids in embedder._ids([f"passage: {text}" for text in texts])]
    assert lengths[-3:] == [128, 129, 257]  # at the edge of what ONNX Runtime multiplies at a time: rows alone are left
    together = embedder.embed_passages(texts)
    few, many = (Embedder.open(embedder.name, models_folder, threads=threads) for threads in (1, 2))
    for other in (few, many):
        assert [other.embed_passages([text])[0].tobytes() for text in texts] == [row.tobytes() for row in together]


def test_a_graph_that_onnx_runtime_cannot_read_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"model.onnx' cannot be loaded by ONNX Runtime .*`kotae models --verify`"):
        Encoder(tmp_path / "model.onnx", 1)


def test_a_machine_whose_gpu_torch_cannot_use_keeps_the_graph(
    models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr("index.gpu._DEVICES", (str(tmp_path / "nvidiactl"),))
    monkeypatch.setattr("index.embed.GpuEncoder", partial(GpuEncoder, device="cpu"))
    for usable in (False, True):
        monkeypatch.setattr("torch.cuda.is_available", lambda usable=usable: usable)
        opened = Embedder.open("intfloat/multilingual-e5-small", models_folder)
        assert isinstance(opened._encoder, GpuEncoder if usable else Encoder)


def test_a_gpu_that_cannot_take_the_model_is_an_error_with_the_way_out(embedder: Embedder) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded on the GPU \(.+\): hide it with CUDA_VISIBLE_DEVICES= "):
        GpuEncoder(embedder.folder, "cuda:99")
    with pytest.raises(ModelError, match="cannot be loaded on the GPU"):
        GpuEncoder(embedder.folder / "nowhere")
    with pytest.raises(ModelError, match=r"1 texts cannot be embedded on the GPU \(.+\): hide it"):
        GpuEncoder(embedder.folder, "cpu").encode([[0] * 600])  # longer than its table of places


def test_texts_of_like_length_share_a_batch_and_the_order_stays(embedder: Embedder) -> None:
    texts = [[0, *range(5, 5 + tokens), 2] for tokens in (400, 3, 90, 400, 1, 88, 400)]
    encoder = GpuEncoder(embedder.folder, "cpu")
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.sum(together * alone, axis=1).min() > 0.9999
    assert encoder.encode([]).shape == (0, 384)


def test_an_index_made_with_the_full_model_stays_valid_and_is_searched_with_the_graph(
    embedder: Embedder, models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    for name, text in (("ja", JA), ("en", EN), ("other", OTHER)):
        (articles / f"{name}.txt").write_text(text, "utf-8")
    full = Embedder.open("intfloat/multilingual-e5-small", models_folder)
    with monkeypatch.context() as patch:
        patch.setattr("index.embed.gpu_at_hand", lambda: True)
        patch.setattr("index.embed.GpuEncoder", partial(GpuEncoder, device="cpu"))
        update_index(Home(tmp_path / "home"), full, [articles])
    with closing(Collection(Home(tmp_path / "home"), embedder)) as collection:
        found = collection.now().candidates(collection.asked(EN, "en"), 3).found
        best = max((one for one in found if one.language == "en"), key=lambda one: one.similarity)
        assert collection.passages([best.passage_id])[best.passage_id].text == EN
    again = update_index(Home(tmp_path / "home"), embedder, [articles])
    assert (again.unchanged, again.embedded) == (3, 0)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no sentence-transformers model \(no modules.json\)"):
        Embedder.open(str(tmp_path), tmp_path / "models")


def test_weights_that_could_run_code_are_not_loaded(small_model: Path, tmp_path: Path) -> None:
    import torch

    copied = tmp_path / "copied"
    shutil.copytree(small_model, copied)
    (copied / "model.safetensors").unlink()
    torch.save({}, copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"cannot be loaded as a .* model .*, with its weights as safetensors"):
        Embedder.open(str(copied), tmp_path / "models").embed_question("cat")


def test_a_model_that_brings_its_own_code_is_not_run(small_model: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(small_model, copied)
    modules = json.loads((copied / "modules.json").read_text())
    modules[0]["type"] = "own_code.Model"
    (copied / "modules.json").write_text(json.dumps(modules))
    (copied / "own_code.py").write_text("raise SystemExit('own code has run')")
    with pytest.raises(ModelError, match="cannot be loaded as a sentence-transformers model"):
        Embedder.open(str(copied), tmp_path / "models").embed_question("cat")


_OFFLINE = """
import os, sys
def hear(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        os.write(2, f"{event} {arguments[1:]}".encode())
        os._exit(3)
sys.addaudithook(hear)
from pathlib import Path
from index.embed import Embedder
assert not {"torch", "transformers", "sentence_transformers"} & set(sys.modules), "heavy imports at module import"
opened = Embedder.open("intfloat/multilingual-e5-small", Path(sys.argv[1]))
opened.count_tokens(["x"])
assert "onnxruntime" not in sys.modules, "counting tokens must not load the model"
opened.embed_question("x")
assert not {"torch", "transformers", "sentence_transformers"} & set(sys.modules), "the graph needs none of them"
"""


def test_from_import_to_vector_no_socket_is_opened_nothing_is_printed_and_no_torch_is_loaded(
    models_folder: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _OFFLINE, str(models_folder)], capture_output=True, text=True, timeout=120
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
