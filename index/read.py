"""Files to articles: walks the folders, reads each file once, says of each that gave none why.

What is text is read here, what is more than text by a process of its own (`index/sandbox.py`). A `NAME.meta.yaml`
beside `NAME.txt` (or `NAME.pdf`, ...) holds its metadata where the file must stay as it is. No text is changed, except
that line ends become "\\n" and a byte order mark is dropped. Knows nothing of passages or vectors.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from index.article import Article
from index.charset import decode
from index.errors import ArticleError
from index.extracted import MAX_BYTES, Extracted, Passed, one_line
from index.fields import FIELDS, is_unicode, make_article
from index.files import Listed, article_files
from index.formats import MARKED_SUFFIXES, ROW_SUFFIXES, SUFFIXES
from index.place import address_of, place
from index.remote import remote_bytes, remote_exists, remote_files
from index.rows import read_csv, read_jsonl
from index.sandbox import Sandbox

READER_VERSION = "1"  # raise it when the same PDF, Word file ... would give another text

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_LINE = re.compile(r"\s*(?:#.*\n\s*)*[\w-]+[ \t]*:")
_HEADING = re.compile(r"#{1,6}[ \t]+(\S.*)")
_NOTHING = ("", "~", "null", "Null", "NULL")  # how YAML writes that there is no value

Outcome = Literal["skipped", "refused"]


@dataclass(frozen=True, kw_only=True)
class LocatedArticle:
    """An article and the file it was read from (a real path).

    `file_digest`: SHA-256 of that file and of all that its reading depends on, "" where reading again costs nothing.
    """

    article: Article
    path: Path
    file_digest: str = ""


@dataclass(frozen=True, kw_only=True)
class FileNote:
    """A file, or a part of one, that gave no article: `skipped` is of no kind that is read, `refused` should have been.

    `reason` is a whole sentence that names the place; `path` is the file.
    """

    path: Path
    outcome: Outcome
    reason: str


Known = Callable[[Path, str], Sequence[Article]]  # the articles that a file with that digest gave before


def read_articles(root: Path, known: Known = lambda *_: ()) -> Iterator[LocatedArticle | FileNote]:
    """Every article under `root` (a folder or a file) in the order of the file names, and a note for what gave none.

    Hidden files are passed over without a word. Raises ArticleError for a path that does not exist, a folder without
    anything to read, and a file of a kind that is not read.
    """
    if address_of(root):
        files = remote_files(root)
        return (yield from _read_files(root, files, known))
    if not os.path.exists(root):  # unlike Path.exists, False also for a name that is too long
        raise ArticleError(f"there is nothing at {str(root)!r}: check the path")
    root = Path(os.path.realpath(root))
    if root.is_dir():
        files = article_files(root)
        if not any(not listed.reason or listed.refused for listed in files):
            raise ArticleError(f"no articles in {str(root)!r}: Kotae reads {', '.join(SUFFIXES)} files")
    else:
        if root.suffix.lower() not in SUFFIXES or not root.is_file():
            raise ArticleError(f"cannot read {str(root)!r}: Kotae reads {', '.join(SUFFIXES)} files")
        files = [Listed(path=root)]
    yield from _read_files(root, files, known)


def _read_files(root: Path, files: Sequence[Listed], known: Known) -> Iterator[LocatedArticle | FileNote]:
    with Sandbox() as sandbox:
        for listed in files:
            path = listed.path
            if listed.reason:
                yield FileNote(path=path, outcome="refused" if listed.refused else "skipped", reason=listed.reason)
                continue
            name = path.relative_to(root).as_posix() if path != root else path.name
            try:
                yield from _read_file(path, name, sandbox, known)
            except ArticleError as error:
                yield FileNote(path=path, outcome="refused", reason=str(error))


def has_articles(root: Path) -> bool:
    """Whether there is a file under the folder `root` that `read_articles` would read."""
    return root.is_dir() and any(not listed.reason for listed in article_files(root))


def _read_file(path: Path, name: str, sandbox: Sandbox, known: Known) -> Iterator[LocatedArticle | FileNote]:
    if not is_unicode(str(path)):
        raise ArticleError(f"cannot read {place(path)!r}: the name is not UTF-8: rename it")
    suffix = path.suffix.lower()
    if suffix in ROW_SUFFIXES:
        read = read_jsonl if suffix == ".jsonl" else read_csv
        for found in read(_text(path, _bytes(path)), place(path), name):
            if isinstance(found, ArticleError):
                yield FileNote(path=path, outcome="refused", reason=str(found))
            else:
                yield LocatedArticle(article=found, path=path)
    elif suffix in MARKED_SUFFIXES:
        yield from _read_marked(path, name, sandbox, known)
    else:
        yield LocatedArticle(article=_read_text_article(path, name), path=path)


def _read_text_article(path: Path, name: str) -> Article:
    text = _text(path, _bytes(path))
    fields: Mapping[str, Any] = {}
    front = _FRONT_MATTER.match(text)
    if front:
        # A rule of dashes may open an ordinary text: only `name: value` lines between two of them are front matter.
        parsed = _yaml(front.group(1), path, "front matter") if _FRONT_LINE.match(front.group(1)) else None
        if isinstance(parsed, dict):
            fields = parsed
            text = text[front.end() :].lstrip("\n")
    fields = {**fields, **_sidecar(path)}
    default_id = one_line(name[: -len(path.suffix)])
    default_title = _first_heading(text) or one_line(path.stem)
    return make_article(fields, text, place(path), default_id=default_id, default_title=default_title)


def _read_marked(path: Path, name: str, sandbox: Sandbox, known: Known) -> Iterator[LocatedArticle | FileNote]:
    """The articles of a file that is more than text; one that has not changed is not read again."""
    data = _bytes(path)
    sidecar = {} if path.suffix.lower() == ".zip" else _sidecar(path)
    seen = "\x00".join([READER_VERSION, name, repr(sorted(sidecar.items(), key=lambda item: str(item[0])))])
    digest = hashlib.sha256(seen.encode("utf-8", "surrogatepass") + b"\x00" + data).hexdigest()
    articles = list(known(path, digest))
    notes: list[FileNote] = []
    if not articles:
        try:
            for found in sandbox.extract(path.suffix.lower(), data):
                where = f"{place(path)}/{found.name}" if found.name else place(path)
                if isinstance(found, Passed):
                    outcome: Outcome = "refused" if found.refused else "skipped"
                    notes.append(FileNote(path=path, outcome=outcome, reason=f"{where!r}: {found.reason}"))
                    continue
                try:
                    articles.append(_extracted(found, sidecar, path, name, where))
                except ArticleError as error:
                    notes.append(FileNote(path=path, outcome="refused", reason=str(error)))
        except ArticleError as error:
            notes.append(FileNote(path=path, outcome="refused", reason=f"{place(path)!r} {error}"))
    if not articles and not notes:
        raise ArticleError(f"{place(path)!r} holds no articles: leave it out")
    # With notes it is read again every time, so that they are said every time.
    yield from (LocatedArticle(article=one, path=path, file_digest="" if notes else digest) for one in articles)
    yield from notes


def _extracted(found: Extracted, sidecar: Mapping[str, Any], path: Path, name: str, where: str) -> Article:
    return make_article(
        {**found.fields, **sidecar},
        found.text,
        where,
        # With its ending, unlike a text's: `report.docx` and `report.pdf` often lie side by side.
        default_id=one_line(f"{name}/{found.name}" if found.name else name),
        default_title=_first_heading(found.text) or one_line(Path(found.name or path.name).stem),
        pages=found.pages,
    )


def _first_heading(text: str) -> str:
    """The first line when it is a heading: marked with `#`, or short, without a full stop and followed by more.

    A line without a letter or figure (a rule of dashes) is none.
    """
    first, _, rest = text.lstrip().partition("\n")
    marked = _HEADING.fullmatch(first.strip())
    if marked:
        return one_line(marked.group(1))
    plain = one_line(first)
    if len(plain) > 150 or not rest.strip() or plain.endswith(("。", ".", "、", ",", ":", "：")):
        return ""
    return plain if any(map(str.isalnum, plain)) else ""


def _bytes(path: Path) -> bytes:
    """The content of a regular file; nothing else is waited for or followed."""
    if address_of(path):
        return remote_bytes(path)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as file:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                raise ArticleError(f"cannot read {place(path)!r}: it is no regular file")
            if facts.st_size > MAX_BYTES:
                raise ArticleError(
                    f"{place(path)!r} has {facts.st_size:,} bytes: split it into files of at most {MAX_BYTES:,}"
                )
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArticleError(f"cannot read {place(path)!r}: {error.strerror or error}") from error


def _text(path: Path, data: bytes) -> str:
    try:
        text = decode(data)
    except ArticleError as error:
        raise ArticleError(f"{place(path)!r} {error}") from error
    if "\x00" in text:
        raise ArticleError(f"{place(path)!r} is not text (it holds zero bytes): convert it, or leave it out")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _sidecar(path: Path) -> Mapping[str, Any]:
    sidecar = path.with_name(f"{path.stem}.meta.yaml")
    if not (remote_exists(sidecar) if address_of(path) else sidecar.is_file()):
        return {}
    parsed = _yaml(_text(sidecar, _bytes(sidecar)), sidecar, "the metadata")
    if not isinstance(parsed, dict):
        raise ArticleError(f"{place(sidecar)!r} holds no `name: value` lines: give {', '.join(FIELDS)}")
    return parsed


def _yaml(text: str, path: Path, what: str) -> object:
    """What the YAML says, every value as it is written: `id: 007` is no number, `title: On` is no truth value."""
    import yaml  # takes 20 ms; only files with metadata pay for it

    try:
        parsed = yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = (str(getattr(error, "problem", None) or error).splitlines() or [type(error).__name__])[0]
        raise ArticleError(f"{place(path)!r}: {what} is not YAML: {reason}") from error
    if not isinstance(parsed, dict):
        return parsed
    return {key: None if isinstance(value, str) and value in _NOTHING else value for key, value in parsed.items()}
