"""Ray on this machine: two nodes of one processor each, of which one is killed halfway."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow
import pytest
import ray

from index import writer
from index.build import update_index
from index.cluster import RayEngine, _Embedder, _Splitter
from index.embed import Embedder
from index.errors import ClusterError, ModelError
from index.fingerprint import fingerprint_of
from index.home import Home
from index.progress import Progress
from rag.settings import DEFAULT_EMBEDDER
from tests.conftest import SEEDS
from tests.doubles import LetterEmbedder, letters, write
from tests.index.test_spool import everything
from ui import cli


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes on this machine; what they write goes to a folder of its own with a short name."""
    folder = tempfile.mkdtemp(prefix="kotae-", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 100_000_000}
        made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
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


def refused() -> Embedder:
    raise ModelError("the model's file is gone: run `kotae models --prepare`")


def test_what_goes_wrong_on_a_machine_is_one_sentence_and_the_index_stays(cluster: Any, tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), write(tmp_path / "articles", one="aaa.")
    with (
        RayEngine(LetterEmbedder(), refused, address=cluster.address) as engine,
        pytest.raises(
            ClusterError, match=r"^the machine '.+' of the cluster cannot embed: the model's file is gone: run"
        ),
    ):
        update_index(home, LetterEmbedder(), [folder], engine=engine)
    assert home.live_name == ""
    assert not ray.is_initialized()


def made(worker: Any, payload: object) -> tuple[bytes, str]:
    """What a worker answers: result and error."""
    table = pyarrow.table({"number": [7], "payload": [json.dumps(payload)]})
    (row,) = worker(table).to_pylist()
    assert row["number"] == 7
    return row["result"], row["error"]


def test_a_worker_splits_and_embeds_as_this_process_does() -> None:
    fingerprint = fingerprint_of(LetterEmbedder(), 4)
    article = ["aaa. bbb.\n\n# Part\nccc.", "T", "en"]
    cuts, error = made(_Splitter(LetterEmbedder, fingerprint), [article])
    assert (json.loads(cuts), error) == ([[[0, 4, ""], [5, 9, ""], [18, 22, "Part"]]], "")
    vectors, error = made(_Embedder(LetterEmbedder, fingerprint), ["aab", "half \ud800"])
    assert (vectors, error) == (letters("aab").tobytes() + letters("half \ud800").tobytes(), "")


@pytest.mark.parametrize(
    ("here", "said"),
    [
        (partial(LetterEmbedder, digest="def456"), "has embedder_digest 'def456', this one 'abc123': install the same"),
        (refused, "cannot embed: the model's file is gone: run `kotae models --prepare`"),
    ],
)
def test_a_machine_with_another_model_or_none_is_refused(here: Any, said: str) -> None:
    result, error = made(_Embedder(here, fingerprint_of(LetterEmbedder(), 0)), ["aab"])
    assert result == b""
    assert re.match(rf"the machine '.+' of the cluster {re.escape(said)}", error)


class Losing(RayEngine):
    """A cluster that does so much of what is asked, then breaks off."""

    def __init__(self, *done: int) -> None:
        super().__init__(LetterEmbedder(), LetterEmbedder)
        self.left = list(done)
        self.asked: list[list[int]] = []

    def _connect(self) -> None:
        pass

    def _run(self, *asked: Any) -> Any:
        missing: dict[int, str] = asked[-1]
        self.asked.append(list(missing))
        for number in list(missing)[: self.left.pop(0)]:
            yield number, letters(json.loads(missing[number])[0]).tobytes(), ""
        raise RuntimeError("Traceback\n\nObjectLostError: gone")


def test_only_what_is_missing_is_given_out_again() -> None:
    engine = Losing(1, 0, 0, 2)
    assert [block for block, _ in engine.embed([["a"], ["b"], ["c"]])] == [["a"], ["b"], ["c"]]
    assert engine.asked == [[0, 1, 2], [1, 2], [1, 2], [1, 2]]


def test_a_cluster_that_does_nothing_three_times_is_an_error_with_its_reason() -> None:
    engine = Losing(1, 0, 0, 0)
    with pytest.raises(ClusterError, match=r"^the Ray cluster did not do its work \(ObjectLostError: gone\): look at"):
        list(engine.embed([["a"], ["b"]]))
    assert engine.asked == [[0, 1], [1], [1], [1]]


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "127.0.0.1", ":6379", "x:y"])
def test_what_cannot_be_an_address_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match=f"^'{address}' is no address of a cluster: give HOST:PORT"):
        RayEngine(LetterEmbedder(), LetterEmbedder, address=address)


def test_a_cluster_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", one="aaa.")
    with (
        RayEngine(LetterEmbedder(), LetterEmbedder, address="127.0.0.1:9") as engine,
        pytest.raises(ClusterError, match=r"^no Ray cluster can be reached at '127.0.0.1:9' \(.*refused\): start one"),
    ):
        update_index(Home(tmp_path / "home"), LetterEmbedder(), [folder], engine=engine)


def test_without_ray_the_command_to_install_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("index.cluster.find_spec", lambda name: None if name == "ray" else name)
    folder = write(tmp_path / "articles", one="aaa.")
    assert cli.main(["index", str(folder), "--home", str(tmp_path / "home"), "--engine", "ray"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "kotae: the engine 'ray' needs Ray, which is not installed: pip install 'ray[data]>=2.60'"
    )
    assert cli.main(["index", str(folder), "--home", str(tmp_path / "home"), "--address", "auto"]) == 1
    assert capsys.readouterr().err == "kotae: --address names a Ray cluster: give --engine ray too, or leave it out\n"
