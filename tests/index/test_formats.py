"""Sixty files of every format and encoding, some of them broken: each is read, skipped or refused as it should be."""

from pathlib import Path

import pytest

from index.article import Article
from index.read import FileNote, LocatedArticle, read_articles
from tests.index.samples import RUBY, WORD_RUBY, docx, epub, mail, page, paragraph, pdf, zipped

JA = "市営バスの自動運転は春に始まる。\n運賃は二百円である。\n"
EN = "The café opens in spring – “at last”.\nA ticket costs 200 yen.\n"
LINES = ["市営バスの自動運転は、長い試験のあとで、この春", "に始まる。運賃は大人が二百円、子どもが百円であ", "る。"]
JOINED = "市営バスの自動運転は、長い試験のあとで、この春に始まる。運賃は大人が二百円、子どもが百円である。"

# What each file holds, and the text that is read from it (for rows and archives, by id).
READ: dict[str, tuple[bytes, str | dict[str, str]]] = {
    "01-utf8.txt": (JA.encode(), JA),
    "02-utf8-bom.txt": (JA.encode("utf-8-sig"), JA),
    "03-utf16.txt": (JA.encode("utf-16"), JA),
    "04-utf16le.txt": (JA.encode("utf-16-le"), JA),
    "05-utf16be.txt": (JA.encode("utf-16-be"), JA),
    "06-sjis.txt": (JA.encode("shift_jis"), JA),
    "07-cp932.txt": (("①" + JA).encode("cp932"), "①" + JA),
    "08-euc.txt": (JA.encode("euc_jp"), JA),
    "09-euc-circled.txt": (("①" + JA).encode("euc_jis_2004"), "①" + JA),
    "10-jis.txt": (JA.encode("iso2022_jp"), JA),
    "11-windows.txt": (EN.encode("cp1252"), EN),
    "12-utf16-english.txt": (EN.encode("utf-16-le"), EN),
    "13-utf32.txt": (JA.encode("utf-32"), JA),
    "14-crlf.md": (JA.replace("\n", "\r\n").encode("cp932"), JA),
    "15-front.md": (("---\ntitle: 題\n---\n" + JA).encode("euc_jp"), JA),
    "16-plain.markdown": (EN.encode(), EN),
    "20-page.html": (
        page(f"<nav><a>ホーム</a></nav><h1>見出し</h1><p>{RUBY}の\n記事です。</p><script>x()</script>").encode(),
        "# 見出し\n\n東京の記事です。\n",
    ),
    "21-main.htm": (page("<p>Around it.</p><main><p>The article.</p></main>").encode(), "The article.\n"),
    "22-declared.html": (
        page(f"<p>{JA}</p>", "<meta charset='Shift_JIS'>").encode("cp932"),
        JA.replace("\n", "") + "\n",
    ),
    "23-hidden.html": (
        page(
            "<p>Seen<span style='display: none'> a</span><b hidden> b</b><i class=x> c</i><u class=sr-only> d</u>.</p>",
            "<style>.x { display:none } @media print { p { display:none } }</style>",
        ).encode(),
        "Seen.\n",
    ),
    "24-table.xhtml": (
        page("<table><tr><th>年<th>額</tr><tr><td>2025<td>10</tr></table><ul><li>一<li>二</ul>").encode(),
        "年 | 額\n2025 | 10\n\n- 一\n- 二\n",
    ),
    "25-menus.html": (
        page(
            "<header>Site</header><ul><li><a>A</a></li><li><a>B</a></li><li><a>C</a></li></ul>"
            "<div class='side-bar sidebar'>Popular</div><p>Only this.</p><footer>©</footer>"
        ).encode(),
        "Only this.\n",
    ),
    "26-broken.html": (b"<p>Never <b>closed<p>Second & last", "Never closed\n\nSecond & last\n"),
    "30-horizontal.pdf": (pdf([LINES, ["A second page."]]), JOINED + "\n\nA second page.\n"),
    "31-vertical.pdf": (pdf([LINES], vertical=True), JOINED + "\n"),
    "32-vertical-ruby.pdf": (pdf([LINES], vertical=True, ruby="しえい"), JOINED + "\n"),
    "33-ruby.pdf": (pdf([LINES], ruby="しえい"), JOINED + "\n"),
    "34-heads.pdf": (
        pdf([["社報 第3号", *LINES, f"- {number} -"] for number in (1, 2, 3)]),
        "\n\n".join([JOINED] * 3) + "\n",
    ),
    "40-word.docx": (
        docx(paragraph("契約", "a2") + paragraph("金額", "a1") + paragraph("十億円。")),
        "契約\n\n# 金額\n\n十億円。\n",
    ),
    "41-ruby.docx": (docx(WORD_RUBY), "東京の記事です。\n"),
    "42-table.docx": (
        docx(
            f"<w:tbl><w:tr><w:tc>{paragraph('甲')}</w:tc><w:tc>{paragraph('1')}</w:tc></w:tr></w:tbl>{paragraph('後。')}"
        ),
        "甲 | 1\n\n後。\n",
    ),
    "43-notes.docx": (
        docx(paragraph("本文。"), footnotes=f"<w:footnote>{paragraph('注。')}</w:footnote>"),
        "本文。\n\n注。\n",
    ),
    "44-book.epub": (
        epub(f"<h1>一章</h1><p>{RUBY}は晴れ。</p>", "<p>続き。</p>"),
        "# 一章\n\n東京は晴れ。\n\n続き。\n",
    ),
    "45-plain.eml": (mail(JA), JA),
    "46-jis.eml": (mail(JA, charset="iso-2022-jp", html="<p>別</p>"), JA),
    "47-html.eml": (mail("", html=f"<p>{RUBY}から。</p>"), "東京から。\n"),
    "50-rows.jsonl": (
        '{"id": "r1", "text": "One."}\n{"_id": 7, "headline": "H", "body": "Two."}\n'
        '{"記事番号": "r3", "本文": "三。"}'.encode(),
        {"r1": "One.", "7": "Two.", "r3": "三。"},
    ),
    "51-nameless.jsonl": (b'{"content": "No id."}', {"51-nameless.jsonl:1": "No id."}),
    "52-sjis.jsonl": ('{"id": "s", "text": "日本語の記事です。"}'.encode("cp932"), {"s": "日本語の記事です。"}),
    "53-rows.csv": (b'id,title,text\nc1,T,"a, b"\n', {"c1": "a, b"}),
    "54-japanese.csv": ("番号,質問,回答\r\n甲1,いつ?,春です。\r\n".encode("cp932"), {"甲1": "春です。"}),
    "55-facts.csv": ("都市;人口\n京都;140万\n".encode("utf-8-sig"), {"55-facts.csv:2": "都市: 京都\n人口: 140万"}),
    "56-tabs.tsv": (b"id\ttext\nt1\tone\n", {"t1": "one"}),
    "57-bundle.zip": (
        zipped(
            {"記事/一.txt": JA.encode("cp932"), "b.html": "<p>B.</p>", "c.pdf": pdf([["Page."]]), "__MACOSX/x": "x"}
        ),
        {"57-bundle.zip/記事/一.txt": JA, "57-bundle.zip/b.html": "B.\n", "57-bundle.zip/c.pdf": "Page.\n"},
    ),
}
READ["58-named.docx"] = READ["40-word.docx"]

