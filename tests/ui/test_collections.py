"""Several collections in one home, an index that moves, comes back, or follows a folder: as a user asks for them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from index.errors import NoIndex
from index.home import Home
from rag import Chatbot
from tests.doubles import LetterEmbedder, write
from tests.ui.test_cli import ROOT, run, started
from ui import cli


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """KOTAE_HOME with two collections, the first and "news"."""
    monkeypatch.setenv("KOTAE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("rag.chatbot.open_embedder", lambda *_: LetterEmbedder())
    monkeypatch.setattr("rag.chatbot.open_chat_model", lambda *_: FakeListChatModel(responses=["The aaa is 3."]))
    monkeypatch.setattr("rag.doctor.describe_models", lambda _: [])
    monkeypatch.setattr("rag.doctor.open_embedder", lambda *_: LetterEmbedder())
    for name, folder in (("", write(tmp_path / "a", one="aaa bbb.")), ("news", write(tmp_path / "b", zwei="aaa ccc."))):
        assert cli.main(["index", str(folder), "--collection", name]) == 0
    return tmp_path / "home"


def ids(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    status, out, _ = run(capsys, "search", "aaa", "--json", *options)
    assert status == 0
    return [hit["article_id"] for hit in json.loads(out)]


@pytest.mark.usefixtures("home")
def test_every_command_looks_in_the_collection_that_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = ("--collection", "news")
    assert (ids(capsys), ids(capsys, "--collection", "default"), ids(capsys, *news)) == (["one"], ["one"], ["zwei"])
    answer = json.loads(run(capsys, "ask", "How much is the aaa?", "--json", *news)[1])
    assert [hit["article_id"] for hit in answer["hits"]] == ["zwei"]
    findings = json.loads(run(capsys, "doctor", "--json", *news)[1])
    assert f"1 articles, 1 passages in {tmp_path}/home/collections/news/generations/000001" in str(findings)
    assert all(finding["ok"] for finding in findings)
    (tmp_path / "gold.jsonl").write_text('{"id": "q", "question": "aaa?", "reference_context_ids": ["zwei"]}')
    out = str(tmp_path / "report")
    assert run(capsys, "eval", str(tmp_path / "gold.jsonl"), "--retrieval-only", "--out", out, *news)[0] == 0
    assert run(capsys, "eval", str(tmp_path / "gold.jsonl"), "--retrieval-only", "--out", out)[0] == 1
    monkeypatch.setenv("KOTAE_COLLECTION", "news")
    assert (ids(capsys), ids(capsys, "--collection", "default")) == (["zwei"], ["one"])


@pytest.mark.parametrize("command", [["ask", "x"], ["search", "x"], ["chat"], ["index"], ["export", "a.zip"]])
def test_a_collection_that_is_not_there_is_named_with_those_that_are(
    home: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    status, out, err = run(capsys, *command, "--collection", "nwes")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"kotae: there is no collection 'nwes' in '{home}' (those there: default, news): ")
    assert "`kotae index PATH --collection nwes`" in err
    assert not (home / "collections" / "nwes").exists()


def test_the_chatbot_opens_a_collection_and_leads_to_the_others(home: Path) -> None:
    bot = Chatbot.open(home, collection="news")
    assert [hit.article.id for hit in bot.search("aaa")] == ["zwei"]
    assert [entry.id for entry in bot.articles()] == ["zwei"]
    assert bot.collections == ["default", "news"]
    other = bot.of("default")
    assert [hit.article.id for hit in other.search("aaa")] == ["one"]
    assert [hit.article.id for hit in other.search("aaa")] == ["one"]
    assert (other.of("news"), bot.of("default"), bot.of("news")) == (bot, other, bot)
    assert other.chat_model is not None
    with pytest.raises(NoIndex, match="there is no collection 'none'"):
        bot.of("none")
    for opened in (bot, other):
        opened.close()


def test_an_index_is_exported_and_imported_into_another_collection(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = str(tmp_path / "news.zip")
    status, out, _ = run(capsys, "export", archive, "--collection", "news")
    assert (status, out.split(" (")[0]) == (0, f"1 articles, 1 passages, 0 uploads in {archive}")
    status, out, _ = run(capsys, "import", archive, "--collection", "copy")
    assert (status, out.split(" (")[0]) == (0, f"1 articles, 1 passages in {home}/collections/copy")
    assert ids(capsys, "--collection", "copy") == ["zwei"]
    assert run(capsys, "import", archive)[2].startswith(f"kotae: there is an index in '{home}': import into another")
    assert run(capsys, "import", archive, "--replace")[0] == 0
    assert ids(capsys) == ["zwei"]
    assert run(capsys, "index", "--undo")[0] == 0
    assert ids(capsys) == ["one"]
    made = json.loads(run(capsys, "export", str(tmp_path / "b.zip"), "--json")[1])
    assert (made["path"], made["articles"], made["uploads"]) == (str(tmp_path / "b.zip"), 1, 0)


def test_the_last_change_can_be_taken_back(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "index", "--undo")[2] == (
        f"kotae: the index in '{home}' has no earlier generation to return to\n"
    )
    write(tmp_path / "a", one="ccc.", two="aaa.")
    assert run(capsys, "index")[0] == 0
    status, out, _ = run(capsys, "index", "--undo")
    assert (status, out.split(";")[0]) == (
        0,
        f"1 articles, 1 passages in {home} (0 added, 1 changed, 1 removed, 0 unchanged",
    )
    assert ids(capsys) == ["one"]
    assert run(capsys, "index", str(tmp_path), "--undo")[0] == 1
    assert run(capsys, "index", "--undo", "--watch")[0] == 2


@pytest.fixture
def following(home: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = started(home, "index", str(tmp_path / "a"), "--watch")
    yield process
    process.kill()
    process.communicate()


def test_watch_follows_a_folder_until_ctrl_c(home: Path, tmp_path: Path, following: subprocess.Popen[bytes]) -> None:
    assert following.stdout
    assert following.stderr

    def said() -> str:
        return following.stdout.readline().decode().split(";")[0]  # type: ignore[union-attr]

    at = f" in {home} ("
    assert said() == f"1 articles, 1 passages{at}0 added, 0 changed, 0 removed, 1 unchanged"
    write(tmp_path / "a", two="bbb.")
    assert said() == f"2 articles, 2 passages{at}1 added, 0 changed, 0 removed, 1 unchanged"
    (tmp_path / "a" / "one.md").write_bytes(b"\x00")  # named, and its article stays
    (tmp_path / "a" / "two.md").unlink()
    (tmp_path / "a" / "three.md").write_text("ccc.")
    assert said() == f"2 articles, 2 passages{at}1 added, 0 changed, 1 removed, 0 unchanged"
    following.send_signal(signal.SIGINT)
    out, err = following.communicate(timeout=60)
    assert (following.returncode, out) == (0, b"")
    lines = err.decode().splitlines()
    assert "kotae: following changes (Ctrl-C ends it)" in lines
    assert any("one.md' is not text (it holds zero bytes)" in line for line in lines)
    assert "Traceback" not in err.decode()


def test_watch_waits_for_another_writer_and_says_so_once(
    home: Path, tmp_path: Path, following: subprocess.Popen[bytes]
) -> None:
    assert following.stdout
    assert following.stderr
    assert following.stdout.readline()
    with Home(home).writing():
        write(tmp_path / "a", two="bbb.")
        line = ""
        while " is writing to " not in line:
            line = following.stderr.readline().decode()
    assert following.stdout.readline().startswith(b"2 articles, 2 passages in ")


def test_watch_of_what_is_not_there_ends_with_one_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "index", str(tmp_path / "none"), "--watch")
    assert (status, out, err) == (1, "", f"kotae: there is nothing at '{tmp_path}/none': check the path\n")
    assert Home(home).live_name == "000001"


def test_help_of_the_new_commands_is_shown_without_anything_heavy() -> None:
    code = (
        "import sys; from ui.cli import _parser; _parser(); print('watchfiles' in sys.modules, 'torch' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout == "False False\n"
