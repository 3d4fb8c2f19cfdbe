"""What comes out: an answer with citations that can be checked. Knows nothing of how it was made."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from index.article import Language
from rag.retrieve import Hit

Message = dict[str, str]  # of a conversation: {"role": "system" | "user" | "assistant", "content": text}


@dataclass(frozen=True, kw_only=True)
class Citation:
    """`[number]` in the answer and the verbatim quote it stands for: `quote == article.text[start:end]`.

    `page` is the page it begins on, from 1, in an article that has pages; else 0.
    """

    number: int
    article_id: str
    title: str
    source: str
    quote: str
    start: int
    end: int
    page: int = 0


@dataclass(frozen=True, kw_only=True)
class Found:
    """The first thing a stream yields: the passages, before the model speaks.

    A follow-up may yield it a second time, with what was found for `standalone`, the question as it reads alone.
    """

    question: str
    hits: tuple[Hit, ...]
    standalone: str = ""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of the answer's text as it is written; the final `Answer` may correct it."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The last thing a stream yields, and what `answer` returns.

    `language` is that of `text`. `answered` is False when the articles do not say (then `text` says so and
    `hits` are the nearest passages) or when no model could be asked (then `failure` says why). `confidence` is the
    probability that the passages answer the question, None where nobody judged it; `standalone` is a follow-up's
    question as it reads alone, "" otherwise. `timings` are seconds, by stage.
    """

    question: str
    text: str
    language: Language
    answered: bool
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    warnings: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None
    standalone: str = ""
    failure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The object that `kotae ask --json` prints; only JSON types. A follow-up has its `standalone` question too."""
        return {
            "question": self.question,
            "text": self.text,
            "language": self.language,
            "answered": self.answered,
            "citations": [
                {
                    "number": citation.number,
                    "article_id": citation.article_id,
                    "title": citation.title,
                    "source": citation.source,
                    "quote": citation.quote,
                    "start": citation.start,
                    "end": citation.end,
                    **({"page": citation.page} if citation.page else {}),
                }
                for citation in self.citations
            ],
            "hits": [
                {
                    "passage_id": hit.passage.id,
                    "article_id": hit.passage.article_id,
                    "text": hit.passage.text,
                    "score": hit.score,
                }
                for hit in self.hits
            ],
            "warnings": list(self.warnings),
            "timings": dict(self.timings),
            **({"standalone": self.standalone} if self.standalone else {}),
        }

    def __str__(self) -> str:
        """The text, then one line for each citation."""
        lines = [self.text]
        if self.citations:
            lines.append("")
        pages = {c.number: f" (p. {c.page})" if c.page else "" for c in self.citations}
        lines += [f"[{c.number}] {c.title}{pages[c.number]}: 「{c.quote}」" for c in self.citations]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """For Jupyter. Every piece of text is escaped: articles and models are not trusted with markup."""
        paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in self.text.splitlines() if line.strip())
        sources = "".join(
            f"<li value='{c.number}'><b>{html.escape(c.title)}</b>"
            f"<blockquote style='margin:.25em 1em;border-left:3px solid #999;padding-left:.75em'>"
            f"{html.escape(c.quote)}</blockquote></li>"
            for c in self.citations
        )
        return f"<div lang='{self.language}'>{paragraphs}<ol>{sources}</ol></div>"
