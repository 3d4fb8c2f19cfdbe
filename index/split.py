"""Articles to passages: whole sentences, packed up to a number of tokens, never across a heading.

A sentence ends at 。！？ or at . ! ? before a space, in either language; never inside brackets or quotation marks,
within a number, or after an abbreviation. Every offset counts characters of the article's text. Knows nothing of
embedding but the number of tokens a text has, which the caller gives.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.article import Article, Passage

SPLITTER_VERSION = "2"  # part of the index's fingerprint: raise it when the same article would be cut elsewhere

CountTokens = Callable[[Sequence[str]], list[int]]

_OPENING = dict(zip("「『（(【《〈［[〔“", "」』）)】》〉］]〕”", strict=True))
_FULL_STOPS = frozenset("。！？｡")
_STOPS = frozenset(".!?")
_AFTER_STOP = frozenset("\"'’”」』）)】》〉］]〕*_")
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "mr mrs ms dr prof sr jr st gen sen rep gov lt col capt inc ltd co corp no vs etc e.g i.e fig vol approx dept "
        "est jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k u.n d.c p.m a.m ph.d",
    )
)
_MAX_QUOTED = 400  # characters
_MARKED_HEADING = re.compile(r"#{1,6}[ \t]+(\S.*)")
_LIST_ITEM = re.compile(r"(?:[-*+・•●○■□◆◇]|\d{1,3}[.)．、]|[(（]\d{1,3}[)）])[ \t ]*\S")
_NUMBERING = re.compile(r"[(（*_#>\s]{0,4}(?:[A-Za-z]{0,4}\d{1,3}|[A-Za-z])")  # "1." and "Q2." open a sentence
_MAX_HEADING = {"ja": 45, "en": 90}  # characters of an unmarked heading


@dataclass(frozen=True)
class Span:
    """A slice of a text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True)
class Section:
    """Sentences that stand under one heading ("" before the first)."""

    heading: str
    sentences: tuple[Span, ...]


def split_article(article: Article, count_tokens: CountTokens, max_tokens: int) -> list[Passage]:
    """The article's passages, in order. A sentence longer than `max_tokens` is cut at its commas, or where it must be.

    `count_tokens` counts the embedder's tokens of each text. Titles and headings are not counted.
    """
    passages = []
    for section in sections(article.text, article.language):
        spans = _fit(article.text, section.sentences, count_tokens, max_tokens)
        for start, end in _pack(article.text, spans, count_tokens, max_tokens):
            passages.append(
                Passage(
                    article_id=article.id,
                    start=start,
                    end=end,
                    text=article.text[start:end],
                    title=article.title,
                    heading=section.heading,
                    language=article.language,
                )
            )
    return passages


def sections(text: str, language: str) -> list[Section]:
    """The text's sentences, grouped under its headings (Markdown's, or short lines that stand alone)."""
    found: list[Section] = []
    heading, sentences = "", list[Span]()
    lines = _lines(text)
    block: Span | None = None  # lines of one paragraph that have not been cut into sentences yet

    def close_block() -> None:
        nonlocal block
        if block is not None:
            sentences.extend(split_sentences(text, block))
            block = None

    for number, line in enumerate(lines):
        content = text[line.start : line.end]
        if not content:
            close_block()
            continue
        begins = block is None or _ends_paragraph(text, block) or _LIST_ITEM.match(content) is not None
        title = _heading(text, lines, number, language) if begins else ""
        if title:
            close_block()
            if sentences:
                found.append(Section(heading, tuple(sentences)))
            heading, sentences = title, []
        elif begins or block is None:
            close_block()
            block = line
            if number == 0 and not _ends_paragraph(text, line) and len(lines) > 1:
                close_block()  # a headline; what follows is not its continuation
        else:
            block = Span(block.start, line.end)
    close_block()
    if sentences:
        found.append(Section(heading, tuple(sentences)))
    if not found:  # nothing but headings: then they are the text
        alone = [sentence for line in lines for sentence in split_sentences(text, line)]
        return [Section("", tuple(alone))] if alone else []
    return found


def split_sentences(text: str, span: Span | None = None) -> list[Span]:
    """The sentences of `text` within `span` (all of it by default), without the white space around them.

    A bracket or quotation mark that has not closed after 400 characters is taken for a stray one.
    """
    start, stop = (span.start, span.end) if span else (0, len(text))
    found: list[Span] = []
    closers: list[str] = []  # what would close the brackets that are open, the innermost last
    waiting: dict[str, int] = {}  # how many of each are among them
    opened = start
    position = start
    while position < stop:
        character = text[position]
        closed = False
        if character == '"':  # opens or closes, by whether one is open
            character = "”" if waiting.get("”") else "“"
        if character in _OPENING:
            if not closers:
                opened = position
            closer = _OPENING[character]
            closers.append(closer)
            waiting[closer] = waiting.get(closer, 0) + 1
        elif closers and waiting.get(character):
            closer = ""
            while closer != character:
                closer = closers.pop()
                waiting[closer] -= 1
            closed = not closers
        if closers and position - opened > _MAX_QUOTED:
            closers.clear()
            waiting.clear()
        ends = closed and text[position - 1] in _STOPS and _ends_sentence(text, position - 1, stop)
        if not ends and not closers and not closed and _ends_sentence(text, position, stop):
            numbered = position - start <= 12 and _NUMBERING.fullmatch(text[start:position])
            ends = character != "." or not numbered
        if ends:
            end = position + 1
            while end < stop and (text[end] in _AFTER_STOP or text[end] in _FULL_STOPS or text[end] in _STOPS):
                end += 1
            _append(found, text, start, end)
            while end < stop and text[end].isspace():
                end += 1
            start = position = end
            continue
        position += 1
    _append(found, text, start, stop)
    return found


