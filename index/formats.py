"""Which formats are read, and by what. Runs in the child process (`index/reader.py`) for all that is not plain text."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from index.archive import Archive
from index.charset import decode
from index.errors import ArticleError
from index.extracted import Extracted, Passed

TEXT_SUFFIXES = (".txt", ".md", ".markdown")
ROW_SUFFIXES = (".jsonl", ".csv", ".tsv")
MARKED_SUFFIXES = (".html", ".htm", ".xhtml", ".pdf", ".docx", ".epub", ".eml", ".parquet", ".zip")
SUFFIXES = (*TEXT_SUFFIXES, *ROW_SUFFIXES, *MARKED_SUFFIXES)
CONTAINED = (
    *TEXT_SUFFIXES,
    *(suffix for suffix in MARKED_SUFFIXES if suffix not in (".parquet", ".zip")),
)  # read inside a zip

Found = Extracted | Passed


def extract(suffix: str, data: bytes) -> Iterator[Found]:
    """What a file of that kind holds. Raises ArticleError with the reason when it cannot be read."""
    if suffix == ".zip":
        yield from _extract_zip(data)
    else:
        yield from _reader(suffix)(data)


def _reader(suffix: str) -> Callable[[bytes], "list[Extracted] | list[Found]"]:
    # Each format's module, and the library behind it, is loaded when the first file of that kind comes.
    if suffix in TEXT_SUFFIXES:
        return lambda data: [Extracted(text=decode(data))]
    if suffix in (".html", ".htm", ".xhtml"):
        from index.webpage import extract_html

        return extract_html
    if suffix == ".pdf":
        from index.pdf import extract_pdf

        return extract_pdf
    if suffix == ".docx":
        from index.docx import extract_docx

        return extract_docx
    if suffix == ".epub":
        from index.epub import extract_epub

        return extract_epub
    if suffix == ".eml":
        from index.mail import extract_mail

        return extract_mail
    if suffix == ".parquet":
        from index.parquet import extract_parquet

        return extract_parquet
    raise ArticleError(f"is of a kind that Kotae does not read ({suffix}): it reads {', '.join(SUFFIXES)}")


def _extract_zip(data: bytes) -> Iterator[Found]:
    """The articles in an archive, each named by its place in it. What cannot be read is passed over with the reason."""
    archive = Archive(data)
    wanted = [(archive.shown_name(name), name) for name in archive.names]
    for shown, name in sorted(wanted):
        path = PurePosixPath(shown)
        suffix = path.suffix.lower()
        if any(part.startswith((".", "__MACOSX", "~$")) and part != ".." for part in path.parts):
            continue
        if not path.parts:
            yield Passed(name=shown, reason="a file without a name: rename it")
        elif path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            yield Passed(name=shown, reason="its name leads out of the archive: rename it")
        elif archive.is_link(name):
            yield Passed(name=shown, reason="a link: put the file itself in the archive", refused=False)
        elif suffix not in CONTAINED:
            yield Passed(name=shown, reason=not_read(suffix), refused=False)
        else:
            try:
                for found in extract(suffix, archive.read(name)):
                    yield _inside(shown, found)
            except ArticleError as error:
                yield Passed(name=shown, reason=str(error))


def _inside(name: str, found: Found) -> Found:
    if isinstance(found, Passed):
        return Passed(name=f"{name}/{found.name}", reason=found.reason, refused=found.refused)
    return Extracted(name=name, text=found.text, fields=found.fields, pages=found.pages)


def not_read(suffix: str) -> str:
    """Why a file of a kind that is not read is passed over, with the way out where there is a short one."""
    if suffix in (".doc", ".rtf", ".odt", ".pages"):
        return f"Kotae does not read {suffix} files: save it as .docx"
    if suffix in (".xls", ".xlsx", ".ods", ".numbers"):
        return f"Kotae does not read {suffix} files: save it as .csv"
    if suffix in (".ppt", ".pptx", ".odp", ".key"):
        return f"Kotae does not read {suffix} files: save it as .pdf"
    if suffix == ".zip":
        return "an archive in an archive: unpack it"
    if suffix in (*ROW_SUFFIXES, ".parquet"):
        return f"Kotae does not read {suffix} files in an archive: unpack it"
    return f"Kotae does not read {suffix} files" if suffix else "Kotae does not read files without an ending like .txt"
