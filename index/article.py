"""The two nouns of the lower floor: an article, and a passage of it. Knows nothing of files, vectors or stores."""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


@dataclass(frozen=True, kw_only=True)
class Article:
    """One source text.

    `language` is "ja" or "en". `date` is ISO 8601 (`2025-11-03`, or `2025-11`, or `2025`), or "" when unknown, and
    so is `source`. `text` is the body as read, with line ends as "\\n"; every offset in Kotae counts its characters.
    `pages`: where each page begins in `text`; empty when the source has no pages.
    """

    id: str
    title: str
    language: Language
    source: str
    date: str
    text: str
    pages: tuple[int, ...] = ()

    def page_at(self, position: int) -> int:
        """The number of the page, from 1, on which the character at `position` stands; 0 when there are no pages."""
        return bisect_right(self.pages, position)

    @property
    def digest(self) -> str:
        """SHA-256 over all fields, hexadecimal: equal digests mean that nothing about the article has changed."""
        fields: tuple[str, ...] = (self.id, self.title, self.language, self.source, self.date, self.text)
        if self.pages:  # an article without pages has the digest that it had before there were any
            fields += (",".join(map(str, self.pages)),)
        return hashlib.sha256("\x00".join(fields).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A slice of one article, small enough to embed and short enough to quote.

    `text` is exactly `article.text[start:end]`, so a citation can be checked against its article. `title` and
    `heading` (the section it stands under, "" if none) travel with it into the embedder and the word index.
    """

    article_id: str
    start: int
    end: int
    text: str
    title: str
    heading: str
    language: Language

    @property
    def embedded_text(self) -> str:
        """What the embedder and the word index read: the title, the heading, then the text."""
        return "\n".join(part for part in (self.title, self.heading, self.text) if part)

    @property
    def id(self) -> str:
        """Article, place and a digest of what is embedded: the same passage has the same id in every run."""
        seen = f"{self.language}\x00{self.embedded_text}".encode("utf-8", "surrogatepass")
        return f"{self.article_id}#{self.start}-{hashlib.sha256(seen).hexdigest()[:12]}"
