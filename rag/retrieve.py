"""Finds passages for a question. Knows nothing of prompts or of models that write.

Two legs, one list: similarity (Chroma) and words (BM25). A mixed collection would favour the passages in the
question's own language, related or not, so each score is standardised among the passages of its language before the
languages meet: a passage is as good as it stands out among its own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from index.article import Article, Passage
from rag.language import question_language
from rag.ranking import Scored, Weights, rank, twins_together

if TYPE_CHECKING:  # numpy and the patterns of the word index are not for `import rag`
    from index.collection import Collection
    from index.generation import Generation
    from index.rerank import Reranker

POOL = 100  # passages of each leg and language that are looked at
MOST_POOL = 16 * POOL  # when copies or one long article fill them
READ = 15  # passages read at a time, best first: few more than are wanted most often
COPY = 0.85  # share of four-character pieces from which one passage repeats another
RERANKED = 30  # passages a reranker reads
MAX_PER_ARTICLE = 4  # passages of one article among the hits, while others match


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A passage found for a question.

    `score`: higher is better; comparable within one search only. `parts` holds what it was made of: `similarity`
    (cosine, 1.0 is the same direction) and `words` (BM25), each also in standard deviations above the mean of all
    passages in its language (`similarity_z`, `words_z`); `twin` is what its translation among the passages found adds.
    """

    passage: Passage
    article: Article
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """What `kotae search --json` prints for it; only JSON types."""
        return {
            "passage_id": self.passage.id,
            "article_id": self.passage.article_id,
            "title": self.article.title,
            "source": self.article.source,
            "date": self.article.date,
            "language": self.passage.language,
            "heading": self.passage.heading,
            "text": self.passage.text,
            "start": self.passage.start,
            "end": self.passage.end,
            "score": self.score,
            "parts": dict(self.parts),
        }


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which articles may be searched; an empty condition lets everything pass. Dates are ISO 8601 prefixes."""

    languages: Sequence[str] = ()
    article_ids: Sequence[str] = ()
    sources: Sequence[str] = ()
    date_from: str = ""
    date_to: str = ""

    def __bool__(self) -> bool:
        return bool(self.languages or self.article_ids or self.sources or self.date_from or self.date_to)


def retrieve(
    collection: "Collection",
    question: str,
    k: int,
    *,
    filters: Filters | None = None,
    weights: Weights | None = None,
    reranker: "Reranker | None" = None,
) -> list[Hit]:
    """The `k` best passages for `question`, best first; ties by passage id, so two runs give the same list.

    Near copies of a better passage are left out, and no article takes all places while others match. A `reranker`
    puts the first RERANKED in its own order; its score is then `parts["rerank"]`, and the hit's.
    """
    index = collection.now()
    language = question_language(question)
    asked = collection.asked(question, language)
    allowed = index.select(**asdict(filters)) if filters else None
    weights = weights or Weights()
    if not asked.groups:
        weights = replace(weights, words_cross=weights.names_cross)
    most = min(len(index.passage_ids if allowed is None else allowed), MOST_POOL)
    passages: dict[str, Passage] = {}
    pool, enough = max(POOL, k), False
    while not enough:
        candidates = index.candidates(asked, pool, allowed)
        ranked = twins_together(rank(candidates, language, weights), language, index.twins)
        distinct = _distinct(index, ranked, passages, max(k, RERANKED) if reranker else k)
        # Copies, or the passages of one long article, may fill the pool: then what stands behind them is looked at.
        enough = pool >= most or _places(passages[s.candidate.passage_id].article_id for s in distinct) >= k
        pool *= 4
    if reranker:
        distinct = _reranked(reranker, question, distinct, passages)
    chosen = _spread_over_articles(distinct, passages, k)
    articles = index.articles({passages[s.candidate.passage_id].article_id for s in chosen})
    return [
        Hit(
            passage=passages[scored.candidate.passage_id],
            article=articles[passages[scored.candidate.passage_id].article_id],
            score=scored.score,
            parts={
                "similarity": scored.candidate.similarity,
                "similarity_z": scored.similarity_z,
                "words": scored.candidate.words,
                "words_z": scored.words_z,
                **({"twin": scored.twin} if scored.twin else {}),
                **({} if scored.rerank is None else {"rerank": scored.rerank}),
            },
        )
        for scored in chosen
    ]


def with_neighbours(collection: "Collection", hits: Sequence[Hit], best: int) -> list[Hit]:
    """`hits`, the first `best` of them joined with the passages before and after them, for who reads on at their edges.

    Hits that lie within a better one that was joined are left out, so nothing is read twice.
    """
    around = collection.around([hit.passage for hit in hits[:best]])
    joined: list[Hit] = []
    for hit in hits:
        if not any(
            other.article.id == hit.article.id
            and other.passage.start <= hit.passage.start
            and hit.passage.end <= other.passage.end
            for other in joined
        ):
            joined.append(replace(hit, passage=around.get(hit.passage.id, hit.passage)))
    return joined


def interleaved(first: Sequence[Hit], second: Sequence[Hit], k: int) -> list[Hit]:
    """Two lists taken in turns, each passage once, `k` at most: the first half of either is among them."""
    turns = (hit for pair in zip_longest(first, second) for hit in pair if hit is not None)
    return list({hit.passage.id: hit for hit in reversed(list(turns))}.values())[::-1][:k]


def _distinct(index: "Generation", ranked: Sequence[Scored], passages: dict[str, Passage], enough: int) -> list[Scored]:
    """`ranked` without passages that repeat a better one but for a few characters, down to where `enough` are found.

    Those beyond MAX_PER_ARTICLE of one article are kept, but not counted as found. What is read goes into `passages`.
    """
    kept: list[Scored] = []
    seen: list[frozenset[str]] = []
    taken: list[str] = []
    for number, scored in enumerate(ranked):
        if number % READ == 0:
            passages |= index.passages(one.candidate.passage_id for one in ranked[number : number + READ])
        passage = passages[scored.candidate.passage_id]
        text = "".join(passage.text.split())
        grams = frozenset(text[start : start + 4] for start in range(max(1, len(text) - 3)))
        if not any(_overlap(grams, other) >= COPY for other in seen):
            kept.append(scored)
            seen.append(grams)
            taken.append(passage.article_id)
            if _places(taken) >= enough:
                break
    return kept


def _places(article_ids: Iterable[str]) -> int:
    """How many of these passages, named by their articles, may stand in a list while others match."""
    return sum(min(count, MAX_PER_ARTICLE) for count in Counter(article_ids).values())


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard index: shared of all."""
    if min(len(one), len(other)) < COPY * max(len(one), len(other)):
        return 0.0
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _reranked(
    reranker: "Reranker", question: str, ranked: list[Scored], passages: Mapping[str, Passage]
) -> list[Scored]:
    first, rest = ranked[:RERANKED], ranked[RERANKED:]
    scores = reranker.scores(question, [passages[scored.candidate.passage_id].embedded_text for scored in first])
    again = [replace(scored, score=score, rerank=score) for scored, score in zip(first, scores, strict=True)]
    return sorted(again, key=lambda scored: (-scored.score, scored.candidate.passage_id)) + rest


def _spread_over_articles(ranked: Sequence[Scored], passages: Mapping[str, Passage], k: int) -> list[Scored]:
    """The first `k`, no article with more than MAX_PER_ARTICLE of them while others match."""
    chosen, spare = list[Scored](), list[Scored]()
    taken: dict[str, int] = {}
    for scored in ranked:
        article_id = passages[scored.candidate.passage_id].article_id
        taken[article_id] = taken.get(article_id, 0) + 1
        (chosen if taken[article_id] <= MAX_PER_ARTICLE else spare).append(scored)
    kept = (chosen + spare)[:k]
    return [scored for scored in ranked if scored in kept]
