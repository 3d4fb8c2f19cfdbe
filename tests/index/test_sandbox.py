"""Files made to do harm: each is refused with its reason, within its limits, and the next file is read."""

import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.errors import ArticleError
from index.extracted import MAX_MEMBERS, Extracted, Passed
from index.formats import extract
from index.sandbox import Sandbox
from tests.index.samples import docx, epub, page, paragraph, zipped


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


def refused(sandbox: Sandbox, suffix: str, data: bytes) -> str:
    with pytest.raises(ArticleError, match=".") as caught:
        list(sandbox.extract(suffix, data))
    assert still_reads(sandbox)
    return str(caught.value)


def still_reads(sandbox: Sandbox) -> bool:
    return list(sandbox.extract(".html", b"<p>Read.</p>")) == [Extracted(text="Read.\n")]


def outcome(sandbox: Sandbox, suffix: str, data: bytes) -> str:
    """The text that is read, or why none is."""
    try:
        return "".join(one.text for one in sandbox.extract(suffix, data) if isinstance(one, Extracted))
    except ArticleError as error:
        return str(error)


def bomb(name: str, size: int) -> bytes:
    """A zip of one file of zeros."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as file:
        for _ in range(size // 2**20):
            file.write(bytes(2**20))
    return made.getvalue()


def test_a_zip_bomb_is_stopped_at_its_limit_whatever_its_sizes_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.archive.MAX_BYTES", 1000)
    monkeypatch.setattr("index.archive.MAX_UNPACKED", 1500)
    lying = bomb("a.txt", 2**20).replace((2**20).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    for data in (bomb("a.txt", 2**20), lying):
        [found] = extract(".zip", data)
        assert isinstance(found, Passed)
        assert re.match("unpacks to more than 1,000 bytes: leave it out|is damaged", found.reason)
    together = zipped({"a.txt": "a" * 900, "b.txt": "b" * 900})
    assert [type(found) for found in extract(".zip", together)] == [Extracted, Passed]


def test_an_archive_of_too_many_files_is_refused(sandbox: Sandbox) -> None:
    many = zipped(dict.fromkeys((f"{number}.txt" for number in range(MAX_MEMBERS + 1)), ""))
    assert refused(sandbox, ".zip", many) == "holds 20,001 files: split it into archives of at most 20,000"


NESTED = b"--b\nContent-Type: multipart/mixed; boundary=b\n\n"
BILLION = '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


@pytest.mark.timeout(60)
def test_entities_are_never_expanded_and_never_fetched(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SECRET")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    paragraphs = "<w:p><w:r><w:t>before {} after</w:t></w:r></w:p>"
    outside = f'<!DOCTYPE l [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    for head, entity in ((f"{BILLION}]>", "&j;"), (outside, "&x;")):
        body = f"{head}<w:document {space}><w:body>{paragraphs.format(entity)}</w:body></w:document>"
        found = outcome(sandbox, ".docx", zipped({"word/document.xml": body}))
        assert len(found) < 300
        assert found.startswith(("before", "is damaged (no XML: "))
        assert "SECRET" not in found
    assert still_reads(sandbox)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        (".html", b"<div>" * 300_000 + b"deep"),
        (".html", b"<ul><li>" * 100_000 + b"x"),
        (".html", b"<p " + b"class='a b " * 200_000),
        (".html", b"<style>" + b".a{" * 300_000 + b"</style><p>x</p>"),
        (".html", page("<nav class=nav>" * 200 + "x" * 1_000_000).encode()),
        (".html", ("<p>" + "あ \n" * 500_000).encode()),
        (".html", b"<!--" * 500_000),
        (".docx", docx("<w:p><w:r>" * 50_000)),
        (".docx", docx("<w:tbl><w:tr><w:tc>" * 80 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 80)),
        (".epub", epub("<div>" * 200_000)),
        (".eml", b"Subject: x\n" + b"X: y\n" * 200_000 + b"\n"),
        (
            ".eml",
            b"Content-Type: multipart/mixed; boundary=b\n\n"
            + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 20_000,
        ),
        (".pdf", b"%PDF-1.7\n" + b"1 0 obj<</Kids[1 0 R]/Parent 1 0 R>>endobj\n" * 50_000),
    ],
)
def test_deep_and_endless_files_end_in_seconds(sandbox: Sandbox, suffix: str, data: bytes) -> None:
    began = time.monotonic()
    assert outcome(sandbox, suffix, data) != ""
    assert time.monotonic() - began < 30
    assert still_reads(sandbox)


def test_a_file_that_takes_too_long_is_given_up_and_its_reader_ended() -> None:
    with Sandbox(seconds=0.001) as sandbox:
        with pytest.raises(ArticleError, match=r"^takes longer than 0 s to read: split it, or leave it out$"):
            list(sandbox.extract(".html", b"<p>x</p>" * 100_000))
        assert sandbox._process is None


def test_a_file_that_takes_too_much_memory_is_refused_within_the_limit_and_the_next_one_is_read() -> None:
    for suffix, data in ((".html", b"<p>x</p>" * 1_000_000), (".docx", bomb("word/document.xml", 200 * 2**20))):
        with Sandbox(memory=3 * 2**27) as sandbox:  # two thirds of it are Python and its libraries
            assert refused(sandbox, suffix, data) == "needs more than 0.375 GB of memory: split it"


def test_a_reader_that_dies_is_named_and_the_next_file_gets_a_new_one(sandbox: Sandbox) -> None:
    assert still_reads(sandbox)
    assert sandbox._process
    sandbox._process.kill()
    with pytest.raises(ArticleError, match=r"^cannot be read \(its reader ended with signal SIGKILL\): leave it out$"):
        list(sandbox.extract(".html", b"<p>x</p>"))
    assert still_reads(sandbox)
