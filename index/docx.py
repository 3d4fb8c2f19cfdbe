"""Word files (.docx) to text: paragraphs, headings, lists, tables, text boxes, notes. Deleted and hidden text is left
out, and of words with a reading (ruby) the words alone are kept."""

import re
from typing import Any

from index.archive import Archive
from index.errors import ArticleError
from index.extracted import Extracted, one_line, tidy
from index.markup import attribute, events, parse_xml, tag

_MAIN = "word/document.xml"
_SKIPPED = frozenset(["del", "movefrom", "rt", "fallback", "instrtext", "deltext", "sectpr", "pict"])


def extract_docx(data: bytes) -> list[Extracted]:
    """The text of a Word file; its title is the one styled so, else the one of its properties."""
    archive = Archive(data)
    if _MAIN not in archive:
        if "EncryptedPackage" in archive or not any(name.startswith("word/") for name in archive.names):
            raise ArticleError("is no Word file (nothing in it is called 'word/document.xml'): save it as .docx")
        raise ArticleError("is damaged ('word/document.xml' is missing): save it anew")
    levels = _heading_levels(archive)
    text, title = _body(parse_xml(archive.read(_MAIN)), levels)
    for notes in ("word/footnotes.xml", "word/endnotes.xml"):
        if notes in archive:
            text += "\n\n" + _body(parse_xml(archive.read(notes)), levels)[0]
    text = tidy("\n".join(re.sub(r" {2,}", " ", line) for line in text.split("\n")))
    if not text:
        raise ArticleError("holds no text: leave it out")
    title = title or _property_title(archive)
    return [Extracted(text=text, fields={"title": title} if title else {})]


def _body(root: Any, levels: dict[str, int]) -> tuple[str, str]:
    """The text, and the first paragraph in the style of a title."""
    parts: list[str] = []
    starts: list[tuple[int, int]] = []  # for each open paragraph: where it begins in `parts`, its heading level
    title = ""
    cells = 0
    walk = events(root)
    skipped: Any = None
    for event, element in walk:
        name = tag(element)
        if event == "start":
            if name in _SKIPPED or (name == "r" and _is_hidden(element)) or _is_separator(element, name):
                skipped = element
                walk.skip_subtree()
            elif name == "p":
                level, listed = _style(element, levels)
                parts.append(f"{'#' * level} " if 0 < level < 7 else "- " if listed else "")
                starts.append((len(parts), level))
            elif name == "tbl":
                parts.append("\n")
            elif name == "t":
                parts.append((element.text or "").replace("\n", " "))
            elif name in ("tab", "ptab"):
                parts.append("\t" if starts and len(parts) > starts[-1][0] else "")
            elif name in ("br", "cr"):
                parts.append("\n")
            elif name == "nobreakhyphen":
                parts.append("-")
            cells += name == "tc"
        elif element is not skipped:
            if name == "p" and starts:
                begun, level = starts.pop()
                written = one_line("".join(parts[begun:]))
                if level == 7:
                    title = title or written
                parts.append(" " if cells else "\n\n" if written else "")
            elif name == "tc":
                cells -= 1
                parts.append(" | ")
            elif name == "tr":
                _end_row(parts)
            elif name == "tbl" and not cells:
                parts.append("\n")
    return "".join(parts), title


def _end_row(parts: list[str]) -> None:
    while parts and parts[-1].strip(" |") == "":
        parts.pop()
    parts.append("\n")


def _style(paragraph: Any, levels: dict[str, int]) -> tuple[int, bool]:
    """(level of the heading, 7 for a title and 0 for none; whether it is an item of a list)."""
    properties = next((child for child in paragraph if tag(child) == "ppr"), None)
    if properties is None:
        return 0, False
    level, listed = 0, False
    for child in properties:
        if tag(child) == "pstyle":
            level = levels.get(attribute(child, "val"), 0)
        elif tag(child) == "numpr":
            listed = True
        elif tag(child) == "outlinelvl" and attribute(child, "val") in tuple("012345"):
            level = level or int(attribute(child, "val")) + 1
    return level, listed and not level


def _is_hidden(run: Any) -> bool:
    for properties in run:
        if tag(properties) == "rpr":
            marks = {tag(mark): attribute(mark, "val") for mark in properties}
            return marks.get("vanish", "0") not in ("0", "false", "off")
        break
    return False


def _is_separator(element: Any, name: str) -> bool:
    """The line above the notes is written as a note of its own."""
    return name in ("footnote", "endnote") and attribute(element, "type") not in ("", "normal")


def _heading_levels(archive: Archive) -> dict[str, int]:
    """Id of a style -> level of its heading, 7 for titles. Ids differ by language, names do not."""
    if "word/styles.xml" not in archive:
        return {}
    levels: dict[str, int] = {}
    for style in parse_xml(archive.read("word/styles.xml")).iter("{*}style"):
        name = next((attribute(child, "val").lower() for child in style if tag(child) == "name"), "")
        if name == "title":
            levels[attribute(style, "styleId")] = 7
        elif name.startswith("heading ") and name[8:] in tuple("123456"):
            levels[attribute(style, "styleId")] = int(name[8:])
    return levels


def _property_title(archive: Archive) -> str:
    if "docProps/core.xml" not in archive:
        return ""
    root = parse_xml(archive.read("docProps/core.xml"))
    title = next((one_line(element.text or "") for element in root.iter("{*}title")), "")
    return "" if title.lower().endswith((".doc", ".docx")) or title.startswith("Microsoft Word") else title
