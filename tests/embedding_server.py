"""A real server on loopback that embeds with the bundled model, as TEI and as an OpenAI-compatible endpoint do.

Faults are put in front of its replies: each request takes the next one, when all are used up it answers as it should.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from index.embed import Embedder, TextEmbedder
from rag.settings import DEFAULT_EMBEDDER

Fault = Callable[["Handler"], None]
MOST_TEXTS = 32  # of one request, as TEI's own default


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each reply waits 40 ms for its second half
    server: "EmbeddingServer"

    def do_GET(self) -> None:
        if self.path == "/info" and self.server.tei:
            self.reply(200, self.server.info)
        else:
            self.reply(404, {"error": "no such page"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.counting:
            server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            server.inside += 1
            server.most = max(server.most, server.inside)
            fault = server.faults.pop(0) if server.faults and self.path != "/tokenize" else None
        try:
            if fault:
                fault(self)
            else:
                self.answer(body)
        finally:
            with server.counting:
                server.inside -= 1

    def answer(self, body: dict[str, Any]) -> None:
        server = self.server
        if server.pause:
            time.sleep(server.pause)
        if server.tei and self.path == "/tokenize":
            self.reply(200, [[{"id": 0}] * size for size in server.count(body["inputs"], body["add_special_tokens"])])
        elif server.tei and self.path == "/embed":
            self.embed(body["inputs"], lambda rows: rows)
        elif self.path == "/v1/embeddings":
            if body["model"] != server.name:
                return self.reply(404, {"error": {"message": f"no model {body['model']}"}})
            self.embed(body["input"], listed)
        else:
            self.reply(404, {"error": "no such page"})
        return None

    def embed(self, texts: Sequence[str], shaped: Callable[[list[list[float]]], object]) -> None:
        if len(texts) > MOST_TEXTS:
            self.reply(413, {"error": f"batch size {len(texts)} > maximum allowed batch size {MOST_TEXTS}"})
        elif self.server.longest and (long := [text for text in texts if len(text) > self.server.longest]):
            self.reply(400, {"error": {"message": f"{len(long[0])} is more than the maximum length of tokens"}})
        else:
            self.reply(200, shaped(self.server.vectors(texts)))

    def reply(self, status: int, body: object, **headers: str) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Nothing on the test's stderr."""


class EmbeddingServer(ThreadingHTTPServer):
    """`faults` come first; `seen` are path, headers and body of each POST; `most` of them were inside at once."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, embedder: TextEmbedder, name: str, *, tei: bool, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.embedder, self.name, self.tei = embedder, name, tei
        self.info: dict[str, object] = {
            **{"model_id": name, "model_dtype": "float32", "model_type": {"embedding": {"pooling": "mean"}}},
            **{"max_input_length": 512, "max_client_batch_size": MOST_TEXTS, "version": "1.8.0"},
        }
        self.faults: list[Fault] = []
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.counting = threading.Lock()
        self.inside = self.most = 0
        self.pause = 0.0
        self.longest = 0  # characters of a text; 0: any
        self.connections: list[socket.socket] = []

    @property
    def url(self) -> str:
        """The base URL, as KOTAE_EMBED_URL wants it."""
        return f"http://127.0.0.1:{self.server_address[1]}{'' if self.tei else '/v1'}"

    def embedded(self) -> list[list[str]]:
        """The texts of each request for vectors."""
        return [body.get("inputs") or body["input"] for path, _, body in self.seen if path != "/tokenize"]

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """As the model makes them from texts that bring their prefixes, three times too long."""
        if isinstance(self.embedder, Embedder):
            encoder = self.embedder._encoder
            assert encoder is not None
            rows = encoder.encode(self.embedder._ids(list(texts)))
        else:
            rows = self.embedder.embed_passages(texts)
        return [[3.0 * float(value) for value in row] for row in rows]

    def count(self, texts: Sequence[str], special: bool) -> list[int]:
        return [count + 2 * special for count in self.embedder.count_tokens(texts)]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        """On every client that keeps its connection."""
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """A connection that is cut is what some of the tests are about."""


def listed(rows: Sequence[list[float]]) -> dict[str, object]:
    """OpenAI's form of the vectors, in an order of its own."""
    data = [{"object": "embedding", "index": number, "embedding": row} for number, row in enumerate(rows)]
    return {"object": "list", "model": "m", "data": data[::-1], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


@contextmanager
def serving(
    embedder: TextEmbedder, name: str = DEFAULT_EMBEDDER, *, tei: bool, port: int = 0
) -> Iterator[EmbeddingServer]:
    server = EmbeddingServer(embedder, name, tei=tei, port=port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.hang_up()


def fails(status: int, message: str = "no", **headers: str) -> Fault:
    return lambda handler: handler.reply(status, {"error": {"message": message}}, **headers)


def replies(body: object) -> Fault:
    return lambda handler: handler.reply(200, body)


def hangs_up(handler: Handler) -> None:
    """In the middle of its reply."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b"[[0.1, ")
    handler.close_connection = True


def is_silent(seconds: float) -> Fault:
    return lambda _: time.sleep(seconds)
