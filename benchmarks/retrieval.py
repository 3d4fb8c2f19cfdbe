"""Measures how often search finds the right passage, in and across languages, beside baselines in the same run.

    python benchmarks/retrieval.py DATA [--sets jsquad belebele ...] [--questions N] [--keep FOLDER] [--write]
    python benchmarks/retrieval.py DATA --latency 10000

DATA is a folder with the sets (see docs/results.md for where each comes from). Every passage of a set becomes an
article in an index of its own, made and searched by the product itself; a hit on any part of it counts. Baselines:
dense (the same passages and embedder, cosine alone), bm25 (our word index alone), and what people start with today,
langchain: its default splitter and its Chroma store with the same embedder. Across languages also the product without
its dictionary. Every search is made twice, the second time with everything opened anew: the ids must be the same.
"""

import argparse
import json
import math
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from index.build import PASSAGE_TOKENS, update_index
from index.collection import Collection
from index.dictionary import Dictionary
from index.embed import Embedder
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from rag.follow_up import searched
from rag.gold import GoldQuestion
from rag.metrics import hit_at, ndcg_at, percentile, reciprocal_rank
from rag.retrieve import retrieve
from rag.settings import Settings

K = 10
AGAIN = 200  # questions of a set that are asked a second time
RESULTS = Path(__file__).parent.parent / "docs" / "results.md"
MARKS = "<!-- retrieval: written by benchmarks/retrieval.py -->", "<!-- retrieval: end -->"


@dataclass(frozen=True)
class Set:
    """A set: its articles, its questions, and which of a question's gold ids count."""

    name: str
    articles: str
    questions: str
    gold: str = "passage_ids"

    @property
    def crosses(self) -> bool:
        return self.name.endswith(("en-ja", "ja-en"))


SETS = [
    Set("jsquad ja", "jsquad/passages.jsonl", "jsquad/questions.jsonl"),
    Set("belebele en-ja", "belebele_en_to_ja/passages.jsonl", "belebele_en_to_ja/questions.jsonl"),
    Set("ntrex en-ja", "ntrex_news/articles_ja.jsonl", "ntrex_news/questions_headline_en_to_ja.jsonl"),
    Set("python_faq en-ja", "python_faq/passages.jsonl", "python_faq/questions_enq_jap.jsonl"),
    Set("python_faq ja-en", "python_faq/passages.jsonl", "python_faq/questions_jaq_enp.jsonl"),
    Set("python_faq en-en", "python_faq/passages.jsonl", "python_faq/questions_enq_jap.jsonl", "passage_ids_en"),
    Set("python_faq ja-ja", "python_faq/passages.jsonl", "python_faq/questions_jaq_enp.jsonl", "passage_ids_ja"),
    Set("squad2 en", "squad2/passages.jsonl", "squad2/questions.jsonl"),
    Set("nomiracl ja", "nomiracl/passages.jsonl", "nomiracl/questions.jsonl"),
]

Ranker = Callable[[str], list[str]]  # question -> ids of articles, best first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=[], help="only those whose name starts with one of these")
    parser.add_argument("--questions", type=int, default=0, help="at most this many per set, evenly drawn")
    parser.add_argument("--passage-tokens", type=int, default=PASSAGE_TOKENS)
    parser.add_argument("--keep", type=Path, help="a folder for the indexes, used again by the next run")
    parser.add_argument("--write", action="store_true", help=f"put the rows into {RESULTS.name}")
    parser.add_argument("--latency", type=int, default=0, help="time the search over this many passages instead")
    options = parser.parse_args()
    settings = Settings.from_environment()
    embedder = Embedder.open(settings.embedder, settings.models, threads=settings.threads)
    dictionary = Dictionary.open(settings.models)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        if options.latency:
            _time(options.data, folder, options.latency, embedder, dictionary)
            return
        rows = []
        for wanted in SETS:
            if options.sets and not any(wanted.name.startswith(name) for name in options.sets):
                continue
            home = folder / wanted.articles.replace("/", "-").removesuffix(".jsonl")
            if not home.exists():
                _index(home, _articles(options.data, wanted), embedder, options.passage_tokens)
            questions = _questions(options.data, wanted, options.questions)
            asking = Remembering(embedder, options.data / wanted.questions, folder)
            bench = Bench(home, asking, dictionary)
            systems = bench.systems(_articles(options.data, wanted), crosses=wanted.crosses)
            for system, ranker in systems.items():
                rows.append(measured(wanted.name, system, questions, ranker, wanted.gold))
                print(rows[-1], flush=True)
            again = Bench(home, asking, dictionary).hits
            for row in questions[:AGAIN]:
                if bench.hits(row["question"]) != again(row["question"]):
                    raise SystemExit(f"two runs differ: {row['question']!r}")
    if options.write:
        write(RESULTS, rows)


