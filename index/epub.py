"""Books (.epub) to text: the chapters in reading order, one article, readings (ruby) left out."""

import posixpath
from typing import Any
from urllib.parse import unquote

from index.archive import Archive
from index.charset import decode
from index.errors import ArticleError
from index.extracted import Extracted, iso_date, language_of, one_line, tidy
from index.htmltext import html_text
from index.markup import attribute, parse_html, parse_xml, tag

_NEVER = frozenset(["script", "style", "template", "head", "svg", "math", "audio", "video", "nav", "del"])
_READINGS = frozenset(["rt", "rp", "rtc"])
_FONTS = ("obfuscation", "RC")  # ways to scramble a font, which hides no text


def extract_epub(data: bytes) -> list[Extracted]:
    """The text of a book, with the title, author, date and language that it states."""
    archive = Archive(data)
    if "META-INF/encryption.xml" in archive:
        for method in parse_xml(archive.read("META-INF/encryption.xml")).iter("{*}EncryptionMethod"):
            if not attribute(method, "Algorithm").endswith(_FONTS):
                raise ArticleError("is locked by its seller (DRM): leave it out")
    container = parse_xml(archive.read("META-INF/container.xml"))
    package_path = next((attribute(root, "full-path") for root in container.iter("{*}rootfile")), "")
    package = parse_xml(archive.read(package_path))
    items = {attribute(item, "id"): item for item in package.iter("{*}item")}
    chapters = []
    for reference in package.iter("{*}itemref"):
        item = items.get(attribute(reference, "idref"))
        if item is None or attribute(reference, "linear") == "no" or "nav" in attribute(item, "properties").split():
            continue
        if "html" not in attribute(item, "media-type"):
            continue
        path = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), unquote(attribute(item, "href"))))
        chapters.append(_chapter(archive.read(path.partition("#")[0])))
    text = tidy("\n\n".join(chapters))
    if not text:
        raise ArticleError("holds no text (its pages may be pictures): leave it out")
    return [Extracted(text=text, fields=_fields(package))]


def _chapter(data: bytes) -> str:
    root = parse_html(decode(data))
    return (
        ""
        if root is None
        else html_text(root, lambda element: tag(element) in _NEVER | _READINGS or _is_hidden(element))
    )


def _is_hidden(element: Any) -> bool:
    return "hidden" in element.attrib or "display:none" in "".join(element.attrib.get("style", "").split()).lower()


def _fields(package: Any) -> dict[str, str]:
    def first(name: str) -> str:
        return next((one_line("".join(e.itertext())) for e in package.iter("{*}" + name) if "".join(e.itertext())), "")

    language = language_of(first("language"))
    fields = {"title": first("title"), "source": first("creator") or first("publisher")}
    fields |= {"date": iso_date(first("date")) or "", "language": language if language in ("ja", "en") else ""}
    return {name: value for name, value in fields.items() if value}