def _append(found: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append(Span(start, end))


def _ends_sentence(text: str, position: int, stop: int) -> bool:
    character = text[position]
    if character in _FULL_STOPS:
        return True
    if character not in _STOPS:
        return False
    after = position + 1
    while after < stop and text[after] in _AFTER_STOP:
        after += 1
    if after >= stop:
        return True
    if not text[after].isspace():
        # "3.5", "U.S.", "example.com" go on; a Latin stop right before Japanese ends a sentence ("…です!次は")
        return character != "." and ord(text[after]) > 0x2E7F
    if character == ".":
        if is_abbreviation(text[max(0, position - 12) : position]):
            return False
        following = text[after:stop].lstrip()[:1] if stop - after < 64 else text[after : after + 64].lstrip()[:1]
        return not following.islower()
    return True


def is_abbreviation(text: str) -> bool:
    """Whether a dot after `text` would belong to its last word: 9 p.m, Acme Inc, J."""
    word = text.split()[-1:] if text[-1:].strip() else []
    last = word[0].lower().lstrip("(\"'“‘") if word else ""
    return last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha())


def _lines(text: str) -> list[Span]:
    """Each line without its white space; an empty span for a blank one."""
    lines, start = [], 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        begin = start + (len(raw) - len(raw.lstrip()) if stripped else 0)
        lines.append(Span(begin, begin + len(stripped)))
        start += len(raw) + 1
    return lines


def _heading(text: str, lines: Sequence[Span], number: int, language: str) -> str:
    """The heading this line is, or "": marked with `#`, or short, unpunctuated and followed by a longer line."""
    content = text[lines[number].start : lines[number].end]
    marked = _MARKED_HEADING.fullmatch(content)
    if marked:
        return marked.group(1).rstrip("# ").strip()
    if number == 0 or len(content) > _MAX_HEADING.get(language, 90) or content[-1] in "。.!?！？、,;:：」』)）":
        return ""
    if _LIST_ITEM.match(content) or content[0] in '|>「『"“':
        return ""
    following = next((after for after in lines[number + 1 : number + 3] if after.end > after.start), None)
    return content if following and following.end - following.start > 1.5 * len(content) else ""


def _ends_paragraph(text: str, block: Span) -> bool:
    """Whether the lines so far end where a sentence does (else the next line is the same sentence, wrapped)."""
    tail = text[block.end - 1]
    return (
        tail in _STOPS or tail in _FULL_STOPS or (tail in _AFTER_STOP and text[block.end - 2] in _FULL_STOPS | _STOPS)
    )


def _fit(text: str, spans: Sequence[Span], count_tokens: CountTokens, max_tokens: int) -> list[Span]:
    """The spans, those of more than `max_tokens` cut into pieces that fit."""
    fitted: list[Span] = []
    counts = count_tokens([text[span.start : span.end] for span in spans]) if spans else []
    for span, count in zip(spans, counts, strict=True):
        if count <= max_tokens or span.end - span.start == 1:
            fitted.append(span)
        else:  # tokens are not spread evenly: a piece may still be too long
            fitted.extend(_fit(text, _cut(text, span, -(-count // max_tokens)), count_tokens, max_tokens))
    return fitted


def _cut(text: str, span: Span, parts: int) -> list[Span]:
    """About `parts` pieces (2 at least), ending after a comma or space where there is one in their second half."""
    width = -(-(span.end - span.start) // parts)
    pieces: list[Span] = []
    start = span.start
    while span.end - start > width:
        end = start + width
        for candidate in range(end, start + width // 2, -1):
            if text[candidate - 1] in "、，,;； \n" and not text[candidate].isdigit():
                end = candidate
                break
        else:
            least = start + max(1, width // 2)
            while end > least and text[end - 1].isalnum() and text[end].isascii() and text[end].isalnum():
                end -= 1
        _append(pieces, text, start, end)
        start = end
    _append(pieces, text, start, span.end)
    return pieces


def _pack(text: str, spans: Sequence[Span], count_tokens: CountTokens, max_tokens: int) -> list[tuple[int, int]]:
    """Runs of spans of at most `max_tokens` together, evened out so that the last is no remnant."""
    counts = count_tokens([text[span.start : span.end] for span in spans]) if spans else []
    if not counts:
        return []
    target = sum(counts) / max(1, -(-sum(counts) // max_tokens))
    packed: list[tuple[int, int]] = []
    start, end, size = spans[0].start, spans[0].end, counts[0]
    for span, count in zip(spans[1:], counts[1:], strict=True):
        if size + count > max_tokens or size + count / 2 > target:
            packed.append((start, end))
            start, size = span.start, 0
        end, size = span.end, size + count
    packed.append((start, end))
    return packed
