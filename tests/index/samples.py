"""Files as people have them, made in memory: PDF, Word, books, mail, archives; whole and broken."""

import io
import stat
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import pyarrow
import pyarrow.parquet

RUBY = "<ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>"


def pdf(pages: Sequence[Sequence[str]], *, vertical: bool = False, ruby: str = "", title: str = "") -> bytes:
    """A PDF of lines of text, in columns when `vertical`; `ruby` in half the size beside the first line."""
    kids = range(6, 6 + 2 * len(pages), 2)
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]/Count {len(pages)}>>",
        f"<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/UniJIS-UTF16-{'V' if vertical else 'H'}"
        "/DescendantFonts[4 0 R]>>",
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/DW 1000/FontDescriptor 5 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 4>>>>",
        "<</Type/FontDescriptor/FontName/HeiseiMin-W3/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 880"
        "/Descent -120/CapHeight 700/StemV 80>>",
    ]
    for kid, lines in zip(kids, pages, strict=True):
        shown = [
            _shown(line, 12, (520 - 20 * n, 780) if vertical else (50, 780 - 20 * n)) for n, line in enumerate(lines)
        ]
        if ruby:
            shown.append(_shown(ruby, 6, (530, 780) if vertical else (50, 791)))
        stream = "BT " + " ".join(shown) + " ET"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {kid + 1} 0 R>>"
        )
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    objects.append(f"<</Title<FEFF{title.encode('utf-16-be').hex()}>>>")
    written, places = "%PDF-1.5\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R"
    return f"{written}{end}/Info {len(objects)} 0 R>>\nstartxref\n{len(written)}\n%%EOF".encode("ascii")


def _shown(line: str, size: int, place: tuple[int, int]) -> str:
    return f"/F1 {size} Tf 1 0 0 1 {place[0]} {place[1]} Tm <{line.encode('utf-16-be').hex()}> Tj"


class _ShiftJisName(zipfile.ZipInfo):
    """A name as Japanese Windows writes it: in Shift_JIS, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("cp932"), self.flag_bits & ~0x800


def zipped(files: dict[str, bytes | str], *, links: dict[str, str] | None = None) -> bytes:
    """A zip file as Japanese Windows makes it, with symbolic links if wanted."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = _ShiftJisName(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
        for name, target in (links or {}).items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
    return made.getvalue()


def docx(body: str, **parts: str) -> bytes:
    """A Word file with this in its body; `parts` are further files in its folder `word`."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    styles = (
        f'<w:styles {space}><w:style w:styleId="a1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="a2"><w:name w:val="Title"/></w:style></w:styles>'
    )
    files: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": styles,
    }
    files |= {f"word/{name}.xml": f"<w:{name} {space}>{content}</w:{name}>" for name, content in parts.items()}
    return zipped(files)


def paragraph(text: str, style: str = "") -> str:
    """A Word paragraph of one run."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


WORD_RUBY = (
    "<w:p><w:r><w:ruby><w:rt><w:r><w:t>とうきょう</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>東京</w:t></w:r>"
    "</w:rubyBase></w:ruby></w:r><w:r><w:t>の記事です。</w:t></w:r>"
    "<w:del><w:r><w:delText>消した文。</w:delText></w:r></w:del>"
    "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隠した文。</w:t></w:r></w:p>"
)


def epub(*chapters: str, encrypted: bool = False) -> bytes:
    """A book of chapters in XHTML."""
    names = [f"c{number}" for number in range(len(chapters))]
    spine = "".join(f'<itemref idref="{name}"/>' for name in names)
    items = "".join(f'<item id="{n}" href="text/{n}.xhtml" media-type="application/xhtml+xml"/>' for n in names)
    files: dict[str, bytes | str] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        "OPS/book.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>本の題</dc:title>'
        "<dc:creator>著者</dc:creator><dc:date>2025-11-03</dc:date><dc:language>ja</dc:language></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
    }
    if encrypted:
        files["META-INF/encryption.xml"] = (
            '<encryption><EncryptionMethod Algorithm="http://example.org/drm"/></encryption>'
        )
    for name, chapter in zip(names, chapters, strict=True):
        files[f"OPS/text/{name}.xhtml"] = f"<html><head><title>x</title></head><body>{chapter}</body></html>"
    return zipped(files)


def mail(text: str, *, charset: str = "utf-8", html: str = "", attachment: str = "") -> bytes:
    """A mail with a plain part, an HTML part or both, and perhaps an attachment of that name."""
    made = EmailMessage()
    made["Subject"], made["From"], made["Date"] = (
        "契約の件",
        "佐藤 <sato@example.org>",
        "Mon, 03 Nov 2025 10:00:00 +0900",
    )
    if text:
        made.set_content(text, charset=charset)
        if html:
            made.add_alternative(html, subtype="html")
    else:
        made.set_content(html, subtype="html")
    if attachment:
        made.add_attachment(b"x", maintype="application", subtype="pdf", filename=attachment)
    return made.as_bytes()


def page(body: str, head: str = "", attributes: str = "") -> str:
    """A web page."""
    return f"<!DOCTYPE html><html {attributes}><head>{head}</head><body>{body}</body></html>"


def parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    """A Parquet file with a column for each name."""
    made = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), made)
    return made.getvalue()
