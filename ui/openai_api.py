"""The OpenAI-compatible door: POST /v1/chat/completions answers from the articles, so existing chat clients can ask.

The last user message is the question, the ones before it its history; system messages and sampling parameters are
passed over, because the answer comes from the articles. The quotes stand under the answer, as `kotae ask` prints them,
for clients that show text only, and in the extra field `kotae` for programs.
"""

import asyncio
import json
import re
import threading
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse

from index.errors import ChatModelBusy, ChatModelError, KotaeError, NoIndex, QuestionError
from rag.answer import Answer, Message
from rag.language import ASKED, Asked
from ui.shelves import Shelves
from ui.turns import REMEMBERED, Places, Turn, take

MODEL = "kotae"

_MARKS = re.compile(r"\s*\[\d+\]|\s+")  # what may differ between the text as written and as checked


def openai_routes(shelves: Shelves, places: Places) -> APIRouter:
    """The routes under /v1/. The model `kotae` is where a page begins, `kotae/NAME` another of its collections."""
    router = APIRouter(prefix="/v1")

    @router.get("/models")
    def models() -> JSONResponse:
        names = [MODEL, *(f"{MODEL}/{name}" for name in shelves.names[1:])]
        return JSONResponse(
            {"object": "list", "data": [{"id": name, "object": "model", "owned_by": MODEL} for name in names]}
        )

    @router.post("/chat/completions")
    async def complete(request: Request) -> Any:
        try:
            wanted = json.loads(await request.body())
            question, history = asked_in(wanted)
            language: Asked = wanted.get("language", "auto")
            if language not in ASKED:
                raise QuestionError(f"the language is {language!r}: use one of {', '.join(ASKED)}")
            model, collection = model_in(wanted)
            bot = await asyncio.to_thread(shelves.bot, collection)
        except NoIndex as error:
            return _error(404, "invalid_request_error", str(error), "model_not_found")
        except (ValueError, RecursionError) as error:
            return _error(400, "invalid_request_error", f"the body is not JSON: {error}")
        except QuestionError as error:
            return _error(400, "invalid_request_error", str(error))
        except KotaeError as error:  # the collection cannot be opened
            return _error(*_failure(error))
        start = Turn(number=1, question=question, language=language, collection=collection, model_name=bot.model_name)
        stop = threading.Event()
        frame = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}
        turns = take(bot, start, history, places, stop)
        if wanted.get("stream") is True:
            events = _events(turns, {**frame, "object": "chat.completion.chunk"})
            return StreamingResponse(events, media_type="text/event-stream")
        turn = start
        async with aclosing(turns):
            async for grown in turns:
                turn = grown
                if await request.is_disconnected():
                    stop.set()
        if turn.error is not None or turn.answer is None:
            return _error(*_failure(turn.error))
        message = {"role": "assistant", "content": str(turn.answer)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        body = {**frame, "object": "chat.completion", "choices": [choice], "usage": usage}
        return JSONResponse({**body, "kotae": extra(turn.answer)})

    return router


def asked_in(wanted: object) -> tuple[str, list[Message]]:
    """The question and its history in a request. Raises QuestionError saying what the messages lack."""
    messages = wanted.get("messages") if isinstance(wanted, dict) else None
    if not isinstance(messages, list) or not messages:
        raise QuestionError('the messages are missing: give [{"role": "user", "content": "..."}]')
    talk: list[Message] = []
    for message in messages:
        role = message.get("role") if isinstance(message, dict) else None
        if role in ("user", "assistant"):
            talk.append({"role": role, "content": _content(message)})
    if not talk or talk[-1]["role"] != "user" or not talk[-1]["content"].strip():
        raise QuestionError("the last message is not the user's: end with the question")
    return talk[-1]["content"], talk[:-1][-2 * REMEMBERED :]


def model_in(wanted: Mapping[str, Any]) -> tuple[str, str]:
    """The model that the reply names and the collection that it stands for: any name but `kotae/NAME` means "".

    Clients send names of models that they know; all of them are answered from the same articles.
    """
    model = wanted.get("model")
    collection = model.removeprefix(f"{MODEL}/") if isinstance(model, str) and model.startswith(f"{MODEL}/") else ""
    return (f"{MODEL}/{collection}", collection) if collection else (MODEL, "")


def extra(answer: Answer) -> dict[str, Any]:
    """The field `kotae`: whether the articles say, the citations, the passages found, warnings."""
    whole = answer.to_dict()
    return {name: whole[name] for name in ("text", "answered", "language", "citations", "hits", "warnings", "timings")}


async def _events(turns: Any, frame: Mapping[str, Any]) -> AsyncIterator[str]:
    """Server-sent events: the text as it is written, then the quotes; the last piece carries `kotae`.

    What was sent cannot be taken back: marks that were put after the writing are left to `kotae`'s text, and an answer
    that was replaced once it was checked follows as a paragraph of its own.
    """

    def event(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return f"data: {json.dumps({**frame, 'choices': [choice], **more}, ensure_ascii=False)}\n\n"

    sent = ""
    turn: Turn | None = None
    yield event({"role": "assistant", "content": ""})
    async with aclosing(turns):
        async for turn in turns:
            # The last pieces often come together with the answer.
            if turn.written.startswith(sent) and turn.written != sent:
                yield event({"content": turn.written[len(sent) :]})
                sent = turn.written
    if turn is None or turn.answer is None:
        _, kind, message = _failure(turn.error if turn else None)
        yield f"data: {json.dumps({'error': {'message': message, 'type': kind}}, ensure_ascii=False)}\n\n"
    else:
        text, quotes = turn.answer.text, str(turn.answer)[len(turn.answer.text) :]
        same = _MARKS.sub("", text) == _MARKS.sub("", sent)
        rest = quotes if same else f"{sent and chr(10) * 2}{text}{quotes}"
        if rest:
            yield event({"content": rest})
        yield event({}, "stop", kotae=extra(turn.answer))
    yield "data: [DONE]\n\n"


def _content(message: Mapping[str, Any]) -> str:
    """Text, or a list of parts of which the texts count."""
    content = message.get("content")
    if isinstance(content, list):
        content = "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _failure(error: Exception | None) -> tuple[int, str, str]:
    if isinstance(error, QuestionError):
        return 400, "invalid_request_error", str(error)
    if isinstance(error, ChatModelBusy):
        return 429, "rate_limit_error", str(error)
    if isinstance(error, ChatModelError):
        return 502, "model_error", str(error)
    if isinstance(error, KotaeError):
        return 503, "server_error", str(error)
    return 500, "server_error", "something went wrong inside Kotae: the terminal it runs in has the details"


def _error(status: int, kind: str, message: str, code: str | None = None) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)
