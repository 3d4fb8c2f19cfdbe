import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from index.build import update_index
from index.formats import SUFFIXES
from index.home import Home
from tests.doubles import LetterEmbedder, write
from ui import cli

ROOT = Path(__file__).parents[2]
DEAL = "The aaa deal is worth $38 billion over seven years. It was announced in November."


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    try:
        status = cli.main(arguments)
    except SystemExit as left:
        status = int(left.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


def files(folder: Path) -> dict[Path, str]:
    """Digests of the files of a home, but for those that Chroma writes to whenever it opens them."""
    found = [path for path in folder.rglob("*") if path.is_file() and "chroma" not in path.parts]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in found if path.name[:6] != "writer"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """KOTAE_HOME, not there yet, with an embedder that counts letters and a chat model with one answer."""
    monkeypatch.setenv("KOTAE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("rag.chatbot.open_embedder", lambda *_: LetterEmbedder())
    answer = FakeListChatModel(responses=["The aaa deal is worth $38 billion over seven years."])
    monkeypatch.setattr("rag.chatbot.open_chat_model", lambda *_: answer)
    return tmp_path / "home"


@pytest.fixture
def indexed(home: Path, tmp_path: Path) -> Path:
    update_index(Home(home), LetterEmbedder(), [write(tmp_path / "articles", deal=DEAL, other="bbb ccc.", ja="ああ。")])
    return home


def test_index_says_what_it_did_and_a_second_run_that_nothing_changed(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(write(tmp_path / "articles", one="aaa.", two="bbb."))
    status, out, err = run(capsys, "index", folder)
    assert status == 0
    done = r"2 articles, 2 passages in {} \({} added, 0 changed, 0 removed, {} unchanged; \d+\.\d s\)\n"
    assert re.fullmatch(done.format(re.escape(str(home)), 2, 0), out)
    assert all(line.startswith("kotae: ") for line in err.splitlines())
    status, out, _ = run(capsys, "index", folder)
    assert status == 0
    assert re.fullmatch(done.format(re.escape(str(home)), 0, 2), out)


def test_index_says_when_an_article_comes_from_another_file(
    indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "index", str(write(tmp_path / "more", deal="ccc.")))[2].splitlines()[-1] == (
        f"deal now comes from {tmp_path}/more/deal.md (before: {tmp_path}/articles/deal.md)"
    )
    assert Home(indexed).live_name == "000002"


@pytest.mark.usefixtures("indexed")
def test_ask_prints_the_answer_and_the_sentence_behind_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "ask", "How much is the aaa deal worth?")
    assert (status, err) == (0, "")
    assert out.splitlines()[0].startswith("The aaa deal is worth $38 billion over seven years")
    assert "[1] DEAL: 「The aaa deal is worth $38 billion over seven years.」" in out


@pytest.mark.usefixtures("indexed")
def test_ask_json_prints_the_object_that_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "ask", "How much is the aaa deal worth?", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert list(answer) == ["question", "text", "language", "answered", "citations", "hits", "warnings", "timings"]
    assert (answer["question"], answer["language"]) == ("How much is the aaa deal worth?", "en")
    assert (answer["answered"], answer["warnings"]) == (True, [])
    assert answer["citations"] == [
        {
            "number": 1,
            "article_id": "deal",
            "title": "DEAL",
            "source": "",
            "quote": "The aaa deal is worth $38 billion over seven years.",
            "start": 0,
            "end": 51,
        }
    ]
    assert all(list(hit) == ["passage_id", "article_id", "text", "score"] for hit in answer["hits"])
    assert sorted(hit["article_id"] for hit in answer["hits"]) == ["deal", "ja", "other"]
    assert answer["timings"]["total"] > 0


@pytest.mark.usefixtures("indexed")
def test_the_language_of_the_answer_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "ask", "How much is the aaa deal worth?", "--lang", "ja", "--json")[1]
    assert json.loads(out)["language"] == "ja"


@pytest.mark.usefixtures("indexed")
def test_a_declined_answer_shows_the_nearest_passages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.writer.yes_probability", lambda *_: 0.0)
    status, out, _ = run(capsys, "ask", "Who is the aaa president?")
    assert status == 0
    assert out.splitlines()[0] == "The articles do not say. The nearest passages are shown below."
    assert f"\n\n- DEAL\n  {DEAL}\n" in out
    assert json.loads(run(capsys, "ask", "Who is the aaa president?", "--json")[1])["answered"] is False


@pytest.mark.usefixtures("indexed")
def test_search_shows_each_hit_with_its_score_parts(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "search", "aaa deal", "-k", "1")
    assert (status, err) == (0, "")
    first, second, third = out.splitlines()
    assert first == "1. DEAL (deal)"
    assert re.fullmatch(r"   score -?\d+\.\d{3} = similarity \S+, similarity_z \S+, words \S+, words_z \S+", second)
    assert third == f"   {DEAL}"


@pytest.mark.usefixtures("indexed")
def test_search_json_prints_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "search", "aaa deal", "-k", "2", "--json")
    hits = json.loads(out)
    assert (status, len(hits)) == (0, 2)
    assert list(hits[0]) == [
        *("passage_id", "article_id", "title", "source", "date", "language"),
        *("heading", "text", "start", "end", "score", "parts"),
    ]
    assert (hits[0]["article_id"], hits[0]["text"], hits[0]["start"], hits[0]["end"]) == ("deal", DEAL, 0, len(DEAL))


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--article", "ja"], ["ja"]),
        (["--article", "ja", "--article", "other"], ["ja", "other"]),
        (["--articles-in", "en"], ["deal", "other"]),
        (["--source", "nobody"], []),
        (["--from", "2025"], []),
        (["--to", "2025-11-03"], []),
        (["--from", ""], ["deal", "ja", "other"]),
    ],
)
def test_search_looks_only_where_it_is_told_to(
    options: list[str], found: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    hits = json.loads(run(capsys, "search", "aaa", "--json", *options)[1])
    assert sorted(hit["article_id"] for hit in hits) == found
    if not found:
        assert run(capsys, "search", "aaa", *options)[:2] == (0, "nothing found\n")


def test_models_lists_what_is_known_of_each_and_says_when_one_is_not_ready(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOTAE_CHAT_MODEL", "nonsense")
    monkeypatch.setenv("KOTAE_EMBEDDER", "nonsense")
    status, out, err = run(capsys, "models")
    assert (status, err) == (0, "")
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        "nonsense (embedder)",
        "nonsense (chat)",
        "jmdict (dictionary)",
    ]
    assert out.count("  not ready: ") == 2
    assert run(capsys, "models", "--verify")[0] == 1


def test_doctor_ends_with_1_when_something_is_wrong(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "doctor", "--json")
    assert status == 1
    last = json.loads(out)[-1]
    assert last == {
        "name": "index",
        "ok": False,
        "message": f"there is no index in '{home}': make one with `kotae index PATH`",
    }
    status, out, _ = run(capsys, "doctor")
    assert out.splitlines()[-1] == f"wrong index: {last['message']}"


def bad_articles(folder: Path) -> None:
    folder.mkdir()
    (folder / "empty").mkdir()
    (folder / "binary.txt").write_bytes(b"\x89PNG\x00\x01")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "blank.md").write_text("\n")
    (folder / "front.md").write_text("---\ntitle: a: b\n---\nText.")
    (folder / "rows.jsonl").write_text('{"id": "a"}')
    (folder / "loop").symlink_to(folder / "loop")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none", "there is nothing at '{}': check the path"),
        ("empty", f"no articles in '{{}}': Kotae reads {', '.join(SUFFIXES)} files"),
        ("binary.txt", "'{}' is not text (it holds zero bytes): convert it, or leave it out"),
        ("picture.png", f"cannot read '{{}}': Kotae reads {', '.join(SUFFIXES)} files"),
        ("blank.md", "{} holds no text: remove it, or write the article"),
        ("front.md", "'{}': front matter is not YAML: mapping values are not allowed here"),
        ("rows.jsonl", "{}:1: field 'text' is None: give the article's text"),
        ("x" * 5000, "there is nothing at '{}': check the path"),
    ],
)
def test_an_article_that_cannot_be_read_is_one_line_and_changes_nothing(
    indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, message: str
) -> None:
    bad_articles(tmp_path / "bad")
    before = files(indexed)
    status, out, err = run(capsys, "index", str(tmp_path / "bad" / path))
    assert (status, out) == (1, "")
    assert err == f"kotae: {message.format(tmp_path / 'bad' / path)}\n"
    assert files(indexed) == before


