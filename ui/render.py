"""Where a turn becomes HTML. Pure functions: a turn in, safe HTML out. Knows nothing of gradio. (The side panel is made
in `ui/render_panel.py` from the same parts; nowhere else does text become HTML.)

Every character of a question, an answer, an article or an error passes `escape`; the only markup that a model's text
can cause is paragraphs, bullets, bold and links to citations made here. The HTML never contains a line break, because
gradio passes it through a Markdown parser, which leaves an HTML block alone up to the first blank line; it relies on
no `data-` or `aria-` attribute, because gradio's sanitizer (a second line of defence) removes them.

Every text of the page's own stands there in both languages; the style sheet shows the one that is chosen.
"""

import html
import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from index.article import Article
from rag.answer import Citation
from rag.language import question_language
from rag.retrieve import Hit
from ui import texts
from ui.texts import Text
from ui.turns import Turn

FOUND_SHOWN = 4  # passages that stand open to view before there are citations; the rest are folded away

_MARK = re.compile(r"[\[\uff3b]\s{0,2}(\d{1,3}(?:\s{0,2}[,\u3001\uff0c]\s{0,2}\d{1,3}){0,9})\s{0,2}[\]\uff3d]")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_BULLET = re.compile(r"\s{0,8}(?:[-*\u2022]|\d{1,2}[.)])\s{1,4}(?=\S)|\s{0,8}\u30fb\s{0,4}(?=\S)")
_NUMBER = re.compile(r"\d+")

# Categories that must not reach a page: controls, direction overrides and other invisible signs, lone surrogates.
_UNSEEN = {"Cc", "Cf", "Cs"}
_KEPT = "\n\t\u200c\u200d"  # joiners shape some scripts and emoji


def escape(text: str) -> str:
    """Text as HTML on one line: markup means nothing, line breaks are `<br>`, invisible characters are gone."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    if not text.isascii() or not text.replace("\n", "").isprintable():
        text = "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _UNSEEN)
    return html.escape(text).replace("\n", "<br>").replace("\t", " ")


def both(text: Text) -> str:
    """A text of the page's own, in both languages. `code` in backquotes is set as code."""
    return f'<span class="k-t"><span lang="ja">{code(text.ja)}</span><span lang="en">{code(text.en)}</span></span>'


def header(article_count: int) -> str:
    """The top of the page: name, tagline, the doors to conversations and articles, the switch of its language."""
    count = texts.ONE_ARTICLE if article_count == 1 else texts.ARTICLES.filled(count=f"{article_count:,}")
    return (
        '<div class="k-header"><div class="k-brand">'
        '<h1>Kotae <span lang="ja">答え</span></h1>'
        f"<p>{both(texts.TAGLINE)}</p></div>"
        '<div class="k-tools">'
        f'<button type="button" class="k-door" id="k-open-history">{both(texts.HISTORY)}</button>'
        f'<button type="button" class="k-door k-count" id="k-open-articles">{both(count)}</button>'
        '<div class="k-switch" role="group">'
        '<button type="button" class="k-lang" id="k-lang-ja" lang="ja">日本語</button>'
        '<button type="button" class="k-lang" id="k-lang-en" lang="en">English</button>'
        "</div></div></div>"
    )


def welcome(article_count: int) -> str:
    """What an empty conversation shows: what can be done here, or what to do first."""
    hint = texts.WELCOME_HINT if article_count else texts.EMPTY_INDEX
    return f'<div class="k-welcome"><h2>{both(texts.WELCOME)}</h2><p>{both(hint)}</p></div>'


def question(turn: Turn) -> str:
    """The question as it was asked, to be changed and asked again."""
    edit = f'<button type="button" class="k-edit">{both(texts.EDIT)}</button>'
    return (
        f'<div class="k-question" id="{_id(turn, "q")}">{_heading(texts.YOU_ASKED)}'
        f'{edit}<p lang="{question_language(turn.question)}">{escape(turn.question)}</p></div>'
    )


