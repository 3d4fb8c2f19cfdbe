"""Kotae's core: an index and a chat model that answer together. Knows nothing of web pages or terminals.

A question goes through five stages, the same in the window, on the command line and in a notebook:
find passages, narrow them, decline or ask the model, check what it wrote, cite.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from index.article import LANGUAGES, Article, Language
from index.errors import ChatModelError, ModelError, QuestionError
from index.home import collections
from index.progress import ProgressCallback, nobody
from index.rerank import Reranker
from rag.answer import Answer, Found, Message, Piece
from rag.hits import Hits
from rag.language import ASKED, Asked, answer_language, question_language
from rag.model import open_chat_model, remote_embedder, yes_probability
from rag.retrieve import Filters, Hit, interleaved, retrieve
from rag.settings import Settings
from rag.texts import DECLINED, NO_MODEL
from rag.timings import Timings

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from index.build import IndexReport
    from index.catalogue import Entry
    from index.collection import Collection
    from index.dictionary import Dictionary
    from index.embed import TextEmbedder
    from rag.evidence import Excerpt
    from rag.gold import GoldQuestion
    from rag.judge import Judge
    from rag.langchain_retriever import KotaeRetriever
    from rag.scorecard import Scorecard

MAX_QUESTION = 4000  # characters; a longer one is an article
HITS = 10  # passages found for an answer


class Chatbot:
    """An index and a chat model: `search`, `answer`, `stream`. Methods may be called from any thread."""

    def __init__(self, settings: Settings, embedder: "TextEmbedder", collection: "Collection") -> None:
        self.settings = settings
        self._embedder = embedder
        self._collection = collection
        self._reranker = Reranker(settings.reranker, allow_hub=settings.allow_hub) if settings.reranker else None
        self._loading = threading.Lock()
        self._beside = {settings.collection: self}  # the chatbots over the collections of this home, by name

    @classmethod
    def open(
        cls,
        home: "str | os.PathLike[str] | None" = None,
        *,
        collection: str = "",
        settings: Settings | None = None,
        progress: ProgressCallback = nobody,
    ) -> "Chatbot":
        """The chatbot over the index in `home` (by default KOTAE_HOME), or a collection in it. Loads no chat model yet.

        Raises NoIndex, EmbedderMismatch, StoreError, ModelError or SettingsError.
        """
        settings = settings or Settings.from_environment(home=home, collection=collection)
        from index.collection import Collection  # see `rag/retrieve.py`

        place = settings.place
        place.live  # noqa: B018  (raises NoIndex before a model is prepared)
        embedder = open_embedder(settings, progress)
        return cls(settings, embedder, Collection(place, embedder, open_dictionary(settings, progress)))

    @property
    def collections(self) -> list[str]:
        """The names of the collections in this home; the one that needs no name is "default"."""
        return collections(self.settings.home)

    def of(self, collection: str) -> "Chatbot":
        """The chatbot over another collection of this home: opened once, models that are the same are shared.

        Raises what `open` raises.
        """
        from index.collection import Collection  # see `rag/retrieve.py`

        settings = self.settings.of_collection(collection)
        with _opening:
            bot = self._beside.get(settings.collection)
            if bot is None:
                same = settings.embedder == self.settings.embedder
                embedder = self._embedder if same else open_embedder(settings)
                bot = Chatbot(settings, embedder, Collection(settings.place, embedder, open_dictionary(settings)))
                self._beside[settings.collection], bot._beside = bot, self._beside
        return bot

    @property
    def article_count(self) -> int:
        """Articles in the index."""
        return self._collection.count()[0]

    @property
    def model_name(self) -> str:
        """What answers: the name of the chat model."""
        return self.settings.chat_model

    def articles(self) -> "Sequence[Entry]":
        """Every article of the index as a list, without the texts."""
        from index.catalogue import catalogue  # opens the manifest: not for `import rag`

        return catalogue(self.settings.place)

    def article(self, article_id: str) -> Article | None:
        """The article with this id, None when there is none."""
        return self._collection.articles([article_id]).get(article_id)

    @cached_property
    def chat_model(self) -> "BaseChatModel":
        """The chat model, loaded when it is first needed. Raises ModelError or ChatModelError."""
        with self._loading:
            return open_chat_model(self.settings)

    def warm_up(self) -> None:
        """Loads both models and reads the part of the prompt that never changes, so that the first question is fast."""
        from rag.prompt import probe_messages  # see `stream`
        from rag.writer import as_messages

        self._collection.likeness("warm up", "en", ["warm up"], "en")
        for language in LANGUAGES:
            yes_probability(self.chat_model, as_messages(probe_messages("?", [], language)))

    def search(self, question: str, k: int = 10, *, filters: Filters | None = None) -> Hits:
        """The `k` best passages for `question`, best first. Raises QuestionError for one that cannot be asked."""
        return Hits(retrieve(self._collection, checked(question), k, filters=filters, reranker=self._reranker))

    def as_retriever(self, k: int = 10, *, filters: Filters | None = None) -> "KotaeRetriever":
        """The same search as a LangChain retriever: scores and offsets are in each document's metadata."""
        from rag.langchain_retriever import KotaeRetriever  # imports LangChain: paid by who asks for it

        return KotaeRetriever(bot=self, k=k, filters=filters)

    def answer(
        self,
        question: str,
        language: Asked = "auto",
        history: Sequence[Message] = (),
        *,
        filters: Filters | None = None,
    ) -> Answer:
        """The whole answer. `history` is the conversation before it, as {"role", "content"} messages."""
        for event in self.stream(question, language, history, filters=filters):
            if isinstance(event, Answer):
                return event
        raise ChatModelError("the stream ended without an answer: please report this")

    def stream(
        self,
        question: str,
        language: Asked = "auto",
        history: Sequence[Message] = (),
        *,
        filters: Filters | None = None,
    ) -> Iterator[Found | Piece | Answer]:
        """The passages as soon as they are found, the answer piece by piece, then the checked answer.

        Closing the iterator stops the model. Raises QuestionError, StoreError, ModelError or ChatModelError.
        """
        # Their patterns take time to compile: not for `import rag`.
        from rag.confidence import MIN_CONFIDENCE
        from rag.follow_up import leans, searched
        from rag.writer import Wanted, Writer

        question = checked(question)
        if language not in ASKED:
            raise QuestionError(f"the language is {language!r}: use one of {', '.join(ASKED)}")
        spoken = answer_language(question, language)
        timings = Timings()

        # A follow-up is searched with the question before it at once, and again when the model has worded it alone.
        history = history if leans(question, history) else ()
        asked = searched(question, history)
        hits = retrieve(self._collection, asked, HITS, filters=filters, reranker=self._reranker)
        timings.lap("search")
        yield Found(question=question, hits=tuple(hits))
        given = Answer(question=question, text="", language=spoken, answered=False, hits=tuple(hits))
        pieces: list[str] = []
        try:
            writer = Writer(self.chat_model, self._collection.likeness, self._collection.readings)
            if history and (alone := writer.standalone(question, history)):
                found = retrieve(self._collection, alone, HITS, filters=filters, reranker=self._reranker)
                asked, history = alone, ()
                given = replace(given, standalone=alone, hits=tuple(interleaved(found, hits, HITS)))
                yield Found(question=question, hits=given.hits, standalone=alone)
                timings.lap("rewrite")

            excerpts = self._excerpts(asked, given.hits, spoken)
            timings.lap("narrow")
            wanted = Wanted(question=asked if given.standalone else question, language=spoken, history=history)
            given = replace(given, confidence=writer.confidence(wanted, excerpts))
            timings.lap("probe")
            if not excerpts or (given.confidence is not None and given.confidence < MIN_CONFIDENCE):
                yield replace(given, text=DECLINED[spoken], timings=timings.total())
                return

            for piece in writer.write(wanted, excerpts):
                timings.first("first_piece")
                pieces.append(piece)
                yield Piece(text=piece)
        except (ChatModelError, ModelError) as error:
            if pieces:  # half an answer is none
                raise
            reason = str(error)
            yield replace(given, text=NO_MODEL[spoken], failure=reason, warnings=(reason,), timings=timings.total())
            return
        answer = writer.finished(given, wanted, "".join(pieces), excerpts)
        yield replace(answer, timings=timings.total())

    def index(
        self, paths: "Sequence[Path]" = (), *, rebuild: bool = False, progress: ProgressCallback = nobody
    ) -> "IndexReport":
        """Brings the index to what is under `paths` now (see `index.build.update_index`)."""
        from index.build import update_index  # the readers of all formats: paid by who indexes

        return update_index(self.settings.place, self._embedder, paths, rebuild=rebuild, progress=progress)

    def evaluate(
        self,
        gold: "str | os.PathLike[str] | Sequence[GoldQuestion]",
        *,
        retrieval_only: bool = False,
        journal: "Path | None" = None,
        workers: int = 0,
        judge: "Judge | None" = None,
        progress: ProgressCallback = nobody,
    ) -> "Scorecard":
        """How good the answers to a gold set are (see `rag.evaluate`); `gold` is a file or the questions themselves."""
        from rag.evaluate import evaluate  # asks a Chatbot, so it imports this module
        from rag.gold import read_gold

        questions = read_gold(gold) if isinstance(gold, str | os.PathLike) else gold
        name = os.path.basename(gold) if isinstance(gold, str | os.PathLike) else ""
        return evaluate(
            self, questions, retrieval_only=retrieval_only, journal=journal, workers=workers, judge=judge, name=name,
            progress=progress,
        )  # fmt: skip

    def close(self) -> None:
        """Gives the index's files back; the chat model stays for the other chatbots of this process."""
        self._collection.close()
        self._beside.pop(self.settings.collection, None)

    def _excerpts(self, question: str, hits: Sequence[Hit], spoken: Language) -> "list[Excerpt]":
        """What is read of the hits for an answer in `spoken`."""
        from rag.evidence import gather, whole_passages, with_people  # see `stream`

        asked, of = question_language(question), self._collection
        excerpts = (
            whole_passages(hits)
            if self.settings.chat_url
            else gather(question, asked, hits, of.likeness, of.shared_words)
        )
        return with_people(excerpts, of.readings) if spoken == "en" else excerpts


