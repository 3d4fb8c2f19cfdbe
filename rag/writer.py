"""What the chat model is asked for one question, and what becomes of what it writes. Knows nothing of finding passages.

Four requests at most: a follow-up worded anew, whether the evidence answers, the answer, and once more from less
evidence when the check finds fault.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from index.article import Language
from rag.adapter import ADAPTER
from rag.answer import Answer, Message
from rag.checks import Draft, answerable_kind, best_sentence, check, narrowed
from rag.cite import quote
from rag.confidence import ADAPTED, PLAIN, confidence, signals
from rag.conflict import find_conflict, wording
from rag.evidence import Excerpt
from rag.follow_up import MAX_REWRITE_TOKENS, accepted, rewrite_messages
from rag.kanji_names import Readings, no_readings
from rag.later import find_later, later_words
from rag.model import stream_text, yes_probability
from rag.prompt import answer_messages, probe_messages
from rag.relevance import Likeness
from rag.texts import (
    ASKED_AGAIN,
    DECLINED,
    DOUBTFUL,
    EVASIVE,
    INVENTED,
    MENDED,
    QUOTED,
    QUOTED_INSTEAD,
    UNSUPPORTED,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

MAX_ANSWER_TOKENS = 220


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the model is asked: a question, the language of its answer, and the conversation that the question needs."""

    question: str
    language: Language
    history: Sequence[Message] = ()

    @property
    def earlier(self) -> str:
        """All that was said before: an answer may repeat it."""
        return "\n".join(message["content"] for message in self.history)


class Writer:
    """A chat model that answers from evidence. Its methods raise what `rag.model.stream_text` raises."""

    def __init__(self, chat_model: "BaseChatModel", likeness: Likeness, readings: Readings = no_readings) -> None:
        self._chat_model = chat_model
        self._likeness = likeness
        self._readings = readings
        self._weights = ADAPTED if getattr(chat_model, "adapter", None) == ADAPTER else PLAIN

    def standalone(self, question: str, history: Sequence[Message]) -> str:
        """The follow-up as a question that stands alone; "" where the model found no wording that can be trusted."""
        messages = as_messages(rewrite_messages(question, history))
        written = "".join(stream_text(self._chat_model, messages, max_tokens=MAX_REWRITE_TOKENS, stop=("\n",)))
        return accepted(written, question, history)

    def confidence(self, wanted: Wanted, excerpts: Sequence[Excerpt]) -> float | None:
        """The probability that the excerpts answer; None from an endpoint that tells no probabilities.

        0.0 where nothing is read, or nothing of the kind asked for: then no model is asked.
        """
        if not answerable_kind(wanted.question, excerpts):
            return 0.0
        messages = probe_messages(wanted.question, excerpts, wanted.language, wanted.history)
        yes = yes_probability(self._chat_model, as_messages(messages))
        return None if yes is None else confidence(signals(excerpts, yes), self._weights)

    def write(self, wanted: Wanted, excerpts: Sequence[Excerpt]) -> Iterator[str]:
        """The answer, piece by piece, unchecked."""
        messages = answer_messages(wanted.question, excerpts, wanted.language, wanted.history)
        return stream_text(self._chat_model, as_messages(messages), max_tokens=MAX_ANSWER_TOKENS)

    def finished(self, given: Answer, wanted: Wanted, written: str, excerpts: Sequence[Excerpt]) -> Answer:
        """`given` with the checked text and its citations.

        A draft that fails its check is written once more from the likeliest sentences alone; when that fails too, the
        likeliest sentence itself is the answer. A model that says that the excerpts do not say is believed.
        """
        draft = self._checked(written, wanted, excerpts)
        if draft.is_sound:
            return self._final(given, draft, wanted, excerpts)
        fault = _fault(draft, wanted.language) + (" " if wanted.language == "en" else "")
        if not draft.silent:
            draft = self._checked("".join(self.write(wanted, narrowed(excerpts, wanted.question))), wanted, excerpts)
            if draft.is_sound:
                again = fault + ASKED_AGAIN[wanted.language]
                return self._final(replace(given, warnings=(again,)), draft, wanted, excerpts)
        if draft.silent:
            return replace(given, text=DECLINED[wanted.language])
        nearest = best_sentence(excerpts, wanted.question)
        return replace(
            given,
            text=f"{QUOTED[wanted.language].format(quote=nearest.text)} [1]",
            answered=True,
            citations=(quote(nearest),),
            warnings=(fault + QUOTED_INSTEAD[wanted.language],),
        )

    def _final(self, given: Answer, draft: Draft, wanted: Wanted, excerpts: Sequence[Excerpt]) -> Answer:
        """A sound draft as the answer, with warnings of what a reader should look at again."""
        warnings = [*given.warnings]
        warnings += [MENDED[wanted.language].format(written=written, own=own) for written, own in draft.mended]
        if draft.doubtful:
            warnings.append(DOUBTFUL[wanted.language].format(names=", ".join(draft.doubtful)))
        text, citations = draft.text, draft.citations
        later = find_later(text, citations, wanted.question, given.hits, self._likeness)
        conflict = find_conflict(text, citations, wanted.question, excerpts, self._likeness)
        if conflict and not (later and later.sentence.article == conflict.sentence.article):
            warnings.append(wording(conflict, wanted.language))
        if later:
            citations = (*citations, quote(later.sentence, len(citations) + 1))
            text = f"{text}\n{later_words(later, len(citations), wanted.language)}"
        return replace(given, text=text, answered=True, citations=citations, warnings=tuple(warnings))

    def _checked(self, written: str, wanted: Wanted, excerpts: Sequence[Excerpt]) -> Draft:
        return check(
            written, wanted.question, wanted.language, excerpts, self._likeness, self._readings, earlier=wanted.earlier
        )


def as_messages(messages: Sequence[Message]) -> "list[BaseMessage]":
    """LangChain's form of the messages."""
    from langchain_core.messages import convert_to_messages  # takes 0.5 s to import: paid when a model is asked

    return convert_to_messages(list(messages))


def _fault(draft: Draft, language: Language) -> str:
    if draft.invented:
        return INVENTED[language].format(invented=", ".join(draft.invented))
    if draft.evasive:
        return EVASIVE[language]
    return UNSUPPORTED[language]
