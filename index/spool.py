"""The vectors of a run that has not ended yet: kept as they are made, so that a run that was killed is gone on with.

A vector belongs to a text, whatever article it stands in; of the text only its SHA-256 is kept. What another embedder
made, or what is damaged, is dropped: then it is made again. Knows nothing of articles or engines.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SLICE = 500  # values that one query takes
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS embedder (digest TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID",
)


class Spool:
    """Text -> vector, on the disk, or in memory where `path` is None. Written by one process."""

    def __init__(self, path: Path | None, embedder_digest: str) -> None:
        """Opens what an earlier run has left at `path`, or begins anew. Raises OSError and sqlite3.Error."""
        self._connection = _opened(path, embedder_digest) or _opened(_removed(path), embedder_digest)
        if self._connection is None:
            raise OSError(f"cannot write {str(path)!r}")

    def close(self) -> None:
        """Leaves what is in it to a later run."""
        if self._connection:
            self._connection.close()

    def missing(self, texts: Iterable[str]) -> list[str]:
        """Those of `texts` that it has no vector of, each once, in order."""
        keys = {text_key(text): text for text in texts}
        there = {key for key, _ in self._rows("SELECT text, 1 FROM vectors WHERE text IN", list(keys))}
        return [text for key, text in keys.items() if key not in there]

    def put(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keeps the vectors of `texts`: all of them or, when the process ends now, none."""
        rows = [(text_key(text), row.astype("<f4").tobytes()) for text, row in zip(texts, vectors, strict=True)]
        assert self._connection
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def vectors(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """The vector of each of `texts`, all of which must be in it."""
        keys = [text_key(text) for text in texts]
        found = dict(self._rows("SELECT text, vector FROM vectors WHERE text IN", list(dict.fromkeys(keys))))
        return [np.frombuffer(found[key], "<f4") for key in keys]

    def _rows(self, query: str, keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        assert self._connection
        rows = []
        for start in range(0, len(keys), _SLICE):
            some = keys[start : start + _SLICE]
            rows += self._connection.execute(f"{query} ({','.join('?' * len(some))})", some).fetchall()
        return rows


def text_key(text: str) -> bytes:
    """What stands for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def remove_spool(path: Path) -> None:
    """Forgets what an unfinished run has left."""
    with suppress(OSError):
        _removed(path)


def _removed(path: Path | None) -> Path | None:
    if path:
        for name in (path.name, f"{path.name}-journal"):
            path.with_name(name).unlink(missing_ok=True)
    return path


def _opened(path: Path | None, embedder_digest: str) -> sqlite3.Connection | None:
    """The open database; None where there is something else, or the vectors of another embedder."""
    connection = sqlite3.connect(path or ":memory:")
    try:
        for statement in _SCHEMA:
            connection.execute(statement)
        with connection:
            connection.execute("INSERT OR IGNORE INTO embedder VALUES (?)", (embedder_digest,))
        whole = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        with closing(connection.execute("SELECT digest FROM embedder")) as rows:
            if whole and rows.fetchall() == [(embedder_digest,)]:
                return connection
    except sqlite3.OperationalError:  # a full disk, a folder that is read-only: no fault of the file's
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass
    connection.close()
    return None
