"""The page: a chat over the articles, as a gradio application. Knows nothing of HTML (`ui.render` makes it all), of
finding or of answering. The home of gradio, and of the server under it; both are imported only when a page is built.
"""

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from index.errors import KotaeError, SettingsError
from rag.answer import Answer
from rag.language import Asked
from ui import render, texts
from ui.guard import LOOPBACK, Guard
from ui.turns import Bot, Places, Turn, history_of, take

KEPT_TURNS = 50  # turns of one conversation that stay on the page
WAITING_ROOM = 64  # questions that may wait on the server; the next one is refused
ASKED_AT_ONCE = 16  # questions that may search at the same time; the model's places are given out after that
REMOTE_PLACES = 8  # answers that an endpoint elsewhere may write at the same time; the model in this process writes one


def build_page(bot: Bot, examples: Sequence[str] = texts.EXAMPLES) -> Any:
    """The page as a `gradio.Blocks`, not served. Also the endpoint `/ask` for gradio_client.

    `examples` are questions offered before the first one, in either language.
    """
    _close_environment()
    import gradio as gr
    from gradio.events import api

    places = Places(REMOTE_PLACES if bot.settings.chat_url else 1)
    stops: dict[str, threading.Event] = {}  # the running turn of each session

    def answer_question(
        question: str, language: Asked, turns: list[Turn], request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        if not question.strip():
            yield gr.skip(), gr.skip(), gr.skip()
            return
        session = request.session_hash or ""
        stops.pop(session, threading.Event()).set()
        stop = stops[session] = threading.Event()
        before = [message for turn in turns for message in _messages(turn)]
        number = turns[-1].number + 1 if turns else 1
        start = Turn(number=number, question=question.strip(), language=language, model_name=bot.model_name)
        try:
            with closing(take(bot, start, history_of(turns), places, stop)) as growing:
                for turn in growing:
                    yield before + _messages(turn), "" if turn is start else gr.skip(), [*turns, turn][-KEPT_TURNS:]
        finally:
            if stops.get(session) is stop:
                del stops[session]

    def ask_again(language: Asked, turns: list[Turn], request: gr.Request) -> Iterator[tuple[Any, ...]]:
        if turns:
            yield from answer_question(turns[-1].question, language, turns[:-1], request)

    def stop_turn(request: gr.Request) -> None:
        stops.get(request.session_hash or "", threading.Event()).set()

    def pick(event: gr.SelectData) -> str:
        return str(event.value["text"])

    def ask_for_clients(question: str, language: Asked = "auto") -> dict[str, Any]:
        """One question, one answer, as `kotae ask --json` prints it: text, language, answered, citations, hits."""
        try:
            return _whole_answer(bot, question, language, places).to_dict()
        except KotaeError as error:
            raise gr.Error(str(error), print_exception=False) from None

    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.Markdown(render.header(bot.article_count), elem_id="k-top")
        turns = gr.State([])
        chat = gr.Chatbot(
            elem_id="k-chat",
            show_label=False,
            container=False,
            height=None,
            autoscroll=False,  # page.js moves the new question to the top; the sources at the end would hide the answer
            buttons=[],
            layout="panel",
            feedback_options=None,
            latex_delimiters=[],
            allow_tags=False,
            allow_file_downloads=False,
            group_consecutive_messages=False,
            placeholder=render.welcome(bot.article_count),
            examples=[{"text": example} for example in examples] if bot.article_count else None,
        )
        with gr.Column(elem_id="k-composer"):
            with gr.Row(elem_id="k-ask"):
                box = gr.Textbox(
                    elem_id="k-box", show_label=False, container=False, lines=1, max_lines=8, autofocus=True, scale=1
                )
                send = gr.Button("Send", elem_id="k-send", variant="primary", scale=0, min_width=72)
                stop = gr.Button("Stop", elem_id="k-stop", variant="stop", scale=0, min_width=72)
            with gr.Row(elem_id="k-options"):
                language = gr.Radio(
                    [("Auto", "auto"), ("日本語", "ja"), ("English", "en")],
                    value="auto",
                    label="Answer in",
                    elem_id="k-answer-language",
                    container=False,
                )
                again = gr.Button("Answer again", elem_id="k-retry", variant="secondary", size="sm", scale=0)
                clear = gr.Button("Clear", elem_id="k-clear", variant="secondary", size="sm", scale=0)

        private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        answering: dict[str, Any] = private | {
            "concurrency_limit": ASKED_AT_ONCE,
            "concurrency_id": "ask",
            "trigger_mode": "once",
        }
        asked, shown = [box, language, turns], [chat, box, turns]
        gr.on([box.submit, send.click], answer_question, asked, shown, **answering)
        chat.example_select(pick, None, box, queue=False, **private).then(answer_question, asked, shown, **answering)
        again.click(ask_again, [language, turns], shown, **answering)
        stop.click(stop_turn, None, None, queue=False, **private)
        clear.click(lambda: ([], []), None, [chat, turns], queue=False, **private)
        api(ask_for_clients, api_name="ask", concurrency_limit=ASKED_AT_ONCE, concurrency_id="ask")
    page.queue(max_size=WAITING_ROOM, api_open=False)  # no way round the queue
    return page


def serve(
    bot: Bot,
    host: str = "127.0.0.1",
    port: int = 7860,
    ready: Callable[[str], None] | None = None,
    examples: Sequence[str] = texts.EXAMPLES,
) -> None:
    """Serves the page until Ctrl-C; `ready` is called with its address once it answers. Port 0 takes a free one."""
    with serving(bot, host, port, ready, examples) as run, suppress(KeyboardInterrupt):
        run()


@contextmanager
def serving(
    bot: Bot,
    host: str = "127.0.0.1",
    port: int = 7860,
    ready: Callable[[str], None] | None = None,
    examples: Sequence[str] = texts.EXAMPLES,
) -> Iterator[Any]:
    """A server on a bound port, not yet running: call it to run; set its `should_exit` to end it from elsewhere.

    Raises SettingsError for a host or port that cannot be used.
    """
    if host not in LOOPBACK:
        raise SettingsError(
            f"cannot serve on {host!r}: authentication is not built yet, so only this machine may be served; "
            f"use one of {', '.join(LOOPBACK)}"
        )
    listener = _listener(host, port)
    try:
        port = listener.getsockname()[1]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        yield _server(build_page(bot, examples), listener, lambda: ready(url) if ready else None)
    finally:
        listener.close()


def _close_environment() -> None:
    """Before each import of gradio: none of its variables may turn on sharing, files, monitoring or analytics."""
    for name in [name for name in os.environ if name.startswith("GRADIO_") and name != "GRADIO_TEMP_DIR"]:
        del os.environ[name]
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def _theme() -> Any:
    """Gradio's plainest theme in our colours. Fonts by name only: gradio's own would be fetched by the browser."""
    import gradio as gr

    fonts = ["system-ui", "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic UI", "Meiryo", "sans-serif"]
    return gr.themes.Base(
        primary_hue="blue", neutral_hue="stone", font=fonts, font_mono=["ui-monospace", "monospace"]
    ).set(
        body_background_fill="#fbfaf7",
        body_background_fill_dark="#15171c",
        button_primary_background_fill="#2b4a7f",
        button_primary_background_fill_hover="#223c69",
        button_primary_background_fill_dark="#9dbaf0",
        button_primary_background_fill_hover_dark="#b6ccf5",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#15171c",
    )


def _server(page: Any, listener: socket.socket, started: Callable[[], None]) -> Any:
    """The page behind its guard, on uvicorn."""
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

    app = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        page,
        path="/",
        theme=_theme(),
        head='<link rel="stylesheet" href="/kotae/page.css"><script src="/kotae/page.js"></script>',
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
    script = f"const KOTAE_TEXTS = {json.dumps(texts.for_browser(), ensure_ascii=False)};\n{_file('page.js')}"
    files = {
        "/kotae/page.js": ("text/javascript; charset=utf-8", script.encode()),
        "/kotae/page.css": ("text/css; charset=utf-8", _file("page.css").encode()),
    }

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()

        def __call__(self) -> None:
            self.run(sockets=[listener])

    return Server(
        uvicorn.Config(
            Guard(app, files),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            ws="none",
        )
    )


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


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _messages(turn: Turn) -> list[dict[str, Any]]:
    """A turn as gradio's chat messages. Answer and sources are two parts: the one that stays is not drawn again."""
    parts = [render.answer(turn), render.sources(turn)]
    return [
        {"role": "user", "content": render.question(turn)},
        {"role": "assistant", "content": [{"type": "text", "text": part} for part in parts if part]},
    ]


def _whole_answer(bot: Bot, question: str, language: Asked, places: Places) -> Answer:
    start = Turn(number=1, question=question, language=language, model_name=bot.model_name)
    *_, turn = take(bot, start, (), places, threading.Event())
    if turn.error is not None:
        raise turn.error
    if turn.answer is None:
        raise KotaeError("the answer ended before it was whole: ask again")
    return turn.answer
