"""The embedder behind an endpoint: a real server on loopback, the real embedder or letters behind it, and faults."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import backpressure
from index.backpressure import Full, Gate, pause_after, retry_after
from index.build import repair_index, update_index
from index.embed import Embedder
from index.endpoint import Endpoint
from index.errors import EmbedderMismatch, ModelError, SettingsError
from index.home import Home
from index.manifest import Manifest
from index.prefixes import Prefixes, prefixes_of
from index.remote_embed import RemoteEmbedder, open_remote
from index.tokens import estimated_tokens
from tests.conftest import SEEDS
from tests.doubles import LetterEmbedder, letters, write
from tests.embedding_server import (
    MOST_TEXTS,
    EmbeddingServer,
    Fault,
    fails,
    hangs_up,
    is_silent,
    replies,
    serving,
)

KEY = "sk-planted-0123456789abcdef"
ARTICLES = [path for path in sorted(SEEDS.iterdir()) if path.stem in ("000_bc0131da60b046de",) or path.suffix == ".md"][
    :3
]
NOBODY = "http://127.0.0.1:9"


def opened(server: EmbeddingServer, *, key: str = "", requests: int = 4, silence: float = 5.0) -> RemoteEmbedder:
    endpoint = Endpoint(server.url, key, requests=requests, read_seconds=silence)
    return RemoteEmbedder(endpoint, server.name, prefixes_of(server.name))


@pytest.fixture(params=[True, False], ids=["TEI", "OpenAI"])
def server(request: pytest.FixtureRequest) -> Iterator[EmbeddingServer]:
    with serving(LetterEmbedder(), "letters", tei=request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of hundredths of a second."""
    monkeypatch.setattr(backpressure, "FIRST_PAUSE", 0.01)


# The real embedder


def vectors_of(home: Path) -> dict[str, Any]:
    manifest = Manifest.open(Home(home).live / "manifest.sqlite3")
    ids = [passage_id for passage_id, _ in manifest.passage_ids()]
    found = dict(zip(ids, manifest.vectors(ids), strict=True))
    manifest.close()
    return found


@pytest.mark.parametrize("tei", [True, False], ids=["TEI", "OpenAI"])
def test_it_gives_nearly_the_local_vectors_with_the_prefixes_of_its_model(embedder: Embedder, tei: bool) -> None:
    texts = ["市営バスの自動運転が始まった。", "The deal is worth $38 billion.", "", "半分\ud800"]
    with serving(embedder, tei=tei) as server:
        remote = opened(server)
        assert np.sum(remote.embed_passages(texts) * embedder.embed_passages(texts), axis=1).min() > 0.999
        assert remote.embed_question(texts[0]) @ embedder.embed_question(texts[0]) > 0.999
        assert (remote.dimension, remote.served.tei) == (384, tei)
    asked = [text for request in server.embedded()[1:] for text in request]
    assert asked == [*(f"passage: {text}" for text in texts[:3]), "passage: 半分?", f"query: {texts[0]}"]


def test_tei_counts_the_tokens_and_says_its_window(embedder: Embedder) -> None:
    texts = ["市営バスの自動運転が始まった。", "", "The deal is worth $38 billion.", "半分\ud800"]
    with serving(embedder, tei=True) as server:
        remote = opened(server)
        assert remote.count_tokens(texts) == embedder.count_tokens(texts)
        asked = len(server.seen)
        assert remote.count_tokens(texts[::-1]) == embedder.count_tokens(texts)[::-1]
        assert len(server.seen) == asked
        assert remote.max_tokens == embedder.max_tokens + 1  # "passage: " is a token shorter before a text
        assert remote.count_tokens([f"word {number}" for number in range(MOST_TEXTS + 5)])[-1] == 2


def test_an_estimate_of_tokens_is_near_the_real_number(embedder: Embedder) -> None:
    texts = {"ja": (SEEDS / "000_bc0131da60b046de.txt").read_text("utf-8"), "en": ENGLISH}
    for text in texts.values():
        lines = [line for line in text.splitlines() if line.strip()]
        real = sum(embedder.count_tokens(lines))
        assert 0.85 < sum(map(estimated_tokens, lines)) / real < 1.25