class Bench:
    """The index of a set, opened for the product and for the baselines."""

    def __init__(self, home: Path, embedder: "Embedder | Remembering", dictionary: Dictionary | None) -> None:
        self._embedder = embedder
        self._home = home
        self._dictionary = dictionary
        self._collection = Collection(Home(home), embedder, dictionary)
        self._embed = lru_cache(maxsize=8192)(embedder.embed_question)

    def hits(self, question: str) -> list[tuple[str, float]]:
        """What the product finds: passage ids and scores."""
        return [(hit.passage.id, hit.score) for hit in retrieve(self._collection, question, K)]

    def systems(self, articles: Sequence[dict[str, Any]], *, crosses: bool) -> dict[str, Ranker]:
        live = Home(self._home).live
        manifest, words = Manifest.open(live / "manifest.sqlite3"), LexicalIndex.open(live / "words")
        ids = [passage_id for passage_id, _ in manifest.passage_ids()]
        article_of = {passage_id: passage.article_id for passage_id, passage in manifest.passages(ids).items()}
        vectors = manifest.vectors(ids)

        def product(collection: Collection) -> Ranker:
            return lambda question: [hit.passage.article_id for hit in retrieve(collection, question, 3 * K)]

        def dense(question: str) -> list[str]:
            order = (-(vectors @ self._embed(question))).argsort(kind="stable")
            return [article_of[ids[row]] for row in order[:200]]

        systems: dict[str, Ranker] = {"kotae": product(self._collection)}
        if crosses and self._dictionary:
            systems["without dictionary"] = product(Collection(Home(self._home), self._embedder))
        systems["dense"] = dense
        systems["bm25"] = lambda question: [article_of[passage_id] for passage_id, _ in words.search(question, 200)]
        systems["langchain"] = self._langchain(articles)
        return systems

    def _langchain(self, articles: Sequence[dict[str, Any]]) -> Ranker:
        """The default recipe: recursive splitter (1,000 characters, 200 overlap), vectors of the chunks, cosine."""
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        chunks = [(str(row["id"]), chunk) for row in articles for chunk in splitter.split_text(row["text"])]
        kept = self._home.with_name(f"{self._home.name}.langchain.npy")
        if not kept.exists():
            np.save(kept, self._embedder.embed_passages([chunk for _, chunk in chunks]))
        vectors = np.load(kept)

        def ranked(question: str) -> list[str]:
            order = (-(vectors @ self._embed(question))).argsort(kind="stable")
            return [chunks[row][0] for row in order[:200]]

        return ranked


def measured(name: str, system: str, questions: Sequence[dict[str, Any]], ranker: Ranker, gold: str) -> str:
    """One row of the table. The first gold passage found counts, as if it were the only one."""
    gains = []
    for row in questions:
        wanted = set(row[gold])
        found = [float(article_id in wanted) for article_id in dict.fromkeys(ranker(row["question"]))][:K]
        first = found.index(1.0) if 1.0 in found else K
        gains.append([float(rank == first) for rank in range(K)])
    means = [
        *(_mean(hit_at(one, k) for one in gains) for k in (1, 5, 10)),
        _mean(reciprocal_rank(one) for one in gains),
        _mean(ndcg_at(one, [1.0], K) for one in gains),
    ]
    return f"| {name} | {system} | {len(gains)} | " + " | ".join(f"{value:.3f}" for value in means) + " |"


def gold_rank(collection: Collection, gold: GoldQuestion) -> tuple[str, int]:
    """The languages of a gold question and its article ("en over ja"), and the place of its first gold passage.

    0 is the first; K where no hit holds more than half of a gold passage. For sets of `kotae eval`, such as seeds/.
    """
    question = searched(gold.question, gold.history)
    articles = collection.articles({passage.article_id for passage in gold.passages})
    ranges = [(p.article_id, articles[p.article_id].text.find(p.text), len(p.text)) for p in gold.passages]
    rank = next(
        (
            number
            for number, hit in enumerate(retrieve(collection, question, K))
            for article_id, start, length in ranges
            if hit.article.id == article_id
            and min(hit.passage.end, start + length) - max(hit.passage.start, start) > length / 2
        ),
        K,
    )
    languages = sorted({article.language for article in articles.values()})
    return f"{gold.language} over {' and '.join(languages)}", rank