def open_embedder(settings: Settings, progress: ProgressCallback = nobody) -> "TextEmbedder":
    """The embedder that the settings name: behind an endpoint if they name one, else in this process."""
    if settings.embed_url:
        return remote_embedder(settings)
    from index.embed import Embedder  # imports numpy, half of what `import rag` would take

    return Embedder.open(
        settings.embedder,
        settings.models,
        allow_hub=settings.allow_hub,
        threads=settings.threads,
        progress=progress,
    )


def open_dictionary(settings: Settings, progress: ProgressCallback = nobody) -> "Dictionary | None":
    """The dictionary between the two languages; None where its package is not installed."""
    from index.dictionary import Dictionary  # see `Chatbot.stream`

    return Dictionary.open(settings.models, progress=progress)


def checked(question: str) -> str:
    """The question without white space around it. Raises QuestionError when nothing is left, or too much."""
    question = question.strip()
    if not question:
        raise QuestionError('the question is empty: ask something, for example `kotae ask "..."`')
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters: ask with {MAX_QUESTION:,} at most "
            "(a text to search in belongs into the index: `kotae index PATH`)"
        )
    return question


def answer(question: str, language: Asked = "auto", history: Sequence[Message] = ()) -> Answer:
    """Asks the index in KOTAE_HOME; the first call opens it, later ones share it."""
    return _shared().answer(question, language, history)


_chatbots: dict[Settings, Chatbot] = {}
_opening = threading.Lock()


def _shared() -> Chatbot:
    settings = Settings.from_environment()
    with _opening:
        if settings not in _chatbots:
            _chatbots[settings] = Chatbot.open(settings=settings)
        return _chatbots[settings]
