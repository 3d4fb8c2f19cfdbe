"""Two pages over one home, each a process of its own, with both models behind endpoints: what stands behind a proxy."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from index.build import update_index
from index.home import Home
from rag.chatbot import open_embedder
from rag.settings import Settings
from tests.doubles import LetterEmbedder, write
from tests.embedding_server import serving

ROOT = Path(__file__).parents[2]


class Writes(BaseHTTPRequestHandler):
    """A chat endpoint that says the same to everyone, and keeps what it was asked in `server.seen`."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(body)  # type: ignore[attr-defined]
        said = {"role": "assistant", "content": "The aaa deal is worth $38 billion."}
        choice = {"index": 0, "delta": said, "message": said, "finish_reason": "stop"}
        reply = json.dumps({"id": "1", "object": "x", "created": 1, "model": "m", "choices": [choice]})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if body.get("stream") else "application/json")
        self.end_headers()
        self.wfile.write((f"data: {reply}\n\ndata: [DONE]\n\n" if body.get("stream") else reply).encode())

    def log_message(self, *_: object) -> None:
        """Nothing on the test's stderr."""


@contextmanager
def writing() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Writes)
    server.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def page(environment: dict[str, str]) -> Iterator[list[str]]:
    """`kotae chat` as a process; the list gets its address as soon as it listens. It must end well."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "chat", "--port", "0", "--proxy-header", "X-User"],
        cwd=ROOT,
        env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    address: list[str] = []
    assert process.stdout

    def listen(lines: Any = process.stdout) -> None:
        for line in lines:
            if " is at " in line:
                address.append(line.split(" is at ")[1].split()[0])

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield address
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
    finally:
        process.kill()
        process.wait()


def ready(address: list[str]) -> str:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if address and httpx.get(f"{address[0]}/readyz").status_code == 200:
            return address[0]
        time.sleep(0.1)
    raise AssertionError("the page is not ready after two minutes")


def ask(url: str, *turns: str) -> dict[str, Any]:
    """The reply to the last of these turns, as the proxy hands them on: the question, the answer, the next one."""
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(turns)]
    body = {"model": "kotae", "messages": messages}
    reply = httpx.post(f"{url}/v1/chat/completions", json=body, headers={"X-User": "reader"}, timeout=60)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def articles_of(reply: dict[str, Any]) -> list[str]:
    return [hit["article_id"] for hit in reply["kotae"]["hits"]]


def test_two_pages_share_one_home_and_both_endpoints_and_take_up_what_is_indexed(tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", one="The aaa deal is worth $38 billion.")
    with serving(LetterEmbedder(), "letters", tei=True) as embedding, writing() as chat, ExitStack() as running:
        environment = {
            "KOTAE_HOME": str(tmp_path / "home"),
            "KOTAE_EMBED_URL": embedding.url,
            "KOTAE_EMBEDDER": "letters",
            "KOTAE_CHAT_URL": f"http://127.0.0.1:{chat.server_address[1]}/v1",
            "KOTAE_CHAT_MODEL": "m",
        }
        settings = Settings.from_environment(environment)
        home = Home(settings.home)
        update_index(home, open_embedder(settings), [folder])
        addresses = [running.enter_context(page(environment)) for _ in range(2)]
        urls = [ready(address) for address in addresses]
        assert len(set(urls)) == 2

        first = [ask(url, "How much is the aaa deal worth?") for url in urls]
        assert [articles_of(reply) for reply in first] == [["one"], ["one"]]
        said = first[0]["choices"][0]["message"]["content"]
        assert said.startswith("The aaa deal is worth $38 billion [1].")
        assert said == first[1]["choices"][0]["message"]["content"]

        write(folder, two="The ccc prize went to bbb.")
        update_index(home, open_embedder(settings), [folder])
        assert [sorted(articles_of(ask(url, "Who got the ccc prize?"))) for url in urls] == [["one", "two"]] * 2

        # The conversation began at one page and goes on at the other, which knows nothing of it but what it is sent.
        before = len(chat.seen)
        ask(urls[1], "How much is the aaa deal worth?", said, "And for how long?")
        assert any("aaa deal" in str(body["messages"]) for body in chat.seen[before:])
