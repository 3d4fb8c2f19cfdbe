"""Rows to articles: JSONL (an object on each line) and CSV (a row each). Knows nothing of files.

Fields are known by the names that people use for them (`index/fields.py`). A row that cannot be read is refused by
itself. A CSV without a column of text becomes an article of "name: value" lines for each row.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from index.article import Article
from index.errors import ArticleError
from index.extracted import one_line
from index.fields import is_unicode, make_article, mapped, short

MAX_CELL = 20_000_000  # characters
_DELIMITERS = (",", "\t", ";", "|")


def read_jsonl(text: str, where: str, name: str) -> Iterator[Article | ArticleError]:
    """The article of each line, or why there is none. `where` stands in messages, `name` in ids."""
    found = False
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        found = True
        try:
            yield _from_object(line, f"{where}:{number}", f"{name}:{number}")
        except ArticleError as error:
            yield error
    if not found:
        raise ArticleError(f"{where!r} holds no articles: each line is an object with id and text")


def read_csv(text: str, where: str, name: str) -> Iterator[Article | ArticleError]:
    """The article of each row below the one that names the columns, or why there is none."""
    csv.field_size_limit(MAX_CELL)
    first = text.lstrip("\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows = csv.reader(io.StringIO(text.lstrip("\n"), newline=""), delimiter=delimiter, strict=True)
    try:
        header = [one_line(cell) for cell in next(rows, [])]
        if len(header) != len(set(header)) or not all(header[:-1]) or not any(header):
            raise ArticleError(f"{where!r}: its first row does not name the columns: give each a name of its own")
        has_text = "text" in mapped(dict.fromkeys(header, "x"))
        found = False
        for number, cells in enumerate(rows, start=2):
            if any(cell.strip() for cell in cells):
                found = True
                try:
                    yield _from_cells(header, cells, has_text, f"{where}:{number}", f"{name}:{number}")
                except ArticleError as error:
                    yield error
    except csv.Error as error:
        raise ArticleError(
            f"{where!r} is no CSV that can be read (line {rows.line_num}: {error}): save it anew"
        ) from error
    if not found:
        raise ArticleError(f"{where!r} holds no articles: there is no row below the names of the columns")


def _from_object(line: str, where: str, default_id: str) -> Article:
    try:
        row = json.loads(line)
    except RecursionError as error:
        raise ArticleError(f"{where} is not an article: its JSON is nested too deeply") from error
    except ValueError as error:
        raise ArticleError(f"{where} is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ArticleError(f"{where} is not an object: each line holds id, title, text, language, source, date")
    return _article(mapped(row), where, default_id)


def _from_cells(header: list[str], cells: list[str], has_text: bool, where: str, default_id: str) -> Article:
    if len(cells) > len(header) and any(cells[len(header) :]):
        raise ArticleError(
            f"{where} has {len(cells)} cells for {len(header)} columns: put quotation marks around commas"
        )
    row = dict(zip(header, cells, strict=False))
    fields = mapped(row)
    if not has_text:
        fields["text"] = "\n".join(f"{name}: {cell.strip()}" for name, cell in row.items() if name and cell.strip())
    return _article(fields, where, default_id)


def _article(fields: dict[str, Any], where: str, default_id: str) -> Article:
    text = fields.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ArticleError(f"{where}: field 'text' is {short(text)}: give the article's text")
    if not is_unicode(text) or "\x00" in text:
        raise ArticleError(f"{where}: field 'text' holds zero characters or halves of characters: remove them")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return make_article(fields, text, where, default_id=default_id, default_title="")
