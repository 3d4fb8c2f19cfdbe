"""The page: a chat over the articles, as a gradio application. Knows nothing of HTML (`ui.render` makes it all), of
finding or of answering. `build_page` imports gradio; its server is `ui.server`.
"""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from index.catalogue import Entry
from index.errors import KotaeError, QuestionError
from rag.answer import Answer
from rag.language import Asked
from ui import render, render_sources, texts
from ui.reasons import in_both
from ui.records import LONGEST, conversation, scope, to_record
from ui.render_text import both
from ui.shelves import Shelves
from ui.turns import WAITING_ROOM, Bot, Keeper, Places, Turn, history_of, take

EXAMPLES = 4  # questions offered before the first one


def places_for(bot: Bot) -> Places:
    """The places that the page and the endpoints give out together: the model in this process writes one answer."""
    return Places(bot.settings.requests if bot.settings.chat_url else 1)


def build_page(bot: Keeper, places: Places | None = None, shelves: Shelves | None = None) -> Any:
    """The page as a `gradio.Blocks`, not served. Also `/ask` and `/ask_in` for gradio_client."""
    close_environment()
    import gradio as gr
    from gradio.events import api

    places, shelves = places or places_for(bot), shelves or Shelves(bot)
    stops: dict[str, threading.Event] = {}  # the running turn of each session
    count = bot.article_count
    thumbs = bot.settings.keep_feedback

    async def answer(
        question: str, language: Asked, limits: str, turns: list[Turn], request: gr.Request
    ) -> AsyncIterator[tuple[Any, ...]]:
        if not question.strip():
            yield gr.skip(), gr.skip(), gr.skip()
            return
        before = [message for turn in turns for message in _messages(turn, thumbs)]
        start = Turn(
            number=turns[-1].number + 1 if turns else 1,
            question=question.strip(),
            language=language,
            model_name=bot.model_name,
        )
        try:
            collection, filters = scope(limits)
            asked_bot = await asyncio.to_thread(shelves.bot, collection)
        except KotaeError as error:
            failed = replace(start, stage="failed", error=error)
            yield [*before, *_messages(failed, thumbs, to_record(failed))], "", [*turns, failed][-LONGEST:]
            return
        start = replace(start, collection=collection, filters=filters, model_name=asked_bot.model_name)
        session = request.session_hash or ""
        stops.pop(session, threading.Event()).set()
        stop = stops[session] = threading.Event()
        try:
            async with aclosing(take(asked_bot, start, history_of(turns), places, stop)) as growing:
                box_after: Any = ""  # emptied once: what is typed meanwhile stays
                async for turn in growing:
                    if stops.get(session) is not stop:
                        return  # the conversation has moved on: this turn must not write over it
                    kept = turn.kept()
                    shown = [*before, *_messages(kept, thumbs, to_record(kept))]
                    yield shown, box_after, [*turns, kept][-LONGEST:]
                    box_after = gr.skip()
        finally:
            if stops.get(session) is stop:
                del stops[session]

    async def obey(
        command: str, language: Asked, limits: str, turns: list[Turn], request: gr.Request
    ) -> AsyncIterator[tuple[Any, ...]]:
        """What `page.js` asks for: a turn again or differently, fewer turns, or another conversation."""
        wanted = json.loads(command) if command else {}
        stops.pop(request.session_hash or "", threading.Event()).set()
        if wanted.get("do") == "ask":
            earlier = [turn for turn in turns if turn.number < int(wanted["number"])]
            async for shown in answer(str(wanted["question"]), language, limits, earlier, request):
                yield shown
            return
        try:
            kept = [turn for turn in conversation(wanted.get("turns", [])) if turn.number]
        except QuestionError as error:
            raise gr.Error(both(in_both(str(error))), print_exception=False) from None
        messages = [message for turn in kept for message in _messages(turn, thumbs)]
        yield messages, gr.skip(), kept

    def stop_turn(request: gr.Request) -> None:
        stops.get(request.session_hash or "", threading.Event()).set()

    def pick(event: gr.SelectData) -> str:
        return str(event.value["text"])

    async def ask_for_clients(question: str, language: Asked = "auto") -> dict[str, Any]:
        """One question, one answer, as `kotae ask --json` prints it: text, language, answered, citations, hits."""
        return await ask_in_collection("", question, language)

    async def ask_in_collection(collection: str, question: str, language: Asked = "auto") -> dict[str, Any]:
        """The same of a collection by its name."""
        try:
            asked_bot = await asyncio.to_thread(shelves.bot, collection)
            return (await whole_answer(asked_bot, question, language, places)).to_dict()
        except KotaeError as error:
            raise gr.Error(str(error), print_exception=False) from None

    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.Markdown(render.header(count), elem_id="k-top")
        turns = gr.State([], time_to_live=3600)
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
            placeholder=render.welcome(count),
            examples=[{"text": example} for example in examples_from(bot.articles())],
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
                for name in ("retry", "undo", "clear"):  # page.js gives them their texts and acts on them
                    gr.Button(name, elem_id=f"k-{name}", variant="secondary", size="sm", scale=0)
        # Where page.js writes what it asks for. Seen and reached by nobody.
        command = gr.Textbox(elem_id="k-command", visible="hidden", show_label=False)
        told = gr.Button("told", elem_id="k-told", visible="hidden")
        limits = gr.Textbox(elem_id="k-limits", visible="hidden", show_label=False)

        private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        answering: dict[str, Any] = private | {"concurrency_limit": None}  # nobody holds a thread while waiting
        asked, shown = [box, language, limits, turns], [chat, box, turns]
        gr.on([box.submit, send.click], answer, asked, shown, trigger_mode="once", **answering)
        chat.example_select(pick, None, box, queue=False, **private).then(answer, asked, shown, **answering)
        told.click(obey, [command, language, limits, turns], shown, trigger_mode="multiple", **answering)
        stop.click(stop_turn, None, None, queue=False, **private)
        api(ask_for_clients, api_name="ask", concurrency_limit=WAITING_ROOM)
        api(ask_in_collection, api_name="ask_in", concurrency_limit=WAITING_ROOM)
    page.queue(max_size=2 * WAITING_ROOM, api_open=False)  # no way round the queue
    return page


