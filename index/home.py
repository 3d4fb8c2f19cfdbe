"""The folder that holds an index, and how a new version of it takes the place of the old one.

    HOME/CURRENT                   the name of the live generation
    HOME/generations/000007/       manifest.sqlite3, chroma/, words/
    HOME/uploads/                  articles that came in through the page; indexed like any other folder
    HOME/writer.lock               held, with its process id inside, by the one process that writes

A live generation is never changed. A change is made in a copy beside it and goes live by an atomic rename, so a reader
always has a whole index, and a process that dies leaves the old one as it was. Of what is inside it knows only that
some files are SQLite databases.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.errors import IndexBusy, NoIndex, StoreError

_KEPT = 2  # generations: the live one, and the one before it for readers that have not let go yet


class Home:
    """A home folder; it need not exist before something is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))

    @property
    def live_name(self) -> str:
        """The name of the live generation, "" when there is none. Cheap: one small read."""
        try:
            return (self.folder / "CURRENT").read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"cannot read {str(self.folder / 'CURRENT')!r}: {error}") from error

    @property
    def live(self) -> Path:
        """The folder of the live generation. Raises NoIndex, or StoreError when CURRENT names none that is there."""
        name = self.live_name
        if not name:
            raise NoIndex(f"there is no index in {str(self.folder)!r}: make one with `kotae index PATH`")
        folder = self._generations / name
        if not name.isdigit() or not folder.is_dir():
            raise StoreError(
                f"{str(self.folder / 'CURRENT')!r} names {name!r}, which is not there: "
                "make the index again with `kotae index --rebuild PATH`"
            )
        return folder

    @property
    def uploads(self) -> Path:
        """Where articles are kept that come in through the page; it need not exist, and it alone may be empty."""
        return self.folder / "uploads"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the writer's lock. Raises IndexBusy with the owner's process id when another process has it."""
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "writer.lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            owner = self.folder / "writer.pid"
            pid = owner.read_text(encoding="ascii", errors="replace").strip() if owner.is_file() else ""
            raise IndexBusy(
                f"process {pid or 'unknown'} is writing to {str(self.folder)!r}: wait for it to finish, or stop it"
            ) from error
        except OSError as error:
            raise StoreError(f"cannot write to {str(self.folder)!r}: {error.strerror or error}") from error
        try:
            try:
                (self.folder / "writer.pid").write_text(str(os.getpid()), encoding="ascii")
            except OSError as error:
                raise StoreError(f"cannot write to {str(self.folder)!r}: {error.strerror or error}") from error
            yield
        finally:
            lock.release()

    def begin(self, *, copy_live: bool) -> Path:
        """A folder for the next generation: empty, or a copy of the live one. Call while `writing`."""
        self._sweep()
        numbers = [int(path.name) for path in self._generations.glob("[0-9]*") if path.name.isdigit()]
        folder = self._generations / f"{max(numbers, default=0) + 1:06}"
        live = self.live if copy_live else None
        try:
            if live:
                shutil.copytree(live, folder, copy_function=_copy, ignore=shutil.ignore_patterns("*-journal"))
            else:
                folder.mkdir(parents=True)
        except (OSError, sqlite3.OperationalError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            # copytree collects (source, target, reason) of what it could not copy.
            reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error
            raise StoreError(f"cannot write to {str(self.folder)!r}: {reason}: the index is as it was") from error
        except sqlite3.DatabaseError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise StoreError(
                f"the index in {str(live)!r} is damaged ({error}): make it again with `kotae index --rebuild PATH`"
            ) from error
        return folder

    def publish(self, folder: Path) -> None:
        """Makes `folder` the live generation: flushed to disk, then one rename. Older ones are removed."""
        for path in sorted(folder.rglob("*")):
            _flush(path)
        _flush(folder)
        _flush(folder.parent)
        temporary = self.folder / "CURRENT.new"
        temporary.write_text(folder.name, encoding="ascii")
        _flush(temporary)
        os.replace(temporary, self.folder / "CURRENT")
        _flush(self.folder)
        self._sweep()

    def discard(self, folder: Path) -> None:
        """Removes a generation that did not go live."""
        if folder.name != self.live_name:
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Removes what a killed writer left, and generations older than the last _KEPT up to the live one."""
        live = self.live_name
        names = sorted(path.name for path in self._generations.glob("*"))
        kept = [name for name in names if name <= live][-_KEPT:]
        for name in names:
            if name not in kept:
                shutil.rmtree(self._generations / name, ignore_errors=True)

    @property
    def _generations(self) -> Path:
        return self.folder / "generations"


def _copy(source: str, target: str) -> None:
    """Copies a file; a database by its own means, since Chroma writes a few bytes when a reader opens one."""
    if not source.endswith(".sqlite3"):
        shutil.copy2(source, target)
        return
    uri = f"{Path(source).as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=60)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _flush(path: Path) -> None:
    """Makes a file or a folder survive a power loss; Windows cannot flush a folder and need not."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
