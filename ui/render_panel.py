"""The side panel's contents as safe HTML: a source within its article, and an article alone. Pure functions."""

from collections.abc import Sequence

from index.article import Article
from rag.answer import Citation
from rag.retrieve import Hit
from ui import texts
from ui.render_sources import by_number, covers, facts, spans_in
from ui.render_text import both, escape, with_marks
from ui.texts import Text
from ui.turns import Turn

ARTICLE_SHOWN = 20_000  # characters of an article on the page, around what is marked in it


def article_id(turn: Turn, part: str) -> str:
    """Whose article the part of a turn comes from: part "2" is what `[2]` cites, "h3" the third passage found.

    "" when the turn has no such part.
    """
    quotes = _quotes(turn, part)
    hit = _hit(turn, part)
    return quotes[0].article_id if quotes else hit.passage.article_id if hit else ""


def source(turn: Turn, part: str, article: Article | None) -> str:
    """A part of a turn within its article; the passage as it was when the article is gone or has changed since."""
    quotes = _quotes(turn, part)
    hit = _hit(turn, part)
    spans = spans_in(article.text, 0, quotes) if article else []
    if article and hit and not spans and not quotes:
        passage = hit.passage
        if article.text[passage.start : passage.end] == passage.text:
            spans = [(passage.start, passage.end)]
    number = f'<span class="k-n">{int(part)}</span>' if part.isdigit() else ""
    if article and spans:
        text = _whole(article, spans)
        body = f"{_head(number, article, quotes[0].page if quotes else 0)}{_scores(hit)}{text}"
        return f'<article class="k-page">{body}</article>'
    note = f'<p class="k-note">{both(texts.ARTICLE_GONE if article is None else texts.ARTICLE_CHANGED)}</p>'
    if hit:
        marked = with_marks(
            hit.passage.text, 0, len(hit.passage.text), spans_in(hit.passage.text, hit.passage.start, quotes)
        )
        head = _head(number, hit.article)
        language = hit.passage.language
    else:
        marked = "<br>".join(escape(citation.quote) for citation in quotes)
        head = f'<h2 tabindex="-1">{number}{escape(quotes[0].title if quotes else "")}</h2>'
        language = turn.answer.language if turn.answer else "ja"
    text = f'<div class="k-article-text" lang="{language}" tabindex="0">{marked}</div>'
    return f'<article class="k-page">{head}{note}{_scores(hit)}{text}</article>'


def article(shown: Article) -> str:
    """An article alone, from its beginning."""
    return f'<article class="k-page">{_head("", shown)}{_whole(shown, ())}</article>'


def _quotes(turn: Turn, part: str) -> list[Citation]:
    return dict(by_number(turn.answer.citations)).get(int(part), []) if part.isdigit() and turn.answer else []


def _hit(turn: Turn, part: str) -> Hit | None:
    hits = turn.hits or ()
    if part.startswith("h") and part[1:].isdigit():
        return hits[int(part[1:]) - 1] if 0 < int(part[1:]) <= len(hits) else None
    quotes = _quotes(turn, part)
    return next((hit for hit in hits if quotes and covers(hit, quotes[0])), None)


def _head(number: str, shown: Article, page: int = 0) -> str:
    about = "".join(f"<span>{fact}</span>" for fact in facts(shown, page))
    title = f'<span lang="{shown.language}">{escape(shown.title)}</span>'
    return f'<h2 tabindex="-1">{number}{title}</h2><p class="k-facts">{about}</p>'


def _scores(hit: Hit | None) -> str:
    """What the score was made of, for those who want to know why this passage was found."""
    if hit is None:
        return ""
    named: list[tuple[Text, str]] = [(texts.SCORE, f"{hit.score:.2f}")]
    for name, label in texts.SCORE_PARTS.items():
        if name in hit.parts:
            named.append((label, f"{hit.parts[name]:.2f}"))
    rows = "".join(f"<div><dt>{both(label)}</dt><dd>{value}</dd></div>" for label, value in named)
    return f'<details class="k-scores"><summary>{both(texts.WHY_FOUND)}</summary><dl>{rows}</dl></details>'


def _whole(shown: Article, spans: Sequence[tuple[int, int]]) -> str:
    """The article around what is marked in it, at most `ARTICLE_SHOWN` characters of it."""
    first = spans[0][0] if spans else 0
    start = max(0, min(first - ARTICLE_SHOWN // 2, len(shown.text) - ARTICLE_SHOWN))
    end = min(len(shown.text), start + ARTICLE_SHOWN)
    inside = [span for span in spans if start <= span[0] and span[1] <= end]
    before = f'<span class="k-cut">{both(texts.CUT_BEFORE)}</span>' if start else ""
    after = f'<span class="k-cut">{both(texts.CUT_AFTER)}</span>' if end < len(shown.text) else ""
    return (
        f'<div class="k-article-text" lang="{shown.language}" tabindex="0">'
        f"{before}{with_marks(shown.text, start, end, inside)}{after}</div>"
    )
