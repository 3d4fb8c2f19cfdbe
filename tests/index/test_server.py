"""An index whose vectors lie on a real Chroma server: the same answers, the same guarantees, and clear failures."""

import gc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import chromadb
import numpy as np
import pytest

from index.article import LANGUAGES
from index.build import repair_index, undo_index, update_index
from index.collection import Collection
from index.errors import SettingsError, StoreError
from index.home import Home
from index.server import Server
from index.server_store import noted_names, open_store
from rag.doctor import examine
from rag.settings import Settings
from tests.chroma_server import ASKED, chroma, proxy
from tests.doubles import LetterEmbedder, write

ARTICLES = {"one": "aaa.", "two": "bbb bb.", "drei": "ああい。", "vier": "ううう。"}
QUESTIONS = [("aab", "en"), ("いいあ", "ja")]
ROOT = Path(__file__).parents[2]
SECRET = ASKED.partition(": ")[2]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with chroma(tmp_path_factory.mktemp("server")) as where:
        yield where


@pytest.fixture
def home(url: str, tmp_path: Path) -> Iterator[Home]:
    """An indexed home whose vectors are on the server."""
    made = Home(tmp_path / "home", server=Server.at(url))
    update_index(made, LetterEmbedder(), [write(tmp_path / "articles", **ARTICLES)])
    yield made
    for name in names(url):
        client(url).delete_collection(name)


def client(url: str) -> chromadb.ClientAPI:
    return Server.at(url).client()


def names(url: str) -> set[str]:
    return {collection.name for collection in client(url).list_collections()}


def found(home: Home) -> list[object]:
    """All that a search in the live index gives for some questions, to seven places."""
    collection = Collection(home, LetterEmbedder())
    every: list[object] = []
    for question, language in QUESTIONS:
        given = collection.now().candidates(collection.asked(question, language), 10)  # type: ignore[arg-type]
        every.append([(one.passage_id, one.language, round(one.similarity, 7), one.words) for one in given.found])
    collection.close()
    return every


def of_generation(home: Home) -> dict[str, str]:
    return {str(language): name for language, name in noted_names(home.live).items()}


def test_on_a_server_an_index_finds_what_it_finds_in_its_folder(home: Home, url: str, tmp_path: Path) -> None:
    local = Home(tmp_path / "local")
    update_index(local, LetterEmbedder(), [tmp_path / "articles"])
    assert found(home) == found(local)
    assert not (home.live / "chroma").exists()
    assert names(url) == set(of_generation(home).values())
    assert all(re.fullmatch(r"kotae-[0-9a-f]{12}-000001-[0-9a-f]{8}-(en|ja)", name) for name in names(url))


def test_a_change_makes_new_collections_for_its_language_alone_and_old_ones_go(
    home: Home, url: str, tmp_path: Path
) -> None:
    other = Home(tmp_path / "other", server=home.server)
    update_index(other, LetterEmbedder(), [tmp_path / "articles"])
    reader, first = Collection(home, LetterEmbedder()), of_generation(home)
    embedder = LetterEmbedder()
    for text in ("aac.", "aacc.", "aaccc."):
        write(tmp_path / "articles", one=text)
        update_index(home, embedder, [tmp_path / "articles"])
    assert embedder.embedded == ["ONE\naac.", "ONE\naacc.", "ONE\naaccc."]
    last = of_generation(home)
    assert last["ja"] == first["ja"]
    before = noted_names(home.generation("000003"))["en"]
    assert names(url) == {*last.values(), before, *of_generation(other).values()}
    local = Home(tmp_path / "local")
    update_index(local, LetterEmbedder(), [tmp_path / "articles"])
    assert found(home) == found(local)
    assert reader.now().name == "000004"
    undo_index(home)
    assert reader.now().store.place == f"the Chroma server at {url}"
    assert reader.now().name == "000003"


