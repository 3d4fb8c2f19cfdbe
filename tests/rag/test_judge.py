"""The judge compares an answer with its reference, through any model behind an endpoint."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rag.gold import GoldQuestion
from rag.judge import ModelJudge, judge_messages, name_of, verdict
from rag.settings import Settings

QUESTION = GoldQuestion(id="q", question="金額は?", language="ja", reference="380億ドルです。", answers=("380億ドル",))


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Says yes with three times the probability of no."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            likely = [{"token": t, "logprob": p, "bytes": None} for t, p in (("yes", -0.2876821), ("no", -1.3862944))]
            content = [{"token": "yes", "logprob": -0.28, "bytes": None, "top_logprobs": likely}]
            choice = {"index": 0, "finish_reason": "stop", "logprobs": {"content": content}}
            choice["message"] = {"role": "assistant", "content": "yes"}
            reply = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            data = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
    server.shutdown()
    server.server_close()


def test_the_judge_is_the_model_that_the_settings_name(endpoint: tuple[str, list[dict[str, Any]]]) -> None:
    url, asked = endpoint
    settings = Settings(home=Path("h"), models=Path("m"), judge_model="strong", judge_url=url, judge_key="k")
    judge = ModelJudge(settings)
    assert judge(QUESTION, "$38 billion [1].") == pytest.approx(0.75)
    assert asked[0]["model"] == "strong"
    said = asked[0]["messages"][-1]["content"]
    assert "Reference answer: 380億ドルです。\nAnswer to grade: $38 billion." in said
    assert name_of(judge) == f"strong ({url}), prompt 1"
    assert judge(GoldQuestion(id="q", question="?", language="en"), "x") is None
    assert len(asked) == 1


def test_without_a_judge_of_its_own_the_chat_model_judges() -> None:
    judge = ModelJudge(Settings(home=Path("h"), models=Path("m"), chat_model="small", chat_url="http://127.0.0.1:9/v1"))
    assert judge.name == "small (http://127.0.0.1:9/v1), prompt 1"


def test_a_follow_up_is_judged_with_the_turns_before_it() -> None:
    history = ({"role": "user", "content": "AWSとの契約は?"}, {"role": "assistant", "content": "あります。"})
    asked = GoldQuestion(id="q", question="金額は?", language="ja", reference="380億ドル", history=history)
    assert "Question: AWSとの契約は? / あります。 / 金額は?\n" in judge_messages(asked, "x")[-1]["content"]


@pytest.mark.parametrize(
    ("said", "value"),
    [("Yes.", 1.0), ("**No**, it differs", 0.0), ("はい", 1.0), ("いいえ", 0.0), ("Nothing", None), ("", None)],
)
def test_a_spoken_verdict_is_understood(said: str, value: float | None) -> None:
    assert verdict(said) == value
