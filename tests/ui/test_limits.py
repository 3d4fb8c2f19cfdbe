"""One client cannot take everybody's time: requests, passwords, questions and what waits are bounded."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.errors import QuestionError
from rag.chatbot import MAX_QUESTION, checked
from tests.ui.browsing import served
from tests.ui.scripted import ScriptedBot, deal_answer
from ui.limits import CLIENTS, REQUESTS, WRONG_PASSWORDS, Limit
from ui.page_settings import PageSettings
from ui.turns import WAITING_ROOM
from ui.users import Users, add_user


def get(url: str, **options: Any) -> httpx.Response:
    return httpx.get(url, timeout=60, **options)


def post(url: str, **options: Any) -> httpx.Response:
    return httpx.post(url, timeout=60, **options)


def ask(question: str) -> dict[str, object]:
    return {"model": "kotae", "messages": [{"role": "user", "content": question}]}


def test_a_client_has_its_share_of_a_minute_and_others_have_theirs() -> None:
    now = [0.0]
    limit = Limit(2, clock=lambda: now[0])
    assert [limit.take("a"), limit.take("a")] == [0.0, 0.0]
    now[0] = 15.0
    assert limit.take("a") == 45.0
    assert limit.take("b") == 0.0
    now[0] = 60.0
    assert limit.take("a") == 0.0
    limit.give_back("a")
    assert [limit.take("a"), limit.take("a")] == [0.0, 0.0]
    assert limit.take("a") > 0.0


def test_as_many_clients_as_there_are_addresses_take_bounded_memory() -> None:
    limit = Limit(1)
    for number in range(CLIENTS + 50):
        limit.take(str(number))
    assert len(limit._events) == CLIENTS
    assert limit.take("0") == 0.0  # forgotten
    assert limit.take(str(CLIENTS + 49)) > 0.0


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("users") / "users"
    add_user(path, "ai", "secret-word")
    add_user(path, "bo", "other-word")
    return path


def test_guessing_passwords_is_slowed_down_and_who_has_logged_in_is_not(
    users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.guard.WRONG_PASSWORDS", 2)
    with served(ScriptedBot(pause=0), PageSettings(port=0, users=users)) as url:
        assert httpx.get(url, auth=("ai", "secret-word"), timeout=30).status_code == 200
        tried = [httpx.get(f"{url}/config", auth=("ai", f"guess-{n}"), timeout=30) for n in range(4)]
        assert [reply.status_code for reply in tried] == [401, 401, 429, 429]
        assert 0 < int(tried[-1].headers["retry-after"]) <= 300
        assert httpx.get(f"{url}/config", auth=("bo", "other-word"), timeout=30).status_code == 429
        assert httpx.get(f"{url}/config", auth=("ai", "secret-word"), timeout=30).status_code == 200
        assert (
            httpx.get(f"{url}/config", headers={"authorization": "Bearer ai:secret-word"}, timeout=30).status_code
            == 200
        )


def test_a_password_is_remembered_only_once_it_was_right_and_until_the_file_changes(users: Path) -> None:
    known = Users.read(users)
    assert not known.knows("ai", "secret-word", remembered=True)
    assert known.knows("ai", "secret-word")
    assert known.knows("ai", "secret-word", remembered=True)
    assert not known.knows("ai", "wrong-word", remembered=True)


@pytest.fixture(scope="module")
def bot() -> ScriptedBot:
    return ScriptedBot(pause=0)


@pytest.fixture(scope="module")
def url(bot: ScriptedBot) -> Iterator[str]:
    with served(bot) as address:
        yield address


def test_fifty_clients_with_endless_questions_leave_it_serving(bot: ScriptedBot, url: str) -> None:
    bot.answers["q" * 10_000] = QuestionError("too long")
    statuses: list[int] = []

    def client(number: int) -> None:
        question = "q" * 10_000 if number % 2 else "q"
        statuses.append(httpx.post(f"{url}/v1/chat/completions", json=ask(question), timeout=60).status_code)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200] * 25 + [400] * 25
    whole = httpx.post(f"{url}/v1/chat/completions", json=ask("q"), timeout=30).json()
    assert whole["kotae"]["text"] == deal_answer("q").text


def test_what_is_too_much_is_refused_before_it_is_read(url: str) -> None:
    with pytest.raises(QuestionError, match=r"^the question has 10,000 characters: ask with 4,000 at most"):
        checked("q" * 10_000)
    assert checked("q" * MAX_QUESTION) == "q" * MAX_QUESTION
    assert post(f"{url}/v1/chat/completions", content=b"x" * 300_000).status_code == 413
    assert post(f"{url}/kotae/upload?name=a.txt", content=b"x" * (33 * 1024 * 1024)).status_code == 413


def test_no_reply_sets_a_cookie_or_shows_a_path_or_a_trace(url: str) -> None:
    replies = [
        get(f"{url}/"),
        get(f"{url}/config"),
        post(f"{url}/v1/chat/completions", content=b"{"),
        post(f"{url}/v1/chat/completions", content=b"[" * 100_000),
        post(f"{url}/kotae/source", content=json.dumps({"turn": 1, "part": {}})),
        post(f"{url}/kotae/source", content=b"\xff" * 100),
        get(f"{url}/kotae/article?id=%00..%2f..%2fetc%2fpasswd"),
        get(f"{url}/kotae/articles?q=%ff&date_from=%00"),
        post(f"{url}/gradio_api/queue/join", content=b"{}"),
        post(f"{url}/gradio_api/call/ask", json={"data": [{"a": 1}, [], None, 4]}),
    ]
    for reply in replies:
        assert "set-cookie" not in reply.headers
        assert "access-control-allow-origin" not in reply.headers
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "Traceback" not in reply.text
        assert str(Path(__file__).parents[2]) not in reply.text
        assert "site-packages" not in reply.text


def test_one_client_may_not_ask_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (REQUESTS, WRONG_PASSWORDS, WAITING_ROOM) == (240, 10, 64)
    monkeypatch.setattr("ui.guard.REQUESTS", 3)
    with served(ScriptedBot(pause=0)) as url:
        statuses = [httpx.post(f"{url}/v1/chat/completions", content=b"{", timeout=30).status_code for _ in range(5)]
        assert statuses == [400, 400, 400, 429, 429]
        assert httpx.get(f"{url}/healthz", timeout=30).status_code == 200
