"""Narrows the passages found to the sentences worth reading: a small model answers better and sooner from less.

An excerpt is a run of neighbouring sentences of one article, exactly as they stand there. Knows nothing of prompts.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from index.article import LANGUAGES, Article, Language
from index.split import Span, split_sentences
from index.words import question_terms, terms
from rag.names import names_held, without_strangers
from rag.retrieve import Hit

SENTENCES = 6  # of each language at most (docs/results.md)
BUDGET = 360  # tokens of the chat model, all excerpts together, without titles
_RANK = 0.3  # weight of the passage's own score beside the sentence's similarity, in standard deviations
_WORDS = 0.3  # weight of the words that question and sentence share

Likeness = Callable[[str, Language, Sequence[str], Language], list[float]]


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of an article: `text == article.text[start:end]`.

    `score`: in standard deviations above the mean of the sentences it was chosen from, those of its language.
    """

    article: Article
    start: int
    end: int
    score: float

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """Neighbouring sentences of one article, shown to the model as source `number`."""

    number: int
    article: Article
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The sentences as the model reads them: on one line, a mark where something was left out."""
        parts = [self.sentences[0].text]
        for before, sentence in zip(self.sentences, self.sentences[1:], strict=False):
            gap = self.article.text[before.end : sentence.start]
            parts.append((" … " if gap.strip() else " " if self.article.language == "en" else "") + sentence.text)
        return " ".join("".join(parts).split())


def gather(
    question: str, language: Language, hits: Sequence[Hit], likeness: Likeness, *, budget: int = BUDGET
) -> list[Excerpt]:
    """The sentences of the hits that speak of the question most, up to `budget` tokens, as numbered excerpts.

    Each language is ranked by itself and they take turns: scores of different languages do not compare, and what
    answers a question is as often said in the other one. `language` is the question's, `likeness(question, language,
    texts, their language)` its similarity with texts. Articles that know none of the question's names are left out
    where others know some. Sentences of one article stand together in their order; articles with more of the names
    stand first, then those with better hits.
    """
    articles = {hit.article.id: hit.article for hit in hits}
    worth_reading = without_strangers(question, articles)
    hits = [hit for hit in hits if hit.article.id in worth_reading]
    ranked = [
        _ranked(question, language, hits, of, likeness) for of in sorted(LANGUAGES, key=lambda of: of != language)
    ]
    chosen: list[Sentence] = []
    left = budget
    for turn in zip_longest(*(sentences[:SENTENCES] for sentences in ranked)):
        for sentence in filter(None, turn):
            cost = estimate_tokens(sentence.text)
            if not chosen or cost <= left:
                chosen.append(sentence)
                left -= cost
    excerpts: list[Excerpt] = []
    for article_id in sorted(worth_reading, key=lambda one: -len(names_held(question, articles[one]))):
        of_article = sorted((s for s in chosen if s.article.id == article_id), key=lambda s: s.start)
        if of_article:
            number = len(excerpts) + 1
            excerpts.append(Excerpt(number=number, article=of_article[0].article, sentences=tuple(of_article)))
    return excerpts


def whole_passages(hits: Sequence[Hit]) -> list[Excerpt]:
    """The hits' passages, uncut: for a model that reads fast."""
    return [
        Excerpt(
            number=number,
            article=hit.article,
            sentences=tuple(
                Sentence(article=hit.article, start=span.start, end=span.end, score=hit.score) for span in _spans(hit)
            ),
        )
        for number, hit in enumerate(hits, start=1)
    ]


def estimate_tokens(text: str) -> int:
    """Roughly the tokens of a byte-pair chat model: a Japanese character is 0.75, four Latin ones are one."""
    wide = sum(ord(character) > 0x2E7F for character in text)
    return int(0.75 * wide + (len(text) - wide) / 3.8) + 1


def _ranked(question: str, language: Language, hits: Sequence[Hit], of: Language, likeness: Likeness) -> list[Sentence]:
    """The sentences of the hits in one language, best first."""
    places: dict[tuple[str, int], tuple[Article, Span, float]] = {}
    for hit in hits:
        if hit.passage.language == of:
            for span in _spans(hit):
                places.setdefault((hit.article.id, span.start), (hit.article, span, hit.score))
    if not places:
        return []
    texts = [article.text[span.start : span.end] for article, span, _ in places.values()]
    # The title goes along: a sentence alone often does not say who or what it speaks of.
    titled = [f"{article.title}\n{text}" for (article, _, _), text in zip(places.values(), texts, strict=True)]
    scores = [
        near + _RANK * rank + _WORDS * shared
        for near, rank, shared in zip(
            _standardised(likeness(question, language, titled, of)),
            _standardised([score for _, _, score in places.values()]),
            _standardised(_shared_words(question, texts)),
            strict=True,
        )
    ]
    sentences = [
        Sentence(article=article, start=span.start, end=span.end, score=score)
        for (article, span, _), score in zip(places.values(), scores, strict=True)
    ]
    return sorted(sentences, key=lambda sentence: (-sentence.score, sentence.article.id, sentence.start))


def _shared_words(question: str, texts: Sequence[str]) -> list[float]:
    """For each text the terms that it shares with the question, each counting more the fewer texts hold it."""
    asked = set(question_terms(question))
    held = [asked & set(terms(text)) for text in texts]
    spread = Counter(term for some in held for term in some)
    return [sum(math.log(1 + len(texts) / spread[term]) for term in some) for some in held]


def _standardised(values: Sequence[float]) -> list[float]:
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / deviation if deviation > 1e-9 else 0.0 for value in values]


def _spans(hit: Hit) -> list[Span]:
    """The sentences of the hit's passage; its lines are never joined."""
    spans: list[Span] = []
    start = hit.passage.start
    for line in hit.passage.text.split("\n"):
        spans.extend(split_sentences(hit.article.text, Span(start, start + len(line))))
        start += len(line) + 1
    return spans
