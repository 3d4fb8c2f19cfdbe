"""Measures the bundled embedder on a GPU, beside sentence-transformers on the same card, and what of the card it uses.

    python benchmarks/gpu.py TEXTS.json [--model FOLDER]

TEXTS.json is a list of passages. FOLDER is the prepared model; it is found by itself where `kotae models` made it. The
card's matrix rate is that of a product of two 8192 x 8192 matrices of random numbers in half precision, the median of
twenty. What the model needs is counted: two operations for each weight of its layers and token, and four for each
number of a token's state, layer and token of its text (attention). Padding counts as waste, not as work.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from index.embed import Embedder
from index.embedfiles import EmbedderFiles, find_embedder
from index.gpu import GpuEncoder

_SIDE, _PRODUCTS, _RUNS = 8192, 20, 5
_HIDDEN, _LAYERS = 384, 12
_WEIGHTS = 12 * _HIDDEN * _HIDDEN  # of a layer: four square matrices, and two that are four times as large


def matrix_rate() -> float:
    """Operations a second."""
    import torch

    left, right = (torch.randn(_SIDE, _SIDE, dtype=torch.float16, device="cuda") for _ in range(2))
    seconds = []
    for _ in range(_PRODUCTS + 3):
        began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        began.record()
        torch.matmul(left, right)
        ended.record()
        torch.cuda.synchronize()
        seconds.append(began.elapsed_time(ended) / 1000)
    return 2 * _SIDE**3 / median(seconds[3:])


def operations(lengths: Sequence[int]) -> float:
    """What texts of so many tokens need."""
    tokens = np.asarray(lengths, np.float64)
    return float(_LAYERS * (2 * _WEIGHTS * tokens + 4 * _HIDDEN * tokens**2).sum())


def timed(run: Callable[[], Any]) -> float:
    """Seconds, the median of a few after one that is not counted; every run ends with vectors in memory."""
    run()
    seconds = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", type=Path)
    parser.add_argument("--model", type=Path, help="a folder with the prepared model")
    options = parser.parse_args()
    import torch
    from sentence_transformers import SentenceTransformer

    texts: list[str] = json.loads(options.texts.read_text("utf-8"))
    folder = options.model or _prepared()
    graphs = folder / "not", folder / "read"  # the card takes their place
    embedder = Embedder(EmbedderFiles(name="e5", folder=folder, digest="", graphs=graphs))
    encoder = embedder._encoder
    assert isinstance(encoder, GpuEncoder)
    prefixed = [embedder._prefix + text for text in texts]
    ids = embedder._ids(prefixed)
    rate, needed = matrix_rate(), operations([len(text) for text in ids])
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}: {rate / 1e12:.0f} TFLOP/s in half precision")
    print(f"{len(texts)} passages of {np.mean([len(text) for text in ids]):.0f} tokens")

    def told(what: str, seconds: float, found: Any = None) -> None:
        share = needed / seconds / rate
        line = f"{what}: {len(texts) / seconds:,.0f} passages/s, {100 * share:.1f}% of the card's matrix rate"
        if found is not None:
            cosines = (np.asarray(found) * exact).sum(1)
            line += f", cosine to fp32 {cosines.mean():.6f}, least {cosines.min():.6f}"
        print(line, flush=True)

    full = SentenceTransformer(str(folder), device="cuda", local_files_only=True)
    quiet: dict[str, Any] = {"show_progress_bar": False, "normalize_embeddings": True}
    exact = full.encode(prefixed, batch_size=256, **quiet)
    told("sentence-transformers, fp32, 32 at a time", timed(lambda: full.encode(prefixed, **quiet)))
    full = full.half()
    told("the same, fp16, 256 at a time", timed(lambda: full.encode(prefixed, batch_size=256, **quiet)))
    told("the model alone, ids given", timed(lambda: encoder.encode(ids)), encoder.encode(ids))
    told(
        "the same, ids given, 128 at a time",
        timed(lambda: [encoder.encode(ids[start : start + 128]) for start in range(0, len(ids), 128)]),
    )
    told("tokenizer alone", timed(lambda: embedder._ids(prefixed)))
    told("texts to vectors", timed(lambda: embedder.embed_passages(texts)), embedder.embed_passages(texts))
    question = timed(lambda: embedder.embed_question(texts[0][:40]))
    print(f"one question: {1000 * question:.1f} ms; {torch.cuda.max_memory_allocated() / 1e9:.1f} GB of the card")


def _prepared() -> Path:
    from rag.settings import Settings

    settings = Settings.from_environment()
    return find_embedder(settings.embedder, settings.models, allow_hub=False, tell=lambda _: None).folder


if __name__ == "__main__":
    main()
