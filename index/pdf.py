"""PDF to text with the place of every page, the one home of pypdfium2. Reads text, never pictures.

PDFium gives characters with their places. Vertical columns are put in order here, from right to left; readings (ruby)
beside kanji, running heads and page numbers are left out; and lines that were only wrapped are joined again.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from index.errors import ArticleError
from index.extracted import MAX_TEXT, Extracted

_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc・]+")
_WIDE = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_PAGE_NUMBER = re.compile(
    r"[-–—―‐(\[ ]{0,3}(?:p\.? ?|page |第 ?)?\d{1,4}(?: ?[/／] ?\d{1,4})?(?: ?頁| ?ページ)?[-–—―‐)\] ]{0,3}", re.I
)
_ITEM = re.compile(r"(?:[-*+・•●○■□◆◇※]|\d{1,3}[.)．、]|[(（]\d{1,3}[)）]|第\d{1,4}[条章節])[ \t　]*\S")
_ENDS = frozenset("。．.!?！？」』）):：")
_RUBY = 0.62  # of the size of the text beside it
_RUNNING = 3  # pages on which the same line stands before it is a running head


@dataclass(frozen=True)
class _Character:
    text: str
    x: float  # of its middle
    y: float
    size: float


def extract_pdf(data: bytes) -> list[Extracted]:
    """The text of a PDF, and where in it each page begins."""
    pages = [_lines(characters) for characters in _characters(data)]
    pages = _without_running_heads(pages)
    text, starts = _joined(pages)
    if not text.strip():
        raise ArticleError("holds no text (its pages are pictures): run text recognition (OCR) on it first")
    title = next(_title(data), "")
    return [Extracted(text=text, fields={"title": title} if title else {}, pages=tuple(starts))]


def _opened(data: bytes) -> Any:
    import pypdfium2  # loads a library of 7 MB; only who reads a PDF pays for it

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ArticleError("is locked with a password: unlock it, or leave it out") from error
        raise ArticleError(f"is damaged, or no PDF ({str(error).splitlines()[0]}): save it anew") from error


def _title(data: bytes) -> Iterator[str]:
    """The title of its properties, unless it is only the name of the file that it was made from."""
    title = " ".join(_opened(data).get_metadata_dict().get("Title", "").split())
    if title and not re.search(r"\.\w{2,5}$|^Microsoft |^untitled|^無題", title, re.IGNORECASE) and title.isprintable():
        yield title


def _characters(data: bytes) -> Iterator[list[_Character]]:
    """The characters of each page in the order of the file; line ends are characters too."""
    from ctypes import c_double

    import pypdfium2.raw as pdfium

    document = _opened(data)
    total = 0
    for number in range(len(document)):
        found: list[_Character] = []
        try:
            page = document[number].get_textpage()
        except Exception as error:
            if type(error).__name__ != "PdfiumError":
                raise
            raise ArticleError(f"is damaged (page {number + 1} cannot be read): save it anew") from error
        total += page.count_chars()
        if total > MAX_TEXT:
            raise ArticleError(f"holds more than {MAX_TEXT:,} characters: split it")
        left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
        high = 0
        for index in range(page.count_chars()):
            code = pdfium.FPDFText_GetUnicode(page, index)
            if 0xD800 <= code < 0xDC00:
                high = code
                continue
            if 0xDC00 <= code < 0xE000:
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
            high = 0
            if code in (0, 0xFFFE, 0xFFFF):
                continue
            character = chr(code) if code != 2 else "-"  # PDFium's mark for a hyphen at the end of a line
            box = pdfium.FPDFText_GetCharBox(page, index, left, right, bottom, top)
            size = pdfium.FPDFText_GetFontSize(page, index) if box else 0.0
            if box and not character.isspace():
                x, y = (left.value + right.value) / 2, (top.value + bottom.value) / 2
                extent = max(right.value - left.value, top.value - bottom.value)
                found.append(_Character(character, x, y, size if size > 1.5 else extent))
            else:
                found.append(_Character(" " if character in "\t\xa0 " else character, 0.0, 0.0, 0.0))
        page.close()
        yield found
    document.close()


def _lines(characters: Sequence[_Character]) -> list[str]:
    placed = [c for c in characters if c.size]
    if not placed:
        return []
    if _is_vertical(placed):
        return _columns(placed)
    kept = _without_ruby(characters)
    return [line for raw in "".join(c.text for c in kept).splitlines() if (line := " ".join(raw.split(" ")).strip())]


def _is_vertical(placed: Sequence[_Character]) -> bool:
    """Whether most wide characters stand below the one before."""
    down = across = 0
    for before, after in zip(placed, placed[1:], strict=False):
        if _WIDE.match(after.text) and _WIDE.match(before.text):
            down += abs(after.x - before.x) < 0.3 * after.size and 0 < before.y - after.y < 2.5 * after.size
            across += abs(after.y - before.y) < 0.3 * after.size and 0 < after.x - before.x < 2.5 * after.size
    return down > across


def _columns(placed: Sequence[_Character]) -> list[str]:
    """The columns of a vertical page from right to left, without what stands beside them in small kana."""
    usual = median(c.size for c in placed)
    columns: list[list[_Character]] = []
    for character in sorted(placed, key=lambda c: -c.x):
        if (
            columns
            and columns[-1][0].x - character.x < 0.5 * usual
            and (character.size > _RUBY * usual) == (columns[-1][0].size > _RUBY * usual)
        ):
            columns[-1].append(character)
        else:
            columns.append([character])
    lines = []
    for column in columns:
        text = "".join(c.text for c in sorted(column, key=lambda c: -c.y))
        if column[0].size > _RUBY * usual or not _KANA.fullmatch(text):
            lines.append(text)
    return lines


def _without_ruby(characters: Sequence[_Character]) -> list[_Character]:
    """Without runs of small kana beside larger text, and the line ends that only they brought."""
    sizes = [c.size for c in characters if c.size]
    usual = median(sizes) if sizes else 0.0
    kept: list[_Character] = []
    run: list[_Character] = []

    def close() -> None:
        nonlocal run
        small = "".join(c.text for c in run if c.size)
        if not small or not _KANA.fullmatch(small):
            kept.extend(run)
        elif not kept or kept[-1].text in "\r\n":
            pass  # the reading had a line of its own: its line end goes with it
        else:
            kept.extend(c for c in run[-1:] if not c.size)
        run = []

    for character in characters:
        if character.size and character.size <= _RUBY * usual or run and not character.size:
            run.append(character)
        else:
            if run:
                close()
            kept.append(character)
    close()
    return kept


def _without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """Without page numbers, and without what stands first or last on three pages or more."""

    def shape(line: str) -> str:
        return re.sub(r"\d+", "0", line)

    edges = Counter(shape(line) for lines in pages for line in {*lines[:1], *lines[-1:]})

    def is_frame(line: str) -> bool:
        return _PAGE_NUMBER.fullmatch(line) is not None or edges[shape(line)] >= _RUNNING

    trimmed = []
    for lines in pages:
        first, last = 0, len(lines)
        while first < min(2, last) and is_frame(lines[first]):
            first += 1
        while last > max(first, len(lines) - 2) and is_frame(lines[last - 1]):
            last -= 1
        trimmed.append(lines[first:last])
    return trimmed


def _joined(pages: Sequence[Sequence[str]]) -> tuple[str, list[int]]:
    """The text with wrapped lines joined, over the ends of pages too, and where each page begins."""
    width = _width([line for lines in pages for line in lines])
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    before = ""
    for lines in pages:
        begun = False
        for line in lines:
            glue = _glue(before, line, width) if parts else ""
            if glue == "\x08":  # a word was cut: its hyphen goes
                parts[-1] = parts[-1][:-1]
                length -= 1
                glue = ""
            if not begun:
                starts.append(length + len(glue))
                begun = True
            parts += [glue, line]
            length += len(glue) + len(line)
            before = line
        if not begun:
            starts.append(length)
    return "".join(parts) + ("\n" if parts else ""), starts


def _width(lines: Sequence[str]) -> int:
    """About how many characters a full line has: the nine longest of ten reach no further."""
    lengths = sorted(map(len, lines))
    return lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0


def _glue(before: str, line: str, width: int) -> str:
    """What stands between two lines: nothing or a space when the first was only wrapped, else line ends."""
    if len(before) < 0.7 * width or before[-1] in _ENDS or _ITEM.match(line):
        return "\n" if _ITEM.match(line) or before[-1] not in _ENDS else "\n" if len(before) >= 0.9 * width else "\n\n"
    if before[-1] == "-" and len(before) > 1 and before[-2].isalpha() and line[0].islower():
        return "\x08"
    return "" if _WIDE.match(before[-1]) or _WIDE.match(line[0]) else " "
