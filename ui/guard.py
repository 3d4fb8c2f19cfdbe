"""What stands between the network and the page: an ASGI application around it. Knows nothing of what the page says.

Gradio serves many more routes than this page uses (uploads, files by path, a proxy, monitoring), answers any Host and
sends no security header. The guard lets through what the page needs and refuses the rest, and asks who it is where the
operator wants that.
"""

import asyncio
import base64
import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ui.library import LARGEST_FILE
from ui.limits import REQUESTS, WRONG_PASSWORDS, Limit
from ui.page_settings import LOOPBACK, PageSettings
from ui.users import Users

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 256 * 1024  # bytes: a question is at most some ten thousand characters
LARGEST = {  # of those that carry more
    "/gradio_api/queue/join": 4 * 1024 * 1024,  # a stored conversation with the passages of its fifty turns
    "/kotae/upload": LARGEST_FILE,
}

# What the page and gradio_client ask for. Everything else that gradio serves is 404.
_ALLOWED = re.compile(
    r"""/(|config|theme\.css|favicon\.ico|manifest\.json|pwa_icon(/\d+)?|(assets|static)(/[\w-][\w.-]*)+
    |kotae/(source|collections|articles?|upload|index|remove|feedback|reports?)|v1/(models|chat/completions)|healthz|readyz
    |gradio_api/(info|startup-events|app_id|heartbeat/\w+|queue/(join|data)|run/predict|cancel|reset
    |call/(v2/)?\w+(/\w+)?))/?""",
    re.VERBOSE,
)

_FOR_ALL = ("/healthz", "/readyz")  # for the machine that watches this one: they tell nothing of the articles
_ASK = ((b"www-authenticate", b'Basic realm="Kotae", charset="UTF-8"'),)

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
_INLINE_SCRIPT = re.compile(rb"<script(?![^<>]*\ssrc=)[^<>]*>(.*?)(?:</script>|\Z)", re.DOTALL)


class Guard:
    """Wraps an application: known hosts, own origin, known users and paths, bounded bodies, strict headers, our files;
    and so many requests and wrong passwords of one client in a minute, and no more.

    `files` maps a path to its media type and content. Where everyone is asked who they are, any host name will do: a
    browser sends its password to no other name.
    """

    def __init__(self, app: Application, files: Mapping[str, tuple[str, bytes]], settings: PageSettings) -> None:
        self._app = app
        self._files = files
        self._settings = settings
        self._users = Users.read(settings.users) if settings.users else None
        self._requests = Limit(REQUESTS)
        self._wrong = Limit(WRONG_PASSWORDS, 300.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        if self._settings.root_path and scope["path"] == self._settings.root_path:
            to = f"{self._settings.root_path}/".encode()  # or the page's relative addresses would lead beside it
            await _reply(send, 308, "text/plain", b"", ((b"location", to),))
            return
        scope["path"] = scope["path"].removeprefix(self._settings.root_path) or "/"
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal:
            await _reply(send, refusal, "text/plain", b"")
            return
        client, seconds = await self._client(scope, headers)
        if not seconds and client and scope["method"] == "POST":
            seconds = self._requests.take(client)
        if seconds:
            await _reply(send, 429, "text/plain", b"", ((b"retry-after", str(math.ceil(seconds)).encode()),))
            return
        if not client:
            await _reply(send, 401, "text/plain", b"", _ASK if self._users else ())
            return
        if scope["path"] in self._files:
            await _reply(send, 200, *self._files[scope["path"]])
        elif scope["path"] == "/":
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
            await self._app(scope, receive, _Page(send))
        else:
            await self._app(scope, _bounded(receive, _largest(scope["path"])), _with_headers(send))

    async def _client(self, scope: Scope, headers: Mapping[str, str]) -> tuple[str, float]:
        """Who asks, "" for somebody who may not; and how many seconds an address that guesses passwords has to wait."""
        peer = scope["client"][0] if scope.get("client") else "somebody"
        if not self._settings.protected or scope["path"] in _FOR_ALL:
            return peer, 0.0
        named = headers.get(self._settings.proxy_header.lower(), "") if self._settings.proxy_header else ""
        if named and peer in self._settings.proxy_from:
            return f"proxy {named}", 0.0
        given = headers.get("authorization", "")
        if not given or not self._users:
            return "", 0.0
        # Who has logged in stays so, whoever else guesses from the same address.
        if not (name := self._users.name_of(given, remembered=True)):
            if seconds := self._wrong.take(peer):
                return "", seconds
            # A password takes a fifth of a second to check, once: not on the loop that serves everyone.
            if name := await asyncio.to_thread(self._users.name_of, given):
                self._wrong.give_back(peer)
        return f"user {name}" if name else "", 0.0

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> int:
        """The status to refuse with, 0 when there is nothing to refuse."""
        host = headers.get("host", "")
        if not self._settings.protected and _name(f"//{host}") not in LOOPBACK:
            return 421  # another name that leads here: a rebound DNS name, or a proxy that nobody set up
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403
        if not _ALLOWED.fullmatch(scope["path"]) and scope["path"] not in self._files:
            return 404
        if int("0" + "".join(filter(str.isdigit, headers.get("content-length", "")))) > _largest(scope["path"]):
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


def _largest(path: str) -> int:
    return LARGEST.get(path.rstrip("/"), LARGEST_BODY)


def _bounded(receive: Receive, largest: int) -> Receive:
    """A body that is sent in pieces, without its length, ends as a disconnection once it is too long."""
    seen = 0

    async def received() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= largest else {"type": "http.disconnect"}

    return received


async def _reply(
    send: Send, status: int, media_type: str, body: bytes, more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(b"cache-control", b"no-cache"), *more]
    await send({"type": "http.response.start", "status": status, "headers": _secured(headers)})
    await send({"type": "http.response.body", "body": body})