def test_bad_articles_beside_good_ones_are_named_and_the_good_ones_are_read(
    indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad_articles(tmp_path / "bad")
    write(tmp_path / "bad", new="ccc.")
    status, out, err = run(capsys, "index", str(tmp_path / "bad"))
    assert (status, out.split(" (")[0]) == (0, f"4 articles, 4 passages in {indexed}")
    at = f"{tmp_path}/bad"
    assert [line for line in err.splitlines() if not line.startswith("kotae: ")] == [
        f"skipped: '{at}/loop' is a link that leads nowhere",
        f"skipped: '{at}/picture.png': Kotae does not read .png files",
        f"refused: '{at}/binary.txt' is not text (it holds zero bytes): convert it, or leave it out",
        f"refused: {at}/blank.md holds no text: remove it, or write the article",
        f"refused: '{at}/front.md': front matter is not YAML: mapping values are not allowed here",
        f"refused: {at}/rows.jsonl:1: field 'text' is None: give the article's text",
        "2 skipped, 4 refused: the reasons stand above",
    ]
    report = json.loads(run(capsys, "index", "--json")[1])
    assert (report["articles"], report["unchanged"], report["embedded"]) == (4, 4, 0)
    assert [(Path(note["path"]).name, note["outcome"]) for note in report["notes"]] == [
        ("binary.txt", "refused"),
        ("blank.md", "refused"),
        ("front.md", "refused"),
        ("loop", "skipped"),
        ("picture.png", "skipped"),
        ("rows.jsonl", "refused"),
    ]


def test_when_nothing_can_be_read_or_a_path_is_wrong_nothing_changes(
    indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad_articles(tmp_path / "bad")
    before = files(indexed)
    good = str(write(tmp_path / "good", new="ccc."))
    status, out, err = run(capsys, "index", good, str(tmp_path / "bad" / "loop"))
    assert (status, out, err.count("\n")) == (1, "", 1)
    status, out, err = run(capsys, "index", str(tmp_path / "bad"))
    assert (status, out) == (1, "")
    assert err.splitlines()[-1] == (
        f"kotae: none of 4 files could be read; the first: '{tmp_path}/bad/binary.txt' is not text (it holds zero "
        "bytes): convert it, or leave it out"
    )
    assert files(indexed) == before


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "the question is empty: "),
        (" \n　", "the question is empty: "),
        ("あ" * 10_000, "the question has 10,000 characters: ask with 4,000 at most "),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_line(
    indexed: Path, capsys: pytest.CaptureFixture[str], command: str, question: str, message: str
) -> None:
    before = files(indexed)
    status, out, err = run(capsys, command, question)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"kotae: {message}")
    assert files(indexed) == before


