"""Kotae's core: an index and a chat model that answer together. Knows nothing of web pages or terminals.

A question goes through five stages, the same in the window, on the command line and in a notebook:
find passages, narrow them, decline or ask the model, check what it wrote, cite.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from index.article import LANGUAGES, Language
from index.build import IndexReport, update_index
from index.collection import Collection
from index.dictionary import Dictionary
from index.embed import Embedder
from index.errors import ChatModelError, QuestionError
from index.home import Home
from index.progress import ProgressCallback, nobody
from index.rerank import Reranker
from rag.answer import Answer, Citation, Found, Piece
from rag.cite import cite, quote
from rag.evidence import Excerpt, gather, whole_passages
from rag.grounding import ungrounded
from rag.language import ASKED, Asked, answer_language, question_language
from rag.model import open_chat_model, stream_text, yes_probability
from rag.prompt import Message, answer_messages, probe_messages
from rag.retrieve import Filters, Hit, retrieve
from rag.settings import Settings
from rag.texts import DECLINED, INVENTED, UNSUPPORTED

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.gold import GoldQuestion
    from rag.langchain_retriever import KotaeRetriever
    from rag.scorecard import Scorecard

MAX_QUESTION = 4000  # characters; a longer one is an article
MAX_ANSWER_TOKENS = 220
HITS = 10  # passages found for an answer
MIN_YES = 0.66  # the probe's probability of "yes" from which an answer is given (docs/results.md, small sample)


class Chatbot:
    """An index and a chat model: `search`, `answer`, `stream`. Methods may be called from any thread."""

    def __init__(self, settings: Settings, embedder: Embedder, collection: Collection) -> None:
        self.settings = settings
        self._embedder = embedder
        self._collection = collection
        self._reranker = Reranker(settings.reranker, allow_hub=settings.allow_hub) if settings.reranker else None
        self._loading = threading.Lock()

    @classmethod
    def open(
        cls,
        home: "str | os.PathLike[str] | None" = None,
        *,
        settings: Settings | None = None,
        progress: ProgressCallback = nobody,
    ) -> "Chatbot":
        """The chatbot over the index in `home` (by default KOTAE_HOME). Loads no chat model yet.

        Raises NoIndex, EmbedderMismatch, StoreError, ModelError or SettingsError.
        """
        settings = settings or Settings.from_environment(home=home)
        place = Home(settings.home)
        place.live  # noqa: B018  (raises NoIndex before a model is prepared)
        embedder = open_embedder(settings, progress)
        return cls(settings, embedder, Collection(place, embedder, open_dictionary(settings, progress)))

    @property
    def article_count(self) -> int:
        """Articles in the index."""
        return self._collection.count()[0]

    @property
    def model_name(self) -> str:
        """What answers: the name of the chat model."""
        return self.settings.chat_model

    @cached_property
    def chat_model(self) -> "BaseChatModel":
        """The chat model, loaded when it is first needed. Raises ModelError or ChatModelError."""
        with self._loading:
            return open_chat_model(self.settings)

    def warm_up(self) -> None:
        """Loads both models and reads the part of the prompt that never changes, so that the first question is fast."""
        self._collection.likeness("warm up", "en", ["warm up"], "en")
        for language in LANGUAGES:
            yes_probability(self.chat_model, as_messages(probe_messages("?", [], language)))

    def search(self, question: str, k: int = 10, *, filters: Filters | None = None) -> list[Hit]:
        """The `k` best passages for `question`, best first. Raises QuestionError for one that cannot be asked."""
        return retrieve(self._collection, checked(question), k, filters=filters, reranker=self._reranker)

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
        began = time.monotonic()
        question = checked(question)
        if language not in ASKED:
            raise QuestionError(f"the language is {language!r}: use one of {', '.join(ASKED)}")
        spoken = answer_language(question, language)
        timings: dict[str, float] = {}

        asked = standalone(question, history)
        hits = retrieve(self._collection, asked, HITS, filters=filters, reranker=self._reranker)
        timings["search"] = time.monotonic() - began
        yield Found(question=question, hits=tuple(hits))

        excerpts = self._excerpts(asked, hits)
        timings["narrow"] = time.monotonic() - began - timings["search"]
        if not excerpts or not self._is_answerable(question, excerpts, spoken, history):
            timings["total"] = time.monotonic() - began
            yield _declined(question, spoken, hits, timings)
            return

        pieces: list[str] = []
        messages = as_messages(answer_messages(question, excerpts, spoken, history))
        for piece in stream_text(self.chat_model, messages, max_tokens=MAX_ANSWER_TOKENS):
            timings.setdefault("first_piece", time.monotonic() - began)
            pieces.append(piece)
            yield Piece(text=piece)
        answer = self._checked_answer(question, spoken, "".join(pieces).strip(), hits, excerpts)
        timings["total"] = time.monotonic() - began
        yield Answer(**{**answer.__dict__, "timings": timings})

    def index(
        self, paths: "Sequence[Path]" = (), *, rebuild: bool = False, progress: ProgressCallback = nobody
    ) -> IndexReport:
        """Brings the index to what is under `paths` now (see `index.build.update_index`)."""
        return update_index(Home(self.settings.home), self._embedder, paths, rebuild=rebuild, progress=progress)

    def evaluate(
        self,
        gold: "str | os.PathLike[str] | Sequence[GoldQuestion]",
        *,
        retrieval_only: bool = False,
        journal: "Path | None" = None,
        progress: ProgressCallback = nobody,
    ) -> "Scorecard":
        """How good the answers to a gold set are (see `rag.evaluate`); `gold` is a file or the questions themselves."""
        from rag.evaluate import evaluate  # asks a Chatbot, so it imports this module
        from rag.gold import read_gold

        questions = read_gold(gold) if isinstance(gold, str | os.PathLike) else gold
        return evaluate(self, questions, retrieval_only=retrieval_only, journal=journal, progress=progress)

    def close(self) -> None:
        """Gives the index's files back; the chat model stays for the other chatbots of this process."""
        self._collection.close()

    def _excerpts(self, question: str, hits: Sequence[Hit]) -> list[Excerpt]:
        if self.settings.chat_url:
            return whole_passages(hits)
        return gather(question, question_language(question), hits, self._collection.likeness)

    def _is_answerable(
        self, question: str, excerpts: Sequence[Excerpt], language: Language, history: Sequence[Message]
    ) -> bool:
        """Whether the model finds the answer in the excerpts; an endpoint that tells no probabilities is believed."""
        messages = as_messages(probe_messages(question, excerpts, language, history))
        probability = yes_probability(self.chat_model, messages)
        return probability is None or probability >= MIN_YES

    def _checked_answer(
        self, question: str, language: Language, text: str, hits: Sequence[Hit], excerpts: Sequence[Excerpt]
    ) -> Answer:
        """The answer with citations; when it states a figure that no excerpt holds, the nearest sentence instead."""
        evidence = "\n".join(f"{e.article.title} {e.article.date}\n{e.text}" for e in excerpts)
        invented = ungrounded(text, f"{evidence}\n{question}")
        cited = cite(text, language, excerpts, self._collection.likeness)
        citations: tuple[Citation, ...]
        warnings: tuple[str, ...] = ()
        if text and not invented and cited.citations:
            text, citations = cited.text, cited.citations
        else:
            nearest = max((s for e in excerpts for s in e.sentences), key=lambda sentence: sentence.score)
            figures = ", ".join(figure.text for figure in invented)
            text, citations = f"{nearest.text} [1]", (quote(nearest),)
            warnings = (INVENTED[language].format(figures=figures) if invented else UNSUPPORTED[language],)
        return Answer(
            question=question,
            text=text,
            language=language,
            answered=True,
            citations=citations,
            hits=tuple(hits),
            warnings=warnings,
        )


def open_embedder(settings: Settings, progress: ProgressCallback = nobody) -> Embedder:
    """The embedder that the settings name."""
    return Embedder.open(
        settings.embedder,
        settings.models,
        allow_hub=settings.allow_hub,
        threads=settings.threads,
        progress=progress,
    )


def open_dictionary(settings: Settings, progress: ProgressCallback = nobody) -> Dictionary | None:
    """The dictionary between the two languages; None where its package is not installed."""
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


def as_messages(messages: Sequence[Message]) -> "list[BaseMessage]":
    """LangChain's form of the messages."""
    from langchain_core.messages import convert_to_messages  # takes 0.5 s to import: paid when a model is asked

    return convert_to_messages(list(messages))


def standalone(question: str, history: Sequence[Message]) -> str:
    """The question with the user's one before it, for search: a follow-up alone says too little."""
    earlier = [message["content"] for message in history if message.get("role") == "user"]
    return f"{earlier[-1][:MAX_QUESTION]}\n{question}" if earlier else question


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


def _declined(question: str, language: Language, hits: Sequence[Hit], timings: dict[str, float]) -> Answer:
    return Answer(
        question=question,
        text=DECLINED[language],
        language=language,
        answered=False,
        hits=tuple(hits),
        timings=timings,
    )
