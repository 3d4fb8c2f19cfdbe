"""The bundled chat model in torch, its weights as llama.cpp has them, and low-rank adapters beside its matrices.

Needs the package `gguf`, which nothing else here does. Knows nothing of questions.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
from transformers.models.qwen2.modeling_qwen2 import Qwen2RotaryEmbedding

MATRICES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
_WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def load_tokenizer(file: Path) -> Any:
    """The tokenizer and chat template that the GGUF file carries."""
    tokenizer = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
    tokenizer.padding_side = "left"
    return tokenizer


def load_model(file: Path) -> Qwen2ForCausalLM:
    """The model of a GGUF file, its quantized weights expanded: 3.5 GB in bfloat16, where the processor has
    instructions for it, else 7 GB."""
    from gguf import GGUFReader, dequantize

    reader = GGUFReader(file)
    facts = {key: field.contents() for key, field in reader.fields.items() if key.startswith("qwen2.")}
    kind = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
    weights = {
        _name(tensor.name): torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).to(kind)
        for tensor in reader.tensors
    }
    config = Qwen2Config(
        vocab_size=len(weights["model.embed_tokens.weight"]),
        hidden_size=facts["qwen2.embedding_length"],
        intermediate_size=facts["qwen2.feed_forward_length"],
        num_hidden_layers=facts["qwen2.block_count"],
        num_attention_heads=facts["qwen2.attention.head_count"],
        num_key_value_heads=facts["qwen2.attention.head_count_kv"],
        rope_theta=facts["qwen2.rope.freq_base"],
        rms_norm_eps=facts["qwen2.attention.layer_norm_rms_epsilon"],
        tie_word_embeddings="lm_head.weight" not in weights,
    )
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    model.load_state_dict(weights, strict=not config.tie_word_embeddings, assign=True)
    model.tie_weights()
    model.model.rotary_emb = Qwen2RotaryEmbedding(config)  # holds no weights, so nothing made it real
    return model.eval().requires_grad_(False)


class Adapted(nn.Module):
    """A matrix with a low-rank one beside it: W x + B A x * alpha / rank (Hu et al., 2021). B begins as zeros."""

    def __init__(self, matrix: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.matrix, self._scale = matrix, alpha / rank
        self.a = nn.Parameter(torch.empty(rank, matrix.in_features))
        self.b = nn.Parameter(torch.zeros(matrix.out_features, rank))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        low = functional.linear(x, self.a.to(x.dtype)).flatten(0, -2)
        wide = self.matrix(x)
        beside = (self.b * self._scale).to(x.dtype).T
        return torch.addmm(wide.flatten(0, -2), low, beside).view(wide.shape)


class Adapter:
    """Low-rank matrices beside all matrices of a model's layers from `first` on."""

    def __init__(self, model: Qwen2ForCausalLM, *, first: int, rank: int, alpha: float) -> None:
        self._model, self._first, self._alpha = model, first, alpha
        self._beside: dict[str, Adapted] = {}
        for number, layer in enumerate(model.model.layers):
            for name, place in MATRICES.items():
                if number >= first:
                    part, matrix = place.split(".")
                    holder = getattr(layer, part)
                    adapted = Adapted(getattr(holder, matrix), rank, alpha)
                    setattr(holder, matrix, adapted)
                    self._beside[f"blk.{number}.{name}.weight"] = adapted

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [parameter for adapted in self._beside.values() for parameter in (adapted.a, adapted.b)]

    def hidden(self, ids: Tensor, positions: Tensor, visible: Tensor) -> Tensor:
        """The last hidden states, tokens x size. `visible[i, j]` says whether token i may look at token j."""
        model = self._model.model
        states = model.embed_tokens(ids[None])
        turned = model.rotary_emb(states, positions[None])
        mask = torch.zeros(visible.shape, dtype=states.dtype).masked_fill(~visible, torch.finfo(states.dtype).min)
        for number, layer in enumerate(model.layers):
            with _gradients(number >= self._first):
                after = layer(states, attention_mask=mask[None, None], position_embeddings=turned)
                states = after[0] if isinstance(after, tuple) else after
        return model.norm(states)[0]

    def load(self, file: Path) -> None:
        """Goes on from an adapter that `save` wrote, of the same layers and rank."""
        from gguf import GGUFReader

        tensors = {tensor.name: torch.from_numpy(tensor.data.astype(np.float32)) for tensor in GGUFReader(file).tensors}
        for name, adapted in self._beside.items():
            adapted.a.data.copy_(tensors[f"{name}.lora_a"])
            adapted.b.data.copy_(tensors[f"{name}.lora_b"])

    def save(self, file: Path) -> None:
        """Writes the adapter as llama.cpp reads it: GGUF, half precision."""
        from gguf import GGUFWriter

        writer = GGUFWriter(file, "qwen2")
        writer.add_string("general.type", "adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", self._alpha)
        for name, adapted in self._beside.items():
            writer.add_tensor(f"{name}.lora_a", adapted.a.detach().numpy().astype(np.float16))
            writer.add_tensor(f"{name}.lora_b", adapted.b.detach().numpy().astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


@contextmanager
def _gradients(wanted: bool) -> Iterator[None]:
    with torch.set_grad_enabled(wanted and torch.is_grad_enabled()):
        yield


def _name(name: str) -> str:
    """llama.cpp's name of a tensor as transformers' (blk.3.attn_q.weight: model.layers.3.self_attn.q_proj.weight)."""
    part, _, kind = name.rpartition(".")
    if part in _WHOLE:
        return f"{_WHOLE[part]}.{kind}"
    found = re.fullmatch(r"blk\.(\d+)\.(\w+)", part)
    if not found:
        raise ValueError(f"the GGUF file has a tensor {name!r}, which no Qwen 2 model has")
    return f"model.layers.{found[1]}.{(MATRICES | _NORMS)[found[2]]}.{kind}"
