"""Proof that nothing leaves the machine: system calls watched from import to answer, and the same with no network.

Either proof needs a right that a sandbox may withhold (ptrace; a network namespace). Whichever is granted runs; if
neither is, the test fails and says why.
"""

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.doubles import LetterEmbedder, write
from tests.embedding_server import serving

ROOT = Path(__file__).parent.parent
JAPANESE = "OpenAIとAmazonの契約額はいくらで、期間は何年ですか?"
ENGLISH = "How much is OpenAI's cloud deal with Amazon worth, and for how long?"
KEYS = {"question", "text", "language", "answered", "citations", "hits", "warnings", "timings"}

STRACE = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,bind,sendto,sendmsg,sendmmsg"]
NAMESPACES = (["unshare", "--net"], ["unshare", "--map-root-user", "--net"])  # as root; as anybody else

# A new network namespace has a loopback that is down: this brings it up (SIOCSIFFLAGS), then becomes the command.
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""
NO_ROUTE = """
import socket
with socket.socket() as outside:
    outside.settimeout(5)
    try:
        outside.connect(("192.0.2.1", 80))
    except OSError as error:
        print(error.strerror)
"""
# Serves the page over the real index and asks it as a browser's script would: all inside one process.
PAGE = """
import json, sys, threading, time
from rag import Chatbot
from ui.page_settings import PageSettings
from ui.server import serving
import httpx

bot = Chatbot.open()
up = threading.Event()
address = []
with serving(lambda _: bot, PageSettings(port=0), lambda url: (address.append(url), up.set())) as server:
    thread = threading.Thread(target=server)
    thread.start()
    assert up.wait(60)
    while httpx.get(address[0] + "/readyz", timeout=60).status_code != 200:
        time.sleep(0.1)
    page = httpx.get(address[0] + "/", timeout=60)
    from gradio_client import Client
    answer = Client(address[0], verbose=False).predict(sys.argv[1], "auto", api_name="/ask")
    server.should_exit = True
    thread.join()
print(json.dumps({"status": page.status_code, "answer": answer}))
"""


def addresses(trace: str) -> list[str]:
    """Every internet address in strace's output, as written there."""
    four = re.findall(r'sa_family=AF_INET, .*?sin_addr=inet_addr\("([^"]+)"', trace)
    six = re.findall(r'sa_family=AF_INET6, .*?inet_pton\(AF_INET6, "([^"]+)"', trace)
    return [*four, *six]


def outside(found: Sequence[str]) -> list[str]:
    """Those that are not loopback."""
    return sorted({address for address in found if not ipaddress.ip_address(address).is_loopback})


def environment(home: Path) -> Mapping[str, str]:
    return {**os.environ, "KOTAE_HOME": str(home)}


