"""The seam: settings to a model, a model to pieces of text. Endpoints are small servers on loopback."""

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from index.errors import ChatModelBusy, ChatModelError, ChatModelTimeout, KotaeError, ModelError, SettingsError
from rag.local_model import LlamaChatModel
from rag.model import (
    KNOWN_CHAT_MODELS,
    describe_models,
    neutralise_template_tokens,
    open_chat_model,
    share_of_yes,
    stream_text,
    yes_probability,
)
from rag.remote_model import open_endpoint
from rag.settings import Settings

KEY = "sk-planted-secret-key-0123456789"
QUESTION = [HumanMessage("What is the capital of Japan?")]

Reply = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each POST with the next reply of `server.replies`, the last one for ever."""

    server: "Endpoint"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw.startswith(b"{") else {}
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        replies = self.server.replies
        (replies.pop(0) if len(replies) > 1 else replies[0])(self)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Nothing on the test's stderr."""


class Endpoint(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = []
        self.seen: list[tuple[str, dict[str, str], dict[str, object]]] = []
        self.left = threading.Event()  # the client has gone

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, *_: object) -> None:
        """A client that leaves is what some of these tests are about."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def opened(endpoint: Endpoint, key: str = KEY, silence: float = 5.0) -> BaseChatModel:
    return open_endpoint(url=endpoint.url, model="m", key=key, first_token_seconds=silence)


def event(text: str) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    chunk = {"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def speaks(*texts: str, finish: bool = True, pause: float = 0.0) -> Reply:
    def reply(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        if not finish:
            handler.send_header("Content-Length", "100000")  # promised, never sent
        handler.end_headers()
        time.sleep(pause)
        for text in texts:
            handler.wfile.write(event(text))
        if finish:
            handler.wfile.write(b"data: [DONE]\n\n")

    return reply


def fails(status: int, message: str = "no", *, after: str = "") -> Reply:
    def reply(handler: Handler) -> None:
        body = json.dumps({"error": {"message": message}}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        if after:
            handler.send_header("Retry-After", after)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def speaks_until_left(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(event("word "))
            time.sleep(0.005)
    except OSError:
        handler.server.left.set()


def read(chat_model: BaseChatModel) -> list[str]:
    return list(stream_text(chat_model, QUESTION, max_tokens=20))


def test_an_endpoint_speaks_piece_by_piece(endpoint: Endpoint) -> None:
    endpoint.replies = [speaks("To", "", "kyo")]
    assert read(opened(endpoint)) == ["To", "kyo"]
    path, headers, body = endpoint.seen[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["stream"], body["temperature"], body["max_tokens"]) == ("m", True, 0.0, 20)
    assert "max_completion_tokens" not in body
    assert body["messages"] == [{"role": "user", "content": "What is the capital of Japan?"}]


def test_stop_words_and_extras_reach_the_endpoint(endpoint: Endpoint) -> None:
    endpoint.replies = [speaks("x")]
    list(stream_text(opened(endpoint), QUESTION, max_tokens=5, stop=["\n"], seed=7))
    assert (endpoint.seen[0][2]["stop"], endpoint.seen[0][2]["seed"]) == (["\n"], 7)


def test_an_endpoint_without_a_key_gets_no_key_of_somebody_else(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    endpoint.replies = [speaks("x")]
    assert read(opened(endpoint, key="")) == ["x"]
    assert KEY not in json.dumps(endpoint.seen[0][1])


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, r"refused the key \(HTTP 401\): set KOTAE_CHAT_KEY"),
        (403, r"refused the key \(HTTP 403\): set KOTAE_CHAT_KEY"),
        (404, r"knows no model 'm', .*\(HTTP 404\): set KOTAE_CHAT_MODEL"),
        (400, r"refused the request \(HTTP 400: .*too many words"),
    ],
)
def test_a_refusal_is_one_sentence_and_not_asked_again(endpoint: Endpoint, status: int, message: str) -> None:
    endpoint.replies = [fails(status, "too many words")]
    with pytest.raises(ChatModelError, match=message) as caught:
        read(opened(endpoint))
    assert endpoint.url in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(endpoint.seen) == 1


def test_an_endpoint_that_fails_by_its_own_fault_is_asked_once_more(endpoint: Endpoint) -> None:
    endpoint.replies = [fails(500), speaks("Tokyo")]
    assert read(opened(endpoint)) == ["Tokyo"]
    endpoint.replies, endpoint.seen = [fails(500)], []
    with pytest.raises(ChatModelError, match="HTTP 500"):
        read(opened(endpoint))
    assert len(endpoint.seen) == 2


def says_yes(handler: Handler) -> None:
    tops = [{"token": "yes", "logprob": 0.0, "bytes": None}, {"token": "no", "logprob": -50.0, "bytes": None}]
    content = [{"token": "yes", "logprob": 0.0, "bytes": None, "top_logprobs": tops}]
    choice = {"index": 0, "message": {"role": "assistant", "content": "yes"}, "logprobs": {"content": content}}
    choice["finish_reason"] = "stop"
    body = json.dumps({"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]}).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_endpoint_is_asked_again_when_it_says_and_as_long_as_a_reader_waits(
    endpoint: Endpoint, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.backpressure.FIRST_PAUSE", 0.02)
    endpoint.replies = [fails(status, after="0.3"), speaks("Tokyo")]
    began = time.monotonic()
    assert read(opened(endpoint)) == ["Tokyo"]
    assert 0.3 <= time.monotonic() - began < 3
    endpoint.replies = [fails(status), fails(status), fails(status), says_yes]
    assert yes_probability(opened(endpoint), QUESTION) == pytest.approx(1.0)
    monkeypatch.setattr("rag.remote_model.PATIENCE", 0.2)
    endpoint.replies, endpoint.seen = [fails(status)], []
    with pytest.raises(ChatModelError, match=rf"HTTP {status}"):
        read(opened(endpoint))
    assert 3 <= len(endpoint.seen) <= 6
    endpoint.replies, endpoint.seen = [fails(status, after="3600")], []
    with pytest.raises(ChatModelError, match=rf"HTTP {status}"):
        yes_probability(opened(endpoint), QUESTION)
    assert len(endpoint.seen) == 1


def test_no_more_requests_are_on_their_way_to_an_endpoint_than_it_has_places(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, most = 0, 0
    counting = threading.Lock()

    def counted(handler: Handler) -> None:
        nonlocal inside, most
        with counting:
            inside += 1
            most = max(most, inside)
        speaks("x", pause=0.1)(handler)
        with counting:
            inside -= 1

    endpoint.replies = [counted]
    model = open_endpoint(url=endpoint.url, model="m", key=KEY, first_token_seconds=5, requests=2)
    other = open_endpoint(url=endpoint.url, model="judge", key=KEY, first_token_seconds=5, requests=9)
    threads = [threading.Thread(target=read, args=(asked,)) for asked in (model, other) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(endpoint.seen)) == (2, 6)

    endpoint.replies = [speaks_until_left]
    held = [stream_text(asked, QUESTION, max_tokens=20) for asked in (model, other)]
    assert [next(pieces) for pieces in held] == ["word ", "word "]
    monkeypatch.setattr("rag.remote_model.BUSY_SECONDS", 0.1)
    with pytest.raises(ChatModelBusy, match=r"chat endpoint '.*' has been busy for 0.1 s: wait, then try again"):
        yes_probability(model, QUESTION)
    for pieces in held:
        pieces.close()  # type: ignore[attr-defined]
    endpoint.replies = [speaks("x")]
    assert read(model) == ["x"]


def test_an_endpoint_that_is_not_there_is_told_with_its_address() -> None:
    chat_model = open_endpoint(url="http://user:password@127.0.0.1:9/v1", model="m", key=KEY, first_token_seconds=5)
    with pytest.raises(ChatModelError, match=r"'http://127.0.0.1:9/v1' cannot be reached: start the server"):
        read(chat_model)


def test_an_endpoint_that_is_silent_is_a_timeout_and_not_asked_again(endpoint: Endpoint) -> None:
    endpoint.replies = [speaks("late", pause=1.0)]
    started = time.monotonic()
    with pytest.raises(ChatModelTimeout, match=r"did not answer in time: try again, or choose a faster model than 'm'"):
        read(opened(endpoint, silence=0.2))
    assert time.monotonic() - started < 0.9
    assert len(endpoint.seen) == 1


def test_an_endpoint_that_dies_in_the_middle_is_an_error_and_what_it_said_is_not_repeated(endpoint: Endpoint) -> None:
    endpoint.replies = [speaks("To", finish=False)]
    pieces = stream_text(opened(endpoint), QUESTION, max_tokens=20)
    assert next(pieces) == "To"
    with pytest.raises(ChatModelError, match=r"broke off \(.*\): try again"):
        next(pieces)
    assert len(endpoint.seen) == 1


def test_an_endpoint_that_never_ends_is_stopped_in_time(endpoint: Endpoint) -> None:
    endpoint.replies = [speaks_until_left]
    with pytest.raises(ChatModelTimeout, match=r"wrote for 0.2 s and was stopped"):
        list(stream_text(opened(endpoint), QUESTION, max_tokens=20, total_seconds=0.2))
    assert endpoint.left.wait(2)


def test_leaving_the_stream_hangs_up_on_the_endpoint(endpoint: Endpoint) -> None:
    endpoint.replies = [speaks_until_left]
    pieces = stream_text(opened(endpoint), QUESTION, max_tokens=20)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert endpoint.left.wait(2)


def test_the_key_is_shown_nowhere_even_if_the_endpoint_repeats_it(endpoint: Endpoint) -> None:
    endpoint.replies = [fails(400, f"your key {KEY} is not welcome")]
    chat_model = opened(endpoint)
    with pytest.raises(ChatModelError, match=r"your key \[key\] is not welcome") as caught:
        read(chat_model)
    shown = "".join(traceback.format_exception(caught.value))
    settings = Settings(home=Path("h"), models=Path("m"), chat_key=KEY)
    assert KEY not in shown + repr(chat_model) + str(chat_model) + repr(settings)


def test_articles_are_not_traced_though_another_program_has_switched_tracing_on(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracer = Endpoint()
    tracer.replies = [fails(200)]
    threading.Thread(target=tracer.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    from langchain_core.tracers.langchain import wait_for_all_tracers
    from langsmith.utils import get_env_var

    get_env_var.cache_clear()
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", f"http://127.0.0.1:{tracer.server_address[1]}")
    monkeypatch.setenv("LANGSMITH_API_KEY", "x")
    endpoint.replies = [speaks("Tokyo")]
    assert read(opened(endpoint)) == ["Tokyo"]
    wait_for_all_tracers()  # a tracer sends from a thread of its own
    tracer.shutdown()
    tracer.server_close()
    get_env_var.cache_clear()
    assert tracer.seen == []


def test_the_local_model_speaks_through_the_same_function(chat_model: LlamaChatModel) -> None:
    pieces = list(stream_text(chat_model, QUESTION, max_tokens=8, grammar='root ::= "Tokyo is it"'))
    assert len(pieces) > 1
    assert "".join(pieces) == "Tokyo is it"


def test_the_local_model_is_stopped_by_leaving_the_same_function(chat_model: LlamaChatModel) -> None:
    pieces = stream_text(chat_model, [HumanMessage("Count from 1 to 500.")], max_tokens=400)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert [thread.name for thread in threading.enumerate() if thread.name == "kotae-llama"] == []


def test_errors_of_the_local_model_pass_unchanged(chat_model: LlamaChatModel) -> None:
    with pytest.raises(ChatModelError, match=r"the prompt has 50\d\d tokens"):
        list(stream_text(chat_model, [HumanMessage("word " * 5000)], max_tokens=1))


def test_the_probability_of_yes_follows_the_facts(chat_model: LlamaChatModel) -> None:
    def asked(question: str) -> float:
        found = yes_probability(chat_model, [HumanMessage(question + " Answer yes or no.")])
        assert found is not None
        return found

    # Without excerpts, which is not what the adapter was trained for: .89 and .06 with it.
    assert asked("Is Paris in France?") > 0.7 > 0.3 > asked("Is Paris in Japan?")


def test_an_endpoint_that_tells_no_probabilities_gives_none(endpoint: Endpoint) -> None:
    def reply(handler: Handler) -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": "Yes"}, "finish_reason": "stop"}
        body = json.dumps({"id": "1", "object": "chat.completion", "model": "m", "choices": [choice]}).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    endpoint.replies = [reply]
    assert yes_probability(opened(endpoint), QUESTION) is None


@pytest.mark.parametrize(
    ("tokens", "share"),
    [
        ([("Yes", -0.6931471805599453), ("No", -1.3862943611198906)], 2 / 3),
        ([(" yes", -1.3862943611198906), ("YES", -1.3862943611198906), ("no", -0.6931471805599453)], 0.5),
        ([("はい", -0.1), ("the", -3.0)], 1.0),
        ([("いい", -0.1)], 0.0),
        ([("the", -0.1)], None),
        ([], None),
    ],
)
def test_the_share_of_yes_adds_up_all_ways_of_writing_it(tokens: list[tuple[str, float]], share: float | None) -> None:
    assert share_of_yes(tokens) == (share if share is None else pytest.approx(share))


@pytest.mark.parametrize(
    ("text", "neutral"),
    [
        ("<|im_start|>user", "‹im_start›user"),
        ("<|im_end|>", "‹im_end›"),
        ("<|endoftext|><|eot_id|>", "‹endoftext›‹eot_id›"),
        ("<|start_header_id|>system<|end_header_id|>", "‹start_header_id›system‹end_header_id›"),
        ("<｜User｜>", "‹User›"),
        ("<start_of_turn>model<end_of_turn>", "‹start_of_turn›model‹end_of_turn›"),
        ("<s>[INST] <<SYS>> x <</SYS>> [/INST]</s>", "‹s›‹INST› ‹SYS› x ‹/SYS› ‹/INST›‹/s›"),
        ("[TOOL_CALLS][AVAILABLE_TOOLS]", "‹TOOL_CALLS›‹AVAILABLE_TOOLS›"),
        ("<bos><eos><pad><unk><mask><unused12>", "‹bos›‹eos›‹pad›‹unk›‹mask›‹unused12›"),
        ("<tool_call></tool_call><think>", "‹tool_call›‹/tool_call›‹think›"),
        ("<|a<|im_end|>b|>", "<|a‹im_end›b|>"),
        ("a < b | c > d, <b>bold</b>, [1] [INSTALL] <|>", "a < b | c > d, <b>bold</b>, [1] [INSTALL] <|>"),
        ("売上は<前年比>10%増", "売上は<前年比>10%増"),
        ("", ""),
    ],
)
def test_template_tokens_are_broken_visibly_and_other_text_is_left_alone(text: str, neutral: str) -> None:
    assert neutralise_template_tokens(text) == neutral
    assert neutralise_template_tokens(neutral) == neutral


def test_template_tokens_do_not_reach_an_endpoint(endpoint: Endpoint) -> None:
    endpoint.replies = [speaks("x")]
    list(stream_text(opened(endpoint), [HumanMessage("a<|im_end|>b")], max_tokens=5))
    assert endpoint.seen[0][2]["messages"] == [{"role": "user", "content": "a‹im_end›b"}]


def settings_for(folder: Path, **changes: str) -> Settings:
    return Settings(home=folder / "home", models=folder / "models", **changes)  # type: ignore[arg-type]  # all strings


def test_settings_choose_the_provider(tmp_path: Path, chat_model: LlamaChatModel, models_folder: Path) -> None:
    remote = open_chat_model(settings_for(tmp_path, chat_url="http://127.0.0.1:9/v1", chat_model="m", chat_key=KEY))
    assert not isinstance(remote, LlamaChatModel)
    local = open_chat_model(settings_for(tmp_path, chat_model=str(chat_model.path)))
    assert isinstance(local, LlamaChatModel)
    assert local.path == chat_model.path.resolve()
    assert chat_model.path.is_relative_to(models_folder)


def test_an_unknown_chat_model_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    (known,) = KNOWN_CHAT_MODELS
    with pytest.raises(ModelError, match=rf"no chat model 'gpt-9': set KOTAE_CHAT_MODEL to '{known}', or to a .gguf"):
        open_chat_model(settings_for(tmp_path, chat_model="gpt-9"))


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://host/v1", "http://", "/v1"])
def test_a_url_that_is_none_is_refused_with_an_example(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match=rf"KOTAE_CHAT_URL is '{url}': set it to .* such as http://127.0.0.1"):
        open_chat_model(settings_for(tmp_path, chat_url=url))


def test_the_models_are_described_without_being_loaded(tmp_path: Path, models_folder: Path) -> None:
    embedder, chat, adapter, dictionary = describe_models(Settings(home=tmp_path, models=models_folder))
    assert (embedder.kind, embedder.licence, embedder.size) == ("embedder", "MIT", 644_562_086)
    assert (chat.kind, chat.licence, chat.size, chat.ready) == ("chat", "Apache-2.0", 1_117_320_768, True)
    assert (adapter.kind, adapter.licence, adapter.ready) == ("adapter", "Apache-2.0", True)
    assert (dictionary.kind, dictionary.licence, dictionary.size) == ("dictionary", "CC BY-SA 3.0", 50_886_167)
    assert chat.digest == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    (tmp_path / "my.gguf").write_bytes(b"GGUF")
    _, mine, *_ = describe_models(settings_for(tmp_path, chat_model=str(tmp_path / "my.gguf")), recompute=True)
    assert (mine.ready, mine.size, mine.digest[:8]) == (True, 4, "b83633aa")
    _, remote, *_ = describe_models(settings_for(tmp_path, chat_url="http://127.0.0.1:9/v1"))
    assert (remote.ready, remote.source) == (True, "the endpoint 'http://127.0.0.1:9/v1'")
    _, unknown, *_ = describe_models(settings_for(tmp_path, chat_model="gpt-9"))
    assert not unknown.ready
    assert "there is no chat model 'gpt-9'" in unknown.source


def test_importing_the_seam_loads_nothing_heavy() -> None:
    heavy = {"torch", "transformers", "sentence_transformers", "langchain_core", "openai", "xllamacpp"}
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys, rag.model; print({heavy} & set(sys.modules))"],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ran.stdout == "set()\n"


def test_every_error_of_the_seam_is_one_that_the_faces_translate() -> None:
    assert all(issubclass(kind, KotaeError) for kind in (ChatModelError, ChatModelTimeout, ModelError, SettingsError))
