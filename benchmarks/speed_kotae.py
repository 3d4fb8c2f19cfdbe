"""One measurement of Kotae for `speed.py`, made by a process of its own, printed as one line of JSON.

python benchmarks/speed_kotae.py PART DATA FOLDER [NUMBERS ...]
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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
    disk,
    embedded,
    held,
    indexed,
    memory,
    quickest,
    timed,
    told,
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
    found = timed(lambda question: retrieve(collection, question, K), bench.questions(most))
    return {**found, "memory MB": memory(), **disk(home, size)}


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


def answer(bench: Bench, most: int) -> Found:
    from rag.answer import Piece
    from rag.chatbot import Chatbot

    bot = Chatbot.open(_seeds(bench))

    def said(question: str) -> Iterator[str]:
        for event in bot.stream(question):
            yield event.text if isinstance(event, Piece) else ""

    return {**told(bench.asked(most), said), "memory MB": memory()}


def page(bench: Bench, most: int) -> Found:
    import httpx

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ui.cli", "chat", "--home", str(_seeds(bench)), "--port", str(port)]
    clock = Clock()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600, trust_env=False) as client:

            def ready() -> bool:
                try:
                    return client.get("/readyz").is_success
                except httpx.TransportError:
                    return False

            while not ready():
                if server.poll() is not None:
                    raise SystemExit(f"kotae chat ended with {server.returncode}")
                time.sleep(0.05)
            opened = {"ready s": clock.read()["s"]}

            def ask(question: str) -> None:
                messages = [{"role": "user", "content": question}]
                client.post("/v1/chat/completions", json={"messages": messages}).raise_for_status()

            return {**opened, **held(bench.asked(most), ask, server.pid)}
    finally:
        server.terminate()
        server.wait()


def steady(bench: Bench, most: int) -> Found:
    embedder = bench.embedder()
    collection = Collection(Home(_seeds(bench)), embedder, Dictionary.open(bench.settings.models))
    return watched(bench, most, lambda question: retrieve(collection, question, K))


def _seeds(bench: Bench) -> Path:
    home = bench.folder / "seeds"
    if not home.exists():
        update_index(Home(home), bench.embedder(), [ROOT / "seeds" / "articles"])
    return home


PARTS = {
    "index": index,
    "embed": embed,
    "search": search,
    "start": start,
    "answer": answer,
    "page": page,
    "steady": steady,
}

if __name__ == "__main__":
    part, data, folder, *numbers = sys.argv[1:]
    measured = PARTS[part](Bench(Path(data), Path(folder)), *map(int, numbers))
    sys.stdout.write(json.dumps(measured) + "\n")
