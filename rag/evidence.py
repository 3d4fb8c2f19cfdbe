"""Narrows the passages found to the sentences worth reading: a small model answers better and sooner from less.

An excerpt is a run of neighbouring sentences of one article, exactly as they stand there. Knows nothing of prompts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.article import Article, Language
from index.split import Span, split_sentences
from rag.kanji_names import Readings, people_in
from rag.names import without_strangers
from rag.relevance import Likeness, Place, Sharing, relevance, same_terms
from rag.retrieve import Hit

BUDGET = 300  # tokens of the chat model, all excerpts together, without titles (docs/results.md)
GAP = 2.0  # log-odds below the best sentence from which a sentence is not read (docs/results.md)
LEAST = 3  # sentences that are read however far behind they are: a sentence may only say "It is 244 metres long."
NAMED = 10_000  # characters of an article in which people are named in full who later go by their surnames
LEVEL = 0.3  # share of a language's distance to the best of all that is made up for


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence of an article: `text == article.text[start:end]`.

    `score`: log-odds of holding the answer, levelled between the languages (see `rank_sentences`).
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
    """Neighbouring sentences of one article, shown to the model as source `number`.

    `people`: those whom the article names in kanji, with their names in Latin letters; only for an English answer.
    """

    number: int
    article: Article
    sentences: tuple[Sentence, ...]
    people: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The sentences as the model reads them: on one line, a mark where something was left out."""
        parts = [self.sentences[0].text]
        for before, sentence in zip(self.sentences, self.sentences[1:], strict=False):
            gap = self.article.text[before.end : sentence.start]
            parts.append((" … " if gap.strip() else " " if self.article.language == "en" else "") + sentence.text)
        return " ".join("".join(parts).split())


def gather(
    question: str,
    language: Language,
    hits: Sequence[Hit],
    likeness: Likeness,
    sharing: Sharing = same_terms,
    *,
    budget: int = BUDGET,
    gap: float = GAP,
) -> list[Excerpt]:
    """The sentences of the hits that most likely hold the answer, up to `budget` tokens, as numbered excerpts.

    Sentences that are much less likely than the best one are not read at all (`gap`): a plain question costs few
    tokens, and a small model takes the figures of what stands beside the answer for the answer. Each language is
    levelled towards the best of all (LEVEL): what answers a question is as often said in the other one. `language` is
    the question's; `likeness` and `sharing` are as in `rag.relevance.relevance`. Articles that know none of the
    question's names are left out where others know some. Sentences of one article stand together in their order;
    articles with the likeliest sentence stand first.
    """
    ranked = rank_sentences(question, language, worth_reading(question, hits), likeness, sharing)
    return choose(ranked, budget=budget, gap=gap)


def worth_reading(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits without articles that know none of the question's names, where others know some."""
    known = set(without_strangers(question, {hit.article.id: hit.article for hit in hits}))
    return [hit for hit in hits if hit.article.id in known]


def choose(ranked: Sequence[Sentence], *, budget: int = BUDGET, gap: float = GAP) -> list[Excerpt]:
    """The first of `ranked` (best first) as excerpts: those at most `gap` behind the best, up to `budget` tokens."""
    chosen: list[Sentence] = []
    left = budget
    for sentence in ranked:
        if len(chosen) >= LEAST and sentence.score < ranked[0].score - gap:
            break
        cost = estimate_tokens(sentence.text)
        if not chosen or cost <= left:
            chosen.append(sentence)
            left -= cost
    excerpts: list[Excerpt] = []
    for article_id in dict.fromkeys(sentence.article.id for sentence in chosen):
        of_article = sorted((s for s in chosen if s.article.id == article_id), key=lambda s: s.start)
        number = len(excerpts) + 1
        excerpts.append(Excerpt(number=number, article=of_article[0].article, sentences=tuple(of_article)))
    return excerpts


def rank_sentences(
    question: str, language: Language, hits: Sequence[Hit], likeness: Likeness, sharing: Sharing = same_terms
) -> list[Sentence]:
    """Every sentence of the hits with its levelled log-odds of holding the answer, best first."""
    places = places_of(hits)
    scored = list(zip(places, relevance(question, language, places, likeness, sharing), strict=True))
    best: dict[Language, float] = {}
    for place, score in scored:
        best[place.article.language] = max(score, best.get(place.article.language, score))
    sentences = [
        Sentence(
            article=place.article,
            start=place.span.start,
            end=place.span.end,
            score=score + LEVEL * (max(best.values()) - best[place.article.language]),
        )
        for place, score in scored
    ]
    return sorted(sentences, key=lambda sentence: (-sentence.score, sentence.article.id, sentence.start))


def places_of(hits: Sequence[Hit]) -> list[Place]:
    """Every sentence of the hits once, where the best of them has it."""
    places: dict[tuple[str, int], Place] = {}
    for rank, hit in enumerate(hits):
        for span in _spans(hit):
            place = Place(article=hit.article, span=span, heading=hit.passage.heading, rank=rank)
            places.setdefault((hit.article.id, span.start), place)
    return list(places.values())


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


def with_people(excerpts: Sequence[Excerpt], readings: Readings) -> list[Excerpt]:
    """The excerpts with the people whom they, or the beginnings of their articles (NAMED), name in kanji."""
    found: list[Excerpt] = []
    for excerpt in excerpts:
        people: dict[str, str] = {}
        if excerpt.article.language == "ja":
            people = people_in(f"{excerpt.article.title}\n{excerpt.article.text[:NAMED]}\n{excerpt.text}", readings)
        found.append(replace(excerpt, people=tuple(people.items())))
    return found


def estimate_tokens(text: str) -> int:
    """Roughly the tokens of a byte-pair chat model: a Japanese character is 0.75, four Latin ones are one."""
    wide = sum(ord(character) > 0x2E7F for character in text)
    return int(0.75 * wide + (len(text) - wide) / 3.8) + 1


def _spans(hit: Hit) -> list[Span]:
    """The sentences of the hit's passage; its lines are never joined."""
    spans: list[Span] = []
    start = hit.passage.start
    for line in hit.passage.text.split("\n"):
        spans.extend(split_sentences(hit.article.text, Span(start, start + len(line))))
        start += len(line) + 1
    return spans
