"""Everything a user may change, on one screen. Read once, at the edge; functions below take plain values.

A collection may have models of its own: lines like `KOTAE_EMBEDDER=/models/large` in its folder's `settings.env`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.errors import SettingsError
from index.home import DEFAULT, Home
from index.server import Server

DEFAULT_EMBEDDER = "intfloat/multilingual-e5-small"
DEFAULT_CHAT_MODEL = "qwen2.5-coder-1.5b-instruct"
DEFAULT_REQUESTS = 8
OWN_FILE = "settings.env"
# What a collection may say for itself. No address and no key: a home may come from someone else.
_OWN = {"KOTAE_EMBEDDER": "embedder", "KOTAE_RERANKER": "reranker", "KOTAE_CHAT_MODEL": "chat_model"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a user may change. Each field names its environment variable; `from_environment` reads them."""

    home: Path  # KOTAE_HOME: the index and its state
    collection: str = ""  # KOTAE_COLLECTION: which of the home's collections; "" is the first one
    models: Path  # KOTAE_MODELS: prepared models, shared by every home
    embedder: str = (
        DEFAULT_EMBEDDER  # KOTAE_EMBEDDER: a known name, a folder, a hub name if allowed, or the endpoint's name
    )
    # KOTAE_EMBED_URL: base URL of a TEI or OpenAI-compatible endpoint, perhaps with a login; "" runs the embedder here
    embed_url: str = field(default="", repr=False)
    embed_key: str = field(default="", repr=False)  # KOTAE_EMBED_KEY: its key; never printed
    embed_question_prefix: str = ""  # KOTAE_EMBED_QUESTION_PREFIX: "none", or what the name does not tell
    embed_passage_prefix: str = ""  # KOTAE_EMBED_PASSAGE_PREFIX: the same for passages
    reranker: str = ""  # KOTAE_RERANKER: folder of a sentence-transformers CrossEncoder; "" uses none
    chat_model: str = DEFAULT_CHAT_MODEL  # KOTAE_CHAT_MODEL: a known name, a .gguf file, or the endpoint's model name
    chat_adapter: str = ""  # KOTAE_CHAT_ADAPTER: a LoRA adapter (.gguf) for it; "" takes Kotae's own, "none" none
    # KOTAE_CHAT_URL: base URL of an OpenAI-compatible endpoint, perhaps with a login; "" runs the model here
    chat_url: str = field(default="", repr=False)
    chat_key: str = field(default="", repr=False)  # KOTAE_CHAT_KEY: its key; never printed
    allow_hub: bool = False  # KOTAE_ALLOW_HUB=1: a missing model may be fetched from the model hub
    keep_feedback: bool = False  # KOTAE_KEEP_FEEDBACK=1: what readers think of answers is kept in the home
    judge_model: str = ""  # KOTAE_JUDGE_MODEL: for `kotae eval --judge`, named as chat_model is; "" takes chat_model
    judge_url: str = field(default="", repr=False)  # KOTAE_JUDGE_URL: its endpoint; "" runs it in this process
    judge_key: str = field(default="", repr=False)  # KOTAE_JUDGE_KEY: its key; never printed
    requests: int = DEFAULT_REQUESTS  # KOTAE_REQUESTS: at the same time to each endpoint
    # KOTAE_CHROMA_URL: a Chroma server that holds the vectors, perhaps with a login; "" keeps them in the home
    chroma_url: str = field(default="", repr=False)
    chroma_headers: str = field(default="", repr=False)  # KOTAE_CHROMA_HEADERS: what it asks for; never printed
    chroma_tenant: str = ""  # KOTAE_CHROMA_TENANT: whose database; "" is the server's default
    chroma_database: str = ""  # KOTAE_CHROMA_DATABASE: which; "" is the server's default
    threads: int = 0  # KOTAE_THREADS: threads for the models; 0 takes the cores this process may use

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str] | None = None,
        home: str | os.PathLike[str] | None = None,
        collection: str = "",
    ) -> "Settings":
        """Settings from KOTAE_* variables; `home` and `collection`, when given, win over theirs.

        What they leave open, the collection's own file may say. Raises SettingsError naming the variable and its
        value, StoreError for a name that no collection may have.
        """
        env = os.environ if environment is None else environment
        from platformdirs import user_cache_path, user_data_path

        place = Home(
            _folder(home or env.get("KOTAE_HOME") or user_data_path("kotae")),
            collection or env.get("KOTAE_COLLECTION", ""),
        )
        env = {**_own(place), **{name: value for name, value in env.items() if value}}
        opened = cls(
            home=place.home,
            collection=place.collection,
            models=_folder(env.get("KOTAE_MODELS") or user_cache_path("kotae") / "models"),
            embedder=env.get("KOTAE_EMBEDDER") or DEFAULT_EMBEDDER,
            embed_url=env.get("KOTAE_EMBED_URL", ""),
            embed_key=env.get("KOTAE_EMBED_KEY", ""),
            embed_question_prefix=env.get("KOTAE_EMBED_QUESTION_PREFIX", ""),
            embed_passage_prefix=env.get("KOTAE_EMBED_PASSAGE_PREFIX", ""),
            reranker=env.get("KOTAE_RERANKER", ""),
            chat_model=env.get("KOTAE_CHAT_MODEL") or DEFAULT_CHAT_MODEL,
            chat_adapter=env.get("KOTAE_CHAT_ADAPTER", ""),
            chat_url=env.get("KOTAE_CHAT_URL", ""),
            chat_key=env.get("KOTAE_CHAT_KEY", ""),
            allow_hub=_switch(env, "KOTAE_ALLOW_HUB"),
            keep_feedback=_switch(env, "KOTAE_KEEP_FEEDBACK"),
            judge_model=env.get("KOTAE_JUDGE_MODEL", ""),
            judge_url=env.get("KOTAE_JUDGE_URL", ""),
            judge_key=env.get("KOTAE_JUDGE_KEY", ""),
            requests=_count(env, "KOTAE_REQUESTS") or DEFAULT_REQUESTS,
            chroma_url=env.get("KOTAE_CHROMA_URL", ""),
            chroma_headers=env.get("KOTAE_CHROMA_HEADERS", ""),
            chroma_tenant=env.get("KOTAE_CHROMA_TENANT", ""),
            chroma_database=env.get("KOTAE_CHROMA_DATABASE", ""),
            threads=_count(env, "KOTAE_THREADS"),
        )
        opened.server  # noqa: B018  (raises SettingsError)
        return opened

    @property
    def place(self) -> Home:
        """Where the articles are searched: the collection of the home."""
        return Home(self.home, self.collection, self.server)

    @property
    def server(self) -> Server | None:
        """The Chroma server that holds the vectors, None where the home does. Raises SettingsError."""
        if not self.chroma_url:
            return None
        return Server.at(self.chroma_url, self.chroma_headers, self.chroma_tenant, self.chroma_database)

    def of_collection(self, collection: str, environment: Mapping[str, str] | None = None) -> "Settings":
        """These settings for another collection of the home, with the models that it has of its own."""
        here, there = (
            Settings.from_environment(environment, home=self.home, collection=name)
            for name in (self.collection or DEFAULT, collection or DEFAULT)
        )
        own = {name: getattr(there, name) for name in _OWN.values() if getattr(self, name) == getattr(here, name)}
        return replace(self, collection=there.collection, **own)