def answer(turn: Turn) -> str:
    """The answer as far as it has come: its status, its text with links to the sources, and what to know about it."""
    known = _numbers(turn)
    parts = [_heading(texts.KOTAE_ANSWERED), _status(turn)]
    if turn.standalone and turn.standalone.strip() != turn.question:
        parts.append(
            f'<p class="k-note k-standalone">{both(texts.UNDERSTOOD_AS)} <span>{escape(turn.standalone)}</span></p>'
        )
    declined = turn.answer is not None and not turn.answer.answered
    if declined:
        parts.append(f'<p class="k-badge">{both(texts.DECLINED)}</p>')
    if turn.text:
        language = f' lang="{turn.answer.language}"' if turn.answer else ""
        parts.append(f'<div class="k-text"{language}>{_prose(turn, known)}</div>')
    if turn.stage == "stopped":
        parts.append(f'<p class="k-note">{both(texts.STOPPED)}</p>')
    if turn.error is not None:
        parts.append(error(turn.error))
    if turn.answer is not None:
        parts.append(_warnings(turn.answer.warnings))
    parts.append(_footer(turn))
    state = f"k-{'running' if turn.running else turn.stage}{' k-declined' if declined else ''}"
    return f'<div class="k-answer {state}" id="{_id(turn, "a")}">{"".join(parts)}</div>'


def error(failure: Exception) -> str:
    """What went wrong and the way out; an error of our own also in its own words, any other kept to the log."""
    text = texts.of_error(failure)
    own = "" if text is texts.UNEXPECTED else f'<p class="k-detail" lang="en">{code(str(failure))}</p>'
    return (
        f'<div class="k-error" role="alert"><p class="k-error-title">{both(texts.FAILED)}</p>'
        f"<p>{both(text)}</p>{own}</div>"
    )


def sources(turn: Turn, record: Mapping[str, Any] | None = None) -> str:
    """The cards under an answer: before it, the passages found; after it, what it cites, then the other passages.

    `record` is what the browser keeps of the turn; it travels unseen, as text.
    """
    kept = f'<div class="k-record">{escape(json.dumps(record))}</div>' if record else ""
    if turn.hits is None:
        return f'<div class="k-sources" id="{_id(turn, "s")}">{kept}</div>' if kept else ""
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


# Parts of an answer


def _status(turn: Turn) -> str:
    stages = {
        "searching": texts.SEARCHING,
        "waiting": texts.WAITING.filled(ahead=turn.ahead),
        "reading": texts.READING,
        "writing": texts.WRITING,
    }
    if turn.stage not in stages:
        return ""
    return (
        f'<p class="k-status"><span class="k-pulse"></span>{both(stages[turn.stage])}'
        f'<span class="k-model">{escape(turn.model_name)}</span></p>'
    )


def _footer(turn: Turn) -> str:
    if turn.running or not turn.text:
        return ""
    parts = [f'<span class="k-model">{escape(turn.model_name)}</span>']
    if turn.answer and turn.answer.timings:
        seconds = turn.answer.timings.get("total", sum(turn.answer.timings.values()))
        parts.append(f"<span>{both(texts.ANSWERED_IN.filled(seconds=f'{seconds:.1f}'))}</span>")
    parts.append(f'<button type="button" class="k-copy">{both(texts.COPY)}</button>')
    parts.append(f'<button type="button" class="k-copy k-markdown">{both(texts.COPY_MARKDOWN)}</button>')
    return f'<div class="k-footer">{"".join(parts)}</div>'


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in warnings)
    return f'<div class="k-warnings"><p>{both(texts.WARNINGS)}</p><ul>{items}</ul></div>'


