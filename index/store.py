"""The Chroma collections behind our own methods: passage ids and vectors in, ids and similarities out.

One collection per language: a question is matched in each, and a filtered query of Chroma takes ten times as long as
one in a collection of its own. Texts stay in the manifest. Distances become similarities here and nowhere else. Here
Chroma runs inside this process, over a folder; `index/server.py` has the same store on a Chroma server.
"""

import json
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.article import LANGUAGES, Language
from index.errors import StoreError

_LOCK_SECONDS = 15.0  # a reader that opens Chroma writes for milliseconds; who holds it longer is in the way
_OWN = "legacy", "unknown"  # what Chroma notes where a collection has no embedding function of its own
COPY = 0.9999  # cosine from which two vectors are of one text
_COMPARED = 4096  # vectors compared with the missing ones at a time
_SLICE = 250  # rows per call: Chroma raises past 5,461
# The beginning of a graph's header.bin, as Chroma 1.5 writes it: version, offset, room, vectors, bytes of a vector.
_HEADER = struct.Struct("<iQQQQ")
_HEADER_VERSION = 1
_LENGTH_BYTES = 4
_AGAIN = "repair it with `kotae doctor --repair`"
CONFIGURATION = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 24}}


@dataclass(frozen=True)
class Neighbour:
    """A passage near a question. `similarity`: cosine, 1.0 is the same direction."""

    passage_id: str
    similarity: float


