"""The cards under an answer as safe HTML: what it cites, and what else was found. Pure functions."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from index.article import Article
from rag.answer import Citation
from rag.retrieve import Hit
from ui import texts
from ui.render_text import both, escape, with_marks
from ui.texts import Text
from ui.turns import Turn

FOUND_SHOWN = 4  # passages that stand open to view before there are citations; the rest are folded away


def sources(turn: Turn, record: Mapping[str, Any] | None = None) -> str:
    """The cards under an answer: before it, the passages found; after it, what it cites, then the other passages.

    `record` is what the browser keeps of the turn; it travels unseen, as text.
    """
    kept = f'<div class="k-record">{escape(json.dumps(record))}</div>' if record else ""
    if turn.hits is None:
        return f'<div class="k-sources" id="{part_id(turn, "s")}">{kept}</div>' if kept else ""
    citations = turn.answer.citations if turn.answer else ()
    hits = list(enumerate(turn.hits, start=1))
    if not citations:
        declined = turn.answer is not None and not turn.answer.answered
        title = texts.NEAREST if declined else texts.FOUND
        nothing = f'<p class="k-note">{both(texts.NOTHING_FOUND)}</p>'
        shown = [_found(turn, hits[:FOUND_SHOWN]) or nothing, _others(turn, hits[FOUND_SHOWN:])]
        return _group(turn, title, [*shown, kept])
    cards = [_cited(turn, number, group) for number, group in by_number(citations)]
    rest = [(place, hit) for place, hit in hits if not any(covers(hit, citation) for citation in citations)]
    return _group(turn, texts.SOURCES, [*cards, _others(turn, rest), kept])


def _group(turn: Turn, title: Text, cards: Iterable[str]) -> str:
    return f'<div class="k-sources" id="{part_id(turn, "s")}"><h3>{both(title)}</h3>{"".join(cards)}</div>'


def _found(turn: Turn, hits: Sequence[tuple[int, Hit]]) -> str:
    """Passages as cards without numbers: only what an answer cites has one."""
    return "".join(_card(turn, f"h{place}", hit, ()) for place, hit in hits)


def _others(turn: Turn, hits: Sequence[tuple[int, Hit]]) -> str:
    if not hits:
        return ""
    title = both(texts.OTHERS.filled(count=len(hits)))
    return f'<details class="k-others"><summary>{title}</summary>{_found(turn, hits)}</details>'


def _cited(turn: Turn, number: int, citations: Sequence[Citation]) -> str:
    """One card for all quotes that share a number, each marked in the passage where it stands."""
    first = citations[0]
    hit = next((hit for hit in turn.hits or () if covers(hit, first)), None)
    if hit is not None:
        spans = spans_in(hit.passage.text, hit.passage.start, citations)
        if spans:
            return _card(turn, str(number), hit, spans, first.page)
    quotes = "".join(f'<blockquote class="k-passage">{escape(c.quote)}</blockquote>' for c in citations)
    title = _title(number, first.title, [escape(first.source)], first.quote)
    return _shell(turn, str(number), title, quotes, opened=True)


def _card(turn: Turn, part: str, hit: Hit, spans: Sequence[tuple[int, int]], page: int = 0) -> str:
    """A card: title, source, date, language and page; the passage with its quotes marked; the way to the article."""
    text = hit.passage.text
    lead = text[slice(*spans[0])] if spans else text
    cited = part.isdigit()
    title = _title(int(part) if cited else 0, hit.article.title, facts(hit.article, page), lead)
    passage = (
        f'<blockquote class="k-passage" lang="{hit.passage.language}">'
        f"{with_marks(text, 0, len(text), spans)}</blockquote>"
    )
    return _shell(turn, part, title, passage, opened=cited)


def _shell(turn: Turn, part: str, title: str, body: str, opened: bool) -> str:
    to = f'<a class="k-open" href="#{part_id(turn, part)}">{both(texts.READ_IN_ARTICLE)}</a>'
    return (
        f'<details class="k-source" id="{part_id(turn, part)}"{" open" if opened else ""}>'
        f'<summary>{title}</summary><div class="k-body">{body}{to}</div></details>'
    )


def facts(article: Article, page: int = 0) -> list[str]:
    """What is known of an article, as HTML. `page` counts from 1, 0 where there are none."""
    facts = [escape(fact) for fact in (article.source, article.date) if fact]
    where = [both(texts.PAGE.filled(number=page))] if page else []
    return [*facts, both(texts.LANGUAGE_NAMES[article.language]), *where]


def _title(number: int, title: str, facts: Sequence[str], lead: str) -> str:
    badge = f'<span class="k-n">{number}</span>' if number else ""
    about = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    return (
        f'{badge}<span class="k-head"><span class="k-title">{escape(title)}</span>'
        f'<span class="k-facts">{about}</span><span class="k-lead">{escape(lead[:160])}</span></span>'
    )


def spans_in(text: str, offset: int, citations: Iterable[Citation]) -> list[tuple[int, int]]:
    """Where the quotes stand in `text`, which begins at `offset` of its article. A quote that is not there is left
    out, and so is never marked where it does not stand."""
    places = ((c.start - offset, c.end - offset, c.quote) for c in citations)
    return _apart((start, end) for start, end, quote in places if 0 <= start < end and text[start:end] == quote)


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, those that overlap joined into one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def by_number(citations: Iterable[Citation]) -> list[tuple[int, list[Citation]]]:
    groups: dict[int, list[Citation]] = {}
    for citation in citations:
        groups.setdefault(citation.number, []).append(citation)
    return sorted(groups.items())


def covers(hit: Hit, citation: Citation) -> bool:
    passage = hit.passage
    return hit.article.id == citation.article_id and passage.start < citation.end and citation.start < passage.end


def part_id(turn: Turn, part: object) -> str:
    return f"k-{turn.number}-{part}"