def _own(place: Home) -> dict[str, str]:
    """What a collection says for itself in its file, {} where there is none."""
    path = place.folder / OWN_FILE
    try:
        lines = path.read_text("utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read {str(path)!r} ({error}): mend it, or remove it") from error
    found = {}
    for line in (line.strip() for line in lines):
        name, _, value = (part.strip() for part in line.partition("="))
        if not line or line.startswith("#"):
            continue
        if name not in _OWN:
            raise SettingsError(f"{str(path)!r} sets {name!r}: a collection may set {', '.join(_OWN)}")
        if Path(os.path.realpath(os.path.expanduser(value))).is_relative_to(place.home):  # of whoever made the home
            raise SettingsError(f"{str(path)!r} sets {name} to a model in the home itself: move it elsewhere")
        found[name] = value
    return found


def _folder(value: str | os.PathLike[str]) -> Path:
    """Real and absolute: Chroma opens one engine per spelling of a path, so there must be one spelling."""
    return Path(os.path.realpath(os.path.expanduser(value)))


def _switch(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value in ("", "0", "false", "no", "off"):
        return False
    if value in ("1", "true", "yes", "on"):
        return True
    raise SettingsError(f"{name} is {value!r}: set it to 1 or 0")


def _count(env: Mapping[str, str], name: str) -> int:
    value = env.get(name, "").strip() or "0"
    if not value.isascii() or not value.isdigit() or len(value) > 4:
        raise SettingsError(f"{name} is {value!r}: set it to a whole number below 10000, or leave it out")
    return int(value)