@pytest.mark.parametrize("command", [["ask", "x"], ["search", "x"], ["chat"], ["index"]])
def test_without_an_index_every_command_says_how_to_make_one(
    home: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    status, out, err = run(capsys, *command)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"kotae: there is no index in '{home}': ")
    assert "`kotae index PATH`" in err
    assert Home(home).live_name == ""


@pytest.mark.parametrize("command", [["ask", "x"], ["search", "x"], ["index", "."], ["chat"]])
def test_an_unknown_embedder_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    home = tmp_path / "home"
    update_index(Home(home), LetterEmbedder(), [write(tmp_path / "articles", deal=DEAL)])
    monkeypatch.setenv("KOTAE_EMBEDDER", "nonsense/model")
    before = files(home)
    status, out, err = run(capsys, *command, "--home", str(home))
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("kotae: there is no embedder 'nonsense/model': set KOTAE_EMBEDDER to ")
    assert files(home) == before


def test_an_unknown_chat_model_is_one_line_beside_the_passages(
    indexed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.model import open_chat_model

    monkeypatch.setattr("rag.chatbot.open_chat_model", open_chat_model)
    monkeypatch.setenv("KOTAE_CHAT_MODEL", "nonsense")
    before = files(indexed)
    status, out, err = run(capsys, "ask", "How much is the aaa deal worth?")
    assert (status, err.count("\n")) == (1, 1)
    assert out.splitlines()[0] == "No model could be asked to write an answer. The nearest passages are shown below."
    assert "aaa" in out
    assert err.startswith("kotae: there is no chat model 'nonsense': set KOTAE_CHAT_MODEL to ")
    assert files(indexed) == before


@pytest.mark.parametrize(
    ("name", "value"), [("KOTAE_THREADS", "many"), ("KOTAE_THREADS", "9" * 5000), ("KOTAE_ALLOW_HUB", "perhaps")]
)
@pytest.mark.parametrize("command", [["index", "."], ["ask", "x"], ["models"], ["doctor"]])
def test_a_bad_setting_is_one_line(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    command: list[str],
) -> None:
    monkeypatch.setenv(name, value)
    status, out, err = run(capsys, *command)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"kotae: {name} is '{value}': set it to ")
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["ask"],
        ["ask", "a", "b"],
        ["ask", "x", "--lang", "fr"],
        ["ask", "x", "--from", "yesterday"],
        ["ask", "x", "--to", "2025-13"],
        ["search", "x", "--to", "2025-02-30"],
        ["search", "x", "--from", "2025/11/03"],
        ["search", "x", "-k", "0"],
        ["search", "x", "-k", "1001"],
        ["search", "x", "-k", "２"],
        ["search", "x", "--articles-in", "fr"],
        ["index", ""],
        ["index", "a", ""],
        ["chat", "--port", "65536"],
        ["chat", "--port", "-1"],
        ["doctor", "extra"],
    ],
)
def test_wrong_usage_ends_with_2(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].startswith("kotae")
    assert not home.exists()


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["index", "--help"]])
def test_help_ends_with_0(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, err) == (0, "")
    assert out.startswith("usage: kotae")


