"""The vectors of an index on a Chroma server instead of in its folder: written, opened, swept.

A generation notes the names of its collections in `server.json`. A collection is filled once, before its generation
goes live, and never changed: a generation in which a language changed has a new one for it, so that the switch stays
the rename of `CURRENT`, and shares the others with the one before. What no generation of a home names is removed from
the server; the names carry an id of the home, so that nobody else's collection is. The address comes from the settings
alone: a home may come from someone else.
"""

import json
import os
import re
import secrets
import socket
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from index.article import LANGUAGES, Language
from index.errors import StoreError
from index.server import AGAIN, Server
from index.store import CONFIGURATION, PassageStore, names_model

NOTE = "server.json"  # in a generation: the names of its collections
_OWNER = "server-owner.json"  # in the home: its id, and where it lay when it got it
_NAME = re.compile(r"kotae-(?P<owner>[0-9a-f]{12})-[0-9]{6,}-[0-9a-f]{8}-(?:" + "|".join(LANGUAGES) + ")")
_SLICE = 1000  # vectors sent at a time: 1.5 MB at 384 dimensions
_PAGE = 500  # collections listed at a time


class ServerStore(PassageStore):
    """The vectors of one generation on a server."""

    _slice = _SLICE

    def __init__(self, folder: Path, server: Server) -> None:
        """`folder` is the generation's. Raises StoreError as `Server.check` does."""
        super().__init__(folder, server.client())
        self._server = server
        self.place = str(server)
        self.names: dict[Language, str] = {}

    def _asking(self) -> AbstractContextManager[None]:
        return self._server.asking()

    @classmethod
    def new(cls, folder: Path, server: Server) -> "ServerStore":
        """A new store, with an empty collection for each language."""
        store = cls(folder, server)
        for language in LANGUAGES:
            store.clear(language)
        return store

    @classmethod
    def noted(cls, folder: Path, server: Server) -> "ServerStore":
        """The store that a generation names. Raises StoreError when the server has lost it, or others made it."""
        names = noted_names(folder)
        store = cls(folder, server)
        for language in LANGUAGES:
            with server.asking():
                found = store._client.get_collection(names[language], embedding_function=None)
            store._take(language, found)
        return store

    def clear(self, language: Language) -> None:
        """A new, empty collection takes the place of a language's; the generation before keeps the one it has."""
        home = self.folder.parent.parent
        name = f"kotae-{owner(home)}-{self.folder.name}-{secrets.token_hex(4)}-{language}"
        with self._asking():
            made = self._client.create_collection(name, configuration=CONFIGURATION, embedding_function=None)
        self._take(language, made)
        (self.folder / NOTE).write_text(json.dumps(self.names, indent=1), "utf-8")

    def shares(self, language: Language) -> bool:
        """Whether the next generation may name this collection too: not if a copied home has it from another."""
        owned = _NAME.fullmatch(self.names[language])
        return owned is not None and owned["owner"] == owner(self.folder.parent.parent)

    def close(self) -> None:
        """Nothing: all stores of a process share a client."""

    def _take(self, language: Language, collection: Any) -> None:
        """Uses a collection, unless it names a model that Chroma's client would build, code and all."""
        said = (collection.configuration_json, collection._model.serialized_schema)
        if any(names_model(json.dumps(settings)) for settings in said):
            raise StoreError(
                f"a collection of {self.place} names a model, so it was changed by another program: put the vectors "
                f"there again with {AGAIN}"
            )
        self._collections[language], self.names[language] = collection, collection.name


def create_store(folder: Path, server: Server | None) -> PassageStore:
    """A new store for the generation in `folder`."""
    return ServerStore.new(folder, server) if server else PassageStore.create(folder / "chroma")


def open_store(folder: Path, server: Server | None) -> PassageStore:
    """The store of the generation in `folder`. Raises StoreError when it is damaged, lost, or elsewhere."""
    if server is None and (folder / NOTE).exists():
        raise StoreError(
            f"the vectors of the index in {str(folder)!r} lie on a Chroma server: set KOTAE_CHROMA_URL to it, or bring "
            f"them back with {AGAIN}"
        )
    if server is None:
        return PassageStore.open(folder / "chroma")
    if not (folder / NOTE).exists():
        raise StoreError(
            f"the vectors of the index in {str(folder)!r} do not lie on {server}: bring them "
            f"there with {AGAIN}, or leave KOTAE_CHROMA_URL out"
        )
    return ServerStore.noted(folder, server)


def lies_there(folder: Path, server: Server | None) -> bool:
    """Whether a generation keeps its vectors where the settings say: in its folder, or on a server."""
    return (folder / NOTE).exists() == (server is not None)


def noted_names(folder: Path) -> dict[Language, str]:
    """The names of a generation's collections."""
    try:
        noted = json.loads((folder / NOTE).read_text("utf-8"))
        names = {language: str(noted[language]) for language in LANGUAGES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{str(folder / NOTE)!r} cannot be read ({error}): repair it with {AGAIN}") from error
    if strange := [name for name in names.values() if not _NAME.fullmatch(name)]:
        raise StoreError(f"{str(folder / NOTE)!r} names {strange[0]!r}: repair it with {AGAIN}")
    return names


def owner(home: Path) -> str:
    """The id of a home, made when it is first asked for. A home that was copied or moved gets another.

    So a copy never removes what the original still needs; what it then leaves on the server, nobody removes.
    """
    at = f"{socket.gethostname()} {home} {os.stat(home).st_ino}"
    try:
        noted = json.loads((home / _OWNER).read_text("utf-8"))
        if noted["at"] == at and re.fullmatch(r"[0-9a-f]{12}", noted["id"]):
            return str(noted["id"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    made = secrets.token_hex(6)
    (home / _OWNER).write_text(json.dumps({"id": made, "at": at}, indent=1), "utf-8")
    return made


def sweep(home: Path, generations: Sequence[Path], server: Server) -> list[str]:
    """Removes the collections of this home that none of its generations names; says which. Call while writing.

    Where a generation's note is damaged nothing tells what may go, so nothing does. Raises StoreError for the server.
    """
    kept: set[str] = set()
    for folder in generations:
        if (folder / NOTE).exists():
            try:
                kept |= set(noted_names(folder).values())
            except StoreError:
                return []
    own = f"kotae-{owner(home)}-"
    client = server.client()
    with server.asking():
        gone = [name for name in _listed(client) if name.startswith(own) and name not in kept]
        for name in gone:
            client.delete_collection(name)
    return gone


def _listed(client: Any) -> list[str]:
    names: list[str] = []
    while some := client.list_collections(limit=_PAGE, offset=len(names)):
        names += [collection.name for collection in some]
    return names
