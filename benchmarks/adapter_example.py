"""One question as the adapter is trained on it. Knows neither sets nor models."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.article import Language
from rag.evidence import Excerpt
from rag.prompt import shown


@dataclass(frozen=True, kw_only=True)
class Example:
    """A question with the excerpts that Kotae would show the model, whether they answer it, and the answer.

    `answer` is a whole sentence, "" where none is known; `short` holds a set's own short answers.
    """

    origin: str
    question: str
    language: Language
    excerpts: tuple[str, ...]
    answerable: bool
    answer: str = ""
    short: tuple[str, ...] = ()


def as_read(excerpts: Sequence[Excerpt], language: Language) -> tuple[str, ...]:
    """The excerpts as the model reads them for an answer in `language`."""
    return tuple(shown(excerpt, language) for excerpt in excerpts)
