"""A planted key is in nothing that anybody sees: message, log, report, `repr`, export, page."""

import json
import logging
from pathlib import Path

import httpx
import pytest

from index.errors import ChatModelError
from rag.judge import ModelJudge
from rag.model import describe_models, remote_embedder
from rag.remote_model import open_endpoint
from rag.settings import Settings
from tests.chroma_server import proxy
from tests.doubles import LetterEmbedder, write
from tests.embedding_server import fails, serving
from tests.ui.browsing import served
from tests.ui.scripted import ScriptedBot
from ui.cli import main

KEY = "sk-planted-0123456789abcdef"
PASSWORD = "planted-password"
HEADER = "planted-header-9876543210"
URL = f"http://user:{PASSWORD}@127.0.0.1:9/v1"  # nothing listens there


def settings(home: Path) -> Settings:
    return Settings(
        home=home,
        models=home,
        chat_url=URL,
        chat_model="m",
        chat_key=KEY,
        judge_url=URL,
        judge_model="j",
        judge_key=KEY,
        embed_url=URL,
        embed_key=KEY,
        chroma_url=URL,
        chroma_headers=f"Authorization: Bearer {HEADER}",
    )


def test_neither_settings_nor_models_nor_judges_show_it(tmp_path: Path) -> None:
    of = settings(tmp_path)
    model = open_endpoint(url=URL, model="m", key=KEY, first_token_seconds=1)
    judge = ModelJudge(of)
    embedder = remote_embedder(of)
    for shown in (repr(of), str(of), f"{of}", repr(model), str(model), judge.name, repr(judge), repr(embedder)):
        assert [KEY in shown, HEADER in shown] == [False, False]
    assert [secret in f"{of.server!r} {of.server} {of.place!r}" for secret in (PASSWORD, HEADER)] == [False, False]
    assert PASSWORD not in judge.name  # stands in reports
    assert PASSWORD not in repr(of)
    for listed in describe_models(of, recompute=True):
        assert [KEY in str(listed), PASSWORD in str(listed)] == [False, False]


def test_commands_that_fail_print_it_nowhere(
    seeds_home: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, value in {"URL": URL, "MODEL": "m", "KEY": KEY}.items():
        monkeypatch.setenv(f"KOTAE_CHAT_{name}", value)
    for command in (
        ["ask", "How long is the deal?"],
        ["ask", "How long is the deal?", "--json"],
        ["doctor"],
        ["models"],
    ):
        main([*command, "--home", str(seeds_home)])
    shown = "".join(capfd.readouterr())
    assert "127.0.0.1" in shown  # the failure names the endpoint
    assert KEY not in shown
    assert PASSWORD not in shown
    assert KEY not in caplog.text


def test_commands_that_ask_an_embedding_endpoint_print_it_nowhere(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    articles = write(tmp_path / "articles", one="aab.")
    monkeypatch.setenv("KOTAE_EMBEDDER", "letters")
    monkeypatch.setenv("KOTAE_EMBED_KEY", KEY)
    with serving(LetterEmbedder(), "letters", tei=True) as server:
        for url, done in ((server.url, 0), ("http://127.0.0.1:9", 1)):
            monkeypatch.setenv("KOTAE_EMBED_URL", url.replace("//", f"//user:{PASSWORD}@"))
            server.faults = [fails(401, f"{KEY} and {PASSWORD}")] if done else []
            for command in (["index", str(articles)], ["search", "a", "--json"], ["doctor"], ["models", "--verify"]):
                assert main([*command, "--home", str(tmp_path / "home")]) in (done, 1)
    shown = "".join(capfd.readouterr())
    assert server.seen[0][1]["authorization"].startswith("Basic ")
    assert f"the endpoint '{server.url}'" in shown
    assert "cannot be reached" in shown
    assert [secret in f"{shown}{caplog.text}" for secret in (KEY, PASSWORD)] == [False, False]


def test_commands_that_reach_no_chroma_server_print_its_headers_nowhere(
    seeds_home: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("KOTAE_CHROMA_HEADERS", f"Authorization: Bearer {HEADER}")
    with proxy("http://127.0.0.1:9", echo=True) as echoing:
        for url in (f"http://user:{PASSWORD}@127.0.0.1:9", echoing):
            monkeypatch.setenv("KOTAE_CHROMA_URL", url)
            for command in (["search", "How long is the deal?"], ["doctor"]):
                assert main([*command, "--home", str(seeds_home)]) == 1
    shown = "".join(capfd.readouterr()) + caplog.text
    assert "cannot be reached (" in shown
    assert "is no Chroma server (HTTP 500)" in shown
    assert [HEADER in shown, PASSWORD in shown, "dXNlcjpwbGFu" in shown] == [False, False, False]


def test_the_page_and_its_replies_do_not_hold_it(tmp_path: Path) -> None:
    bot = ScriptedBot(pause=0, settings=settings(tmp_path))
    bot.answers["q"] = ChatModelError("the chat endpoint refused the key (HTTP 401): set KOTAE_CHAT_KEY")
    ask = {"messages": [{"role": "user", "content": "q"}]}
    with served(bot) as url:
        for path in ("/", "/config", "/v1/models", "/kotae/articles", "/readyz", "/kotae/texts.js", "/gradio_api/info"):
            text = httpx.get(f"{url}{path}", timeout=60).text
            assert [KEY in text, PASSWORD in text] == [False, False], path
        failed = httpx.post(f"{url}/v1/chat/completions", json=ask, timeout=60)
        assert failed.status_code == 502
        assert KEY not in json.dumps(failed.json())
