"""Narrows the passages found to the sentences worth reading: a small model answers better and sooner from less.

An excerpt is a run of neighbouring sentences of one article, exactly as they stand there. Knows nothing of prompts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.article import Article
from index.split import Span, split_sentences
from rag.retrieve import Hit

SENTENCES = 7  # at most; docs/results.md has what fewer and more do
BUDGET = 330  # tokens of the chat model, all excerpts together, without titles
READ = 6  # passages whose sentences are compared with the question

Similarities = Callable[[str, Sequence[str]], list[float]]


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of an article: `text == article.text[start:end]`. `score`: cosine with the question."""

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


def gather(question: str, hits: Sequence[Hit], similarities: Similarities, *, budget: int = BUDGET) -> list[Excerpt]:
    """The sentences of the best hits nearest to the question, up to `budget` tokens, as numbered excerpts.

    Sentences of one article stand together in their order; articles stand in the order of their best hit.
    """
    sentences = _sentences(question, hits[:READ], similarities)
    chosen: list[Sentence] = []
    left = budget
    for sentence in sorted(sentences, key=lambda s: (-s.score, s.article.id, s.start)):
        cost = estimate_tokens(sentence.text)
        if len(chosen) == SENTENCES or (chosen and cost > left):
            continue
        chosen.append(sentence)
        left -= cost
    order = list(dict.fromkeys(hit.article.id for hit in hits))
    excerpts: list[Excerpt] = []
    for article_id in order:
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


def _sentences(question: str, hits: Sequence[Hit], similarities: Similarities) -> list[Sentence]:
    places: dict[tuple[str, int], tuple[Article, Span, float]] = {}
    best = max((hit.score for hit in hits), default=0.0)
    for hit in hits:
        for span in _spans(hit):
            # A sentence of a better passage wins over one that sounds as near: names and dates often stand beside it.
            places.setdefault((hit.article.id, span.start), (hit.article, span, 0.01 * (hit.score - best)))
    texts = [f"{article.title}\n{article.text[span.start : span.end]}" for article, span, _ in places.values()]
    scores = similarities(question, texts)
    return [
        Sentence(article=article, start=span.start, end=span.end, score=score + bonus)
        for (article, span, bonus), score in zip(places.values(), scores, strict=True)
    ]


def _spans(hit: Hit) -> list[Span]:
    """The sentences of the hit's passage; its lines are never joined."""
    spans: list[Span] = []
    start = hit.passage.start
    for line in hit.passage.text.split("\n"):
        spans.extend(split_sentences(hit.article.text, Span(start, start + len(line))))
        start += len(line) + 1
    return spans
