"""How fast an index is made, and that nothing stops it from being whole.

    python benchmarks/indexing.py large ARTICLES.jsonl    first build, again, one changed, one removed; real embedder
    python benchmarks/indexing.py hashed ARTICLES.jsonl   the same without the embedder's part; opening, export, import
    python benchmarks/indexing.py kill ARTICLES.jsonl     SIGKILL at 50 random moments of indexing 300 articles
    python benchmarks/indexing.py two ARTICLES.jsonl      two processes at once, ten rounds
    python benchmarks/indexing.py damage ARTICLES.jsonl   each damage named, repaired, the same ids for 200 questions

All but the first use an embedder that hashes texts, so that a round takes seconds; all else is real. Times are wall
clock, and in brackets processor time: where other programs take the cores, only the second says something.
"""

import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

import rag.doctor
from index.article import LANGUAGES
from index.backup import export_index, import_index
from index.build import update_index
from index.collection import Collection
from index.embed import Embedder, TextEmbedder
from index.errors import IndexBusy, StoreError
from index.home import Home
from index.inventory import check_files
from index.manifest import Manifest
from index.store import PassageStore, check_counts
from rag.doctor import examine, repair
from rag.retrieve import retrieve
from rag.settings import Settings

ROUNDS, ARTICLES, DAMAGED = 50, 300, 600


