"""A real Chroma server on loopback, and a proxy in front of it that speaks TLS and asks for a header."""

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

ASKED = "X-Planted: planted-header-0123456789"


@contextmanager
def chroma(folder: Path, port: int = 0) -> Iterator[str]:
    """`chroma run` over `folder`; its URL."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [program, "run", "--host", "127.0.0.1", "--port", str(port), "--path", folder / "data"]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{url}/api/v2/heartbeat")
                break
            except httpx.TransportError:
                assert process.poll() is None, (folder / "log").read_text("utf-8")
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def proxy(target: str, *, certificate: tuple[Path, Path] | None = None, echo: bool = False) -> Iterator[str]:
    """Passes on to `target` what brings the header ASKED, and says 401 to others; `echo`: with what they brought."""
    name, _, value = ASKED.partition(": ")

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get(name) != value or echo:
                self._say(401 if not echo else 500, f"no entry for {self.headers.get(name)}".encode(), "text/plain")
                return
            passed = {"Content-Type": "application/json"}
            reply = httpx.request(self.command, target + self.path, content=body, headers=passed, timeout=60)
            self._say(reply.status_code, reply.content, reply.headers.get("Content-Type", ""))

        do_POST = do_DELETE = do_PUT = do_GET

        def _say(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
