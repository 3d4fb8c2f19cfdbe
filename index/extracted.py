"""What comes out of a file before it is an article, and how large it may be. Knows no format."""

import re
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from unicodedata import normalize

from index.dates import read_date
from index.numerals import fold

MAX_BYTES = 256 * 1024 * 1024  # one file; a larger one is no article
MAX_UNPACKED = 512 * 1024 * 1024  # all that an archive (zip, docx, epub) unpacks to
MAX_MEMBERS = 20_000  # files in an archive
MAX_TEXT = 20_000_000  # characters of one article: forty thick books

_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].{0,40})?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{4,6}Z?)?")


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """The text of one article. `name` is its place in the file ("" for the whole file); `fields` as in FIELDS.

    `pages`: where each page begins in `text`, in characters; empty where there are no pages.
    """

    text: str
    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A part of a file that did not become an article, and why. `refused`: it should have."""

    name: str
    reason: str
    refused: bool = True


def one_line(text: str) -> str:
    """White space of any kind and length becomes one space."""
    return " ".join(text.split())


def tidy(text: str) -> str:
    """Line ends as "\\n", no white space at the ends of lines, one blank line between paragraphs at most."""
    lines, blank = list[str](), True
    for line in text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").split("\n"):
        line = line.rstrip()
        if line or not blank:
            lines.append(line)
        blank = not line
    return "\n".join(lines).strip("\n") + "\n" if any(lines) else ""


def iso_date(value: str) -> str | None:
    """ISO 8601 from what people and programs write: 2025-11-3, 令和7年11月, Nov 3, 2025, a mail's date; else None."""
    value = normalize("NFKC", value).strip()
    match = _ISO.fullmatch(value) or _COMPACT.fullmatch(value)
    if match:
        parts = [int(part) for part in match.groups() if part]
        try:
            time.strptime("-".join(map(str, [*parts, 1, 1][:3])), "%Y-%m-%d")
        except ValueError:
            return None
        return "-".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])])
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    found = read_date(fold(value), value, 0) if len(value) <= 60 else None
    whole = found and not found.unit and not found.qualifier and found.end == len(value)
    if found and whole and isinstance(found.value, str) and re.fullmatch(r"\d{4}(-\d\d){0,2}", found.value):
        return found.value
    return None


def language_of(value: str) -> str:
    """ "ja" or "en" from ja-JP, EN, jpn, 日本語, Japanese ...; what is none of them comes back as it is."""
    name = normalize("NFKC", value).strip().casefold()
    first = name.replace("_", "-").split("-")[0]
    if first in ("ja", "jp", "jpn", "japanese", "日本語", "和文"):
        return "ja"
    if first in ("en", "eng", "english", "英語", "英文"):
        return "en"
    return name
