import json
import os
from pathlib import Path

import pytest

from index import read
from index.article import Article
from index.errors import ArticleError
from index.fields import detect_language
from index.formats import SUFFIXES
from index.read import FileNote, LocatedArticle, read_articles

TEXT = "The cat sat on the mat.\nIt slept.\n"


def file(folder: Path, name: str, content: str | bytes = TEXT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def only(path: Path) -> Article:
    [located] = read_articles(path)
    return located.article


def articles(path: Path) -> list[LocatedArticle]:
    return [found for found in read_articles(path) if isinstance(found, LocatedArticle)]


def refused(path: Path) -> str:
    """Why the one bad file under a path is refused, or the path itself."""
    try:
        [note] = [found for found in read_articles(path) if isinstance(found, FileNote) and found.outcome == "refused"]
        message = note.reason
    except ArticleError as error:
        message = str(error)
    assert "\n" not in message
    return message


def test_a_plain_text_is_an_article_named_after_its_file(tmp_path: Path) -> None:
    path = file(tmp_path, "note.txt")
    article = Article(id="note", title="note", language="en", source="", date="", text=TEXT)
    assert list(read_articles(path)) == [LocatedArticle(article=article, path=path)]


def test_front_matter_gives_the_metadata_and_is_no_part_of_the_text(tmp_path: Path) -> None:
    front = "id: deal\ntitle: 'A deal: signed'\nlanguage: ja\nsource: NHK\ndate: 2025-11-03\ntags: [x]"
    path = file(tmp_path, "x.md", f"---\n{front}\n---\n\nThe text.\n")
    assert only(path) == Article(
        id="deal", title="A deal: signed", language="ja", source="NHK", date="2025-11-03", text="The text.\n"
    )


@pytest.mark.parametrize(
    ("written", "id", "title"),
    [
        ("id: 007\ntitle: On", "007", "On"),
        ("id: 2025-11-03\ntitle: 12:30", "2025-11-03", "12:30"),
        ("id: 1e3\ntitle: 1_000", "1e3", "1_000"),
        ("id: ~\ntitle: null", "x", "x"),
        ("id:\ntitle: ''", "x", "x"),
        ("id: ' a  b '\ntitle: |\n  two\n  lines", "a b", "two lines"),
    ],
)
def test_a_value_of_front_matter_is_taken_as_it_is_written(tmp_path: Path, written: str, id: str, title: str) -> None:
    found = only(file(tmp_path, "x.md", f"---\n{written}\n---\n{TEXT}"))
    assert (found.id, found.title) == (id, title)


@pytest.mark.parametrize(
    "text",
    [
        "---\nA rule stands above. And one: below: this.\n---\nMore text.\n",
        "---\n\n---\nMore text.\n",
        "---\n- a list\n- of things\n---\nMore text.\n",
        "---\nNo second rule.\n",
        "----\ntitle: X\n----\nMore text.\n",
        " ---\ntitle: X\n---\nMore text.\n",
    ],
)
def test_a_rule_of_dashes_does_not_make_front_matter(tmp_path: Path, text: str) -> None:
    assert only(file(tmp_path, "x.md", text)).text == text


def test_front_matter_may_begin_with_a_comment(tmp_path: Path) -> None:
    assert only(file(tmp_path, "x.md", f"---\n# who: we\n\ntitle: T\n---\n{TEXT}")).title == "T"


def test_a_sidecar_holds_the_metadata_of_a_file_that_must_stay_as_it_is(tmp_path: Path) -> None:
    file(tmp_path, "000_b.c.meta.yaml", "id: deal\ntitle: 契約\nlanguage: ja\nsource: 記事\ndate: 2025-11-03\n")
    assert only(file(tmp_path, "000_b.c.txt")) == Article(
        id="deal", title="契約", language="ja", source="記事", date="2025-11-03", text=TEXT
    )


def test_a_sidecar_wins_over_front_matter(tmp_path: Path) -> None:
    file(tmp_path, "x.meta.yaml", "title: From the sidecar\n")
    found = only(file(tmp_path, "x.md", f"---\nid: front\ntitle: From the front\n---\n{TEXT}"))
    assert (found.id, found.title, found.text) == ("front", "From the sidecar", TEXT)


def test_a_sidecar_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    file(tmp_path, "x.meta.yaml", "just words\n")
    assert refused(file(tmp_path, "x.txt")) == (
        f"'{tmp_path}/x.meta.yaml' holds no `name: value` lines: give id, title, language, source, date"
    )


def test_jsonl_holds_an_article_on_each_line(tmp_path: Path) -> None:
    rows = [
        {
            "id": "1",
            "title": "一",
            "text": "本文です。",
            "lang": "ja",
            "source": "S",
            "date": "2025/11/3",
            "other": [1],
        },
        {"id": 2, "text": "a\r\nb\rc", "language": "en"},
    ]
    path = file(tmp_path, "x.jsonl", "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
    assert [located.article for located in read_articles(path)] == [
        Article(id="1", title="一", language="ja", source="S", date="2025-11-03", text="本文です。"),
        Article(id="2", title="", language="en", source="", date="", text="a\nb\nc"),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "is not JSON: "),
        ("[1]", "is not an object: each line holds id, title, text, language, source, date"),
        ('{"id": "a"}', ": field 'text' is None: give the article's text"),
        ('{"id": "a", "text": " "}', ": field 'text' is ' ': give the article's text"),
        ('{"id": "a", "text": ["t"]}', ": field 'text' is ['t']: give the article's text"),
        ('{"id": "a", "text": "\\u0000"}', ": field 'text' holds zero characters or halves of characters: remove them"),
        ('{"id": "a", "text": "\\ud800"}', ": field 'text' holds zero characters or halves of characters: remove them"),
        ('{"id": {"a": 1}, "text": "t"}', ": field 'id' is {'a': 1}: give one line of text"),
        ('{"id": "a", "text": "t", "title": "\\ud800"}', ": field 'title' is "),
        ('{"id": "a", "text": "t", "lang": "fr"}', ": field 'language' is 'fr': use one of ja, en"),
        ('{"id": "a", "text": "t", "date": "soon"}', ": field 'date' is 'soon': write it as 2025-11-03, 2025-11 or"),
        ("[" * 100_000, " is not an article: its JSON is nested too deeply"),
    ],
)
def test_a_bad_line_of_jsonl_is_refused_with_its_number_and_field(tmp_path: Path, line: str, message: str) -> None:
    path = file(tmp_path, "x.jsonl", f'{{"id": "ok", "text": "fine"}}\n\n{line}\n')
    assert message in refused(path)
    assert refused(path).startswith(f"{path}:3")


