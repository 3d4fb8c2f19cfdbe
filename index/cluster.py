"""Splits and embeds on a Ray cluster (extra `cluster`): Ray Data hands blocks of texts to a pool of actors.

This process alone reads, compares and writes. A worker that dies, with its machine or without, is replaced by Ray, and
its block is made again; where Ray gives up, what is still missing is given out anew. What goes to a worker and comes
back is JSON and bytes of floats, and an error comes back as its sentence.
"""

import json
import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Passage
from index.embed import TextEmbedder, available_threads
from index.engine import Block
from index.errors import ClusterError, KotaeError
from index.fingerprint import fingerprint_of
from index.split import split_article

if TYPE_CHECKING:
    from pyarrow import Table

INSTALL = "pip install 'ray[data]>=2.60'"
_WINDOW = 2048  # blocks that wait on the cluster at a time: bounds its memory
_TOGETHER = 200_000  # characters of articles that are split together
_TRIES = 3  # in a row in which nothing was done

OpenEmbedder = Callable[[], TextEmbedder]


class RayEngine:
    """An engine on the cluster at `address`, or on a Ray of its own on this machine; use it as a context.

    `open_embedder` is called on every machine, so it must be importable there, and find there the files with the digest
    that `embedder` has here. Ray is started, or connected to, by the first article that has to be split.
    """

    def __init__(
        self, embedder: TextEmbedder, open_embedder: OpenEmbedder, *, address: str = "", threads: int = 0
    ) -> None:
        """`address`: HOST:PORT of a cluster that this machine belongs to, or "auto". `threads`: of a Ray of its own.

        Raises ClusterError where Ray is not installed or the address cannot be one.
        """
        if find_spec("ray") is None or find_spec("pyarrow") is None:
            raise ClusterError(f"the engine 'ray' needs Ray, which is not installed: {INSTALL}")
        host, _, port = address.rpartition(":")
        if address not in ("", "auto") and not (host and "/" not in host and port.isdigit()):
            raise ClusterError(
                f"{address!r} is no address of a cluster: give HOST:PORT as `ray start` says it, or auto"
            )
        self._embedder = embedder
        self._open_embedder = open_embedder
        self._address = address
        self._threads = threads or available_threads()
        self._folder = ""
        self._connected = False

    def __enter__(self) -> "RayEngine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leaves the cluster; a Ray of its own is ended."""
        if self._connected:
            import ray

            ray.shutdown()
            self._connected = False
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def split(self, articles: Sequence[Article], passage_tokens: int) -> Iterator[list[Passage]]:
        """The passages of each article, in the order of the articles."""
        groups = list(_groups(articles))
        payloads = (json.dumps([[one.text, one.title, one.language] for one in group]) for group in groups)
        fingerprint = fingerprint_of(self._embedder, passage_tokens)
        found: dict[int, list[list[tuple[int, int, str]]]] = {}
        for number, result in self._spread(_Splitter, fingerprint, payloads):
            found[number] = json.loads(result)
        for number, group in enumerate(groups):
            for article, cuts in zip(group, found[number], strict=True):
                yield [_passage(article, start, end, heading) for start, end, heading in cuts]

    def embed(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, NDArray[np.float32]]]:
        """Each block with its vectors, in the order in which they are ready."""
        fingerprint, iterator = fingerprint_of(self._embedder, 0), iter(blocks)
        while window := list(islice(iterator, _WINDOW)):
            for number, result in self._spread(_Embedder, fingerprint, map(json.dumps, window)):
                block = window[number]
                yield block, np.frombuffer(result, "<f4").reshape(len(block), self._embedder.dimension)

    def _spread(
        self, worker: type["_Worker"], fingerprint: dict[str, str], payloads: Iterable[str]
    ) -> Iterator[tuple[int, bytes]]:
        """(number of the payload, what a worker made of it), each once, in the order in which they are ready."""
        missing = dict(enumerate(payloads))
        failed = 0
        while missing:
            before = len(missing)
            try:
                self._connect()
                for number, result, error in self._run(worker, fingerprint, missing):
                    if error:
                        raise ClusterError(error)
                    if missing.pop(number, None) is not None:
                        yield number, result
                reason = "blocks were lost"
            except KotaeError:
                raise
            except Exception as error:  # noqa: BLE001  # Ray's errors have no class in common but this one
                reason = (str(error).strip().splitlines() or [""])[-1][:300] or type(error).__name__
            failed = failed + 1 if len(missing) == before else 0
            if missing and failed == _TRIES:
                raise ClusterError(
                    f"the Ray cluster did not do its work ({reason}): look at `ray status`, then run the same command "
                    "again: what was embedded is kept"
                )

    def _run(
        self, worker: type["_Worker"], fingerprint: dict[str, str], missing: dict[int, str]
    ) -> Iterator[tuple[int, bytes, str]]:
        """One attempt at all that is missing."""
        import ray
        import ray.data

        cluster: Any = ray  # the same to mypy whether Ray is installed or not
        data = cluster.data
        resources: dict[str, float] = cluster.cluster_resources()
        kind = "GPU" if resources.get("GPU", 0) >= 1 else "CPU"
        most = int(resources.get(kind, 0))
        if most < 1:
            raise ClusterError("the Ray cluster has neither a processor nor a GPU: add a machine with `ray start`")
        rows = [{"number": number, "payload": payload} for number, payload in missing.items()]
        # One actor at least, so that the work ends on what is left of a cluster; as many as there are cores, or GPUs.
        pool = data.ActorPoolStrategy(min_size=1, max_size=most, initial_size=min(most, len(rows)))
        made = data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            worker,
            fn_constructor_args=(self._open_embedder, fingerprint),
            compute=pool,
            batch_size=None,
            batch_format="pyarrow",
            **({"num_gpus": 1} if kind == "GPU" else {"num_cpus": 1}),
        )
        for table in made.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
            yield from zip(*(table.column(name).to_pylist() for name in ("number", "result", "error")), strict=True)

    def _connect(self) -> None:
        """Connects, or starts a Ray of its own. Raises ClusterError."""
        if self._connected:
            return
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it reports to its makers unless told not to before it starts
        os.environ["RAY_DEDUP_LOGS_SKIP_REGEX"] = "^"  # of what it would write to standard output: everything
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
        import ray
        import ray.data

        for name in ("ray", "ray.data"):  # what goes wrong is raised
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._connected = True  # or half of it, when the next lines are interrupted
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL, "configure_logging": True}
        try:
            if self._address:
                if self._address != "auto":  # Ray itself waits 40 s, then ends the process
                    host, _, port = self._address.rpartition(":")
                    socket.create_connection((host, int(port)), timeout=10).close()
                ray.init(address=self._address, **quiet)
            else:
                # Its ports are open to the network, whatever address it is given. Unset, this lets in those alone who
                # have the token that Ray keeps in the user's folder.
                os.environ.pop("RAY_AUTH_MODE", None)
                # Unix sockets allow a path of 107 bytes.
                self._folder = tempfile.mkdtemp(prefix="kotae-", dir="/tmp" if os.path.isdir("/tmp") else None)
                ray.init(
                    "local",
                    num_cpus=self._threads,
                    include_dashboard=False,
                    _temp_dir=self._folder,
                    _node_ip_address="127.0.0.1",
                    **quiet,
                )
        except (RuntimeError, ValueError, OSError, SystemExit) as error:
            self.close()
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
            raise ClusterError(
                f"no Ray cluster can be reached at {self._address or 'this machine'!r} ({reason}): start one with "
                "`ray start --head`, or leave out --address"
            ) from error
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False


