"""One measurement of Kotae for `speed.py`, made by a process of its own, printed as one line of JSON.

python benchmarks/speed_kotae.py PART DATA FOLDER [NUMBERS ...]
"""

import json
import shutil
import sys
import time
from pathlib import Path

from speed_bench import (
    QUESTIONS,
    ROOT,
    Bench,
    Clock,
    Found,
    K,
    Near,
    both_seconds,
    embedded,
    indexed,
    mean,
    memory,
    quickest,
    timed,
    watched,
)

from index.build import update_index
from index.collection import Collection
from index.dictionary import Dictionary
from index.home import Home
from rag.retrieve import retrieve


def index(bench: Bench, most: int) -> Found:
    source = bench.articles(most)
    home = bench.folder / f"home-{most}"
    shutil.rmtree(home, ignore_errors=True)
    clock = Clock()
    embedder = bench.embedder()
    passages = update_index(Home(home), embedder, [source]).passages
    found = indexed(clock, passages, source, home)
    again = Clock()
    update_index(Home(home), embedder, [source])
    return {**found, **again.read("second run ")}


def embed(bench: Bench, most: int) -> Found:
    embedder = bench.embedder()
    return embedded(bench, most, embedder.embed_passages, embedder.embed_question)


def search(bench: Bench, size: int, most: int) -> Found:
    home = bench.folder / f"search-{size}"
    embedder = bench.embedder()
    if not home.exists():
        pieces = bench.pieces(size)
        source = bench.folder / f"search-{size}.jsonl"
        source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in pieces), encoding="utf-8")
        near = Near(embedder, [row["text"] for row in pieces[:: max(1, len(pieces) // 200)]])
        update_index(Home(home), near, [source])
    collection = Collection(Home(home), embedder, Dictionary.open(bench.settings.models))
    return {**timed(lambda question: retrieve(collection, question, K), bench.questions(most)), "memory MB": memory()}


def start(bench: Bench, most: int) -> Found:
    home = bench.folder / f"home-{most}"
    if not home.exists():
        index(bench, most)
    command = [sys.executable, "-m", "ui.cli"]
    search = [*command, "search", QUESTIONS[1], "--home", str(home)]
    return {
        "import s": quickest([sys.executable, "-c", "import rag"]),
        "--help s": quickest([*command, "--help"]),
        **both_seconds("first search ", search),
    }


def answer(bench: Bench) -> Found:
    from rag.answer import Piece
    from rag.chatbot import Chatbot

    home = _seeds(bench)
    bot = Chatbot.open(home)
    bot.answer(QUESTIONS[0])  # loads the models
    first, whole = [], []
    for question in QUESTIONS[1:]:
        began = time.perf_counter()
        spoken = 0.0
        for event in bot.stream(question):
            if isinstance(event, Piece) and not spoken:
                spoken = time.perf_counter() - began
        whole.append(time.perf_counter() - began)
        first.append(spoken or whole[-1])
    return {"first words s": mean(first), "whole answer s": mean(whole), "memory MB": memory()}


def steady(bench: Bench, most: int) -> Found:
    embedder = bench.embedder()
    collection = Collection(Home(_seeds(bench)), embedder, Dictionary.open(bench.settings.models))
    return watched(bench, most, lambda question: retrieve(collection, question, K))


def _seeds(bench: Bench) -> Path:
    home = bench.folder / "seeds"
    if not home.exists():
        update_index(Home(home), bench.embedder(), [ROOT / "seeds" / "articles"])
    return home


PARTS = {"index": index, "embed": embed, "search": search, "start": start, "answer": answer, "steady": steady}

if __name__ == "__main__":
    part, data, folder, *numbers = sys.argv[1:]
    measured = PARTS[part](Bench(Path(data), Path(folder)), *map(int, numbers))
    sys.stdout.write(json.dumps(measured) + "\n")