def test_a_jsonl_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "x.jsonl", "\n\n")
    assert refused(path) == f"'{path}' holds no articles: each line is an object with id and text"


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa\r\nb\rc\n", b"a\nb\nc\n"])
def test_a_byte_order_mark_is_dropped_and_line_ends_become_one_character(tmp_path: Path, content: bytes) -> None:
    assert only(file(tmp_path, "x.txt", content)).text == "a\nb\nc\n"


def test_front_matter_is_found_behind_a_byte_order_mark_and_with_windows_line_ends(tmp_path: Path) -> None:
    found = only(file(tmp_path, "x.md", b"\xef\xbb\xbf---\r\ntitle: T\r\n---\r\nText.\r\n"))
    assert (found.title, found.text) == ("T", "Text.\n")


@pytest.mark.parametrize("content", [b"\x89PNG\x00\x01", b"a" * 100_000 + b"\x00"])
def test_a_file_with_zero_bytes_is_refused_wherever_they_stand(tmp_path: Path, content: bytes) -> None:
    path = file(tmp_path, "x.txt", content)
    assert refused(path) == f"'{path}' is not text (it holds zero bytes): convert it, or leave it out"


def test_bytes_in_no_encoding_are_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "x.txt", "日本語".encode() + b"\xff\xfe\x81\x8d\x8f\x90")
    assert refused(path) == (
        f"'{path}' is text in no encoding that Kotae knows (no UTF-8 from byte 9 on): save it as UTF-8"
    )


