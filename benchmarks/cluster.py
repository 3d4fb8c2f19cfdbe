"""Measures `kotae index --engine ray` on two nodes of one core on this machine beside the engine in one process.

    python benchmarks/cluster.py ARTICLES

Prints wall-clock times, and whether ids and vectors are the same to the last bit: without a fault, and with one of the
two nodes killed when half of the passages have their vectors.
"""

import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

from index import writer
from index.build import update_index
from index.cluster import RayEngine
from index.embed import Embedder
from index.engine import Engine
from index.home import Home
from index.manifest import Manifest
from index.progress import Progress, ProgressCallback, nobody
from rag.chatbot import open_embedder
from rag.nodes import open_on_node
from rag.settings import DEFAULT_EMBEDDER, Settings

BLOCK = 16  # passages: with 128 a few hundred of them make too few blocks to share out

Vectors = tuple[list[tuple[str, str]], bytes]


def main(articles: Path) -> None:
    """Runs all of it."""
    writer._BLOCK = BLOCK
    with tempfile.TemporaryDirectory(prefix="kotae-", dir="/tmp") as folder:
        os.environ.update(RAY_TMPDIR=folder, RAY_USAGE_STATS_ENABLED="0")
        expected = measured("in this process, one thread", Path(folder) / "1", articles, opened(1))
        measured("in this process, two threads", Path(folder) / "2", articles, opened(2), expected=expected)
        from ray.cluster_utils import Cluster

        for name in ("ray, two nodes", "ray, one of two killed halfway"):
            node = {"num_cpus": 1, "object_store_memory": 200_000_000}
            cluster: Any = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
            second = cluster.add_node(**node)
            opener = partial(open_on_node, DEFAULT_EMBEDDER)
            with RayEngine(opened(1), opener, address=cluster.address) as engine:
                tell = killing(cluster, second) if "killed" in name else nobody
                measured(name, Path(folder) / name[-4:], articles, opened(1), engine, tell, expected)
            cluster.shutdown()


def opened(threads: int) -> Embedder:
    return open_embedder(Settings(home=Path(), models=Settings.from_environment().models, threads=threads))


def killing(cluster: Any, node: Any) -> ProgressCallback:
    """Kills a node when half is embedded."""
    left = [node]

    def tell(step: Progress) -> None:
        if left and step.label == "embed" and step.done * 2 >= step.total:
            cluster.remove_node(left.pop(), allow_graceful=False)

    return tell


def measured(
    name: str,
    home: Path,
    articles: Path,
    embedder: Embedder,
    engine: Engine | None = None,
    tell: ProgressCallback = nobody,
    expected: Vectors | None = None,
) -> Vectors:
    """Makes an index in `home`, and gives its ids and vectors."""
    embedder.embed_passages(["warm"])
    began = time.perf_counter()
    done = update_index(Home(home), embedder, [articles], engine=engine, progress=tell)
    seconds = time.perf_counter() - began
    manifest = Manifest.open(Home(home).live / "manifest.sqlite3")
    ids = manifest.passage_ids()
    found: Vectors = [(id, of) for id, of in ids], manifest.vectors([id for id, _ in ids]).tobytes()
    manifest.close()
    same = "" if expected is None else f", ids and vectors the same: {found == expected}"
    print(f"{name}: {done.passages} passages, {seconds:.1f} s, {done.passages / seconds:.2f}/s{same}", flush=True)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