# What each file holds, the outcome, and what stands in the reason. A part of some is read all the same.
NOT_READ: dict[str, tuple[bytes, str, str]] = {
    "60-picture.png": (b"\x89PNG\r\n\x1a\n\x00", "skipped", "Kotae does not read .png files"),
    "61-old.doc": (b"\xd0\xcf\x11\xe0", "skipped", "Kotae does not read .doc files: save it as .docx"),
    "62-sheet.xlsx": (b"PK", "skipped", "Kotae does not read .xlsx files: save it as .csv"),
    "63-nothing": (b"x", "skipped", "Kotae does not read files without an ending like .txt"),
    "70-empty.txt": (b"", "refused", "holds no text: remove it, or write the article"),
    "71-binary.txt": (b"\x00\x01\x02\xff" * 50, "refused", "is not text (it holds zero bytes)"),
    "72-cut.txt": (JA.encode()[:-3] + b"\x81", "refused", "is text in no encoding that Kotae knows"),
    "73-scan.pdf": (pdf([[]]), "refused", "holds no text (its pages are pictures): run text recognition (OCR) on it"),
    "74-broken.pdf": (b"%PDF-1.5\nnothing", "refused", "is damaged, or no PDF"),
    "75-broken.docx": (docx(paragraph("x"))[:200], "refused", "is damaged, or no archive that can be read"),
    "76-no-word.docx": (zipped({"a.txt": "x"}), "refused", "is no Word file"),
    "77-xxe.docx": (
        docx('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:p/>'),
        "refused",
        "is damaged (no XML: ",
    ),
    "78-locked.epub": (epub("<p>x</p>", encrypted=True), "refused", "is locked by its seller (DRM): leave it out"),
    "79-broken.epub": (zipped({"a": "b"}), "refused", "'META-INF/container.xml' is missing"),
    "80-empty.html": (page("<script>fill()</script>").encode(), "refused", "holds no text (a page that scripts fill"),
    "81-no.eml": (b"\n\n", "refused", "is no mail (it has no header)"),
    "82-bad.jsonl": (b"{}\n[1]\n", "refused", "field 'text' is None"),
    "83-quotes.csv": (b'id,text\n1,"open', "refused", "is no CSV that can be read (line 2"),
    "84-unnamed.csv": (b"a,,b\n1,2,3\n", "refused", "its first row does not name the columns"),
    "85-cells.csv": (b"id,text\n1,a,b\n", "refused", "has 3 cells for 2 columns"),
    "86-broken.zip": (b"PK\x03\x04", "refused", "is damaged, or no archive that can be read"),
    "87-traversal.zip": (zipped({"../../up.txt": "x"}), "refused", "its name leads out of the archive: rename it"),
    "88-link.zip": (
        zipped({}, links={"a.txt": "/etc/passwd"}),
        "skipped",
        "a link: put the file itself in the archive",
    ),
    "89-nested.zip": (zipped({"b.zip": zipped({"a.txt": "x"})}), "skipped", "an archive in an archive: unpack it"),
}


