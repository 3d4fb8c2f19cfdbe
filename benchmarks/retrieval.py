"""Measures how often search finds the right passage, in and across languages, beside three baselines in the same run.

    python benchmarks/retrieval.py DATA [--sets jsquad belebele ...] [--questions N] [--table FILE]

DATA is a folder with the sets (see docs/results.md for where each comes from). Every passage of a set becomes an
article in an index of its own, made and searched by the product itself; a hit on any part of it counts. Baselines:
dense (the same passages and embedder, cosine alone), BM25 (our word index alone), and what people start with today:
LangChain's default splitter and its in-memory store with the same embedder.
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.build import PASSAGE_TOKENS, update_index
from index.collection import Collection
from index.embed import Embedder
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from rag.retrieve import retrieve
from rag.settings import Settings

K = 10


@dataclass(frozen=True)
class Set:
    """A set: its articles, its questions, and which of a question's gold ids count."""

    name: str
    articles: str
    questions: str
    gold: str = "passage_ids"
    every: int = 1  # 1 takes all questions


SETS = [
    Set("jsquad", "jsquad/passages.jsonl", "jsquad/questions.jsonl"),
    Set("belebele en-ja", "belebele_en_to_ja/passages.jsonl", "belebele_en_to_ja/questions.jsonl"),
    Set("ntrex en-ja", "ntrex_news/articles_ja.jsonl", "ntrex_news/questions_headline_en_to_ja.jsonl"),
    Set("python_faq en-ja", "python_faq/passages.jsonl", "python_faq/questions_enq_jap.jsonl"),
    Set("python_faq ja-en", "python_faq/passages.jsonl", "python_faq/questions_jaq_enp.jsonl"),
    Set("python_faq en-en", "python_faq/passages.jsonl", "python_faq/questions_enq_jap.jsonl", "passage_ids_en"),
    Set("python_faq ja-ja", "python_faq/passages.jsonl", "python_faq/questions_jaq_enp.jsonl", "passage_ids_ja"),
    Set("squad2 en", "squad2/passages.jsonl", "squad2/questions.jsonl"),
    Set("nomiracl ja", "nomiracl/passages.jsonl", "nomiracl/questions.jsonl"),
]

Ranker = Callable[[str], Iterable[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=[], help="only those whose name starts with one of these")
    parser.add_argument("--questions", type=int, default=0, help="at most this many per set, evenly drawn")
    parser.add_argument("--passage-tokens", type=int, default=PASSAGE_TOKENS)
    parser.add_argument("--no-langchain", action="store_true", help="leave the LangChain baseline out")
    options = parser.parse_args()
    settings = Settings.from_environment()
    embedder = Embedder.open(settings.embedder, settings.models, threads=settings.threads)
    print("| set | system | n | R@1 | R@5 | R@10 | MRR@10 | nDCG@10 | p50 ms | p95 ms |")
    print("|" + "---|" * 10)
    indexed: dict[str, Path] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for wanted in SETS:
            if options.sets and not any(wanted.name.startswith(name) for name in options.sets):
                continue
            articles = _rows(options.data / wanted.articles)
            questions = _rows(options.data / wanted.questions)
            if wanted.name == "nomiracl ja":
                articles = [row for row in articles if str(row["id"]).startswith("miracl-ja")]
                questions = [row for row in questions if row["lang"] == "ja" and row["answerable"]]
            questions = [row for row in questions if row.get(wanted.gold)]
            if options.questions and len(questions) > options.questions:
                questions = questions[:: len(questions) // options.questions][: options.questions]
            home = indexed.get(wanted.articles)
            if home is None:
                home = Path(scratch, wanted.name.replace(" ", "-"))
                _index(home, articles, embedder, options.passage_tokens)
                indexed[wanted.articles] = home
            for system, ranker in _systems(home, articles, embedder, langchain=not options.no_langchain).items():
                _measure(wanted, system, questions, ranker)


def _systems(home: Path, articles: Sequence[dict], embedder: Embedder, *, langchain: bool) -> dict[str, Ranker]:
    collection = Collection(Home(home), embedder)
    manifest = Manifest.open(Home(home).live / "manifest.sqlite3")
    words = LexicalIndex.open(Home(home).live / "words")
    ids = [passage_id for passage_id, _ in manifest.passage_ids()]
    article_of = {passage_id: passage.article_id for passage_id, passage in manifest.passages(ids).items()}
    vectors = manifest.vectors(ids)

    def dense(question: str) -> Iterable[str]:
        order = (-(vectors @ embedder.embed_question(question))).argsort(kind="stable")
        return (article_of[ids[row]] for row in order[:200])

    systems: dict[str, Ranker] = {
        "kotae": lambda question: (hit.passage.article_id for hit in retrieve(collection, question, 3 * K)),
        "dense": dense,
        "bm25": lambda question: (article_of[passage_id] for passage_id, _ in words.search(question, 200)),
    }
    if langchain:
        systems["langchain"] = _langchain(articles, embedder)
    return systems


def _langchain(articles: Sequence[dict], embedder: Embedder) -> Ranker:
    """The default recipe: recursive splitter (1,000 characters, 200 overlap), vectors of the chunks, cosine."""
    import numpy as np
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = [(str(row["id"]), chunk) for row in articles for chunk in splitter.split_text(row["text"])]
    vectors = np.asarray(embedder.model.encode_document([chunk for _, chunk in chunks], normalize_embeddings=True))

    def ranked(question: str) -> Iterable[str]:
        order = (-(vectors @ embedder.embed_question(question))).argsort(kind="stable")
        return (chunks[row][0] for row in order[:200])

    return ranked


def _index(home: Path, articles: Sequence[dict], embedder: Embedder, passage_tokens: int) -> None:
    home.mkdir(parents=True)
    source = home / "articles.jsonl"
    with source.open("w", encoding="utf-8") as lines:
        for row in articles:
            kept = {name: row[name] for name in ("id", "title", "text") if row.get(name)}
            lines.write(json.dumps(kept, ensure_ascii=False) + "\n")
    update_index(Home(home), embedder, [source], passage_tokens=passage_tokens)


def _measure(wanted: Set, system: str, questions: Sequence[dict], ranker: Ranker) -> None:
    """One gold passage a question counts as found at the rank of the first of them."""
    ranks, seconds = [], []
    ranker(questions[0]["question"])
    for row in questions:
        began = time.perf_counter()
        found = list(ranker(row["question"]))
        seconds.append(time.perf_counter() - began)
        gold = set(row[wanted.gold])
        ranks.append(next((n for n, one in enumerate(dict.fromkeys(found)) if one in gold), K))
    n = len(ranks)
    shares = [sum(rank < cut for rank in ranks) / n for cut in (1, 5, 10)]
    mrr = sum(1 / (rank + 1) for rank in ranks if rank < K) / n
    ndcg = sum(1 / math.log2(rank + 2) for rank in ranks if rank < K) / n
    seconds.sort()
    times = [1000 * seconds[int(share * (n - 1))] for share in (0.5, 0.95)]
    figures = " | ".join(f"{value:.3f}" for value in (*shares, mrr, ndcg))
    print(f"| {wanted.name} | {system} | {n} | {figures} | {times[0]:.1f} | {times[1]:.1f} |", flush=True)


def _rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
