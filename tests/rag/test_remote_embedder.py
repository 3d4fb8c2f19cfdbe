"""Everything above the embedder, with the embedder behind an endpoint: index, search, doctor, models, settings."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.build import update_index
from index.embed import Embedder
from index.errors import ModelError, SettingsError
from index.home import Home
from index.manifest import Manifest
from rag import Chatbot
from rag.chatbot import open_embedder
from rag.doctor import examine
from rag.model import describe_models
from rag.settings import DEFAULT_EMBEDDER, Settings
from tests.conftest import SEEDS
from tests.doubles import LetterEmbedder, write
from tests.embedding_server import EmbeddingServer, serving

KEY = "sk-planted-0123456789abcdef"
QUESTIONS = [
    "OpenAIとAmazonの契約額はいくらで、期間は何年ですか?",
    "How much is OpenAI's cloud deal with Amazon worth, and for how long?",
    "When does the driverless bus start?",
    "アマモ場の調査はいつ行われましたか?",
]
# These are embedded by the server; of the others it knows the vectors that the real embedder has made for `seeds_home`.
FRESH = ("aozora-mobility-driverless-bus", "kazura-bay-seagrass-survey")


class Remembering:
    """The real embedder, which has embedded some passages before."""

    def __init__(self, embedder: Embedder, known: dict[str, Any]) -> None:
        self._embedder, self._known = embedder, known
        self.count_tokens = embedder.count_tokens
        self.asked: list[str] = []

    def rows(self, texts: Iterable[str]) -> list[Any]:
        found = []
        for text in texts:
            if text not in self._known:
                self.asked.append(text)
                encoder = self._embedder._encoder
                assert encoder is not None
                self._known[text] = encoder.encode(self._embedder._ids([text]))[0]
            found.append(self._known[text])
        return found

    embed_passages = rows


def passages_of(home: Path) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """Ids in order; what is embedded, and its vector, by id."""
    manifest = Manifest.open(Home(home).live / "manifest.sqlite3")
    ids = [passage_id for passage_id, _ in manifest.passage_ids()]
    texts: dict[str, Any] = {**manifest.passages(ids)}
    vectors = dict(zip(ids, manifest.vectors(ids), strict=True))
    manifest.close()
    return ids, texts, vectors


@pytest.fixture(scope="module")
def server(embedder: Embedder, seeds_home: Path) -> Iterator[EmbeddingServer]:
    _, passages, vectors = passages_of(seeds_home)
    known = {
        f"passage: {passage.embedded_text}": vectors[one]
        for one, passage in passages.items()
        if passage.article_id not in FRESH
    }
    with serving(Remembering(embedder, known), tei=True) as running:  # type: ignore[arg-type]
        yield running


@pytest.fixture(scope="module")
def settings(server: EmbeddingServer, models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a home indexed through the endpoint, with nothing but settings changed."""
    home = tmp_path_factory.mktemp("remote") / "home"
    made = Settings(home=home, models=models_folder, embed_url=server.url, embed_key=KEY, requests=3)
    update_index(Home(home), open_embedder(made), [SEEDS])
    return made


def test_an_index_made_through_tei_has_the_ids_of_the_local_one_and_nearly_its_vectors(
    settings: Settings, server: EmbeddingServer, seeds_home: Path
) -> None:
    here, passages, theirs = passages_of(seeds_home)
    there, _, ours = passages_of(settings.home)
    assert there == here
    assert min(float(theirs[one] @ ours[one]) for one in here) > 0.999
    assert isinstance(server.embedder, Remembering)
    fresh = {f"passage: {one.embedded_text}" for one in passages.values() if one.article_id in FRESH}
    assert len(fresh) > 5
    assert fresh <= set(server.embedder.asked)
    assert server.most <= 3


def test_a_search_through_the_endpoint_finds_what_the_local_embedder_finds(
    settings: Settings, server: EmbeddingServer, seeds_home: Path, models_folder: Path
) -> None:
    here = Chatbot.open(settings=Settings(home=seeds_home, models=models_folder))
    there = Chatbot.open(settings=settings)
    try:
        for question in QUESTIONS:
            local, remote = here.search(question), there.search(question)
            assert [hit.passage.id for hit in remote] == [hit.passage.id for hit in local]
            assert np.allclose([hit.score for hit in remote], [hit.score for hit in local], atol=0.02)
    finally:
        here.close()
        there.close()
    assert {headers["authorization"] for _, headers, _ in server.seen} == {f"Bearer {KEY}"}