ENGLISH = """The city council approved the new budget on 12 March 2025 after a debate that lasted for nine hours.
It sets aside $38 million for repairs to bridges, most of which were built more than sixty years ago."""


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcdef", 2), ("1234", 2), ("3,776", 3), ("富士山", 3), ("富士山は日本一の山。", 7)],
)
def test_tokens_are_estimated_by_a_rule_that_can_be_followed(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens


# Prefixes


@pytest.mark.parametrize(
    ("name", "question", "passage"),
    [
        ("intfloat/multilingual-e5-small", "query: ", "passage: "),
        ("e5-large-v2", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large-instruct", "Instruct: Given a web search query, retrieve relevant ", ""),
        ("Qwen/Qwen3-Embedding-0.6B", "Instruct: Given a web search query, retrieve relevant ", ""),
        ("cl-nagoya/ruri-v3-310m", "検索クエリ: ", "検索文書: "),
        ("cl-nagoya/ruri-base", "クエリ: ", "文章: "),
        ("nomic-embed-text", "search_query: ", "search_document: "),
        ("google/embeddinggemma-300m", "task: search result | query: ", "title: none | text: "),
        ("BAAI/bge-base-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("BAAI/bge-m3", "", ""),
        ("text-embedding-3-small", "", ""),
    ],
)
def test_a_models_prefixes_follow_from_its_name(name: str, question: str, passage: str) -> None:
    found = prefixes_of(name)
    assert found.question.startswith(question)
    assert bool(found.question) == bool(question)
    assert found.passage == passage


def test_prefixes_that_are_given_win() -> None:
    assert prefixes_of("e5-small", question="q\\n", passage="none") == Prefixes(question="q\n", passage="")
    assert prefixes_of("e5-small", passage="p: ") == Prefixes(question="query: ", passage="p: ")


# Batches and back-pressure


def test_many_texts_go_in_bounded_batches_and_come_back_in_order(server: EmbeddingServer) -> None:
    texts = ["a" * (1 + number % 7) + "b" for number in range(200)] + ["c" * 40_000, "ab"]
    server.pause = 0.02
    remote = opened(server, requests=3)
    assert np.allclose(remote.embed_passages(iter(texts)), [letters(text) for text in texts], atol=1e-6)
    sizes = [len(request) for request in server.embedded()[1:]]
    assert max(sizes) <= 64
    assert max(sum(map(len, request)) for request in server.embedded() if len(request) > 1) <= 30_000
    assert 1 < server.most <= 3


def test_texts_are_read_only_as_fast_as_they_are_embedded(server: EmbeddingServer) -> None:
    ahead = []
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for _ in range(800):
            taken += 1
            done = sum(len(request) for request in server.embedded())
            ahead.append(taken - done)
            yield "ab"

    opened(server, requests=2).embed_passages(texts())
    assert max(ahead) <= 64 * 4  # two on their way, one being made, one about to be taken


def test_a_busy_endpoint_is_left_alone_for_as_long_as_it_asks(server: EmbeddingServer) -> None:
    remote = opened(server)
    assert remote.dimension == 5
    server.faults = [fails(429, Retry_After="0.3")]
    began = time.monotonic()
    remote.embed_passages(["ab"])
    assert 0.3 <= time.monotonic() - began < 2
    server.faults = [fails(503), fails(429), fails(503), fails(429), fails(503), fails(429)]
    assert np.allclose(remote.embed_question("ab"), letters("ab"))


def test_while_one_request_is_refused_as_too_many_no_other_is_sent(server: EmbeddingServer) -> None:
    remote = opened(server)
    assert remote.dimension == 5
    server.faults = [fails(429, Retry_After="0.6")]
    results: list[Any] = []
    asking = threading.Thread(target=lambda: results.append(remote.embed_question("ab")))
    asking.start()
    while server.faults:
        time.sleep(0.005)
    time.sleep(0.1)
    with pytest.raises(ModelError, match=r"has been busy for 0.1 s: wait, then try again"):
        remote._embed(["b"], 0.1)
    assert len(server.embedded()) == 2  # the probe, and the one that was refused
    asking.join()
    assert np.allclose(results[0], letters("ab"))


def test_an_endpoint_that_asks_for_longer_than_anybody_waits_fails_at_once(server: EmbeddingServer) -> None:
    remote = opened(server)
    assert remote.dimension == 5
    server.faults = [fails(429, Retry_After="3600")]
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"too many requests and asks to be left alone for 3600 s \(HTTP 429\): wait"):
        remote.embed_passages(["ab"])
    server.faults = [fails(429, "you exceeded your quota (insufficient_quota)")]
    with pytest.raises(ModelError, match=r"too many requests or no quota is left \(HTTP 429\): wait"):
        remote.embed_passages(["ab"])
    assert time.monotonic() - began < 2


def test_the_pauses_grow_up_to_a_ceiling_and_give_way_to_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backpressure, "FIRST_PAUSE", 0.5)
    pauses = [pause_after(failures, {}) for failures in range(1, 12)]
    longest = [min(30.0, 0.5 * 2**failures) for failures in range(11)]
    assert all(0.79 * most <= pause <= most for pause, most in zip(pauses, longest, strict=True))
    assert pause_after(9, {"retry-after": "1"}) == 1.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("", None), ("-1", None)],
)
def test_a_wish_to_be_left_alone_is_read_as_a_number_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": header} if header else {}) == seconds