def test_nothing_in_an_article_can_drive_the_terminal_and_json_keeps_every_character(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b]0;owned\x07aaa \x1b[2J\x9b1m\u202emoc.live\u2066\r."
    row = {"id": "evil\x1b[31m", "title": "T\x1b[31m\u202eT", "source": "\u2067s", "text": evil, "lang": "en"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    update_index(Home(home), LetterEmbedder(), [tmp_path / "rows.jsonl"])
    for arguments in (["search", "aaa"], ["ask", "aaa"], ["search", "aaa", "--json"], ["ask", "aaa", "--json"]):
        status, out, err = run(capsys, *arguments)
        assert status == 0
        assert not set("\x1b\x07\x9b\r\u202e\u2066\u2067") & set(out + err)
        if "--json" in arguments:
            shown = json.loads(out)
            [hit] = shown if arguments[0] == "search" else shown["hits"]
            assert hit["text"] == evil.replace("\r", "\n")
            assert hit["article_id"] == "evil\x1b[31m"


def test_ctrl_c_ends_with_one_line_and_130(
    indexed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.chatbot.retrieve", interrupted)
    before = files(indexed)
    assert run(capsys, "ask", "aaa") == (130, "", "kotae: stopped\n")
    assert files(indexed) == before


# What follows runs the command as a user does: a process of its own, with the doubles put in place.
AS_A_PROCESS = """
import sys
import rag.chatbot
from langchain_core.language_models import FakeListChatModel
from tests.doubles import LetterEmbedder
from ui.cli import main

class Slow(LetterEmbedder):
    def embed_question(self, text):
        if "slowly" in text:
            import time
            print("searching", file=sys.stderr, flush=True)
            time.sleep(60)
        return super().embed_question(text)

rag.chatbot.open_embedder = lambda *_: Slow()
rag.chatbot.open_chat_model = lambda *_: FakeListChatModel(responses=["The aaa deal is worth $38 billion."])
sys.exit(main())
"""


def started(home: Path, *arguments: str, stdout: int = subprocess.PIPE, **environment: str) -> subprocess.Popen[bytes]:
    env: Mapping[str, str] = {**os.environ, "KOTAE_HOME": str(home), **environment}
    command = [sys.executable, "-c", AS_A_PROCESS, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=stdout, stderr=subprocess.PIPE)


def test_a_reader_that_has_seen_enough_is_no_error_message(indexed: Path) -> None:
    process = started(indexed, "search", "aaa", "-k", "1000", "--json")
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 1


def test_a_full_disk_behind_the_output_is_one_line(indexed: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        process = started(indexed, "search", "aaa", stdout=full.fileno())
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"kotae: [Errno 28] No space left on device\n")


def test_ctrl_c_in_the_middle_of_a_search_ends_the_process(indexed: Path) -> None:
    process = started(indexed, "ask", "aaa slowly")
    assert process.stderr
    assert process.stderr.readline() == b"searching\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"kotae: stopped\n")


@pytest.mark.parametrize("encoding", ["ascii", "cp932"])
def test_a_terminal_of_another_encoding_is_written_to(home: Path, tmp_path: Path, encoding: str) -> None:
    update_index(Home(home), LetterEmbedder(), [write(tmp_path / "articles", one="ああé。")])
    shown = started(home, "search", "ああ", PYTHONIOENCODING=encoding)
    as_json = started(home, "search", "ああ", "--json", PYTHONIOENCODING=encoding)
    out, err = shown.communicate(timeout=60)
    assert (shown.returncode, err) == (0, b"")
    assert out.splitlines()[-1].decode(encoding) == ("   ???? " if encoding == "ascii" else "   ああ?。").rstrip()
    out, err = as_json.communicate(timeout=60)
    assert (as_json.returncode, err) == (0, b"")
    assert json.loads(out.decode(encoding))[0]["text"] == "ああé。"


def test_a_question_that_is_not_unicode_is_searched_for(indexed: Path) -> None:
    process = started(indexed, "search", os.fsdecode(b"aaa \xff\xfe"), "--json")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert len(json.loads(out)) == 3
