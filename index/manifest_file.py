"""The SQLite file behind a manifest: made, opened, told from other programs' files, read without a surprise.

Knows the tables, nothing of what stands in them. A live file is never written (see `index/home.py`), so readers need
no locks between processes; threads of one process take turns.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import StoreError

SCHEMA_VERSION = 2
SLICE = 250  # values in one `IN (...)`
AGAIN = "make the index again with `kotae index --rebuild PATH`"
_READABLE = (1, 2)  # version 1 knew no pages and no digests of files
_APPLICATION = 0x6B6F7461  # "kota": what tells our file from another program's
_UNFLUSHED = "PRAGMA synchronous = OFF"  # a generation is flushed as a whole before it goes live

_SCHEMA = f"""
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE fingerprint (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, language TEXT NOT NULL, source TEXT NOT NULL, date TEXT NOT NULL,
    text TEXT NOT NULL, digest TEXT NOT NULL, root TEXT NOT NULL, path TEXT NOT NULL,
    pages TEXT NOT NULL, file_digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE passages (
    id TEXT PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles (id), start INTEGER NOT NULL,
    stop INTEGER NOT NULL, heading TEXT NOT NULL, language TEXT NOT NULL, vector BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX passages_by_article ON passages (article_id, start);
CREATE INDEX articles_by_path ON articles (path);
"""


class ManifestFile:
    """An open manifest file. Methods may be called from any thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, version: int = SCHEMA_VERSION) -> None:
        self.path = path
        self.version = version
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def create(cls, path: Path) -> "ManifestFile":
        """A new, empty file at `path`, open for writing."""
        connection = sqlite3.connect(path, check_same_thread=False)
        connection.execute(_UNFLUSHED)
        connection.executescript(_SCHEMA)
        return cls(path, connection)

    @classmethod
    def open(cls, path: Path, *, writable: bool = False) -> "ManifestFile":
        """The file at `path`. Raises StoreError when there is none or it was made by another version."""
        if not path.is_file():
            raise StoreError(f"there is no manifest at {str(path)!r}: {AGAIN}")
        mode = "rw" if writable else "ro&immutable=1"
        try:
            connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, check_same_thread=False)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise damaged(path, error) from error
        if (application != _APPLICATION and version > 1) or not {"fingerprint", "articles", "passages"} <= tables:
            connection.close()
            raise StoreError(f"{str(path)!r} is no manifest of Kotae's: {AGAIN}")
        if version not in _READABLE or (writable and version != SCHEMA_VERSION):
            connection.close()
            raise StoreError(
                f"the manifest {str(path)!r} has version {version}, this Kotae writes {SCHEMA_VERSION}: {AGAIN}"
            )
        if writable:
            connection.execute(_UNFLUSHED)
        return cls(path, connection, version)

    def close(self) -> None:
        """Writes what is open to the disk and closes the file."""
        with self._lock:
            self._connection.commit()
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection for one change, kept as a whole or not at all."""
        with self._lock, self._connection:
            yield self._connection

    def rows(self, query: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises StoreError when they cannot be read, or a value of them is missing."""
        try:
            with self._lock:
                rows = self._connection.execute(query, values).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise damaged(self.path, error) from error
        if any(None in row for row in rows):
            raise damaged(self.path, "a value is missing")
        return rows

    def rows_in(self, query: str, values: Iterable[str]) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of `query` + a list of values, by slices that SQLite takes."""
        wanted = list(values)
        for start in range(0, len(wanted), SLICE):
            some = wanted[start : start + SLICE]
            yield self.rows(f"{query} ({','.join('?' * len(some))})", some)


def damaged(path: Path, error: object) -> StoreError:
    """What to raise where a manifest does not hold what was written to it."""
    return StoreError(f"the manifest {str(path)!r} is damaged ({error}): {AGAIN}")
