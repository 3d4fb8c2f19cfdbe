"""Elements of HTML to text: headings, lists and tables marked as in Markdown, white space as a browser shows it.

Which elements are read is the caller's to say: a web page's article is found in `index/webpage.py`, a book has its own.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from index.extracted import one_line, tidy
from index.markup import events, tag

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "table",
        "ul",
        "ol",
        "dl",
        "section",
        "article",
        "div",
    ]
)
_CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_BREAK, _CELL, _SPACE = "\x1e", "\x1f", "\x1d"  # while a text is made: a new line, a cell's end, a space that counts


def html_text(root: Any, skipped: Callable[[Any], bool]) -> str:
    """The text under an element. Elements for which `skipped` is true are passed over with all they hold."""
    parts: list[str] = []
    lists: list[int] = []  # for each open list the number of its next item, 0 for dots
    kept: list[Any] = []  # open elements in which every line end counts
    passed: Any = None  # the element that has just been passed over
    walk = events(root)
    for event, element in walk:
        name = tag(element)
        if event == "start":
            if element is not root and (not name or skipped(element)):
                passed = element
                walk.skip_subtree()
                continue
            if name in ("ul", "ol"):
                lists.append(1 if name == "ol" else 0)
            if name == "pre":
                kept.append(element)
            parts.append(_opening(name, lists))
            parts.append(_flow(element.text, bool(kept)))
        else:
            if element is not passed:
                if name in ("ul", "ol") and lists:
                    lists.pop()
                if kept and kept[-1] is element:
                    kept.pop()
                parts.append("\n\n" if name in _PARAGRAPHS else _BREAK if name in _BLOCKS else "")
                if name in ("td", "th"):
                    parts.append(_CELL)
            if element is not root:
                parts.append(_flow(element.tail, bool(kept)))
    blocks = (block for block in "".join(parts).split(_BREAK) if block.strip(" "))
    lines = (_line(line) for line in "\n".join(blocks).split("\n"))
    return tidy("\n".join(lines).replace(_SPACE, " "))


def _opening(name: str, lists: list[int]) -> str:
    if name in ("h1", "h2", "h3", "h4", "h5", "h6"):
        return f"\n\n{'#' * int(name[1])} "
    if name == "br":
        return "\n"
    if name == "li":
        if lists and lists[-1]:
            lists[-1] += 1
            return f"{_BREAK}{lists[-1] - 1}. "
        return f"{_BREAK}- "
    return "\n\n" if name in _PARAGRAPHS else _BREAK if name in _BLOCKS else ""


def _flow(text: str | None, kept: bool) -> str:
    """Text with its white space as a browser shows it; no space where a line of Japanese was wrapped."""
    if not text:
        return ""
    if kept:
        return text.replace(" ", _SPACE)
    words = re.split(r"[ \t\r\n\f]+", text)
    joined = words[:1]
    for before, word in pairwise(words):
        wrapped = before and word and _CJK.match(before[-1]) and _CJK.match(word[0])
        joined.append(word if wrapped else f" {word}")
    return "".join(joined)


def _line(line: str) -> str:
    """One line: cells of a table apart, no double spaces."""
    cells = [one_line(cell) for cell in line.split(_CELL)]
    line = " | ".join(cell for cell in cells if cell) if len(cells) > 1 else re.sub(r"[ \t]{2,}", " ", line).rstrip()
    return "" if line.strip() in ("#", "##", "###", "####", "#####", "######", "-") else line.lstrip(" ")