def run(command: Sequence[str], home: Path) -> str:
    """Standard output of a command that must end with exit status 0."""
    done = subprocess.run(command, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def why_no_trace(folder: Path) -> str:
    """ "" where strace may watch a program, else the reason."""
    if shutil.which("strace") is None:
        return "strace is not installed (apt-get install strace)"
    tried = subprocess.run([*STRACE, "-o", str(folder / "try"), "true"], capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"strace may not watch a program: {tried.stderr.strip()[-300:]}"


def network_cut() -> tuple[list[str], str]:
    """What to put before a command to run it with loopback only; or [] and the reason why that is not possible."""
    reasons = []
    for namespace in NAMESPACES:
        cut = [*namespace, sys.executable, "-c", LOOPBACK_UP]
        if shutil.which("unshare") is None:
            return [], "unshare is not installed"
        tried = subprocess.run([*cut, "true"], capture_output=True, text=True)
        if tried.returncode == 0:
            return cut, ""
        reasons.append(tried.stderr.strip()[-300:])
    return [], f"no network namespace may be made: {'; '.join(reasons)}"


def check_answer(shown: str, language: str) -> None:
    answer = json.loads(shown)
    assert set(answer) == KEYS
    assert answer["language"] == language
    assert "000_bc0131da60b046de" in [hit["article_id"] for hit in answer["hits"]]


def ask(question: str) -> list[str]:
    return [sys.executable, "-m", "ui.cli", "ask", question, "--json"]


def test_addresses_are_read_from_a_trace() -> None:
    trace = """
7 connect(5, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("203.0.113.9")}, 16) = 0
7 connect(5, {sa_family=AF_UNIX, sun_path="/run/nscd/socket"}, 110) = -1 ENOENT (No such file or directory)
8 bind(6, {sa_family=AF_INET6, sin6_port=htons(0), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), 0}
8 sendto(7, "\\1", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 1
8 sendmsg(4, {msg_name={sa_family=AF_INET6, sin6_port=htons(9), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 2}
"""
    assert addresses(trace) == ["203.0.113.9", "127.0.0.53", "::1", "2001:db8::1"]
    assert outside(addresses(trace)) == ["2001:db8::1", "203.0.113.9"]


def test_a_trace_shows_a_connection_to_the_outside(tmp_path: Path) -> None:
    if reason := why_no_trace(tmp_path):
        pytest.skip(reason)  # the tests below fail where nothing else can prove it
    subprocess.run([*STRACE, "-o", str(tmp_path / "trace"), sys.executable, "-c", NO_ROUTE], timeout=60, check=True)
    assert outside(addresses((tmp_path / "trace").read_text("utf-8"))) == ["192.0.2.1"]


def test_no_socket_but_loopback_is_opened_from_import_to_answer(seeds_home: Path, tmp_path: Path) -> None:
    cut, why_not_cut = network_cut()
    why_not_traced = why_no_trace(tmp_path)
    assert cut or not why_not_traced, f"nothing can be proved here: {why_not_traced}; {why_not_cut}"

    if not why_not_traced:
        trace = tmp_path / "trace"
        check_answer(run([*STRACE, "-o", str(trace), *ask(JAPANESE)], seeds_home), "ja")
        assert outside(addresses(trace.read_text("utf-8", errors="replace"))) == []
    if cut:
        assert run([*cut, sys.executable, "-c", NO_ROUTE], seeds_home).strip() == "Network is unreachable"
        check_answer(run([*cut, *ask(ENGLISH)], seeds_home), "en")


def test_an_embedding_endpoint_is_the_only_address_that_is_asked(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", one="aab.", two="bbc.")
    with serving(LetterEmbedder(), "letters", tei=True) as server:
        port = server.server_address[1]
        endpoint = {"KOTAE_EMBED_URL": server.url, "KOTAE_EMBEDDER": "letters", "KOTAE_HOME": str(tmp_path / "home")}
        if reason := why_no_trace(tmp_path):
            pytest.skip(reason)  # the tests beside it fail where nothing else can prove it
        trace = tmp_path / "trace"
        command = [*STRACE, "-o", str(trace), sys.executable, "-m", "ui.cli", "index", str(articles)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **endpoint}, timeout=300, check=True)
    connections = [line for line in trace.read_text("utf-8", errors="replace").splitlines() if "connect(" in line]
    ports = {found[1] for line in connections if (found := re.search(r"sin6?_port=htons\((\d+)\)", line))}
    assert ports == {str(port)}
    assert outside(addresses(trace.read_text("utf-8", errors="replace"))) == []


def test_the_page_answers_without_a_network(seeds_home: Path, tmp_path: Path) -> None:
    cut, why_not_cut = network_cut()
    why_not_traced = why_no_trace(tmp_path)
    assert cut or not why_not_traced, f"nothing can be proved here: {why_not_traced}; {why_not_cut}"

    trace = tmp_path / "trace"
    watched = [] if why_not_traced else [*STRACE, "-o", str(trace)]
    shown = json.loads(run([*cut, *watched, sys.executable, "-c", PAGE, JAPANESE], seeds_home))
    assert shown["status"] == 200
    check_answer(json.dumps(shown["answer"]), "ja")
    if watched:
        assert outside(addresses(trace.read_text("utf-8", errors="replace"))) == []