def test_an_openai_endpoint_searches_an_index_that_was_made_through_tei(
    settings: Settings, server: EmbeddingServer
) -> None:
    with serving(server.embedder, tei=False) as other:
        bot = Chatbot.open(settings=replace(settings, embed_url=other.url))
        found = bot.search(QUESTIONS[0])[0].passage.article_id
        bot.close()
    assert found == "000_bc0131da60b046de"


def test_doctor_and_models_name_the_endpoint_its_kind_and_its_prefixes(settings: Settings) -> None:
    login = replace(settings, embed_url=settings.embed_url.replace("//", "//user:planted-password@"))
    findings = {finding.name: finding for finding in examine(login)}
    url = repr(settings.embed_url)
    assert findings[f"model {DEFAULT_EMBEDDER}"].message == f"the endpoint {url}"
    assert (findings["embedder"].ok, findings["embedder"].message) == (
        True,
        f"the one the index was built with, the endpoint {url}: text-embeddings-inference 1.8.0 with float32, "
        "384 dimensions, prefix of questions 'query: ', of passages 'passage: '",
    )
    listed, *_ = describe_models(login)
    assert (listed.ready, listed.source, listed.origin, listed.digest) == (
        True,
        f"the endpoint {url}",
        f"the endpoint {url}",
        "",
    )
    asked, *_ = describe_models(login, recompute=True)
    assert (asked.ready, len(asked.digest)) == (True, 64)
    assert "text-embeddings-inference" in asked.source


def test_doctor_says_that_the_endpoint_is_down(settings: Settings) -> None:
    away = replace(settings, embed_url="http://127.0.0.1:9")
    (finding,) = [finding for finding in examine(away) if finding.name == "embedder"]
    message = "the embedding endpoint 'http://127.0.0.1:9' cannot be reached: start the server, or set KOTAE_EMBED_URL"
    assert not finding.ok
    assert finding.message.startswith(message)
    asked, *_ = describe_models(away, recompute=True)
    assert (asked.ready, asked.source.startswith(message)) == (False, True)
    with pytest.raises(ModelError, match="cannot be reached"):
        Chatbot.open(settings=away)


def test_a_collection_may_name_another_model_of_the_endpoint_but_no_endpoint(
    tmp_path: Path, models_folder: Path
) -> None:
    with serving(LetterEmbedder(), "letters", tei=False) as running:
        environment = {"KOTAE_HOME": str(tmp_path / "home"), "KOTAE_MODELS": str(models_folder)}
        environment |= {"KOTAE_EMBED_URL": running.url, "KOTAE_EMBED_KEY": KEY, "KOTAE_EMBED_PASSAGE_PREFIX": "b"}
        folder = tmp_path / "home" / "collections" / "letters"
        folder.mkdir(parents=True)
        (folder / "settings.env").write_text("KOTAE_EMBEDDER=letters\n", "utf-8")
        settings = Settings.from_environment(environment, collection="letters")
        update_index(settings.place, open_embedder(settings), [write(tmp_path / "articles", one="aab.", two="cca.")])
        bot = Chatbot.open(settings=settings)
        assert [hit.article.id for hit in bot.search("cc")] == ["two", "one"]
        bot.close()
        assert {body["model"] for _, _, body in running.seen} == {"letters"}
        assert sum(text.startswith("b") for texts in running.embedded() for text in texts) >= 2
        for line in ("KOTAE_EMBED_URL=http://127.0.0.1:9", "KOTAE_EMBED_KEY=k", "KOTAE_REQUESTS=100"):
            (folder / "settings.env").write_text(line, "utf-8")
            with pytest.raises(
                SettingsError, match=f"sets '{line.split('=')[0]}': a collection may set KOTAE_EMBEDDER"
            ):
                Settings.from_environment(environment, collection="letters")