def write(path: Path, rows: Sequence[str]) -> None:
    """Puts `rows` into the table between the marks of `path`, over earlier rows of the same set."""
    before, rest = path.read_text(encoding="utf-8").split(MARKS[0])
    table, after = rest.split(MARKS[1])
    names = [wanted.name for wanted in SETS]
    fresh = {_set_of(row) for row in rows}
    kept = [row for row in re.findall(r"^\| .*", table, re.MULTILINE) if _set_of(row) in set(names) - fresh]
    ordered = sorted([*kept, *rows], key=lambda row: names.index(_set_of(row)))
    head = ["| set | system | n | R@1 | R@5 | R@10 | MRR@10 | nDCG@10 |", "|" + "---|" * 8]
    path.write_text(before + "\n".join([MARKS[0], "", *head, *ordered, "", MARKS[1]]) + after, encoding="utf-8")


def _set_of(row: str) -> str:
    return row.split(" | ")[0].removeprefix("| ")


def _time(data: Path, folder: Path, passages: int, embedder: Embedder, dictionary: Dictionary | None) -> None:
    """Prints how long a search takes, embedding included, for new questions of about 30 characters."""
    home = folder / f"latency-{passages}"
    if not home.exists():
        texts = [row for name in ("squad2/passages", "wikinews_ja/articles") for row in _rows(data / f"{name}.jsonl")]
        _index(
            home, _cut(texts, passages), NearEmbedder(embedder, [row["text"] for row in texts[::40]]), PASSAGE_TOKENS
        )
    collection = Collection(Home(home), embedder, dictionary)
    rows = _rows(data / "jsquad/questions.jsonl")
    questions = [row["question"] for row in rows if 26 <= len(row["question"]) <= 34][:220]
    seconds = []
    for question in questions:
        began = time.perf_counter()
        retrieve(collection, question, K)
        seconds.append(time.perf_counter() - began)
    timed = [1000 * second for second in seconds[20:]]  # the first ones load the model and the graph
    count = collection.count()[1]
    print(f"{count} passages, {len(timed)} questions: p50 {percentile(timed, 0.5):.1f} ms, ", end="")
    print(f"p95 {percentile(timed, 0.95):.1f} ms")


class Remembering:
    """An embedder that has the vectors of a file's questions from the run before, where they were kept."""

    def __init__(self, embedder: Embedder, questions: Path, folder: Path) -> None:
        self._embedder = embedder
        asked = [row["question"] for row in _rows(questions)]
        kept = folder / f"{questions.parent.name}-{questions.name}.npy"
        if not kept.exists():
            np.save(kept, np.stack([embedder.embed_question(question) for question in asked]))
        vectors = np.load(kept)
        if not np.allclose(vectors[0], embedder.embed_question(asked[0]), atol=1e-4):
            raise SystemExit(f"{kept} was made by another embedder: remove it")
        self._known = dict(zip(asked, vectors, strict=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_question(self, text: str) -> "np.ndarray":
        return self._known[text] if text in self._known else self._embedder.embed_question(text)


class NearEmbedder:
    """Passages get a vector near that of a real one, since embedding 10,000 says nothing about searching them."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self._embedder = embedder
        self._vectors = embedder.embed_passages(texts)
        self._random = np.random.default_rng(2026)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_passages(self, texts: Iterable[str]) -> "np.ndarray":
        rows = self._vectors[self._random.integers(len(self._vectors), size=len(list(texts)))]
        near = rows + self._random.normal(scale=0.4 / rows.shape[1] ** 0.5, size=rows.shape)
        return np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), dtype=np.float32)


def _cut(articles: Iterable[dict[str, Any]], most: int) -> Iterator[dict[str, Any]]:
    """Pieces of about a passage's length, `most` of them."""
    pieces = (
        {"id": f"{row['id']}-{start}", "title": row["title"], "text": row["text"][start : start + 300]}
        for row in articles
        for start in range(0, len(row["text"]), 300)
    )
    yield from islice(pieces, most)


def _articles(data: Path, wanted: Set) -> list[dict[str, Any]]:
    return _rows(data / wanted.articles)


def _questions(data: Path, wanted: Set, most: int) -> list[dict[str, Any]]:
    rows = [row for row in _rows(data / wanted.questions) if row.get(wanted.gold)]
    if wanted.name == "nomiracl ja":
        rows = [row for row in rows if row["lang"] == "ja" and row["answerable"]]
    return rows[:: len(rows) // most][:most] if most and len(rows) > most else rows


def _index(home: Path, articles: Iterable[dict[str, Any]], embedder: Any, passage_tokens: int) -> None:
    home.mkdir(parents=True)
    source = home / "articles.jsonl"
    with source.open("w", encoding="utf-8") as lines:
        for row in articles:
            kept = {name: row[name] for name in ("id", "title", "text") if row.get(name)}
            lines.write(json.dumps(kept, ensure_ascii=False) + "\n")
    update_index(Home(home), embedder, [source], passage_tokens=passage_tokens)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed)


if __name__ == "__main__":
    main()
