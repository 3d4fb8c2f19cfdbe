"""How fast an index is made, and that nothing stops it from being whole.

    python benchmarks/indexing.py large ARTICLES.jsonl    first build, again, one changed, one removed; real embedder
    python benchmarks/indexing.py kill ARTICLES.jsonl     SIGKILL at 50 random moments of indexing 300 articles
    python benchmarks/indexing.py two ARTICLES.jsonl      two processes at once, ten rounds

The last two use an embedder that hashes words, so that a round takes seconds; all else is real.
"""

import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from index.article import LANGUAGES
from index.build import update_index
from index.collection import Collection
from index.embed import Embedder
from index.errors import IndexBusy
from index.home import Home
from index.manifest import Manifest
from index.store import PassageStore
from rag.settings import Settings

ROUNDS, ARTICLES = 50, 300


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


def large(source: Path, folder: Path) -> None:
    settings = Settings.from_environment()
    embedder = Embedder.open(settings.embedder, settings.models, threads=settings.threads)
    embedder.embed_question("warm up")
    rows = source.read_text("utf-8").splitlines()
    articles, home = folder / "articles.jsonl", Home(folder / "home")
    articles.write_text("\n".join(rows), "utf-8")
    first = update_index(home, embedder, [articles])
    print(f"first build: {first.articles} articles, {first.passages} passages, {first.seconds:.1f} s, "
          f"{first.passages / first.seconds:.1f} passages/s", flush=True)  # fmt: skip
    print(f"again, unchanged: {update_index(home, embedder, [articles]).seconds:.2f} s", flush=True)
    changed = json.loads(rows[100])
    changed["text"] += "\n追記。"
    articles.write_text("\n".join([*rows[:100], json.dumps(changed), *rows[101:]]), "utf-8")
    one = update_index(home, embedder, [articles])
    print(f"one changed: {one.seconds:.2f} s, {one.embedded} passages embedded", flush=True)
    gone = json.loads(rows[200])
    articles.write_text("\n".join([*rows[:200], *rows[201:]]), "utf-8")
    removed = update_index(home, embedder, [articles])
    collection = Collection(home, embedder)
    found = collection.now().candidates(collection.asked(gone["title"] + gone["text"][:200], "ja"), 200).found
    left = [one.passage_id for one in found if one.passage_id.startswith(f"{gone['id']}#")]
    print(f"one removed: {removed.seconds:.2f} s, {removed.removed} removed, its passages still found: {len(left)}")
    collection.close()


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


def kill(source: Path, folder: Path) -> None:
    rows = source.read_text("utf-8").splitlines()[:ARTICLES]
    articles, home = folder / "articles.jsonl", Home(folder / "home")
    articles.write_text("\n".join(rows[: ARTICLES // 2]), "utf-8")
    update_index(home, HashEmbedder(), [articles])
    before = content(home)
    draw, outcomes = random.Random(0), {"as before": 0, "as after": 0}
    began = time.monotonic()
    articles.write_text("\n".join(rows), "utf-8")
    full = Home(folder / "full")
    update_index(full, HashEmbedder(), [articles])
    after, seconds = content(full), time.monotonic() - began
    for _ in range(ROUNDS):
        articles.write_text("\n".join(rows), "utf-8")
        process = subprocess.Popen([sys.executable, __file__, "index", str(articles), str(home.folder)])
        time.sleep(draw.uniform(0.0, seconds + 2.0))
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
    print(f"{ROUNDS} kills: {outcomes}; every next run completed it, {len(after)} articles, none lost or doubled")


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
        {"large": large, "kill": kill, "two": two}[what](source, Path(folder))


if __name__ == "__main__":
    main()