@pytest.mark.parametrize("content", ["", "\n \n", "---\ntitle: T\n---\n\n", "\ufeff"])
def test_a_file_without_text_is_refused(tmp_path: Path, content: str) -> None:
    path = file(tmp_path, "x.md", content)
    assert refused(path) == f"{path} holds no text: remove it, or write the article"


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read.MAX_BYTES == 256 * 1024 * 1024
    path = file(tmp_path, "x.txt")
    monkeypatch.setattr(read, "MAX_BYTES", 33)
    assert refused(path) == f"'{path}' has 34 bytes: split it into files of at most 33"
    monkeypatch.setattr(read, "MAX_BYTES", 34)
    assert only(path).text == TEXT


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none") == f"there is nothing at '{tmp_path}/none': check the path"


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_an_impossible_path_is_refused_like_a_missing_one(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name).startswith("there is nothing at '")


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    file(tmp_path, ".hidden/a.txt")
    file(tmp_path, ".b.txt")
    file(tmp_path, "c.png")
    assert refused(tmp_path) == f"no articles in '{tmp_path}': Kotae reads {', '.join(SUFFIXES)} files"


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "c.png")
    assert refused(path) == f"cannot read '{path}': Kotae reads {', '.join(SUFFIXES)} files"


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "cannot read" in refused(tmp_path / "pipe.txt")
    assert "no articles in" in refused(tmp_path)


def test_a_folder_that_cannot_be_listed_is_refused_since_its_articles_would_be_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(tmp_path, "a.txt")
    file(tmp_path, "closed/b.txt")
    scan = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert refused(tmp_path) == f"cannot read the folder '{tmp_path}/closed': Permission denied"


def test_articles_come_in_the_order_of_their_names_with_ids_that_hold_their_folders(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/b/c.TXT", "a.markdown"):
        file(tmp_path, name)
    found = list(read_articles(tmp_path))
    assert [(one.article.id, one.article.title) for one in found] == [
        ("a", "a"),
        ("b", "b"),
        ("a/z", "z"),
        ("a/b/c", "c"),
    ]
    assert [one.path for one in found] == [tmp_path / name for name in ("a.markdown", "b.txt", "a/z.md", "a/b/c.TXT")]


def test_a_link_that_leads_out_of_the_folder_is_passed_over_and_one_within_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    file(inside, "a.txt", "a")
    file(outside, "secret.txt", "secret")
    (inside / "b.txt").symlink_to(inside / "a.txt")
    (inside / "file.txt").symlink_to(outside / "secret.txt")
    (inside / "folder").symlink_to(outside)
    (inside / "dead.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link").symlink_to(inside)
    monkeypatch.chdir(tmp_path)
    for root in (inside, Path("in"), tmp_path / "link"):
        assert [(one.article.id, one.article.text) for one in articles(root)] == [("a", "a"), ("b", "a")]
        notes = [found for found in read_articles(root) if isinstance(found, FileNote)]
        assert [(note.path.name, note.outcome, note.reason.split("' ")[1]) for note in notes] == [
            ("dead.txt", "skipped", "is a link that leads nowhere"),
            ("file.txt", "skipped", "is a link that leads out of the folder: name its target too"),
            ("folder", "skipped", "is a link that leads out of the folder: name its target too"),
        ]


def test_a_file_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text(TEXT)
    assert refused(tmp_path).endswith("the name is not UTF-8: rename it")


def test_a_line_end_in_a_file_name_does_not_reach_the_id_or_the_title(tmp_path: Path) -> None:
    found = only(file(tmp_path, "a\nb.txt"))
    assert (found.id, found.title) == ("a b", "a b")


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2025-11-03", "2025-11-03"),
        ("2025/11/3", "2025-11-03"),
        ("2025.1", "2025-01"),
        ("2025", "2025"),
        ("2025-11-03T10:00:00+09:00", "2025-11-03"),
        ("2025-11-03 10:00", "2025-11-03"),
        ("20251103", "2025-11-03"),
        ("２０２５年１１月３日", "2025-11-03"),
        ("令和7年11月", "2025-11"),
        ("3 Nov 2025", "2025-11-03"),
        ("November 3, 2025", "2025-11-03"),
        ("Mon, 03 Nov 2025 10:00:00 +0900", "2025-11-03"),
        ("", ""),
    ],
)
def test_dates_become_iso_8601(tmp_path: Path, written: str, date: str) -> None:
    assert only(file(tmp_path, "x.md", f"---\ndate: {written}\n---\n{TEXT}")).date == date