def examples_from(articles: Sequence[Entry], count: int = EXAMPLES) -> list[str]:
    """Questions about articles of the collection itself, in the languages that it holds, from all over the list."""
    chosen: list[Entry] = []
    titled = [entry for entry in articles if 4 <= len(entry.title) <= 60]
    languages = sorted({entry.language for entry in titled}, reverse=True)
    for language in languages:
        of_language = [entry for entry in titled if entry.language == language]
        wanted = max(1, count // len(languages))
        chosen += of_language[:: max(1, len(of_language) // wanted)][:wanted]
    return [texts.EXAMPLE_OF[entry.language].format(title=entry.title) for entry in chosen]


async def whole_answer(bot: Bot, question: str, language: Asked, places: Places) -> Answer:
    """The answer once it is whole, for programs. Raises what the turn failed with."""
    start = Turn(number=1, question=question, language=language, model_name=bot.model_name)
    turn = start
    async with aclosing(take(bot, start, (), places, threading.Event())) as growing:
        async for grown in growing:  # nobody holds a thread while waiting
            turn = grown
    if turn.error is not None:
        raise turn.error
    if turn.answer is None:
        raise KotaeError("the answer ended before it was whole: ask again")
    return turn.answer


def theme() -> Any:
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


def close_environment() -> None:
    """Before each import of gradio: none of its variables may turn on sharing, files, monitoring or analytics."""
    for name in [name for name in os.environ if name.startswith("GRADIO_") and name != "GRADIO_TEMP_DIR"]:
        del os.environ[name]
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def _messages(turn: Turn, thumbs: bool, record: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """A turn as gradio's chat messages. Answer and sources are two parts: the one that stays is not drawn again."""
    parts = [render.answer(turn, thumbs), render_sources.sources(turn, record)]
    return [
        {"role": "user", "content": render.question(turn)},
        {"role": "assistant", "content": [{"type": "text", "text": part} for part in parts if part]},
    ]
