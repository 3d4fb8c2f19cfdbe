"""What the page's own scripts ask for beside gradio: sources, articles, uploads, feedback, reports. Knows nothing of
answering.

HTML comes from `ui.render_panel`; everything else is JSON, which `page.js` shows as text.
"""

import json
import queue
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from index.catalogue import Entry
from index.errors import KotaeError, NoIndex, QuestionError
from index.formats import SUFFIXES
from index.progress import Progress, ProgressCallback
from rag.feedback import Feedback, FeedbackError, keep_feedback
from rag.report_texts import HEADLINE, METRICS
from rag.scorecard import ReportError
from rag.stored import stored_report, stored_reports
from ui import render_panel, texts
from ui.library import LARGEST_FILE
from ui.reasons import in_both
from ui.records import conversation, from_record
from ui.shelves import Shelves
from ui.turns import history_of

SHOWN = 200  # articles of the list on the page at once


def page_routes(shelves: Shelves) -> APIRouter:
    """The routes under /kotae/. Their `collection` names one of the page's collections; "" is where a page begins."""
    router = APIRouter(prefix="/kotae", route_class=_Route)
    settings = shelves.bot("").settings

    def served(collection: str = "") -> str:
        shelves.bot(collection)
        return collection

    Served = Annotated[str, Depends(served)]  # noqa: N806 - a type

    @router.post("/source")
    async def source(request: Request) -> HTMLResponse:
        """A part of a turn within its article: {"turn": a stored turn, "part": "1" or "h3"}."""
        try:
            wanted = json.loads(await request.body())
            turn, part = from_record(wanted["turn"]), str(wanted["part"])
        except (ValueError, KeyError, TypeError, RecursionError, QuestionError):
            return HTMLResponse("", 400)
        article_id = render_panel.article_id(turn, part)
        if not article_id:
            return HTMLResponse("", 404)
        try:
            article = await run_in_threadpool(lambda: shelves.bot(turn.collection).article(article_id))
        except KotaeError:  # the collection is gone, damaged, or another page's: the turn still has its passage
            article = None
        return HTMLResponse(render_panel.source(turn, part, article))

    @router.get("/collections")
    def collections() -> JSONResponse:
        """The names of the collections to choose from, the first one being where a page begins."""
        return JSONResponse(shelves.names)

    @router.get("/article")
    def article(id: str, collection: Served) -> HTMLResponse:
        found = shelves.bot(collection).article(id)
        return HTMLResponse(render_panel.article(found) if found else "", 200 if found else 404)

    @router.get("/articles")
    def articles(
        collection: Served, q: str = "", language: str = "", date_from: str = "", date_to: str = ""
    ) -> JSONResponse:
        """The articles that match, the first SHOWN of them, and how many there are."""
        library = shelves.library(collection)
        entries = shelves.bot(collection).articles()
        matching = [entry for entry in entries if _fits(entry, q, language, date_from, date_to)]
        return JSONResponse(
            {
                "total": len(entries),
                "matching": len(matching),
                "suffixes": list(SUFFIXES),
                "largest": LARGEST_FILE,
                "articles": [
                    {
                        "id": entry.id,
                        "title": entry.title,
                        "language": entry.language,
                        "source": entry.source,
                        "date": entry.date,
                        "characters": entry.characters,
                        "removable": library.owns(entry),
                    }
                    for entry in matching[:SHOWN]
                ],
            }
        )

    @router.post("/upload")
    async def upload(name: str, request: Request, collection: Served) -> JSONResponse:
        """One file, its bytes as the body. It is kept, and searchable after /kotae/index."""
        data = await request.body()
        received = await run_in_threadpool(lambda: shelves.library(collection).receive(name, data))
        return JSONResponse(
            {
                "name": received.name,
                "kept": received.kept,
                "titles": received.titles,
                "renamed": received.renamed,
                "duplicate_of": received.duplicate_of,
                "problem": received.problem and _spoken(received.problem),
                "refused": [_spoken(reason) for reason in received.refused],
            }
        )

    @router.post("/index")
    def index(collection: Served) -> StreamingResponse:
        """Makes the uploads searchable. One JSON object a line: progress, then {"articles": ...} or {"error": ...}."""

        def work(progress: ProgressCallback) -> dict[str, Any]:
            return {"articles": shelves.library(collection).index(progress).articles}

        return StreamingResponse(_lines(work), media_type="application/x-ndjson")

    @router.post("/remove")
    def remove(id: str, collection: Served) -> StreamingResponse:
        """Takes an uploaded article out; lines as from /kotae/index."""

        def work(progress: ProgressCallback) -> dict[str, Any]:
            removed = shelves.library(collection).remove(id, progress)
            return {"removed": removed, "articles": len(shelves.bot(collection).articles())}

        return StreamingResponse(_lines(work), media_type="application/x-ndjson")

    @router.post("/feedback")
    async def feedback(request: Request) -> JSONResponse:
        """What a reader thinks of the last of these turns: {"turns": [...], "verdict": "up", "correction": ""}."""
        try:
            wanted = json.loads(await request.body())
            *before, turn = conversation(wanted["turns"])
            if turn.answer is None:
                raise QuestionError("only a whole answer can be judged: ask again")
            verdict, correction = wanted["verdict"], str(wanted.get("correction", ""))
            judged = Feedback.of(
                turn.answer,
                verdict,
                correction=correction,
                history=history_of(before),
                collection=turn.collection or settings.collection,
            )
            await run_in_threadpool(keep_feedback, settings, judged)
        except (FeedbackError, QuestionError) as error:
            return JSONResponse({"problem": _spoken(str(error))}, 400)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return JSONResponse({"problem": _spoken("the feedback cannot be read: reload the page")}, 400)
        return JSONResponse({"kept": True})

    @router.get("/reports")
    def reports() -> JSONResponse:
        """The evaluation reports of this home, newest first, with the metrics that matter most."""
        return JSONResponse(
            [
                {
                    "key": report.key,
                    "name": report.name,
                    "written": report.written,
                    "questions": report.questions,
                    "metrics": [
                        {"name": asdict(METRICS[name]), "mean": report.metrics[name]}
                        for name in HEADLINE
                        if name in report.metrics
                    ],
                }
                for report in stored_reports(settings.home)
            ]
        )

    @router.get("/report")
    def report(key: str) -> Response:
        """One of them: HTML as text, since it is only ever shown in a frame that may do nothing."""
        try:
            return PlainTextResponse(stored_report(settings.home, key).page())
        except ReportError as error:
            return JSONResponse({"problem": _spoken(str(error))}, 404)

    return router


