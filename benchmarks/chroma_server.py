"""Search and changes through a Chroma server beside the same index in its folder: ids, times.

    python benchmarks/chroma_server.py GOLD ARTICLES --url http://127.0.0.1:8000 [--passages 10000]

GOLD is a set of questions, ARTICLES what they are asked of; --passages adds how long it takes to send that many random
vectors, and one change of an index of that many. The server must be running (`chroma run --host 127.0.0.1`).
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from index.build import repair_index, update_index
from index.collection import Collection
from index.home import Home
from index.server import Server
from index.server_store import create_store, sweep
from rag.chatbot import open_embedder
from rag.gold import read_gold
from rag.retrieve import retrieve
from rag.settings import Settings

HITS = 10


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--url", required=True)
    parser.add_argument("--passages", type=int, default=0)
    options = parser.parse_args()
    embedder, server = open_embedder(Settings.from_environment()), Server.at(options.url)
    questions = [one.question for one in read_gold(options.gold)]
    with tempfile.TemporaryDirectory() as folder:
        local, there = Home(Path(folder) / "local"), Home(Path(folder) / "there", server=server)
        update_index(local, embedder, [options.articles])
        update_index(there, embedder, [options.articles])
        kinds = {"in its folder": Collection(local, embedder), "on the server": Collection(there, embedder)}
        for question in questions:  # embedded once, and remembered by both
            for collection in kinds.values():
                collection.asked(question, "en")
        found: dict[str, list[list[tuple[str, float]]]] = {}
        for kind, collection in kinds.items():
            seconds: list[float] = []
            found[kind] = [_asked(collection, question, seconds) for question in questions]
            print(f"{kind}: {_spread(seconds)}")
        pairs = list(zip(*found.values(), strict=True))
        same = sum([id for id, _ in one] == [id for id, _ in other] for one, other in pairs)
        apart = max(abs(a - b) for one, other in pairs for (_, a), (_, b) in zip(one, other, strict=True))
        print(
            f"the same {HITS} ids in the same order: {same} of {len(questions)}; scores differ by {apart:.1e} at most"
        )
        print(f"made anew on the server from the manifest: {_timed(lambda: repair_index(there, embedder)):.1f} s")
        sweep(there.folder, [], server)
        if options.passages:
            _sending(Path(folder), server, options.passages)


def _asked(collection: Collection, question: str, seconds: list[float]) -> list[tuple[str, float]]:
    began = time.perf_counter()
    hits = retrieve(collection, question, HITS)
    seconds.append(time.perf_counter() - began)
    return [(hit.passage.id, hit.score) for hit in hits]


def _sending(folder: Path, server: Server, count: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(count, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"article-{number:07}#0-0123456789ab" for number in range(count)]
    for kind, of in (("in its folder", None), ("on the server", server)):
        generation = folder / kind / "generations" / "000001"
        generation.mkdir(parents=True)
        store = create_store(generation, of)
        put = _timed(lambda store=store: store.put(ids, vectors, "ja"))  # type: ignore[misc]
        reached = _timed(lambda store=store: store.reachable(count, "ja"))  # type: ignore[misc]
        seconds: list[float] = []
        for vector in vectors[:200]:
            seconds.append(_timed(lambda store=store, vector=vector: store.search(vector, 100, "ja")))  # type: ignore[misc]
        print(f"{count} vectors {kind}: written in {put:.1f} s, looked for in {reached:.1f} s; {_spread(seconds)}")
        if of:
            sweep(folder / kind, [], server)
        store.close()


def _spread(seconds: Sequence[float]) -> str:
    p50, p95, p99 = np.percentile(seconds, [50, 95, 99]) * 1000
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
