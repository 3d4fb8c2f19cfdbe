"""Where text becomes safe HTML: the only place that does. Pure functions; knows nothing of turns.

Every character of a question, an answer, an article or an error passes `escape`; the only markup that a model's text
can cause is paragraphs, bullets, bold and links to citations made here. The HTML never contains a line break, because
gradio passes it through a Markdown parser, which leaves an HTML block alone up to the first blank line; it relies on
no `data-` or `aria-` attribute, because gradio's sanitizer (a second line of defence) removes them.

Every text of the page's own stands there in both languages; the style sheet shows the one that is chosen.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence

from ui.texts import Text

Link = Callable[[int], str]  # the HTML of the mark [n], "" for a number that leads nowhere

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


def code(text: str) -> str:
    """Escaped, with what stands in backquotes set as code."""
    pieces = escape(text).split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


def with_marks(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> str:
    """The text from `start` to `end`, escaped, with `spans` marked; they are in order and apart."""
    done, at = [], start
    for first, last in spans:
        done += [escape(text[at:first]), f"<mark>{escape(text[first:last])}</mark>"]
        at = last
    return "".join(done) + escape(text[at:end])


def prose(text: str, link: Link) -> str:
    """Blank lines part paragraphs, lines that open with a bullet make lists, `**` makes bold, `link` makes `[n]`."""
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

    for line in text.replace("\r\n", "\n").split("\n"):
        bullet = _BULLET.match(line)
        if not line.strip() or bool(bullet) != bool(items):
            flush()
        if bullet:
            items.append(_inline(line[bullet.end() :], link))
        elif line.strip():
            lines.append(_inline(line.strip(), link))
    flush()
    return "".join(blocks)


def _inline(line: str, link: Link) -> str:
    done, at = [], 0
    for bold in _BOLD.finditer(line):
        done += [_marked(line[at : bold.start()], link), f"<strong>{_marked(bold[1], link)}</strong>"]
        at = bold.end()
    return "".join(done) + _marked(line[at:], link)


def _marked(text: str, link: Link) -> str:
    done, at = [], 0
    for mark in _MARK.finditer(text):
        links = [link(int(number)) for number in _NUMBER.findall(mark[1])]
        if all(links):
            done += [escape(text[at : mark.start()]), *links]
            at = mark.end()
    return "".join(done) + escape(text[at:])