def test_a_gate_lets_no_more_through_than_it_has_places() -> None:
    gate = Gate(1)
    with gate.place(1), pytest.raises(Full), gate.place(0.01):
        pass
    gate.hold_off(0.05)
    began = time.monotonic()
    with gate.place(1):
        assert time.monotonic() - began >= 0.05
    gate.hold_off(60)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Full), gate.place(100, stop):
        pass


# Faults


@pytest.mark.parametrize("fault", [fails(500), fails(502), hangs_up], ids=["500", "502", "closed in the middle"])
def test_a_failure_that_passes_is_asked_again(server: EmbeddingServer, fault: Fault) -> None:
    remote = opened(server)
    assert remote.dimension == 5
    server.faults = [fault, fault]
    assert np.allclose(remote.embed_passages(["ab"]), [letters("ab")])
    assert len(server.embedded()) == 4


@pytest.mark.parametrize(
    ("fault", "message", "asked"),
    [
        (fails(500, "out of memory"), r"failed \(HTTP 500: out of memory\): try again, or look at the server's log", 4),
        (hangs_up, r"broke off \(RemoteProtocolError\): try again", 4),
        (is_silent(0.4), r"did not answer in time: try again", 4),
        (fails(401), r"refused the key \(HTTP 401\): set KOTAE_EMBED_KEY", 1),
        (fails(404), r"does not know the model, .* \(HTTP 404: no\): set KOTAE_EMBEDDER", 1),
        (fails(400, "bad request"), r"refused the request \(HTTP 400: bad request\): set KOTAE_EMBEDDER", 1),
        (fails(302), r"refused the request \(HTTP 302", 1),
        (replies("x"), r"sent (vectors that are not all numbers of one length|no list of vectors): look at the", 1),
        (replies([[1.0, 0, 0, 0, 0]] * 2), r"sent (2 vectors for 1 texts|no list of vectors): look", 1),
        (replies([[float("nan")] * 5]), r"sent (a vector without a direction .*|no list of vectors): look", 1),
        (replies([[0.0] * 5]), r"sent (a vector without a direction .*|no list of vectors): look", 1),
        (replies([[1.0, 2.0]]), r"sent (vectors of 2 dimensions, and of 5 before|no list of vectors): look", 1),
        (replies([[None] * 5]), r"sent (a vector without a direction .*|no list of vectors): look", 1),
        (replies([["x"] * 5]), r"sent (vectors that are not all numbers of one length|no list of vectors): look", 1),
        (
            replies({"data": [{"index": 0, "embedding": [1.0] * 5}, {"index": 0, "embedding": [1.0] * 5}]}),
            r"sent (no list of vectors|vectors that are not all numbers of one length): look",
            1,
        ),
    ],
)
def test_a_failure_that_stays_is_one_sentence_with_the_address_and_what_to_do(
    server: EmbeddingServer, fault: Fault, message: str, asked: int
) -> None:
    remote = opened(server, key=KEY, silence=0.15)
    assert remote.dimension == 5
    server.faults = [fault] * 9
    with pytest.raises(ModelError, match=message) as caught:
        remote.embed_passages(["ab"])
    assert server.url in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(server.embedded()) == 1 + asked


def test_an_endpoint_that_is_not_there_is_told_at_once_and_one_that_went_away_is_waited_for() -> None:
    with pytest.raises(ModelError, match=r"'http://127.0.0.1:9/v1' cannot be reached: start the server"):
        open_remote("http://user:password@127.0.0.1:9/v1", KEY, "m", requests=1).embed_question("a")
    with serving(LetterEmbedder(), "letters", tei=True) as server:
        remote = opened(server)
        assert remote.dimension == 5
        port = server.server_address[1]
    results: list[Any] = []
    asking = threading.Thread(target=lambda: results.append(remote.embed_passages(["ab"])))
    asking.start()
    time.sleep(0.2)
    assert results == []
    with serving(LetterEmbedder(), "letters", tei=True, port=port):
        asking.join(20)
    assert np.allclose(results[0], [letters("ab")])


def test_a_page_of_something_else_is_told(server: EmbeddingServer) -> None:
    server.faults = [lambda handler: (handler.send_response(200), handler.send_header("Content-Length", "6"),
                                      handler.end_headers(), handler.wfile.write(b"<html>"))[0]]  # fmt: skip
    with pytest.raises(ModelError, match=r"sent no JSON \('<html>'\): set KOTAE_EMBED_URL to the URL that ends before"):
        opened(server).embed_question("ab")


def test_too_large_a_request_is_made_smaller_and_a_text_too_long_is_cut(server: EmbeddingServer) -> None:
    server.longest = 1000
    remote = opened(server)
    texts = ["a", "b" * 3000, *["ab"] * 60]
    assert np.allclose(remote.embed_passages(texts), [letters(text) for text in texts], atol=0.01)
    server.longest = 10
    with pytest.raises(ModelError, match=r"refused the request \(HTTP 400: \d+ is more than the maximum length"):
        remote.embed_passages(["b" * 3000])