@pytest.mark.parametrize("written", ["2025-13-01", "2025-02-30", "2025-00-05", "2025-01-00", "0000", "soon", "25"])
def test_a_date_that_is_none_is_refused(tmp_path: Path, written: str) -> None:
    path = file(tmp_path, "x.md", f"---\ndate: {written}\n---\n{TEXT}")
    assert refused(path) == f"{path}: field 'date' is '{written}': write it as 2025-11-03, 2025-11 or 2025"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("OpenAIとAmazonは契約した", "ja"),
        ("日本 " + "x" * 19, "en"),
        ("日本 " + "x" * 18, "ja"),
        ("カタカナ", "ja"),
        ("Plain English.", "en"),
        ("12345 !?", "en"),
        ("", "en"),
        ("x" * 5000 + "あ" * 5000, "en"),
    ],
)
def test_a_text_is_japanese_when_one_letter_in_ten_is(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The *title*\n\nText.", "The *title*"),
        ("\n\n## Second level\nText.", "Second level"),
        ("A headline\nText.", "A headline"),
        ("見出し\n本文です。", "見出し"),
        ("A sentence.\nText.", "x"),
        ("文です。\n本文です。", "x"),
        ("A headline alone", "x"),
        ("#hashtag here.\nText", "x"),
        ("-----\nText.", "x"),
        ("y" * 151 + "\nText.", "x"),
    ],
)
def test_the_first_line_is_the_title_when_it_is_a_heading(tmp_path: Path, text: str, title: str) -> None:
    assert only(file(tmp_path, "x.md", text)).title == title


def test_an_id_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path, "x.md", f"---\nid: {'i' * 201}\n---\n{TEXT}")
    assert "has 201 characters: use 200 at most" in refused(path)
    assert only(file(tmp_path, "x.md", f"---\nid: {'i' * 200}\n---\n{TEXT}")).id == "i" * 200


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("title: A deal: signed", "front matter is not YAML: mapping values are not allowed here"),
        ("title: [a", "front matter is not YAML: "),
        ("title: " + "[" * 5000, "front matter is not YAML: "),
        ("title: [a, b]", "field 'title' is ['a', 'b']: give one line of text"),
        ('title: "\\ud800"', "field 'title' is '\\ud800': remove the zero or half characters"),
        ('title: "a\\0b"', "field 'title' is 'a\\x00b': remove the zero or half characters"),
    ],
)
def test_bad_front_matter_is_refused_in_one_line(tmp_path: Path, front: str, message: str) -> None:
    path = file(tmp_path, "x.md", f"---\n{front}\n---\n{TEXT}")
    assert message in refused(path)
    assert str(path) in refused(path)


@pytest.mark.timeout(10)
def test_a_few_lines_of_yaml_that_stand_for_billions_are_not_written_out(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path = file(tmp_path, "x.md", "---\n" + "\n".join(lines) + f"\ntitle: *a11\n---\n{TEXT}")
    assert len(refused(path)) < 10_000
