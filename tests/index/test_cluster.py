"""Ray on this machine: two nodes of one processor each, of which one is killed halfway."""

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from index import writer
from index.build import update_index
from index.cluster import RayEngine
from index.embed import Embedder
from index.home import Home
from index.progress import Progress
from rag.settings import DEFAULT_EMBEDDER
from tests.conftest import SEEDS
from tests.index.test_spool import everything


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes on this machine; what they write goes to a folder of its own with a short name."""
    folder = tempfile.mkdtemp(prefix="kotae-", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 100_000_000}
        quick = {
            "health_check_initial_delay_ms": 500,
            "health_check_period_ms": 500,
            "health_check_failure_threshold": 2,
        }
        made = Cluster(
            initialize_head=True, head_node_args={**node, "include_dashboard": False, "_system_config": quick}
        )
        try:
            made.second = made.add_node(**node)
            yield made
        finally:
            made.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


def test_the_index_is_that_of_the_local_engine_also_when_a_node_is_killed_halfway(
    cluster: Any,
    embedder: Embedder,
    models_folder: Path,
    seeds_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writer, "_BLOCK", 4)
    killed: list[int] = []

    def kill(step: Progress) -> None:
        if step.label == "embed" and step.done * 2 >= step.total > step.done and not killed:
            cluster.remove_node(cluster.second, allow_graceful=False)
            killed.append(step.done)

    home = Home(tmp_path / "home")
    opener = partial(Embedder.open, DEFAULT_EMBEDDER, models_folder, threads=1)
    with RayEngine(embedder, opener, address=cluster.address) as engine:
        done = update_index(home, embedder, [SEEDS], engine=engine, progress=kill)
    assert len(killed) == 1
    assert (done.embedded, done.added) == (done.passages, done.articles)
    assert everything(home) == everything(Home(seeds_home))
