"""Files that are whole or absent: locks, flushing, digests, receipts. Knows nothing of models."""

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from index.errors import ModelError

CHUNK = 1 << 20  # bytes read, hashed and written at a time


def read_chunks(*paths: Path) -> Iterator[bytes]:
    """The bytes of the files one after the other, `CHUNK` at a time."""
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def file_digest(path: Path, tell: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file, hexadecimal. `tell` hears how many bytes have been read."""
    digest = hashlib.sha256()
    done = 0
    for chunk in read_chunks(path):
        digest.update(chunk)
        done += len(chunk)
        if tell:
            tell(done)
    return digest.hexdigest()


def combined_digest(digests: Mapping[str, str]) -> str:
    """One SHA-256 for files by name: the file's own if there is only one, else that of the sorted list."""
    if len(digests) == 1:
        return next(iter(digests.values()))
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def remembered_digest(folder: Path, names: list[str], memory: Path) -> str:
    """The combined digest of files in `folder`; read again only when a size or a modification time has changed.

    `memory` is the JSON file that remembers: for each name its size, its modification time in ns, and its digest.
    """
    try:
        known = json.loads(memory.read_text("utf-8"))
        known = known if isinstance(known, dict) else {}
    except (OSError, ValueError):
        known = {}
    facts: dict[str, list[object]] = {}
    for name in names:
        stat = (folder / name).stat()
        old = known.get(name)
        digest = old[2] if old and old[:2] == [stat.st_size, stat.st_mtime_ns] else file_digest(folder / name)
        facts[name] = [stat.st_size, stat.st_mtime_ns, digest]
    if facts != known:
        write_json(memory, facts)
    return combined_digest({name: str(fact[2]) for name, fact in facts.items()})


def write_json(path: Path, content: object) -> None:
    """Writes a small file in one step. A folder of somebody else's is left alone: the file is only a memory."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content, indent=1), "utf-8")
        os.replace(temporary, path)
    except PermissionError:
        temporary.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """Makes the names in `folder` survive a power loss; Windows has no such call and needs none."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Removes a file or a whole folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, what: str, wait_seconds: float, tell_waiting: Callable[[], None]) -> Iterator[None]:
    """One process at a time. The system frees the lock when its holder dies, so a stale file does no harm.

    `tell_waiting` is called every two seconds of waiting. Raises ModelError after `wait_seconds`.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    started = time.monotonic()
    while True:
        left = wait_seconds - (time.monotonic() - started)
        try:
            lock.acquire(timeout=max(0.0, min(2.0, left)))
            break
        except Timeout as error:
            if left <= 2.0:
                raise ModelError(
                    f"another process has been {what} for {wait_seconds:.0f} s (lock file {str(path)!r}): "
                    "wait for it or end it, then try again"
                ) from error
            tell_waiting()
        except OSError as error:
            raise ModelError(
                f"the lock file {str(path)!r} cannot be made ({error.strerror}): set KOTAE_MODELS to a folder that "
                "can be written"
            ) from error
    try:
        yield
    finally:
        lock.release()


def append_line(path: Path, line: str, *, largest: int | None = None) -> None:
    """Adds one line to a file that several processes may be writing to, and that nobody else may read.

    A line that a kill cut short is ended first, so it costs itself alone. On disk when this returns. Raises OSError,
    with EFBIG where the file would have more than `largest` bytes, and has then added nothing.
    """
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock"), mode=0o600):
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 1))
            whole = file.read(1) in (b"", b"\n")
            added = (b"" if whole else b"\n") + line.encode("utf-8", "replace") + b"\n"
            if largest is not None and end + len(added) > largest:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
            file.write(added)
            os.fsync(handle)