class _Route(APIRoute):
    """What cannot be done is said as {"problem": ...}: 404 for what is not there, 503 for what cannot be used now."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except KotaeError as error:
                return JSONResponse({"problem": _spoken(str(error))}, 404 if isinstance(error, NoIndex) else 503)

        return handled


def _spoken(message: str) -> dict[str, str]:
    return asdict(in_both(message))


def _fits(entry: Entry, words: str, language: str, date_from: str, date_to: str) -> bool:
    """Whether an entry is in the list: every word in title, source or id; dates as in `Manifest.select`."""
    text = f"{entry.title}\n{entry.source}\n{entry.id}".casefold()
    return (
        (not language or entry.language == language)
        and all(word in text for word in words.casefold().split())
        and (not date_from or entry.date >= date_from)
        and (not date_to or "" < entry.date[: len(date_to)] <= date_to)
    )


def _lines(work: Callable[[ProgressCallback], dict[str, Any]]) -> Iterator[str]:
    """What `work` reports and returns, a line each, while it runs in a thread of its own."""
    events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def report(progress: Progress) -> None:
        events.put({"label": progress.label, "done": progress.done, "total": progress.total})

    def run() -> None:
        try:
            events.put(work(report))
        except (KotaeError, OSError) as error:
            events.put({"error": asdict(texts.of_error(error)), "reason": _spoken(str(error))})
        finally:
            events.put(None)

    threading.Thread(target=run, name="kotae-index", daemon=True).start()
    while (event := events.get()) is not None:
        yield json.dumps(event) + "\n"
