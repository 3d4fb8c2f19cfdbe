"""A folder made to do harm is read to its end: each bad thing is named, and what is good becomes articles."""

import os
import socket
import threading
import time
import unicodedata
import zlib
from pathlib import Path

import pytest

from index.errors import ArticleError
from index.extracted import MAX_BYTES
from index.read import FileNote, LocatedArticle, read_articles
from tests.index.samples import zipped

SECRET = "root:x:0:0"


def test_the_rest_of_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "articles"
    (folder / "deep").mkdir(parents=True)
    (tmp_path / "outside.txt").write_text(SECRET, "utf-8")
    (folder / "a.txt").write_text("First.", "utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "deep" / "up.txt").symlink_to("../../outside.txt")
    (folder / "self.txt").symlink_to("self.txt")
    (folder / "folder").symlink_to(tmp_path, target_is_directory=True)
    (folder / "null.txt").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(folder)  # the path of a socket may have 108 bytes only
        listening.bind("socket.txt")
        (folder / "zero.md").write_bytes(b"text\x00more")
        (folder / f"{'長' * 80}.txt").write_text("Long name.", "utf-8")
        with (folder / "large.txt").open("wb") as large:
            large.truncate(2**30)  # a gigabyte that takes no place on the disk
        inside = {"../../escaped.txt": SECRET, "/etc/x.txt": SECRET, "ok.txt": "Inside."}
        (folder / "bomb.zip").write_bytes(zipped(inside))
        (folder / "z.txt").write_text("Last.", "utf-8")
        found = list(read_articles(folder))
    texts = [one.article.text for one in found if isinstance(one, LocatedArticle)]
    assert texts == ["First.", "Inside.", "Last.", "Long name."]
    notes = {one.path.name: one.reason for one in found if isinstance(one, FileNote)}
    wanted = {
        "link.txt": "leads out of the folder",
        "up.txt": "leads out of the folder",
        "self.txt": "leads nowhere",
        "folder": "leads out of the folder",
        "null.txt": "leads out of the folder",
        "pipe.txt": "no regular file",
        "socket.txt": "no regular file",
        "zero.md": "zero bytes",
        "large.txt": f"has 1,073,741,824 bytes: split it into files of at most {MAX_BYTES:,}",
        "bomb.zip": "leads out of the archive",
    }
    assert {name: wanted[name] in reason for name, reason in notes.items()} == dict.fromkeys(wanted, True)
    assert SECRET not in "".join([*texts, *notes.values()])


@pytest.mark.parametrize("name", ["a" * 4096, "a" * 300 + ".txt", "a\x00b.txt", "../" * 2000 + "x"])
def test_an_impossible_name_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArticleError, match="there is nothing at|cannot"):
        list(read_articles(Path(f"{tmp_path}/{name}")))


def test_names_that_look_alike_stay_two_articles(tmp_path: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "がぎぐ.txt") for form in ("NFC", "NFD"))
    for name, text in ((composed, "One."), (apart, "Two.")):
        (tmp_path / name).write_text(text, "utf-8")
    found = [one for one in read_articles(tmp_path) if isinstance(one, LocatedArticle)]
    assert sorted(one.article.text for one in found) == ["One.", "Two."]
    assert len({one.path for one in found}) == 2


def test_no_address_in_a_file_is_asked_for(tmp_path: Path) -> None:
    """A server of ours stands for all addresses, in every format that could hold one; it must hear nothing."""
    heard: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"

        def listen() -> None:
            try:
                while True:
                    heard.append(server.accept()[1])
            except OSError:
                pass

        threading.Thread(target=listen, daemon=True).start()
        page = f'<!DOCTYPE html SYSTEM "{url}"><base href="{url}"><link rel=stylesheet href="{url}"><img src="{url}">'
        page += f'<iframe src="{url}"></iframe><script src="{url}"></script><p>Text of the page.</p>'
        document = (
            f'<!DOCTYPE w [<!ENTITY % p SYSTEM "{url}"> %p; <!ENTITY x SYSTEM "{url}">]><?xml-stylesheet href="{url}"?>'
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
            f'xmlns:xi="http://www.w3.org/2001/XInclude"><w:body><xi:include href="{url}"/>'
            "<w:p><w:r><w:t>Text.</w:t></w:r></w:p></w:body></w:document>"
        )
        mail = f'Subject: x\nContent-Type: message/external-body; access-type=URL; URL="{url}"\n\n\n'
        files = {
            "a.html": page.encode(),
            "b.docx": zipped({"word/document.xml": document}),
            "c.eml": mail.encode() + page.encode(),
            "d.md": f"---\ntitle: !!python/object/apply:urllib.request.urlopen ['{url}']\n---\n![x]({url})".encode(),
            "e.jsonl": f'{{"text": "x", "url": "{url}", "$ref": "{url}"}}'.encode(),
        }
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        read = list(read_articles(tmp_path))
    assert len(read) >= len(files)
    assert heard == []


def pdf_of(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue. It has no table of them: readers look."""
    numbered = (b"%d 0 obj %s endobj\n" % (number, one) for number, one in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + b"".join(numbered) + b"trailer <</Root 1 0 R>>\n"


def stream(data: bytes, filters: int) -> bytes:
    """A PDF stream, packed so many times over."""
    for _ in range(filters):
        data = zlib.compress(data, 9)
    names = b" ".join([b"/FlateDecode"] * filters)
    return b"<</Length %d /Filter [%s]>> stream\n%s\nendstream" % (len(data), names, data)


PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>"
FONT = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"
ONE_PAGE = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
SAID = b"BT /F 9 Tf (Text of the page.) Tj ET "
BOMBS = {  # and what is said of each
    "spaces": (stream(SAID + b" " * (300 << 20), 2), ONE_PAGE, "Text of the page.\n"),
    "letters": (stream(b"BT /F 9 Tf " + b"(aaaaaaaa) Tj " * (6 << 20) + b"ET", 2), ONE_PAGE, "ended with signal"),
    "pages": (stream(SAID, 1), b"<</Type /Pages /Kids [3 0 R] /Count 2000000000>>", "Text of the page.\n"),
    "a circle": (stream(SAID, 1), b"<</Type /Pages /Kids [2 0 R 2 0 R 3 0 R] /Count 99999>>", "page 2 cannot be read"),
    "nested": (b"[" * 5_000_000 + b"]" * 5_000_000, ONE_PAGE, "holds no text"),
    "itself": (b"<</Length 4 0 R /Filter /FlateDecode>> stream\nx\nendstream", ONE_PAGE, "holds no text"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_pdf_made_to_swell_ends_within_its_limits(tmp_path: Path, bomb: str) -> None:
    content, pages, said = BOMBS[bomb]
    (tmp_path / "bomb.pdf").write_bytes(pdf_of(b"<</Type /Catalog /Pages 2 0 R>>", pages, PAGE, content, FONT))
    (tmp_path / "last.txt").write_text("Last.", "utf-8")
    began = time.monotonic()
    bombed, last = read_articles(tmp_path)
    assert time.monotonic() - began < 60
    assert said in (bombed.article.text if isinstance(bombed, LocatedArticle) else bombed.reason)
    assert isinstance(last, LocatedArticle)
    assert last.article.text == "Last."
