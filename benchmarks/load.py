"""Many people at once: nothing lost, nothing mixed, nobody overtaken, memory flat.

    python benchmarks/load.py                     20 clients for two minutes, a model that takes 2 s
    python benchmarks/load.py --clients 4 --seconds 10

At the end one question is never answered, so that everyone else waits: passages must come all the same, the queue must
refuse once it is full, and serve again once the waiting people have gone.

The server is the product's, in a process of its own; only the bot behind it is replaced by one whose answer carries its
question's words and takes `--model-seconds`. Clients come through all three doors: the page's own events (with a
conversation that grows), the endpoint of gradio_client, and POST /v1/chat/completions. Each checks that every answer is
to its own question and that its conversation holds its own turns.
"""

import argparse
import asyncio
import json
import multiprocessing
import re
import statistics
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from index.article import Article, Passage
from index.catalogue import Entry, entry
from rag.answer import Answer, Citation, Found, Piece
from rag.retrieve import Hit
from rag.settings import Settings
from ui.turns import WAITING_ROOM

DOORS = ("page", "page", "page", "call", "v1")  # of five clients three sit before the page
NEVER = "a question that the model never answers"
PATIENCE = 30.0  # seconds until those who have gone must be forgotten
PIECES = 10  # that an answer is written in
SETTLING = 0.25  # share of the time after which memory is first read


