"""What stands between the network and gradio: an ASGI application around the page. Knows nothing of what the page says.

Gradio serves many more routes than this page uses (uploads, files by path, a proxy, monitoring), answers any Host and
sends no security header. The guard lets through what the page needs and refuses the rest.
"""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LARGEST_BODY = 256 * 1024  # bytes: a question is at most some ten thousand characters

# What the page and gradio_client ask for. Everything else that gradio serves is 404.
_ALLOWED = re.compile(
    r"/(|config|theme\.css|favicon\.ico|manifest\.json|pwa_icon(/\d+)?|(assets|static)(/[\w-][\w.-]*)+"
    r"|gradio_api/(info|startup-events|app_id|heartbeat/\w+|queue/(join|data)|run/predict|cancel|reset|call/(v2/)?\w+(/\w+)?))/?"
)

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

# Gradio styles its components through style attributes and elements, so styles cannot be held to files.
_POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Guard:
    """Wraps an application: known hosts, own origin, known paths, bounded bodies, strict headers, our own files.

    `files` maps a path to its media type and content.
    """

    def __init__(
        self, app: Application, files: Mapping[str, tuple[str, bytes]], hosts: tuple[str, ...] = LOOPBACK
    ) -> None:
        self._app = app
        self._files = files
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal:
            await _reply(send, refusal, "text/plain", b"")
        elif scope["path"] in self._files:
            await _reply(send, 200, *self._files[scope["path"]])
        elif scope["path"] == "/":
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
            await self._app(scope, receive, _Page(send))
        else:
            await self._app(scope, _bounded(receive), _with_headers(send))

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> int:
        """The status to refuse with, 0 when there is nothing to refuse."""
        host = headers.get("host", "")
        if _name(f"//{host}") not in self._hosts:
            return 421  # another name that leads here: a rebound DNS name, or a proxy that nobody set up
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403
        if not _ALLOWED.fullmatch(scope["path"]) and scope["path"] not in self._files:
            return 404
        if int("0" + "".join(filter(str.isdigit, headers.get("content-length", "")))) > LARGEST_BODY:
            return 413
        return 0


class _Page:
    """Holds the HTML back until it is whole, to allow its inline scripts, and no others, by their digests."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        digests = [hashlib.sha256(script).digest() for script in _INLINE_SCRIPT.findall(self._body)]
        allowed = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
        await self._send({**self._start, "headers": _secured(self._start["headers"], allowed)})
        await self._send({"type": "http.response.body", "body": self._body})


def _name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _secured(headers: list[tuple[bytes, bytes]], scripts: str = "") -> list[tuple[bytes, bytes]]:
    """The response's headers without what opens it to other origins, and with ours."""
    kept = [(name, value) for name, value in headers if not name.lower().startswith(b"access-control-")]
    ours = {**_HEADERS, "content-security-policy": _POLICY.format(scripts=scripts)}
    return kept + [(name.encode(), value.encode()) for name, value in ours.items()]


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _secured(message["headers"])}
        await send(message)

    return sent


def _bounded(receive: Receive) -> Receive:
    """A body that is sent in pieces, without its length, ends as a disconnection once it is too long."""
    seen = 0

    async def received() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= LARGEST_BODY else {"type": "http.disconnect"}

    return received


async def _reply(send: Send, status: int, media_type: str, body: bytes) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    headers.append((b"cache-control", b"no-cache"))
    await send({"type": "http.response.start", "status": status, "headers": _secured(headers)})
    await send({"type": "http.response.body", "body": body})