def test_a_build_that_fails_halfway_leaves_the_old_index_answering_and_nothing_behind(
    home: Home, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, there = found(home), names(url)
    write(tmp_path / "articles", one="ccc.", drei="いい。")
    with pytest.raises(StoreError, match="No space left on device: it is as it was"):
        update_index(home, LetterEmbedder(fails_after=1), [tmp_path / "articles"])
    assert (found(home), names(url)) == (before, there)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("index.writer.write_vectors", killed)
    monkeypatch.setattr("index.build._sweep_server", lambda _: None)  # a killed process sweeps nothing
    with pytest.raises(KeyboardInterrupt):
        update_index(home, LetterEmbedder(), [tmp_path / "articles"])
    assert found(home) == before
    assert len(names(url)) == 4
    monkeypatch.undo()
    update_index(home, LetterEmbedder(), [tmp_path / "articles"])
    assert names(url) == {*there, *of_generation(home).values()}


def test_an_index_moves_to_a_server_and_back_without_embedding(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    local, there = Home(folder), Home(folder, server=Server.at(url))
    update_index(local, LetterEmbedder(), [write(tmp_path / "articles", **ARTICLES)])
    expected, embedder = found(local), LetterEmbedder()
    with pytest.raises(StoreError, match=f"do not lie on the Chroma server at {url}: .* `kotae doctor --repair` .noth"):
        Collection(there, embedder)
    assert repair_index(there, embedder).embedded == 0
    assert found(there) == expected
    with pytest.raises(StoreError, match="lie on a Chroma server: set KOTAE_CHROMA_URL to it, or bring them back"):
        Collection(local, embedder)
    update_index(local, embedder, [tmp_path / "articles"])
    assert found(local) == expected
    update_index(there, embedder, [])
    assert found(there) == expected
    assert embedder.embedded == []


def test_a_copy_of_a_home_removes_nothing_of_the_original(home: Home, tmp_path: Path) -> None:
    shutil.copytree(home.folder, tmp_path / "copy")
    copy = Home(tmp_path / "copy", server=home.server)
    before = found(home)
    assert found(copy) == before
    for text in ("a.", "aa.", "aaaa."):
        write(tmp_path / "articles", one=text)
        update_index(copy, LetterEmbedder(), [tmp_path / "articles"])
    assert found(home) == before
    assert {*of_generation(home).values()} & {*of_generation(copy).values()} == set()


def lose(url: str, home: Home) -> None:
    client(url).delete_collection(of_generation(home)["en"])


def forget(url: str, home: Home) -> None:
    held = client(url).get_collection(of_generation(home)["en"], embedding_function=None)
    held.delete(ids=held.get(limit=1)["ids"])


def name_a_model(url: str, home: Home) -> None:
    """Another program puts a collection of the same name there, which names a model with code of its own."""
    name = of_generation(home)["en"]
    client(url).delete_collection(name)
    model = {"type": "known", "name": "sentence_transformer", "config": {"model_name": "evil", "device": "cpu"}}
    model["config"] |= {"normalize_embeddings": False, "kwargs": {"trust_remote_code": True}}  # type: ignore[operator]
    http = client(url)._server._session  # type: ignore[attr-defined]
    place = f"{url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    made = http.post(place, json={"name": name, "configuration": {"embedding_function": model}})
    assert made.json()["configuration_json"]["embedding_function"]["name"] == "sentence_transformer"


def spoil(_: str, home: Home) -> None:
    (home.live / "server.json").write_text(json.dumps({"en": "somebody-elses" * 9, "ja": "x"}), "utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose, "the Chroma server at {url} does not hold this index any more: put its vectors there again with "),
        (
            forget,
            "the Chroma server at {url} holds 1 'en' vectors for 2 passages: repair it with `kotae doctor --repai",
        ),
        (name_a_model, "a collection of the Chroma server at {url} names a model, so it was changed by another "),
        (spoil, "server.json' names 'x': repair it with `kotae doctor --repair`"),
    ],
)
def test_what_is_lost_on_the_server_is_said_found_by_doctor_and_repaired(
    home: Home, url: str, damage: object, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.doctor.describe_models", lambda _: [])
    monkeypatch.setattr("rag.doctor.open_embedder", lambda *_: LetterEmbedder())
    before, embedder = found(home), LetterEmbedder()
    assert callable(damage)
    damage(url, home)
    with pytest.raises(StoreError, match=re.escape(message.format(url=url))):
        Collection(home, embedder)
    settings = Settings(home=home.folder, models=home.folder, chroma_url=url)
    wrong = {finding.name for finding in examine(settings) if not finding.ok}
    assert {"chroma"} == {name for name in wrong if name.startswith("chroma")}
    assert repair_index(home, embedder).embedded == 0
    assert found(home) == before
    fine = {finding.name: finding.message for finding in examine(settings) if finding.ok}
    assert fine["chroma"] == f"every passage has its vector on the Chroma server at {url}"
    assert fine["chroma server"] == f"{url} answers, tenant 'default_tenant', database 'default_database'"


def test_a_collection_that_goes_while_it_is_searched_is_an_error_with_the_next_command(home: Home, url: str) -> None:
    store = open_store(home.live, home.server)
    lose(url, home)
    with pytest.raises(StoreError, match=rf"^the Chroma server at {url} does not hold this index any more"):
        store.search(np.ones(5, dtype=np.float32), 1, "en")
    assert [one.passage_id[:4] for one in store.search(np.ones(5, dtype=np.float32), 1, "ja")] == ["drei"]
    store.close()


def test_the_server_may_be_behind_a_proxy_that_speaks_tls_and_asks_for_a_header(
    home: Home, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*new, *subject, "-keyout", key, "-out", cert], check=True, capture_output=True)
    before = found(home)
    with proxy(url, certificate=(cert, key)) as guarded:
        with pytest.raises(StoreError, match=rf"^the Chroma server at {guarded} cannot be reached \(.*CERTIFICATE_VER"):
            Collection(Home(home.folder, server=Server.at(guarded, ASKED)), LetterEmbedder())
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        assert found(Home(home.folder, server=Server.at(guarded, ASKED))) == before
        with pytest.raises(StoreError, match=r"refuses the request \(HTTP 401\): set KOTAE_CHROMA_HEADERS to what it"):
            Collection(Home(home.folder, server=Server.at(guarded)), LetterEmbedder())


def test_a_server_that_is_down_changes_nothing_and_one_that_comes_back_goes_on(tmp_path: Path) -> None:
    articles = write(tmp_path / "articles", **ARTICLES)
    with chroma(tmp_path / "server") as url:
        home = Home(tmp_path / "home", server=Server.at(url))
        update_index(home, LetterEmbedder(), [articles])
        collection, expected = Collection(home, LetterEmbedder()), found(home)
    before = sorted((home.folder / "generations").rglob("*"))
    down = rf"^the Chroma server at {url} cannot be reached \(.*\): start it, or set KOTAE_CHROMA_URL to where it runs$"
    asked = collection.asked("aab", "en")
    with pytest.raises(StoreError, match=down):
        collection.now().candidates(asked, 10)
    write(tmp_path / "articles", one="ccc.")
    with pytest.raises(StoreError, match=down):
        update_index(home, LetterEmbedder(), [articles])
    assert sorted((home.folder / "generations").rglob("*")) == before
    with chroma(tmp_path / "server", int(url.rpartition(":")[2])):
        assert len(collection.now().candidates(asked, 10).found) == len(ARTICLES)
        assert found(home) == expected


def test_each_failure_is_one_sentence_with_the_address_and_without_secrets(url: str) -> None:
    def said(server: Server) -> str:
        with pytest.raises(StoreError) as error:
            server.check()
        return str(error.value)

    assert said(Server.at("http://127.0.0.1:9", ASKED)) == (
        "the Chroma server at http://127.0.0.1:9 cannot be reached ([Errno 111] Connection refused): start it, or set "
        "KOTAE_CHROMA_URL to where it runs"
    )
    assert said(Server.at(url, ASKED, database="other")) == (
        f"the Chroma server at {url} has no database 'other' of tenant 'default_tenant': make it there, or set "
        "KOTAE_CHROMA_DATABASE and KOTAE_CHROMA_TENANT to those that it has"
    )
    assert said(Server.at(f"{url}/elsewhere", ASKED)) == (
        f"what answers at {url}/elsewhere is no Chroma server (HTTP 404): set KOTAE_CHROMA_URL to the address of one"
    )
    server = Server.at("http://user:p%40ss@host:1/", ASKED)
    with pytest.raises(StoreError) as error, server.asking():
        raise Exception(f"no entry for {SECRET} or dXNlcjpwQHNz")  # noqa: TRY002  (Chroma's client raises such)
    assert str(error.value) == (
        "the Chroma server at http://host:1 refuses the request (no entry for [header] or [header]): look at its log"
    )
    assert error.value.__cause__ is None


def test_a_server_that_never_answers_is_an_error_in_time(home: Home, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.server._ANSWER_SECONDS", 0.5)
    store = open_store(home.live, Server.at(url, "Another: client"))
    process = subprocess.run(["pgrep", "-f", f"chroma run .*--port {url.rpartition(':')[2]}"], capture_output=True)
    (pid,) = {int(line) for line in process.stdout.split()}
    os.kill(pid, 19)  # stopped
    try:
        with pytest.raises(StoreError, match=rf"^the Chroma server at {url} did not answer in time: look at its log"):
            store.search(np.ones(5, dtype=np.float32), 1, "en")
        with pytest.raises(StoreError, match="did not answer in time"):
            Server.at(url).check()
    finally:
        os.kill(pid, 18)  # goes on
    store.close()


def test_what_the_settings_say_becomes_a_server_and_secrets_are_not_shown() -> None:
    server = Server.at("https://user:p%40ss@host.example:8443/chroma/", f"{ASKED}\n\nB: c d\n", "t", "d")
    assert server == Server(
        url="https://host.example:8443/chroma",
        headers=(("X-Planted", SECRET), ("B", "c d"), ("Authorization", "Basic dXNlcjpwQHNz")),
        tenant="t",
        database="d",
    )
    assert (str(server), SECRET in repr(server), "dXNl" in repr(server)) == (
        "the Chroma server at https://host.example:8443/chroma",
        False,
        False,
    )
    assert Server.at("http://[::1]:8000").url == "http://[::1]:8000"
    for bad in ("ftp://u:planted@h", "host:8000", "http://u:planted@", "http://h ost", "http://h:port", "http://[::1"):
        with pytest.raises(SettingsError, match="^KOTAE_CHROMA_URL is '.*': set it to an address such as") as error:
            Settings.from_environment({"KOTAE_CHROMA_URL": bad})
        assert "planted" not in str(error.value)
    for bad in ("planted", "Name planted", "a b: planted", "A: plantéd", ": planted"):
        with pytest.raises(SettingsError, match="^line 1 of KOTAE_CHROMA_HEADERS is no header: write each as `Name: v"):
            Server.at("http://h", bad)


SEARCH = """
import sys
from pathlib import Path
from index.article import LANGUAGES
from index.server import Server
from index.server_store import open_store
import numpy as np
store = open_store(Path(sys.argv[2]), Server.at(sys.argv[1]))
print(len(store.search(np.ones(5, dtype=np.float32), 2, "en")), store.count("ja"))
store.close()
"""


def test_chromas_client_connects_to_the_server_alone(home: Home, url: str, tmp_path: Path) -> None:
    port = int(url.rpartition(":")[2])
    log = tmp_path / "calls"
    watched = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto", "-o", log]
    stray = {"CHROMA_SERVER_HOST": "elsewhere.example", "CHROMA_OTEL_COLLECTION_ENDPOINT": "http://elsewhere.example"}
    done = subprocess.run(
        [*watched, sys.executable, "-c", SEARCH, url, home.live],
        cwd=ROOT, env={**os.environ, **stray}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "2 2\n"), done.stderr
    calls = log.read_text("utf-8")
    assert "inet_pton" not in calls
    asked = {
        (address, int(number)) for number, address in re.findall(r'htons\((\d+)\), sin6?_addr=\w+\("([^"]+)"', calls)
    }
    assert asked == {("127.0.0.1", port)}


def test_opening_the_index_again_and_again_opens_no_more_connections(home: Home) -> None:
    def sockets() -> int:
        gc.collect()
        links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
        return sum(os.readlink(link).startswith("socket:") for link in links if os.path.lexists(link))

    found(home)
    before = sockets()
    for _ in range(3):
        found(home)
    assert sockets() == before
    assert set(noted_names(home.live)) == set(LANGUAGES)