@pytest.mark.parametrize("name", ["", ".", "./"])
def test_a_file_without_a_name_does_not_cost_the_others_of_its_archive(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"one.txt": "One.", name: "x"}))
    found = list(read_articles(tmp_path))
    assert [article.text for article in articles(found, "a.zip")] == ["One."]
    assert [one.reason for one in found if isinstance(one, FileNote) and "without a name" not in one.reason] == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("formats")
    for name, (content, *_) in {**READ, **NOT_READ}.items():
        (made / name).write_bytes(content)
    (made / "58-named.meta.yaml").write_text("title: 別の題\nsource: 社内\n", "utf-8")
    (made / "~$40-word.docx").write_bytes(b"lock file of Word")
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> list[LocatedArticle | FileNote]:
    return list(read_articles(folder))


def articles(found: list[LocatedArticle | FileNote], name: str) -> list[Article]:
    return [item.article for item in found if isinstance(item, LocatedArticle) and item.path.name == name]


def test_there_are_sixty_files_and_more() -> None:
    assert len(READ) + len(NOT_READ) >= 60


@pytest.mark.parametrize("name", READ)
def test_every_format_and_encoding_is_read_to_the_letter(found: list[LocatedArticle | FileNote], name: str) -> None:
    expected = READ[name][1]
    if isinstance(expected, str):
        assert [article.text for article in articles(found, name)] == [expected]
    else:
        assert {article.id: article.text for article in articles(found, name)} == expected


def test_the_report_names_every_other_file_with_its_reason_and_no_file_twice(
    found: list[LocatedArticle | FileNote], folder: Path
) -> None:
    notes = [item for item in found if isinstance(item, FileNote)]
    of_files = {name: [note for note in notes if note.path == folder / name] for name in NOT_READ}
    assert {name: {note.outcome for note in some} for name, some in of_files.items()} == {
        name: {outcome} for name, (_, outcome, _) in NOT_READ.items()
    }
    assert [n for n, (_, _, reason) in NOT_READ.items() if not any(reason in note.reason for note in of_files[n])] == []
    assert sum(map(len, of_files.values())) == len(notes) == len(NOT_READ) + 1  # each line of 82-bad.jsonl is one
    assert [note.reason for note in notes if str(folder) not in note.reason or "\n" in note.reason] == []


def test_what_a_file_says_of_itself_is_kept_and_a_sidecar_wins(found: list[LocatedArticle | FileNote]) -> None:
    def fields(name: str) -> tuple[str, str, str, str, str]:
        [article] = articles(found, name)
        return article.id, article.title, article.language, article.source, article.date

    assert fields("44-book.epub") == ("44-book.epub", "本の題", "ja", "著者", "2025-11-03")
    assert fields("46-jis.eml") == ("46-jis.eml", "契約の件", "ja", "佐藤", "2025-11-03")
    assert fields("40-word.docx") == ("40-word.docx", "契約", "ja", "", "")
    assert fields("58-named.docx") == ("58-named.docx", "別の題", "ja", "社内", "")
    assert fields("20-page.html") == ("20-page.html", "見出し", "ja", "", "")
    assert [article.title for article in articles(found, "54-japanese.csv")] == ["いつ?"]


def test_a_citation_can_name_the_page_of_a_pdf(found: list[LocatedArticle | FileNote]) -> None:
    [article] = articles(found, "34-heads.pdf")
    places = [number * (len(JOINED) + 2) for number in range(3)]
    assert article.pages == tuple(places)
    assert [article.page_at(place) for place in (0, 5, places[1], places[2] + 9)] == [1, 1, 2, 3]
    [text] = articles(found, "01-utf8.txt")
    assert text.page_at(3) == 0
