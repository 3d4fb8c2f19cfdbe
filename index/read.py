"""Files to articles: plain text, Markdown with front matter, and JSONL. Knows nothing of passages or vectors.

A file is read whole or refused with a reason; the text itself is never changed, except that line ends become "\\n"
and a byte order mark is dropped. A `NAME.meta.yaml` beside `NAME.txt` holds its metadata where the file must stay
as it is.
"""

import datetime
import json
import os
import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.article import LANGUAGES, Article, Language
from index.errors import ArticleError

TEXT_SUFFIXES = (".txt", ".md", ".markdown")
SUFFIXES = (*TEXT_SUFFIXES, ".jsonl")
FIELDS = ("id", "title", "language", "source", "date")
MAX_ID = 200  # characters; an id is shown in messages and stands in every passage id
MAX_BYTES = 256 * 1024 * 1024  # one file; a larger one is no article

_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].{0,40})?")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_LINE = re.compile(r"\s*(?:#.*\n\s*)*[\w-]+[ \t]*:")
_HEADING = re.compile(r"#{1,6}[ \t]+(\S.*)")
_NOTHING = ("", "~", "null", "Null", "NULL")  # how YAML writes that there is no value


@dataclass(frozen=True, kw_only=True)
class LocatedArticle:
    """An article and the file it was read from (a real path)."""

    article: Article
    path: Path


def read_articles(root: Path) -> Iterator[LocatedArticle]:
    """Every article under `root` (a folder or a file), in the order of the file names.

    In a folder, files of other kinds than SUFFIXES, hidden ones, and links that lead out of it are passed over.
    Raises ArticleError for a path that does not exist, a folder without articles, and a file that cannot be read.
    """
    if not os.path.exists(root):  # unlike Path.exists, False also for a name that is too long
        raise ArticleError(f"there is nothing at {str(root)!r}: check the path")
    root = Path(os.path.realpath(root))
    if root.is_dir():
        files = _article_files(root)
        if not files:
            raise ArticleError(f"no articles in {str(root)!r}: Kotae reads {', '.join(SUFFIXES)} files")
    else:
        if root.suffix.lower() not in SUFFIXES or not root.is_file():
            raise ArticleError(f"cannot read {str(root)!r}: Kotae reads {', '.join(SUFFIXES)} files")
        files = [root]
    for path in files:
        if not _is_unicode(str(path)):
            raise ArticleError(f"cannot read {str(path)!r}: the name is not UTF-8: rename it")
        name = path.relative_to(root).as_posix() if path != root else path.name
        if path.suffix.lower() == ".jsonl":
            for article in _read_jsonl(path):
                yield LocatedArticle(article=article, path=path)
        else:
            yield LocatedArticle(article=_read_text_article(path, name), path=path)


def has_articles(root: Path) -> bool:
    """Whether there is a file under the folder `root` that `read_articles` would read."""
    return root.is_dir() and bool(_article_files(root))


def detect_language(text: str) -> Language:
    """ "ja" when at least one letter in ten is kana or kanji, else "en". Looks at the first 5,000 characters."""
    letters = [character for character in text[:5000] if character.isalpha()]
    japanese = sum("\u3040" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff" for character in letters)
    return "ja" if letters and japanese * 10 >= len(letters) else "en"


def _article_files(root: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(root, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(".") or path.suffix.lower() not in SUFFIXES or not path.is_file():
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                continue
            found.append(path)
    return found


def _refuse(error: OSError) -> None:
    # Passed over silently, the articles of the folder would be dropped from the index.
    raise ArticleError(f"cannot read the folder {str(error.filename)!r}: {error.strerror or error}") from error


def _read_text_article(path: Path, name: str) -> Article:
    text = _decode(path)
    fields: dict[str, Any] = {}
    front = _FRONT_MATTER.match(text)
    if front:
        # A rule of dashes may open an ordinary text: only `name: value` lines between two of them are front matter.
        parsed = _yaml(front.group(1), path, "front matter") if _FRONT_LINE.match(front.group(1)) else None
        if isinstance(parsed, dict):
            fields = parsed
            text = text[front.end() :].lstrip("\n")
    sidecar = path.with_name(f"{path.stem}.meta.yaml")
    if sidecar.is_file():
        parsed = _yaml(_decode(sidecar), sidecar, "the metadata")
        if not isinstance(parsed, dict):
            raise ArticleError(f"{str(sidecar)!r} holds no `name: value` lines: give {', '.join(FIELDS)}")
        fields = {**fields, **parsed}
    default_id = _one_line(name[: -len(path.suffix)])
    default_title = _first_heading(text) or _one_line(path.stem)
    return _article(fields, text, str(path), default_id=default_id, default_title=default_title)


def _read_jsonl(path: Path) -> Iterator[Article]:
    found = False
    for number, line in enumerate(_decode(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except RecursionError as error:
            raise ArticleError(f"{where} is not an article: its JSON is nested too deeply") from error
        except ValueError as error:
            raise ArticleError(f"{where} is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise ArticleError(f"{where} is not an object: each line holds id, title, text, language, source, date")
        text = row.get("text")
        if not isinstance(text, str) or not text.strip():
            raise ArticleError(f"{where}: field 'text' is {_short(text)}: give the article's text")
        if not _is_unicode(text) or "\x00" in text:
            raise ArticleError(f"{where}: field 'text' holds zero characters or halves of characters: remove them")
        if not _field(row, "id", where):
            raise ArticleError(f"{where}: field 'id' is missing: give every article an id of its own")
        if "language" not in row and "lang" in row:
            row["language"] = row["lang"]
        found = True
        yield _article(row, text.replace("\r\n", "\n").replace("\r", "\n"), where, default_id="", default_title="")
    if not found:
        raise ArticleError(f"{str(path)!r} holds no articles: each line is an object with id and text")


def _article(fields: Mapping[str, Any], text: str, where: str, *, default_id: str, default_title: str) -> Article:
    if not text.strip():
        raise ArticleError(f"{where} holds no text: remove it, or write the article")
    values = {name: _field(fields, name, where) for name in FIELDS}
    article_id = values["id"] or default_id
    if len(article_id) > MAX_ID:
        raise ArticleError(
            f"{where}: the id {_short(article_id)} has {len(article_id)} characters: use {MAX_ID} at most"
        )
    title = values["title"] or default_title
    language = values["language"].lower() or detect_language(f"{title}\n{text}")
    if language not in LANGUAGES:
        raise ArticleError(f"{where}: field 'language' is {language!r}: use one of {', '.join(LANGUAGES)}")
    date = _date(values["date"], where)
    return Article(id=article_id, title=title, language=language, source=values["source"], date=date, text=text)


def _field(fields: Mapping[str, Any], name: str, where: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise ArticleError(f"{where}: field {name!r} is {_short(value)}: give one line of text")
    line = _one_line(str(value))
    if not _is_unicode(line) or "\x00" in line:
        raise ArticleError(f"{where}: field {name!r} is {_short(line)}: remove the zero or half characters")
    return line


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_unicode(text: str) -> bool:
    """Whether `text` can be written as UTF-8: half of a surrogate pair, or a byte of a file name, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _date(value: str, where: str) -> str:
    """ISO 8601 from `2025`, `2025-11`, `2025/11/3` or a timestamp; "" stays ""."""
    if not value:
        return ""
    match = _DATE.fullmatch(value)
    if match:
        year, month, day = (int(part) if part else None for part in match.groups())
        try:
            datetime.date(year or 0, 1 if month is None else month, 1 if day is None else day)
        except ValueError:
            pass
        else:
            return "-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)])
    raise ArticleError(f"{where}: field 'date' is {_short(value)}: write it as 2025-11-03, 2025-11 or 2025")


def _first_heading(text: str) -> str:
    """The first line when it is a heading: marked with `#`, or short, without a full stop and followed by more.

    A line without a letter or figure (a rule of dashes) is none.
    """
    first, _, rest = text.lstrip().partition("\n")
    marked = _HEADING.fullmatch(first.strip())
    if marked:
        return _one_line(marked.group(1))
    plain = _one_line(first)
    if len(plain) > 150 or not rest.strip() or plain.endswith(("。", ".", "、", ",", ":", ":")):
        return ""
    return plain if any(map(str.isalnum, plain)) else ""


def _decode(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ArticleError(f"{str(path)!r} has {size:,} bytes: split it into files of at most {MAX_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise ArticleError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    if b"\x00" in data:
        raise ArticleError(f"{str(path)!r} is not text in UTF-8 (it holds zero bytes): convert it, or leave it out")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArticleError(
            f"{str(path)!r} is not UTF-8 (byte {error.start}): convert it, for example with "
            f"`iconv -f SHIFT_JIS -t UTF-8`"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _yaml(text: str, path: Path, what: str) -> object:
    """What the YAML says, every value as it is written: `id: 007` is no number, `title: On` is no truth value."""
    import yaml  # takes 20 ms; only files with metadata pay for it

    try:
        parsed = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = (str(getattr(error, "problem", None) or error).splitlines() or [type(error).__name__])[0]
        raise ArticleError(f"{str(path)!r}: {what} is not YAML: {reason}") from error
    if not isinstance(parsed, dict):
        return parsed
    return {key: None if isinstance(value, str) and value in _NOTHING else value for key, value in parsed.items()}


_SHORT = reprlib.Repr()  # never writes out what a few lines of YAML can stand for: billions of repeated lists
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2


def _short(value: object) -> str:
    return _SHORT.repr(value)
