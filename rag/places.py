"""Where gold passages stand in the indexed articles, and which spans cover them. Knows nothing of questions or models.

Credit goes by place, not by passage id, so a gold set outlives the splitter it was made with.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from index.article import Article
from index.home import Home
from index.manifest import Manifest
from rag.gold import GoldPassage

MIN_OVERLAP = 0.5  # of the shorter of the two texts, from which a span covers a gold passage


@dataclass(frozen=True)
class Span:
    """A slice of an article: `text[start:end]`."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """What evaluation has to know of an index: its articles, and a digest that changes with anything in it."""

    digest: str
    articles: Mapping[str, Article]

    @classmethod
    def open(cls, home: Home) -> "Indexed":
        """The live index of `home`; an empty one where there is none. Raises StoreError."""
        if not home.live_name:
            return cls(digest="", articles={})
        manifest = Manifest.open(home.live / "manifest.sqlite3")
        digests = manifest.digests()
        parts = [*sorted(manifest.fingerprint.items()), *sorted(digests.items())]
        parts += [(passage_id, language) for passage_id, language in manifest.passage_ids()]
        digest = hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()
        articles = manifest.articles(digests)
        manifest.close()
        return cls(digest=digest, articles=articles)


def covers(span: Span, passage: GoldPassage, articles: Mapping[str, Article]) -> bool:
    """Whether the span covers the gold passage: half of the shorter one of them, counted in characters.

    Where the gold passage has no text, or a text that is not in its article (any more), the article decides.
    """
    if passage.article_id and passage.article_id != span.article_id:
        return False
    article = articles.get(span.article_id)
    places = _places(passage.text, article.text) if article and passage.text else []
    if not places:
        return bool(passage.article_id)
    return any(_overlap(span, start, end) >= MIN_OVERLAP for start, end in places)


def is_placed(passage: GoldPassage, articles: Mapping[str, Article]) -> bool:
    """Whether the text of a gold passage stands in its article; one that names no article is not looked for."""
    article = articles.get(passage.article_id)
    return article is None or not passage.text or bool(_places(passage.text, article.text))


def found_by_rank(
    spans: Sequence[Span], passages: Sequence[GoldPassage], articles: Mapping[str, Article]
) -> list[list[GoldPassage]]:
    """For each span in turn, the gold passages that it is the first to cover."""
    left = list(passages)
    found = []
    for span in spans:
        new = [passage for passage in left if covers(span, passage, articles)]
        left = [passage for passage in left if passage not in new]
        found.append(new)
    return found


def best_per_article(passages: Iterable[GoldPassage]) -> dict[str, float]:
    """Article id -> the highest grade of its gold passages."""
    grades: dict[str, float] = {}
    for passage in passages:
        if passage.article_id:
            grades[passage.article_id] = max(passage.grade, grades.get(passage.article_id, 0.0))
    return grades


def _overlap(span: Span, start: int, end: int) -> float:
    shorter = min(span.end - span.start, end - start)
    return (min(span.end, end) - max(span.start, start)) / shorter if shorter > 0 else 0.0


def _places(text: str, article: str) -> list[tuple[int, int]]:
    """Every place of `text` in `article`; white space may differ."""
    places = []
    start = article.find(text)
    while start >= 0:
        places.append((start, start + len(text)))
        start = article.find(text, start + 1)
    if places or not text.split():
        return places
    pattern = r"\s*".join(map(re.escape, "".join(text.split()))) if len(text) < 2000 else ""
    return [match.span() for match in re.finditer(pattern, article)] if pattern else []
