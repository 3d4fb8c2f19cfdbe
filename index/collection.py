"""The live index of a home, open for search. Knows nothing of prompts.

It follows `HOME/CURRENT`: when a writer has switched to a new generation, the next search reads that one.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from index.article import Article, Language, Passage
from index.embed import TextEmbedder
from index.errors import StoreError
from index.generation import Asked, Generation
from index.home import Home
from index.space import Vector
from index.words import question_terms, terms

if TYPE_CHECKING:
    from index.dictionary import Dictionary
    from index.readings import Reading

_REMEMBERED = 20_000  # vectors of sentences kept in memory: 31 MB at 384 dimensions


@dataclass(frozen=True, kw_only=True)
class SharedWords:
    """Which words a question asks with, and which of them each text holds."""

    asked: frozenset[str]
    held: tuple[frozenset[str], ...]


class Collection:
    """The passages of one home, searchable. Methods may be called from any thread."""

    def __init__(self, home: Home, embedder: TextEmbedder, dictionary: "Dictionary | None" = None) -> None:
        """Raises NoIndex, EmbedderMismatch or StoreError when there is nothing that can be searched.

        With a `dictionary` the words of a question are also looked for in the other language.
        """
        self._home = home
        self._embedder = embedder
        self._dictionary = dictionary
        self._lock = threading.Lock()
        self._open = _open(home, embedder)
        self._embedded: dict[str, Vector] = {}
        self._embed_question = lru_cache(maxsize=1024)(embedder.embed_question)

    def now(self) -> Generation:
        """The live generation, opened anew when a writer has switched; who still reads the old one keeps it.

        What belongs together is read from one of them: an update in between then changes nothing.
        """
        if self._home.live_name != self._open.name:
            with self._lock:
                if self._home.live_name != self._open.name:
                    self._open = _open(self._home, self._embedder)
        return self._open

    def asked(self, question: str, language: Language) -> Asked:
        """A question, embedded and looked up in the dictionary. `language` is the question's."""
        groups = self._dictionary.groups(question, language) if self._dictionary else ()
        return Asked(question=question, language=language, vector=self._embed_question(question), groups=groups)

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """Id -> passage, for those of `ids` that are there."""
        return self.now().passages(ids)

    def articles(self, ids: Iterable[str]) -> dict[str, Article]:
        """Id -> article, for those of `ids` that are there."""
        return self.now().articles(ids)

    def around(self, passages: Sequence[Passage]) -> dict[str, Passage]:
        """Id -> the passage with the one before and the one after it in its article, joined into one.

        What lies between them stays in: the text is the article's from the beginning of the first to the end of the
        last. Heading and title are those of the passage itself.
        """
        index = self.now()
        articles = index.articles({passage.article_id for passage in passages})
        in_order = {article_id: index.manifest.passages_of(article_id) for article_id in articles}
        found: dict[str, Passage] = {}
        for passage in passages:
            others = in_order.get(passage.article_id, [])
            before = [other.start for other in others if other.start < passage.start][-1:]
            after = [other.end for other in others if other.start > passage.start][:1]
            start, end = min([passage.start, *before]), max([passage.end, *after])
            if others:
                text = articles[passage.article_id].text[start:end]
                found[passage.id] = replace(passage, start=start, end=end, text=text)
        return found

    def count(self) -> tuple[int, int]:
        """(articles, passages)."""
        return self.now().manifest.count()

    def likeness(self, question: str, language: Language, texts: Sequence[str], text_language: Language) -> list[float]:
        """Cosine of a question and each text; of centred vectors where their languages differ."""
        if not texts:
            return []
        vectors = np.stack(self._embed_texts(texts))
        direction = self._embed_question(question)
        space = self.now().space
        if language != text_language and text_language in space.plain:
            vectors = space.centre_passages(vectors, text_language)
            direction = space.centre_question(direction, language)
        return [float(value) for value in vectors @ direction]

    def shared_words(
        self, question: str, language: Language, texts: Sequence[str], text_language: Language
    ) -> SharedWords:
        """The words of the question, and for each text those that it holds.

        Across languages these are the words in translation (none without a dictionary), names and figures.
        """
        from index.dictionary import met  # not for `import rag`: few ask across languages right away

        groups = self._dictionary.groups(question, language) if self._dictionary and language != text_language else ()
        asked = set(question_terms(question))
        held: list[frozenset[str]] = []
        for text in texts:
            found = set(terms(text))
            held.append(frozenset((asked & found) | {f"translated {word}" for word in met(groups, found)}))
        if language == text_language:
            return SharedWords(asked=frozenset(asked), held=tuple(held))
        translated = {f"translated {group.word}" for group in groups}
        return SharedWords(asked=frozenset(translated.union(*held)), held=tuple(held))

    def readings(self, name: str) -> "Sequence[Reading]":
        """How a name in kanji, or a kanji by itself, is read; empty where it is not known, or nothing is."""
        return self._dictionary.readings(name) if self._dictionary else ()

    def _embed_texts(self, texts: Sequence[str]) -> list[Vector]:
        """As `embed_passages`, remembering the last texts: the same sentences are compared again and again."""
        known = {text: vector for text in texts if (vector := self._embedded.get(text)) is not None}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        made = dict(zip(missing, self._embedder.embed_passages(missing), strict=True)) if missing else {}
        found = [made[text] if text in made else known[text] for text in texts]
        with self._lock:
            self._embedded.update(made)
            while len(self._embedded) > _REMEMBERED:
                self._embedded.pop(next(iter(self._embedded)))
        return found

    def close(self) -> None:
        """Closes the files."""
        with self._lock:
            self._open.close()


def _open(home: Home, embedder: TextEmbedder) -> Generation:
    """The live generation. Writers that finish while it is being opened may take it away: then the next one."""
    for _ in range(10):
        name = home.live_name
        try:
            return Generation(home.live, embedder, home.server)
        except StoreError:
            if home.live_name == name:
                raise
    return Generation(home.live, embedder, home.server)
