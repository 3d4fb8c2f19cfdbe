"""Serves the page: gradio, its scripts, its endpoints and the guard on one port. Knows nothing of what is on the page.

The port answers before the models are ready: until then `/` tells how far they are.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.errors import KotaeError, SettingsError
from index.progress import Progress, ProgressCallback
from ui import render_preparing, texts
from ui.guard import Application, Guard
from ui.page import build_page, close_environment, places_for, theme
from ui.page_settings import PageSettings
from ui.reasons import in_both
from ui.shelves import Shelves
from ui.turns import Keeper

WEB = Path(__file__).with_name("web")
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

Opener = Callable[[ProgressCallback], Keeper]


def serve(open_bot: Opener, settings: PageSettings, ready: Callable[[str], None] | None = None) -> None:
    """Serves the page until Ctrl-C; `ready` is called with its address as soon as it answers.

    `open_bot` runs meanwhile; what it raises ends the server and is raised here.
    """
    with serving(open_bot, settings, ready) as run, suppress(KeyboardInterrupt):
        run()


@contextmanager
def serving(
    open_bot: Opener, settings: PageSettings | None = None, ready: Callable[[str], None] | None = None
) -> Iterator[Any]:
    """A server on a bound port, not yet running: call it to run; set its `should_exit` to end it from elsewhere.

    Raises SettingsError for a host or port that cannot be used.
    """
    settings = settings or PageSettings()
    listener = _listener(settings.host, settings.port)
    try:
        port = listener.getsockname()[1]
        scheme = "https" if settings.tls_cert else "http"
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"{scheme}://{name}:{port}{settings.root_path}"
        yield _server(open_bot, settings, listener, lambda: ready(url) if ready else None)
    finally:
        listener.close()


class Preparing:
    """An application that tells how far the start is, and hands over to the page once there is one."""

    def __init__(self) -> None:
        self._progress = Progress(label="start")
        self._failure: KotaeError | None = None
        self._application: Application | None = None
        self._built: Any = None
        self._running = AsyncExitStack()

    @property
    def ready(self) -> bool:
        """Whether questions can be asked."""
        return self._built is not None

    def report(self, progress: Progress) -> None:
        """What `open_bot` calls."""
        self._progress = progress

    def fail(self, failure: KotaeError) -> None:
        """The start has ended with an error."""
        self._failure = failure

    def finish(self, built: Any) -> None:
        """From now on `built`, a FastAPI application, answers."""
        self._built = built

    def state(self) -> dict[str, Any]:
        """What `/readyz` says."""
        says = asdict(in_both(self._progress.label))
        done = {"ready": self.ready, "label": self._progress.label, "says": says, "unit": self._progress.unit}
        return {**done, "done": self._progress.done, "total": self._progress.total, "failed": self._failure is not None}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["path"] in ("/healthz", "/readyz"):
            status = 200 if scope["path"] == "/healthz" or self.ready else 503
            await _reply(send, status, "application/json", json.dumps(self.state() if status == 503 else {"ok": True}))
        elif not self.ready:
            page = render_preparing.preparing(self._failure)
            await _reply(send, 200 if scope["path"] == "/" else 503, "text/html; charset=utf-8", page)
        else:
            if self._application is None:
                await self._running.enter_async_context(self._built.router.lifespan_context(self._built))
                self._application = self._built
            await self._application(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._running.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def _server(open_bot: Opener, settings: PageSettings, listener: socket.socket, started: Callable[[], None]) -> Any:
    import uvicorn

    preparing = Preparing()
    errors: list[KotaeError] = []

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()
                threading.Thread(target=self.open, name="kotae-open", daemon=True).start()

        def open(self) -> None:
            try:
                preparing.finish(_application(open_bot(preparing.report), settings))
            except KotaeError as error:
                errors.append(error)
                preparing.fail(error)
                self.should_exit = True

        def __call__(self) -> None:
            self.run(sockets=[listener])
            if errors:
                raise errors[0]

    return Server(
        uvicorn.Config(
            Guard(preparing, _files(), settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # who asks is what the guard decides
            timeout_graceful_shutdown=1,
            ws="none",
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
    )


def _application(bot: Keeper, settings: PageSettings) -> Any:
    """The page and its endpoints as one FastAPI application."""
    close_environment()
    import gradio as gr
    from fastapi import FastAPI

    from ui.endpoints import page_routes
    from ui.openai_api import openai_routes

    places, shelves = places_for(bot), Shelves(bot)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(page_routes(shelves))
    app.include_router(openai_routes(shelves, places))
    base = f"{settings.root_path}/kotae"
    return gr.mount_gradio_app(
        app,
        build_page(bot, places, shelves),
        path="/",
        root_path=settings.root_path or None,
        theme=theme(),
        head=f'<link rel="stylesheet" href="{base}/page.css"><link rel="stylesheet" href="{base}/panel.css">'
        f'<script type="module" src="{base}/page.js"></script>',
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        max_file_size=0,
        allowed_paths=[],
        blocked_paths=["/"],
    )


def _files() -> dict[str, tuple[str, bytes]]:
    """The page's scripts and styles by path, with their media types."""
    files = {f"/kotae/{path.name}": (_TYPES[path.suffix], path.read_bytes()) for path in sorted(WEB.iterdir())}
    return {**files, "/kotae/texts.js": (_TYPES[".js"], _texts().encode())}


def _texts() -> str:
    """The page's texts as a JavaScript module."""
    return f"export default {json.dumps(texts.for_browser(), ensure_ascii=False)};\n"


def _listener(host: str, port: int) -> socket.socket:
    """A bound socket: a port that is taken is known before anything is built, and never moved silently."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingsError(
            f"cannot serve on port {port} of {host}: {error}; end the program that uses it, or choose another --port"
        ) from None
    return listener


async def _reply(send: Any, status: int, media_type: str, body: str) -> None:
    headers = [(b"content-type", media_type.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
