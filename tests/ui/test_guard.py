"""The guard lets the page through and nothing else. Asked over plain HTTP, with the page really served behind it."""

import http.client
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.ui.browsing import served
from tests.ui.scripted import ScriptedBot


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(ScriptedBot()) as url:
        yield urlsplit(url).netloc


def ask(address: str, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
    return connection.getresponse()


def test_the_page_has_strict_headers(address: str) -> None:
    response = ask(address, "/")
    assert response.status == 200
    policy = response.getheader("content-security-policy") or ""
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-eval'" not in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts
    assert scripts.count("'sha256-") >= 1
    assert response.getheader("x-content-type-options") == "nosniff"
    assert response.getheader("x-frame-options") == "DENY"


@pytest.mark.parametrize("path", ["/kotae/page.js", "/kotae/page.css", "/theme.css", "/nothing", "/config"])
def test_every_reply_has_the_headers(address: str, path: str) -> None:
    response = ask(address, path)
    assert "default-src 'none'" in (response.getheader("content-security-policy") or "")
    assert response.getheader("x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=http://example.com",
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/run/ask",
        "/gradio_api/vibe-edit",
        "/gradio_api/runs",
        "/gradio_api/openapi.json",
        "/docs",
        "/openapi.json",
        "/assets/../../../../etc/passwd",
        "/static/..%2f..%2fetc/passwd",
        "/login",
    ],
)
def test_what_the_page_does_not_need_is_not_there(address: str, path: str) -> None:
    assert ask(address, path).status == 404
    assert ask(address, path, "POST", b"{}").status == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "[::1", "0.0.0.0"])
def test_another_name_for_this_machine_is_refused(address: str, host: str) -> None:
    assert ask(address, "/", Host=host).status == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"])
def test_another_origin_is_refused_and_never_allowed_by_a_header(address: str, origin: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        response = ask(address, "/gradio_api/queue/join", method, b"{}", Origin=origin)
        assert response.status == 403
        assert response.getheader("access-control-allow-origin") is None
    own = ask(address, "/config", Origin=f"http://{address}")
    assert own.status == 200
    assert own.getheader("access-control-allow-origin") is None


def test_a_body_is_bounded_whether_or_not_it_tells_its_length(address: str) -> None:
    large = b'{"data": ["' + b"a" * 400_000 + b'"]}'
    assert ask(address, "/gradio_api/call/ask", "POST", large, Content_Type="application/json").status == 413
    connection = http.client.HTTPConnection(address, timeout=10)
    chunks = iter([large[:200_000], large[200_000:]])
    connection.request(
        "POST", "/gradio_api/call/ask", chunks, {"Content-Type": "application/json"}, encode_chunked=True
    )
    with suppress(http.client.HTTPException, ConnectionError):  # cut off is as good as refused
        assert connection.getresponse().status >= 400


def test_nothing_that_queues_can_be_called_around_the_queue(address: str) -> None:
    for index in (0, 2, 3, 5):  # ask, ask by example, what page.js asks for, the endpoint for clients
        body = b'{"fn_index": %d, "data": ["q", "auto", null], "session_hash": "x"}' % index
        response = ask(address, "/gradio_api/run/predict", "POST", body, Content_Type="application/json")
        assert response.status == 404
        assert b"join the queue" in response.read()