@dataclass
class SlowBot:
    """Finds at once; writes the question's own words back in `seconds`, or never where it is NEVER."""

    seconds: float
    model_name: str = "slow-model"
    settings: Settings = field(default_factory=lambda: Settings(home=Path("/nowhere"), models=Path("/nowhere")))
    article_count: int = 1
    collections: list[str] = field(default_factory=lambda: ["default"])

    def of(self, collection: str) -> "SlowBot":
        raise NotImplementedError

    def articles(self) -> list[Entry]:
        return [entry(_article("nothing"))]

    def article(self, article_id: str) -> Article | None:
        return _article(article_id)

    def index(self, *_: object, **__: object) -> Any:
        raise NotImplementedError

    def stream(self, question: str, *_: object, **__: object) -> Iterator[Found | Piece | Answer]:
        article = _article(question)
        passage = Passage(
            article_id="a", start=0, end=len(article.text), text=article.text, title="A", heading="", language="en"
        )
        hits = (Hit(passage=passage, article=article, score=1.0, parts={}),)
        yield Found(question=question, hits=hits)
        while question == NEVER:
            time.sleep(0.1)
            yield Piece(text="")  # where it can be closed
        text = f"You asked {question}."
        for number in range(PIECES):
            time.sleep(self.seconds / PIECES)
            yield Piece(text=text[len(text) * number // PIECES : len(text) * (number + 1) // PIECES])
        cited = Citation(number=1, article_id="a", title="A", source="", quote=article.text, start=0, end=passage.end)
        yield Answer(question=question, text=f"{text} [1]", language="en", answered=True, citations=(cited,), hits=hits)


@dataclass
class Told:
    """What the clients saw. Waits in seconds."""

    asked: int = 0
    answers: dict[int, int] = field(default_factory=dict)  # client -> how many
    faults: list[str] = field(default_factory=list)
    to_passages: list[float] = field(default_factory=list)
    to_answer: list[float] = field(default_factory=list)
    while_blocked: list[float] = field(default_factory=list)  # to passages, behind a model that never answers
    refusal: str = ""  # what one more than the queue holds is told
    served_again: bool = False  # once they who waited have gone, after `recovery` seconds
    recovery: float = 0.0
    places_seen: set[int] = field(default_factory=set)
    memory: list[tuple[float, float]] = field(default_factory=list)  # seconds since the start, MB

    def growth(self) -> tuple[float, float]:
        """MB after settling, and how many more at the end: medians of the first and the last tenth of the rest."""
        last = self.memory[-1][0]
        settled = [mb for at, mb in self.memory if at >= SETTLING * last]
        tenth = max(1, len(settled) // 10)
        first = statistics.median(settled[:tenth])
        return first, statistics.median(settled[-tenth:]) - first


def serve_slowly(connection: Connection, seconds: float) -> None:
    """The server's process: sends its address, serves until the other end is closed."""
    from ui.page_settings import PageSettings
    from ui.server import serving

    with serving(lambda _: SlowBot(seconds), PageSettings(port=0), connection.send) as server:

        def watch() -> None:
            try:
                connection.recv()
            except EOFError:
                server.should_exit = True

        threading.Thread(target=watch, daemon=True).start()
        server()


def run(clients: int, seconds: float, model_seconds: float) -> Told:
    """Starts the server, lets the clients ask for `seconds`, waits for the last answers, ends the server."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve_slowly, args=(there, model_seconds), daemon=True)
    server.start()
    there.close()
    try:
        if not here.poll(60):
            raise RuntimeError("the server did not start within 60 s")
        return asyncio.run(_all(here.recv(), clients, seconds, server.pid or 0))
    finally:
        here.close()
        server.join(20)
        server.kill()


async def _all(url: str, clients: int, seconds: float, pid: int) -> Told:
    told = Told()
    limits = httpx.Limits(max_connections=2 * WAITING_ROOM + 4 * clients)
    async with httpx.AsyncClient(base_url=url, timeout=600, limits=limits) as http:
        while (await http.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.1)
        began = time.monotonic()
        ask = _fn_index((await http.get("/config")).json())
        working = [asyncio.create_task(_client(http, n, began + seconds, told, ask)) for n in range(clients)]
        while not all(task.done() for task in working):
            told.memory.append((time.monotonic() - began, _megabytes(pid)))
            await asyncio.wait(working, timeout=0.5)
        for task in working:
            if error := task.exception():
                told.faults.append(repr(error))
        await _blocked(http, clients, told, ask)
    return told


async def _client(http: httpx.AsyncClient, number: int, until: float, told: Told, ask: int) -> None:
    door = DOORS[number % len(DOORS)]
    session = uuid.uuid4().hex[:12]
    mine: list[str] = []
    while time.monotonic() < until:
        question = f"client {number} question {len(mine) + 1} word {uuid.uuid4().hex[:8]}"
        mine.append(question)
        told.asked += 1
        began = time.monotonic()
        seen, found = "", False
        async for event in _through(http, door, session, question, ask):
            place = re.search(r"Waiting for the model \((\d+) ahead", event)
            told.places_seen |= {int(place[1])} if place else set()
            if door == "page" and not found and f"passage about {question}" in event:
                found = True
                told.to_passages.append(time.monotonic() - began)
            seen = event
        told.to_answer.append(time.monotonic() - began)
        told.answers[number] = told.answers.get(number, 0) + 1
        expected = mine if door == "page" else [question]
        answers = list(dict.fromkeys(re.findall(r"You asked (client \d+ question \d+ word \w+)\.", seen)))
        if answers != expected:
            told.faults.append(f"{door} client {number} expected {expected} and got {answers}")


async def _blocked(http: httpx.AsyncClient, clients: int, told: Told, ask: int) -> None:
    """What happens to everyone while the model's only place is held by a question that it never answers."""
    passages: asyncio.Queue[float] = asyncio.Queue()

    async def wait_in_line(question: str) -> None:
        began = time.monotonic()
        found = False
        async with aclosing(_through(http, "page", uuid.uuid4().hex[:12], question, ask)) as events:
            async for event in events:
                if not found and f"passage about {question}" in event:
                    found = True
                    passages.put_nowait(time.monotonic() - began)

    def send(question: str, seconds: float | None = None) -> Any:
        body = {"model": "kotae", "messages": [{"role": "user", "content": question}]}
        return http.post("/v1/chat/completions", json=body, timeout=seconds)

    waiting = [asyncio.create_task(wait_in_line(NEVER))]
    await asyncio.wait_for(passages.get(), 60)
    waiting += [asyncio.create_task(wait_in_line(f"line {number}")) for number in range(clients)]
    told.while_blocked = [await asyncio.wait_for(passages.get(), 60) for _ in range(clients)]
    waiting += [asyncio.create_task(send(f"line {number}")) for number in range(clients, WAITING_ROOM)]
    for _ in range(20):
        with suppress(httpx.TimeoutException):  # not all of them stand in line yet
            reply = await send("one too many", 2)
            told.refusal = f"{reply.status_code} {reply.json()['error']['message']}"
            break
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    began = time.monotonic()
    while not told.served_again and time.monotonic() - began < PATIENCE:
        told.served_again = (await send("after all", PATIENCE)).status_code == 200
        told.recovery = time.monotonic() - began


async def _through(http: httpx.AsyncClient, door: str, session: str, question: str, ask: int) -> AsyncIterator[str]:
    """What the server says on the way, as text; the last is the whole."""
    if door == "v1":
        body = {"model": "kotae", "stream": True, "messages": [{"role": "user", "content": question}]}
        text = ""
        async with http.stream("POST", "/v1/chat/completions", json=body) as reply:
            async for line in reply.aiter_lines():
                if line.startswith("data: {"):
                    event = json.loads(line[6:])
                    text += (event.get("choices") or [{"delta": {}}])[0]["delta"].get("content", "")
                    text += event.get("error", {}).get("message", "")
        yield text
    elif door == "call":
        made = await http.post("/gradio_api/call/ask", json={"data": [question, "auto"]})
        async with http.stream("GET", f"/gradio_api/call/ask/{made.json()['event_id']}") as reply:
            yield (await reply.aread()).decode()
    else:
        joined = {"data": [question, "auto", "", None], "fn_index": ask, "session_hash": session}
        (await http.post("/gradio_api/queue/join", json=joined)).raise_for_status()
        async with http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as reply:
            async for line in reply.aiter_lines():
                event = json.loads(line[6:]) if line.startswith("data: ") else {}
                yield json.dumps(event.get("output", ""), ensure_ascii=False)
                if event.get("msg") == "process_completed":
                    return


def _fn_index(config: dict[str, Any]) -> int:
    """The number of the event that a question sent from the page sets off."""
    box = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "k-box")
    return int(next(one["id"] for one in config["dependencies"] if [box, "submit"] in map(list, one["targets"])))


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def _article(about: str) -> Article:
    return Article(id="a", title="A", language="en", source="", date="", text=f"A passage about {about}.")


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--model-seconds", type=float, default=2)
    options = parser.parse_args(arguments)
    told = run(options.clients, options.seconds, options.model_seconds)
    first, more = told.growth()
    answered = sum(told.answers.values())
    each = [told.answers.get(number, 0) for number in range(options.clients)]
    print(f"asked {told.asked}, answered {answered}, faults {len(told.faults)}")
    print(f"answers per client: {min(each)} to {max(each)}; places shown: {sorted(told.places_seen)}")
    print(f"to passages: median {statistics.median(told.to_passages):.2f} s, longest {max(told.to_passages):.2f} s")
    print(f"to the answer: median {statistics.median(told.to_answer):.1f} s, longest {max(told.to_answer):.1f} s")
    print(f"behind a model that never answers, to passages: longest {max(told.while_blocked):.2f} s")
    print(f"one too many: {told.refusal}; served again: {told.served_again}, after {told.recovery:.1f} s")
    print(f"memory: {first:.0f} MB after settling, {more:+.1f} MB at the end")
    for fault in told.faults:
        print(f"fault: {fault}")
    return 0 if not told.faults and told.refusal.startswith("429") and told.served_again else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
