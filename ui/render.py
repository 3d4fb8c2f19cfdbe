"""The only place where text becomes HTML. Pure functions: a turn in, safe HTML out. Knows nothing of gradio.

Every character of a question, an answer, an article or an error passes `escape`; the only markup that a model's text
can cause is paragraphs, bullets, bold and links to citations made here. The HTML never contains a line break, because
gradio passes it through a Markdown parser, which leaves an HTML block alone up to the first blank line; it relies on
no `data-` or `aria-` attribute, because gradio's sanitizer (a second line of defence) removes them.

Every text of the page's own stands there in both languages; the style sheet shows the one that is chosen.
"""

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from index.article import Article
from rag.answer import Citation
from rag.retrieve import Hit
from ui import texts
from ui.texts import Text
from ui.turns import Turn

FOUND_SHOWN = 4  # passages that stand open to view before there are citations; the rest are folded away
ARTICLE_SHOWN = 20_000  # characters of an article on the page, around what is marked in it
PASSAGE_MARGIN = 120  # characters around a quote that lies in none of the passages found

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
    return f'<span class="k-t"><span lang="ja">{_code(text.ja)}</span><span lang="en">{_code(text.en)}</span></span>'


def header(article_count: int) -> str:
    """The top of the page: name, tagline, how many articles, and the switch of the page's language."""
    count = texts.ONE_ARTICLE if article_count == 1 else texts.ARTICLES.filled(count=f"{article_count:,}")
    return (
        '<div class="k-header"><div class="k-brand">'
        '<h1>Kotae <span lang="ja">答え</span></h1>'
        f"<p>{both(texts.TAGLINE)}</p></div>"
        f'<div class="k-tools"><span class="k-count">{both(count)}</span>'
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
    """The question as it was asked."""
    return (
        f'<div class="k-question" id="{_id(turn, "q")}">{_heading(texts.YOU_ASKED)}<p>{escape(turn.question)}</p></div>'
    )


def answer(turn: Turn) -> str:
    """The answer as far as it has come: its status, its text with links to the sources, and what to know about it."""
    known = _numbers(turn)
    parts = [_heading(texts.KOTAE_ANSWERED), _status(turn)]
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
    own = "" if text is texts.UNEXPECTED else f'<p class="k-detail" lang="en">{_code(str(failure))}</p>'
    return (
        f'<div class="k-error" role="alert"><p class="k-error-title">{both(texts.FAILED)}</p>'
        f"<p>{both(text)}</p>{own}</div>"
    )


def sources(turn: Turn) -> str:
    """The cards under an answer: before it, the passages found; after it, what it cites, then the other passages."""
    if turn.hits is None:
        return ""
    citations = turn.answer.citations if turn.answer else ()
    if not citations:
        declined = turn.answer is not None and not turn.answer.answered
        title = texts.NEAREST if declined else texts.FOUND
        nothing = f'<p class="k-note">{both(texts.NOTHING_FOUND)}</p>'
        return _group(
            turn, title, [_found(turn, turn.hits[:FOUND_SHOWN]) or nothing, _others(turn, turn.hits[FOUND_SHOWN:])]
        )
    articles = {hit.article.id: hit.article for hit in turn.hits}
    cards = [_cited(turn, number, group, articles) for number, group in _by_number(citations)]
    rest = [hit for hit in turn.hits if not any(_covers(hit, citation) for citation in citations)]
    return _group(turn, texts.SOURCES, [*cards, _others(turn, rest)])


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


def _found(turn: Turn, hits: Sequence[Hit]) -> str:
    """Passages as cards without numbers: only what an answer cites has one."""
    return "".join(_card(turn, 0, hit.article, (hit.passage.start, hit.passage.end)) for hit in hits)


def _others(turn: Turn, hits: Sequence[Hit]) -> str:
    if not hits:
        return ""
    title = both(texts.OTHERS.filled(count=len(hits)))
    return f'<details class="k-others"><summary>{title}</summary>{_found(turn, hits)}</details>'


def _cited(turn: Turn, number: int, citations: Sequence[Citation], articles: dict[str, Article]) -> str:
    """One card for all quotes that share a number. A quote is marked only where the article really has it."""
    first = citations[0]
    article = articles.get(first.article_id)
    spans = [
        (c.start, c.end)
        for c in citations
        if article and c.article_id == article.id and 0 <= c.start < c.end and article.text[c.start : c.end] == c.quote
    ]
    if article is None or not spans:
        quotes = "".join(f'<blockquote class="k-passage">{escape(c.quote)}</blockquote>' for c in citations)
        return _shell(
            turn, number, _title(number, first.title, [escape(first.source)], first.quote), quotes, opened=True
        )
    hit = next((hit for hit in turn.hits or () if _covers(hit, first)), None)
    around = (
        (hit.passage.start, hit.passage.end) if hit else (spans[0][0] - PASSAGE_MARGIN, spans[0][1] + PASSAGE_MARGIN)
    )
    return _card(turn, number, article, around, spans, opened=True)


def _card(
    turn: Turn,
    number: int,
    article: Article,
    around: tuple[int, int],
    spans: Sequence[tuple[int, int]] = (),
    opened: bool = False,
) -> str:
    """A card: title, source, date and language; the passage with its quotes marked; the whole article to unfold."""
    start, end = max(0, around[0]), min(len(article.text), around[1])
    spans = _apart(spans)
    inside = [span for span in spans if start <= span[0] and span[1] <= end]
    lead = article.text[slice(*inside[0])] if inside else article.text[start:end]
    facts = [escape(fact) for fact in (article.source, article.date) if fact]
    facts.append(both(texts.LANGUAGE_NAMES[article.language]))
    passage = f'<blockquote class="k-passage" lang="{article.language}">{_with_marks(article.text, start, end, inside)}'
    whole = _whole(article, spans or [(start, end)])
    return _shell(turn, number, _title(number, article.title, facts, lead), f"{passage}</blockquote>{whole}", opened)


def _shell(turn: Turn, number: int, title: str, body: str, opened: bool) -> str:
    anchor = f' id="{_id(turn, number)}"' if number else ""
    return (
        f'<details class="k-source"{anchor}{" open" if opened else ""}>'
        f'<summary>{title}</summary><div class="k-body">{body}</div></details>'
    )


def _title(number: int, title: str, facts: Sequence[str], lead: str) -> str:
    badge = f'<span class="k-n">{number}</span>' if number else ""
    about = "".join(f"<span>{fact}</span>" for fact in facts if fact)
    return (
        f'{badge}<span class="k-head"><span class="k-title">{escape(title)}</span>'
        f'<span class="k-facts">{about}</span><span class="k-lead">{escape(lead[:160])}</span></span>'
    )


def _whole(article: Article, spans: Sequence[tuple[int, int]]) -> str:
    """The article around what is marked in it, at most `ARTICLE_SHOWN` characters of it."""
    start = max(0, min(spans[0][0] - ARTICLE_SHOWN // 2, len(article.text) - ARTICLE_SHOWN))
    end = min(len(article.text), start + ARTICLE_SHOWN)
    shown = [span for span in spans if start <= span[0] and span[1] <= end]
    before = f'<span class="k-cut">{both(texts.CUT_BEFORE)}</span>' if start else ""
    after = f'<span class="k-cut">{both(texts.CUT_AFTER)}</span>' if end < len(article.text) else ""
    return (
        f'<details class="k-article"><summary>{both(texts.WHOLE_ARTICLE)}</summary>'
        f'<div class="k-article-text" lang="{article.language}" tabindex="0">'
        f"{before}{_with_marks(article.text, start, end, shown)}{after}</div></details>"
    )


def _with_marks(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> str:
    done, at = [], start
    for first, last in spans:
        done += [escape(text[at:first]), f"<mark>{escape(text[first:last])}</mark>"]
        at = last
    return "".join(done) + escape(text[at:end])


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, those that overlap joined into one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _by_number(citations: Iterable[Citation]) -> list[tuple[int, list[Citation]]]:
    groups: dict[int, list[Citation]] = {}
    for citation in citations:
        groups.setdefault(citation.number, []).append(citation)
    return sorted(groups.items())


def _covers(hit: Hit, citation: Citation) -> bool:
    passage = hit.passage
    return hit.article.id == citation.article_id and passage.start < citation.end and citation.start < passage.end


def _numbers(turn: Turn) -> set[int]:
    """The numbers that have a card. Those that the model writes along the way are not yet checked, so none before."""
    return {citation.number for citation in turn.answer.citations} if turn.answer else set()


def _id(turn: Turn, part: object) -> str:
    return f"k-{turn.number}-{part}"


def _heading(text: Text) -> str:
    return f'<h2 class="k-sr">{both(text)}</h2>'


def _code(text: str) -> str:
    """Escaped, with what stands in backquotes set as code."""
    pieces = escape(text).split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))