class _Worker:
    """What an actor does with a table of payloads. Opened on the machine that the actor runs on."""

    def __init__(self, open_embedder: OpenEmbedder, fingerprint: dict[str, str]) -> None:
        self._open_embedder = open_embedder
        self._fingerprint = fingerprint

    def __call__(self, table: "Table") -> "Table":
        import pyarrow

        results, errors = list[bytes](), list[str]()
        for payload in table.column("payload").to_pylist():
            result, error = b"", ""
            try:
                result = self._made(json.loads(payload))
            except KotaeError as raised:
                error = str(raised)
            results.append(result)
            errors.append(error)
        columns = {"result": pyarrow.array(results, pyarrow.binary()), "error": pyarrow.array(errors, pyarrow.string())}
        return pyarrow.table({"number": table.column("number"), **columns})

    def _made(self, payload: Any) -> bytes:
        raise NotImplementedError

    @cached_property
    def _embedder(self) -> TextEmbedder:
        """The embedder of this machine. Raises ClusterError when it is not that of the machine that writes."""
        where = os.uname().nodename if hasattr(os, "uname") else "a machine"
        try:
            embedder = self._open_embedder()
        except KotaeError as error:
            raise ClusterError(f"the machine {where!r} of the cluster cannot embed: {error}") from error
        here = fingerprint_of(embedder, int(self._fingerprint["passage_tokens"]))
        differs = [name for name, value in self._fingerprint.items() if here.get(name) != value and name != "embedder"]
        if differs:
            name = differs[0]
            raise ClusterError(
                f"the machine {where!r} of the cluster has {name} {here.get(name)!r}, this one "
                f"{self._fingerprint[name]!r}: install the same version of Kotae, and the same models, on both"
            )
        return embedder


class _Splitter(_Worker):
    def _made(self, payload: Any) -> bytes:
        tokens = int(self._fingerprint["passage_tokens"])
        cuts = []
        for text, title, language in payload:
            article = Article(id="x", title=title, language=language, source="", date="", text=text)
            passages = split_article(article, self._embedder.count_tokens, tokens)
            cuts.append([(passage.start, passage.end, passage.heading) for passage in passages])
        return json.dumps(cuts).encode()


class _Embedder(_Worker):
    def _made(self, payload: Any) -> bytes:
        return self._embedder.embed_passages(payload).astype("<f4").tobytes()


def _passage(article: Article, start: int, end: int, heading: str) -> Passage:
    return Passage(
        article_id=article.id,
        start=start,
        end=end,
        text=article.text[start:end],
        title=article.title,
        heading=heading,
        language=article.language,
    )


def _groups(articles: Sequence[Article]) -> Iterator[list[Article]]:
    """Articles that are split together."""
    group, size = list[Article](), 0
    for article in articles:
        group.append(article)
        size += len(article.text)
        if size >= _TOGETHER:
            yield group
            group, size = [], 0
    if group:
        yield group
