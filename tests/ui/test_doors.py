"""The doors for other programs and other people: OpenAI's form, health, users with passwords, a proxy's header."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from index.errors import SettingsError
from tests.ui.browsing import served
from tests.ui.scripted import ScriptedBot, deal_answer
from ui.page_settings import PageSettings
from ui.users import Users, add_user

ASK = {"model": "kotae", "messages": [{"role": "user", "content": "q"}]}


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("users") / "users"
    add_user(path, "ai", "secret-word")
    return path


@pytest.fixture(scope="module")
def url(users: Path) -> Iterator[str]:
    with served(ScriptedBot(pause=0), PageSettings(port=0, users=users, proxy_header="X-User")) as address:
        yield address


def test_only_who_proves_a_name_gets_in(url: str) -> None:
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, auth=("ai", "wrong-word")).status_code == 401
    assert httpx.get(url, auth=("nobody", "secret-word")).status_code == 401
    assert httpx.get(url, auth=("ai", "secret-word")).status_code == 200
    assert httpx.get(url, headers={"x-user": "somebody"}).status_code == 200  # from this machine, as a proxy's
    assert httpx.post(f"{url}/v1/chat/completions", json=ASK).status_code == 401
    assert httpx.get(f"{url}/healthz").json() == {"ok": True}


def test_chat_completions_answer_whole_or_as_a_stream_with_citations(url: str) -> None:
    key = {"authorization": "Bearer ai:secret-word"}
    whole = httpx.post(f"{url}/v1/chat/completions", json=ASK, headers=key).json()
    assert whole["choices"][0]["message"]["content"] == str(deal_answer("q"))
    assert whole["kotae"]["citations"] == deal_answer("q").to_dict()["citations"]
    stream = httpx.post(f"{url}/v1/chat/completions", json={**ASK, "stream": True}, headers=key).text
    *events, end = [line.removeprefix("data: ") for line in stream.split("\n\n") if line]
    assert end == "[DONE]"
    pieces = [json.loads(event) for event in events]
    text = "".join(piece["choices"][0]["delta"].get("content", "") for piece in pieces)
    assert text == str(deal_answer("q"))
    assert pieces[-1]["kotae"] == whole["kotae"]
    refused = httpx.post(f"{url}/v1/chat/completions", json={"messages": []}, headers=key)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request_error")


def test_beyond_this_machine_nobody_is_served_unasked(users: Path) -> None:
    for host in ("0.0.0.0", "192.168.1.2", "::"):
        with pytest.raises(SettingsError, match="others could read the articles"):
            PageSettings(host=host)
    assert PageSettings(host="0.0.0.0", users=users).protected


def test_a_password_stands_in_the_file_only_as_a_hash(users: Path) -> None:
    assert "secret-word" not in users.read_text("utf-8")
    assert Users.read(users).knows("ai", "secret-word")
    with pytest.raises(SettingsError, match="use 8 or more"):
        add_user(users, "bo", "short")