class HashEmbedder:
    """A vector of 64 numbers drawn from the digest of the text."""

    name, digest, dimension, max_tokens = "hash", "hash-1", 64, 400

    def embed_passages(self, texts: Iterable[str]) -> np.ndarray:
        rows = [self.embed_question(text) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimension)

    def embed_question(self, text: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
        vector = np.random.default_rng(seed).normal(size=self.dimension)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


class Stopwatch:
    """Prints what was done with the wall clock and processor time since it was made, or since it last printed."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def lap(self, what: str) -> None:
        wall, cpu = time.monotonic(), time.process_time()
        print(f"{what}: {wall - self._wall:.2f} s [{cpu - self._cpu:.2f} s]", flush=True)
        self._wall, self._cpu = time.monotonic(), time.process_time()


def large(source: Path, folder: Path) -> None:
    settings = Settings.from_environment()
    embedder = Embedder.open(settings.embedder, settings.models, threads=settings.threads)
    embedder.embed_question("warm up")
    _changes(source, folder, embedder)


def hashed(source: Path, folder: Path) -> None:
    home = _changes(source, folder, HashEmbedder())
    watch = Stopwatch()
    for part in (_manifest_part, _store_part):
        part(home.live)
    watch.lap("opened in parts, cold")
    collection = Collection(home, HashEmbedder())
    watch.lap("opened")
    generation = collection.now()
    expected = {of: len(rows) for of, rows in generation.rows.items()}
    watch = Stopwatch()
    check_files(home.live)
    check_counts(generation.store, expected)
    watch.lap("of which files and counts checked")
    collection.close()
    made = export_index(home, folder / "archive.zip")
    watch.lap(f"exported, {made.size / 1e6:.1f} MB")
    other = Home(folder / "other")
    done = import_index(other, folder / "archive.zip", HashEmbedder())
    watch.lap(f"imported, {done.passages} passages, {done.embedded} embedded")
    questions = _questions(source)
    same = sum(a == b for a, b in zip(_found(home, questions), _found(other, questions), strict=True))
    print(f"the same ids, in the same order, for {same} of {len(questions)} questions on the other side")


def _manifest_part(live: Path) -> None:
    Manifest.open(live / "manifest.sqlite3").close()


def _store_part(live: Path) -> None:
    PassageStore.open(live / "chroma").close()


def _changes(source: Path, folder: Path, embedder: TextEmbedder) -> Home:
    rows = source.read_text("utf-8").splitlines()
    articles, home = folder / "articles.jsonl", Home(folder / "home")
    articles.write_text("\n".join(rows), "utf-8")
    watch = Stopwatch()
    first = update_index(home, embedder, [articles])
    print(f"{first.articles} articles, {first.passages} passages, {first.passages / first.seconds:.1f} passages/s")
    watch.lap("first build")
    update_index(home, embedder, [articles])
    watch.lap("again, unchanged")
    changed = json.loads(rows[100])
    changed["text"] += "\n追記。"
    articles.write_text("\n".join([*rows[:100], json.dumps(changed), *rows[101:]]), "utf-8")
    watch = Stopwatch()
    one = update_index(home, embedder, [articles])
    watch.lap(f"one changed, {one.embedded} passages embedded")
    gone = json.loads(rows[200])
    articles.write_text("\n".join([*rows[:200], *rows[201:]]), "utf-8")
    watch = Stopwatch()
    removed = update_index(home, embedder, [articles])
    watch.lap(f"{removed.removed} removed")
    collection = Collection(home, embedder)
    found = collection.now().candidates(collection.asked(gone["title"] + gone["text"][:200], "ja"), 200).found
    left = [one.passage_id for one in found if one.passage_id.startswith(f"{gone['id']}#")]
    print(f"of the one removed {len(left)} passages are found", flush=True)
    collection.close()
    return home


def _questions(source: Path) -> list[str]:
    """The titles of 200 articles."""
    return [json.loads(row)["title"] for row in source.read_text("utf-8").splitlines()[:200]]


def _found(home: Home, questions: Sequence[str]) -> list[list[str]]:
    """For each question the ids that a search shows, best first."""
    collection = Collection(home, HashEmbedder())
    found = [[hit.passage.id for hit in retrieve(collection, question, 10)] for question in questions]
    collection.close()
    return found


def _query(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)


def _lose(live: Path) -> None:
    """As two writers on one path leave it: a third of the vectors is in no graph and in no count."""
    store = PassageStore.open(live / "chroma")
    store.remove(sorted(store.reachable(store.count("ja"), "ja"))[::3], "ja")
    store.close()


def _foreign(live: Path) -> None:
    (live / "manifest.sqlite3").unlink()
    _query(live / "manifest.sqlite3", "CREATE TABLE bookmarks (url TEXT)")


def _model(live: Path) -> None:
    function = '{"vector": {"embedding_function": {"type": "known", "name": "default", "config": {}}}}'
    _query(live / "chroma" / "chroma.sqlite3", f"UPDATE collections SET schema_str = '{function}'")


def _graph(live: Path) -> Path:
    """The folder of the graph that has been written out."""
    return next(path.parent for path in sorted((live / "chroma").glob("*/index_metadata.pickle")))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a third of the vectors lost": _lose,
    "a segment's folder gone": lambda live: shutil.rmtree(_graph(live)),
    "index_metadata.pickle gone": lambda live: (_graph(live) / "index_metadata.pickle").unlink(),
    "a flush cut short": lambda live: os.truncate(_graph(live) / "data_level0.bin", 100_000),
    "chroma.sqlite3 cut": lambda live: os.truncate(live / "chroma" / "chroma.sqlite3", 90_000),
    "an embedding function noted": _model,
    "manifest gone": lambda live: (live / "manifest.sqlite3").unlink(),
    "manifest cut": lambda live: os.truncate(live / "manifest.sqlite3", 90_000),
    "manifest of another program": _foreign,
    "manifest of another version": lambda live: _query(live / "manifest.sqlite3", "PRAGMA user_version = 99"),
    "another embedder of the same size": lambda live: _query(
        live / "manifest.sqlite3", "UPDATE fingerprint SET value = 'other' WHERE name = 'embedder_digest'"
    ),
    "word index gone": lambda live: shutil.rmtree(live / "words"),
    "space.npz cut": lambda live: os.truncate(live / "space.npz", 100),
}


def damage(source: Path, folder: Path) -> None:
    rows = source.read_text("utf-8").splitlines()[:DAMAGED]
    (folder / "articles.jsonl").write_text("\n".join(rows), "utf-8")
    whole = Home(folder / "whole")
    made = update_index(whole, HashEmbedder(), [folder / "articles.jsonl"])
    questions = _questions(source)
    before = _found(whole, questions)
    print(f"{made.articles} articles, {made.passages} passages; {len(questions)} questions", flush=True)
    rag.doctor.open_embedder = lambda *_: HashEmbedder()  # type: ignore[assignment]
    rag.doctor.describe_models = lambda _: []  # type: ignore[assignment]
    for name, harm in DAMAGES.items():
        home = Home(folder / "harmed")
        shutil.copytree(whole.folder, home.folder)
        harm(home.live)
        settings = Settings(home=home.folder, models=folder)
        named = [finding.name for finding in examine(settings) if not finding.ok]
        try:
            Collection(home, HashEmbedder()).close()
            opened = "opens"
        except StoreError:
            opened = "is refused"
        watch = Stopwatch()
        report = repair(settings)
        left = [finding.name for finding in examine(settings) if not finding.ok]
        same = sum(a == b for a, b in zip(before, _found(home, questions), strict=True))
        watch.lap(f"{name}: named {named}, {opened}; repaired, {report.embedded} embedded, wrong after {left}, "
                  f"same ids for {same}")  # fmt: skip
        shutil.rmtree(home.folder)


def content(home: Home) -> dict[str, str]:
    """Id -> digest of every article, when manifest, Chroma and search agree."""
    collection = Collection(home, HashEmbedder())
    manifest = Manifest.open(home.live / "manifest.sqlite3")
    store = PassageStore.open(home.live / "chroma")
    ids = manifest.passage_ids()
    for language in LANGUAGES:
        expected = {passage_id for passage_id, of in ids if of == language}
        assert store.count(language) == len(expected)
        assert store.reachable(len(expected), language) == expected
    assert collection.now().candidates(collection.asked("地震", "ja"), 5).found
    found = manifest.digests()
    for part in (store, manifest, collection):
        part.close()
    return found


def kill(source: Path, folder: Path, rounds: int = ROUNDS) -> None:
    rows = source.read_text("utf-8").splitlines()[:ARTICLES]
    articles, home = folder / "articles.jsonl", Home(folder / "home")
    articles.write_text("\n".join(rows[: ARTICLES // 2]), "utf-8")
    update_index(home, HashEmbedder(), [articles])
    before = content(home)
    draw, outcomes = random.Random(0), {"as before": 0, "as after": 0}
    articles.write_text("\n".join(rows), "utf-8")
    full, began = Home(folder / "full"), time.monotonic()
    subprocess.run([sys.executable, __file__, "index", str(articles), str(full.folder)], check=True)
    after, seconds = content(full), time.monotonic() - began
    for _ in range(rounds):
        articles.write_text("\n".join(rows), "utf-8")
        process = subprocess.Popen([sys.executable, __file__, "index", str(articles), str(home.folder)])
        time.sleep(draw.uniform(0.0, 1.2 * seconds))
        process.kill()
        process.wait()
        found = content(home)
        assert found in (before, after)
        outcomes["as after" if found == after else "as before"] += 1
        update_index(home, HashEmbedder(), [articles])
        assert content(home) == after
        articles.write_text("\n".join(rows[: ARTICLES // 2]), "utf-8")
        update_index(home, HashEmbedder(), [articles])
        assert content(home) == before
    print(f"{rounds} kills: {outcomes}; every next run completed it, {len(after)} articles, none lost or doubled")


def two(source: Path, folder: Path) -> None:
    rows = source.read_text("utf-8").splitlines()[:ARTICLES]
    home, refused = Home(folder / "home"), 0
    for number in range(10):
        articles = folder / "articles.jsonl"
        articles.write_text("\n".join(rows[: 100 + 20 * number]), "utf-8")
        command = [sys.executable, __file__, "index", str(articles), str(home.folder)]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [process.communicate()[0].strip() for process in both]
        ids = {str(process.pid) for process in both}
        busy = [text for text in said if text.startswith("busy ")]
        assert all(text.split()[1] in ids for text in busy), said
        refused += len(busy)
        assert len(content(home)) == 100 + 20 * number
    print(f"ten rounds: {refused} refused with the owner's process id, nothing lost")


def index(articles: Path, folder: Path) -> None:
    try:
        update_index(Home(folder), HashEmbedder(), [articles])
    except IndexBusy as error:
        print("busy", str(error).split()[1])


def main() -> None:
    what, source = sys.argv[1], Path(sys.argv[2])
    if what == "index":
        index(source, Path(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder:
        commands = {"large": large, "hashed": hashed, "kill": kill, "two": two, "damage": damage}
        commands[what](source, Path(folder))


if __name__ == "__main__":
    main()