def test_the_key_goes_to_the_endpoint_and_nowhere_else(server: EmbeddingServer) -> None:
    remote = opened(server, key=KEY)
    server.faults = [fails(400, f"your key {KEY} is not welcome")]
    with pytest.raises(ModelError, match=r"your key \[key\] is not welcome") as caught:
        remote.embed_question("ab")
    remote.embed_question("ab")
    assert server.seen[-1][1]["authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{caught.value}{remote!r}{vars(remote)}{remote.about()}"


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host", "http://", "/v1"])
def test_a_url_that_is_none_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(SettingsError, match=rf"KOTAE_EMBED_URL is '{url}': set it to .* such as http://127.0.0.1:8080"):
        open_remote(url, "", "m", requests=1)


# Another model behind the same address


def test_tei_with_another_model_is_refused_with_the_name_of_its_own() -> None:
    with serving(LetterEmbedder(), "letters", tei=True) as server:
        remote = RemoteEmbedder(Endpoint(server.url), "words", prefixes_of("words"))
        with pytest.raises(ModelError, match=r"serves 'letters', but the embedder is 'words': set KOTAE_EMBEDDER to"):
            remote.embed_question("a")


def test_the_digest_is_of_name_prefixes_and_dimension_wherever_it_runs() -> None:
    with serving(LetterEmbedder(), "letters", tei=True) as one, serving(LetterEmbedder(), "letters", tei=False) as two:
        digests = {opened(server).digest for server in (one, two)}
        others = {
            RemoteEmbedder(Endpoint(two.url), "letters", Prefixes(question="q", passage="")).digest,
            RemoteEmbedder(Endpoint(two.url), "letters", Prefixes(question="", passage="q")).digest,
        }
    assert len(digests) == 1
    assert len(digests | others) == 3


class Turned(LetterEmbedder):
    """Its vectors turned a little; `most` is how far."""

    def __init__(self, most: float) -> None:
        super().__init__()
        self._most = most

    def embed_passages(self, texts: Any) -> Any:
        rows = super().embed_passages(texts)
        rows[:, 0] += self._most
        return rows


@pytest.mark.parametrize(("turned", "same"), [(0.0, True), (0.02, True), (0.3, False)])
def test_another_model_under_the_same_name_is_noticed_and_other_arithmetic_is_not(
    server: EmbeddingServer, tmp_path: Path, turned: float, same: bool
) -> None:
    folder = write(tmp_path / "articles", one="aab.", two="bbc.")
    home = Home(tmp_path / "home")
    update_index(home, opened(server), [folder])
    server.embedder = Turned(turned)
    if same:
        assert update_index(home, opened(server), [folder]).unchanged == 2
        return
    with pytest.raises(EmbedderMismatch, match=r"with 'letters', but .* \(which gives other vectors now\): rebuild"):
        update_index(home, opened(server), [folder])
    assert repair_index(home, opened(server)).embedded == 2


def test_another_dimension_is_noticed(server: EmbeddingServer, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    update_index(home, opened(server), [write(tmp_path / "articles", one="aab.")])
    short = LetterEmbedder()
    full = short.embed_passages
    short.embed_passages = lambda texts: full(texts)[:, 2:]  # type: ignore[method-assign]
    server.embedder = short
    with pytest.raises(EmbedderMismatch, match=r"but the embedder is 'letters' \(digest [0-9a-f]{12}\)"):
        update_index(home, opened(server), [tmp_path / "articles"])


# Indexing


def test_a_run_that_fails_in_the_middle_leaves_the_index_as_it_was(server: EmbeddingServer, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = write(tmp_path / "articles", one="aab.")
    update_index(home, opened(server), [folder])
    before = (home.live_name, vectors_of(home.home).keys())
    write(folder, **{f"more{number}": "abc. " * 3 for number in range(150)})
    remote = opened(server, requests=2)
    assert remote.dimension == 5

    def later(handler: Any) -> None:
        handler.server.faults = [fails(500)] * 99
        fails(500)(handler)

    server.faults = [_answers, later]
    with pytest.raises(ModelError, match=r"failed \(HTTP 500"):
        update_index(home, remote, [folder])
    assert (home.live_name, vectors_of(home.home).keys()) == before
    server.faults = []
    assert update_index(home, remote, [folder]).added == 150


def _answers(handler: Any) -> None:
    handler.answer(handler.server.seen[-1][2])


def test_nothing_is_asked_before_something_is_wanted() -> None:
    remote = open_remote(NOBODY, KEY, "m", requests=1)
    assert remote.name == "m"