def _prose(turn: Turn, known: Collection[int]) -> str:
    """Blank lines part paragraphs, lines that open with a bullet make lists, `**` makes bold, `[n]` links to a card."""
    blocks: list[str] = []
    items: list[str] = []
    lines: list[str] = []

    def flush() -> None:
        if items:
            blocks.append(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")
        if lines:
            blocks.append(f"<p>{'<br>'.join(lines)}</p>")
        items.clear()
        lines.clear()

    for line in turn.text.replace("\r\n", "\n").split("\n"):
        bullet = _BULLET.match(line)
        if not line.strip() or bool(bullet) != bool(items):
            flush()
        if bullet:
            items.append(_inline(line[bullet.end() :], turn, known))
        elif line.strip():
            lines.append(_inline(line.strip(), turn, known))
    flush()
    return "".join(blocks)


def _inline(line: str, turn: Turn, known: Collection[int]) -> str:
    done, at = [], 0
    for bold in _BOLD.finditer(line):
        done += [_marked(line[at : bold.start()], turn, known), f"<strong>{_marked(bold[1], turn, known)}</strong>"]
        at = bold.end()
    return "".join(done) + _marked(line[at:], turn, known)


def _marked(text: str, turn: Turn, known: Collection[int]) -> str:
    done, at = [], 0
    for mark in _MARK.finditer(text):
        numbers = [int(number) for number in _NUMBER.findall(mark[1])]
        if all(number in known for number in numbers):
            done += [escape(text[at : mark.start()]), *(_link(turn, number) for number in numbers)]
            at = mark.end()
    return "".join(done) + escape(text[at:])


def _link(turn: Turn, number: int) -> str:
    hidden = f'<span class="k-sr">{both(texts.OPEN_SOURCE.filled(number=number))}</span>'
    return (  # a word joiner before it: a mark never starts a line
        f'&#8288;<a class="k-cite" href="#{_id(turn, number)}"><span class="k-n"><span class="k-b">[</span>{number}'
        f'<span class="k-b">]</span></span>{hidden}</a>'
    )


# Parts of the sources


def _group(turn: Turn, title: Text, cards: Iterable[str]) -> str:
    return f'<div class="k-sources" id="{_id(turn, "s")}"><h3>{both(title)}</h3>{"".join(cards)}</div>'


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
            return _card(turn, str(number), hit, spans)
    quotes = "".join(f'<blockquote class="k-passage">{escape(c.quote)}</blockquote>' for c in citations)
    title = _title(number, first.title, [escape(first.source)], first.quote)
    return _shell(turn, str(number), title, quotes, opened=True)


def _card(turn: Turn, part: str, hit: Hit, spans: Sequence[tuple[int, int]]) -> str:
    """A card: title, source, date and language; the passage with its quotes marked; the way to the article."""
    text = hit.passage.text
    lead = text[slice(*spans[0])] if spans else text
    cited = part.isdigit()
    title = _title(int(part) if cited else 0, hit.article.title, facts(hit.article), lead)
    passage = (
        f'<blockquote class="k-passage" lang="{hit.passage.language}">'
        f"{with_marks(text, 0, len(text), spans)}</blockquote>"
    )
    return _shell(turn, part, title, passage, opened=cited)


def _shell(turn: Turn, part: str, title: str, body: str, opened: bool) -> str:
    to = f'<a class="k-open" href="#{_id(turn, part)}">{both(texts.READ_IN_ARTICLE)}</a>'
    return (
        f'<details class="k-source" id="{_id(turn, part)}"{" open" if opened else ""}>'
        f'<summary>{title}</summary><div class="k-body">{body}{to}</div></details>'
    )


def facts(article: Article) -> list[str]:
    facts = [escape(fact) for fact in (article.source, article.date) if fact]
    return [*facts, both(texts.LANGUAGE_NAMES[article.language])]


def _title(number: int, title: str, facts: Sequence[str], lead: str) -> str:
    badge = f'<span class="k-n">{number}</span>' if number else ""
    about = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    return (
        f'{badge}<span class="k-head"><span class="k-title">{escape(title)}</span>'
        f'<span class="k-facts">{about}</span><span class="k-lead">{escape(lead[:160])}</span></span>'
    )


def with_marks(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> str:
    """The text from `start` to `end`, escaped, with `spans` marked; they are in order and apart."""
    done, at = [], start
    for first, last in spans:
        done += [escape(text[at:first]), f"<mark>{escape(text[first:last])}</mark>"]
        at = last
    return "".join(done) + escape(text[at:end])


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


def _numbers(turn: Turn) -> set[int]:
    """The numbers that have a card. Those that the model writes along the way are not yet checked, so none before."""
    return {citation.number for citation in turn.answer.citations} if turn.answer else set()


def _id(turn: Turn, part: object) -> str:
    return f"k-{turn.number}-{part}"


def _heading(text: Text) -> str:
    return f'<h2 class="k-sr">{both(text)}</h2>'


def code(text: str) -> str:
    """Escaped, with what stands in backquotes set as code."""
    pieces = escape(text).split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))