class PassageStore:
    """Vectors of passages, one Chroma collection for each language. `place`: where they lie, as messages say it."""

    _slice = _SLICE

    def __init__(self, folder: Path, client: Any) -> None:
        self.folder = folder
        self.place = f"the Chroma database in {str(folder)!r}"
        self._client = client
        self._collections: dict[Language, Any] = {}

    def _asking(self) -> AbstractContextManager[None]:
        """What Chroma raises meanwhile becomes a StoreError."""
        return _translated(self.folder)

    @classmethod
    def create(cls, folder: Path) -> "PassageStore":
        """A new store in `folder`, with a collection for each language."""
        with _translated(folder):
            store = cls(folder, _client(folder))
            for language in LANGUAGES:
                store._collections[language] = store._client.get_or_create_collection(
                    _name(language), configuration=CONFIGURATION, embedding_function=None
                )
        return store

    @classmethod
    def open(cls, folder: Path) -> "PassageStore":
        """The store in `folder`. Raises StoreError when it is missing, damaged, in use, or made by somebody else."""
        if not (folder / "chroma.sqlite3").is_file():
            raise StoreError(f"there is no Chroma database in {str(folder)!r}: run `kotae index --rebuild`")
        _check_file(folder)
        _check_segments(folder)
        with _translated(folder):
            store = cls(folder, _client(folder))
            try:
                for language in LANGUAGES:
                    store._collections[language] = store._client.get_collection(
                        _name(language), embedding_function=None
                    )
            except BaseException:
                store.close()  # else Chroma would hand the same broken engine to whoever opens the path next
                raise
        return store

    def put(self, ids: Sequence[str], vectors: NDArray[np.float32], language: Language) -> None:
        """Writes vectors, float32 of shape (len(ids), dimension), over older ones of the same ids."""
        for start in range(0, len(ids), self._slice):
            with self._asking():
                self._collections[language].upsert(
                    ids=list(ids[start : start + self._slice]), embeddings=vectors[start : start + self._slice]
                )

    def remove(self, ids: Sequence[str], language: Language) -> None:
        """Removes vectors; ids that are not there are no error."""
        for start in range(0, len(ids), self._slice):
            with self._asking():
                self._collections[language].delete(ids=list(ids[start : start + self._slice]))

    def search(self, vector: NDArray[np.float32], k: int, language: Language) -> list[Neighbour]:
        """The `k` passages of `language` nearest to `vector` (shape (dimension,)), nearest first, ties by id."""
        with self._asking():
            found = self._collections[language].query(query_embeddings=[vector], n_results=k, include=["distances"])
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        neighbours = [Neighbour(passage_id, 1.0 - float(distance)) for passage_id, distance in pairs]
        return sorted(neighbours, key=lambda neighbour: (-neighbour.similarity, neighbour.passage_id))

    def clear(self, language: Language) -> None:
        """Removes all vectors of a language, and the graph over them."""
        with self._asking():
            self._client.delete_collection(_name(language))
            self._collections[language] = self._client.create_collection(
                _name(language), configuration=CONFIGURATION, embedding_function=None
            )

    def vectors(self, ids: Sequence[str], language: Language) -> dict[str, NDArray[np.float32]]:
        """Id -> vector as Chroma holds it, for those of `ids` that are there."""
        found: dict[str, NDArray[np.float32]] = {}
        for start in range(0, len(ids), self._slice):
            with self._asking():
                some = self._collections[language].get(
                    ids=list(ids[start : start + self._slice]), include=["embeddings"]
                )
            found.update(zip(some["ids"], some["embeddings"], strict=True))
        return found

    def count(self, language: Language) -> int:
        """How many vectors Chroma says it holds."""
        with self._asking():
            return int(self._collections[language].count())

    def reachable(self, expected: int, language: Language) -> set[str]:
        """Ids that a search can find: what `count` says is no proof, the graph may have lost vectors."""
        if not expected:
            return set()
        with self._asking():
            some = self._collections[language].get(limit=1, include=["embeddings"])["embeddings"]
        if not len(some):
            return set()
        found: set[str] = set()
        dimension = len(some[0])
        # Searching near different directions and asking for everything: HNSW returns all it can reach.
        for axis in range(0, dimension, max(1, dimension // 4)):
            probe = np.zeros(dimension, dtype=np.float32)
            probe[axis] = 1.0
            found |= {neighbour.passage_id for neighbour in self.search(probe, expected, language)}
            if len(found) >= expected:
                break
        return found

    def close(self) -> None:
        """Gives the database back. Chroma keeps one engine per path until then."""
        self._client.close()


def check_counts(store: PassageStore, expected: Mapping[Language, int]) -> None:
    """Raises StoreError where Chroma says it holds more or fewer vectors than there are passages. Takes a millisecond.

    That all of them can be found is not said by this: `kotae doctor` looks for each.
    """
    for language in LANGUAGES:
        held, wanted = store.count(language), expected.get(language, 0)
        if held != wanted:
            raise StoreError(f"{store.place} holds {held:,} {language!r} vectors for {wanted:,} passages: {_AGAIN}")


def lost(expected: set[str], reached: set[str], vectors: Callable[[Sequence[str]], NDArray[np.float32]]) -> list[str]:
    """Those of `expected` that no search finds: neither they themselves nor a copy of them.

    The graph cannot tell equal vectors apart and may drop some of many; a copy that is found says the same.
    `vectors` gives the unit vectors of passages, float32, shape (len(ids), dimension).
    """
    missing, found = sorted(expected - reached), sorted(expected & reached)
    if not missing or not found:
        return missing
    nearest = np.full(len(missing), -1.0, dtype=np.float32)
    wanted = vectors(missing)
    for start in range(0, len(found), _COMPARED):
        nearest = np.maximum(nearest, (wanted @ vectors(found[start : start + _COMPARED]).T).max(axis=1))
    return [passage_id for passage_id, near in zip(missing, nearest, strict=True) if near < COPY]


def _check_segments(folder: Path) -> None:
    """Refuses a graph whose files are shorter than its header says: Chroma reads past their end and may crash."""
    for header in sorted(folder.glob("*/header.bin")):
        # A graph without ids holds nothing yet; whoever opens the store writes its header.
        if not header.with_name("index_metadata.pickle").is_file():
            continue
        facts = header.read_bytes()[: _HEADER.size]
        if len(facts) < _HEADER.size:
            raise StoreError(f"{str(header)!r} is cut off: {_AGAIN}")
        version, _, _, count, size = _HEADER.unpack(facts)
        if version != _HEADER_VERSION:
            continue
        for name, least in (("data_level0.bin", count * size), ("length.bin", count * _LENGTH_BYTES)):
            path = header.with_name(name)
            held = path.stat().st_size if path.is_file() else 0
            if held < least:
                raise StoreError(f"{str(path)!r} holds {held:,} bytes of {least:,}: {_AGAIN}")


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """What Chroma raises becomes a StoreError."""
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError, TypeError, OSError) as error:
        raise _damaged(folder, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # its Rust part met data that it did not expect
            raise
        raise _damaged(folder, error) from error


def _check_file(folder: Path) -> None:
    """Raises StoreError for a database that Chroma must not see.

    A damaged one, since some of the damage would end the whole process; and one of somebody else's, since its
    collections may name a model that Chroma would build, code and all.
    """
    try:
        # Chroma writes a few bytes whenever it opens a database, so another reader may be at it: wait for its lock.
        uri = f"{(folder / 'chroma.sqlite3').resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=_LOCK_SECONDS)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            rows = connection.execute("SELECT name, config_json_str, schema_str FROM collections").fetchall()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise _damaged(folder, error) from error
        raise StoreError(
            f"another program holds the Chroma database in {str(folder)!r}: end it, then try again"
        ) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise _damaged(folder, error) from error
    if found != "ok":
        raise _damaged(folder, found)
    own = {_name(language) for language in LANGUAGES}
    if any(name not in own or names_model(config) or names_model(schema) for name, config, schema in rows):
        raise StoreError(
            f"the Chroma database in {str(folder)!r} was not made by Kotae, so it is not opened: make an index of its "
            "articles with `kotae index --rebuild PATH`"
        )


def names_model(settings: str | None) -> bool:
    """Whether the settings of a collection, in JSON, hold an embedding function that Chroma would build."""
    try:
        waiting = [json.loads(settings or "{}")]
    except (ValueError, RecursionError):
        return True
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            function = value.get("embedding_function")
            if function is not None and not (isinstance(function, dict) and function.get("type") in _OWN):
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False


def _damaged(folder: Path, error: object) -> StoreError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return StoreError(f"the Chroma database in {str(folder)!r} cannot be used ({reason}): run `kotae index --rebuild`")


def _name(language: Language) -> str:
    return f"passages-{language}"


def _client(folder: Path) -> Any:
    import chromadb  # takes a second; opening a store pays for it, importing this file does not
    from chromadb.config import Settings

    folder.mkdir(parents=True, exist_ok=True)
    # `_env_file=None`: without it a stray .env of the current folder would change the settings.
    settings = Settings(_env_file=None, anonymized_telemetry=False, is_persistent=True)  # type: ignore[call-arg]
    return chromadb.PersistentClient(path=str(folder.resolve()), settings=settings)
