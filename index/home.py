"""The folder that holds an index, and how a new version of it takes the place of the old one.

    HOME/CURRENT                   the name of the live generation
    HOME/generations/000007/       manifest.sqlite3, chroma/, words/, space.npz, vectors.npy
    HOME/generations/000007/       roots.json, where its articles were read; files.json, what it is made of
    HOME/generations/000007/       server.json instead of chroma/, where a server holds it (`index/server.py`)
    HOME/uploads/                  articles that came in through the page; indexed like any other folder
    HOME/writer.lock               held, with its process id inside, by the one process that writes
    HOME/spool.sqlite3             vectors of a run that was stopped; the next run that ends removes it
    HOME/settings.env              models of its own, where there are (`rag/settings.py`)
    HOME/collections/NAME/         the same for every collection but the first

A live generation is never changed. A change is made in a copy beside it and goes live by an atomic rename, so a reader
always has a whole index, and a process that dies leaves the old one as it was. Of what is inside it knows only that
some files are SQLite databases.
"""

import json
import os
import re
import shutil
import sqlite3
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from index.errors import IndexBusy, NoIndex, StoreError
from index.inventory import note_files
from index.server import Server

DEFAULT = "default"  # the collection that needs no name
_ROOTS = "roots.json"
_NAME = re.compile(r"[^\W_][\w.-]{0,59}")
_KEPT = 2  # generations: the live one, and the one before it for readers that have not let go yet


class Home:
    """A home folder, or a named collection in it; it need not exist before something is written."""

    def __init__(self, folder: Path, collection: str = "", server: Server | None = None) -> None:
        """`server` holds the vectors, where there is one. Raises StoreError for a name that no collection may have."""
        self.server = server
        self.collection = _collection_name(collection)
        self.home = Path(os.path.realpath(folder))
        self.folder = self.home / "collections" / self.collection if self.collection else self.home

    @property
    def live_name(self) -> str:
        """The name of the live generation, "" when there is none. Cheap: one small read."""
        try:
            return (self.folder / "CURRENT").read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(
                f"cannot read {str(self.folder / 'CURRENT')!r} ({error}): repair it with `kotae doctor --repair`"
            ) from error

    @property
    def option(self) -> str:
        """What a command needs to mean this collection."""
        return f" --collection {self.collection}" if self.collection else ""

    @property
    def missing(self) -> str:
        """How a message that nothing is indexed here begins; for a name, with the names that there are."""
        if not self.collection:
            return f"there is no index in {str(self.folder)!r}"
        there = ", ".join(collections(self.home)) or "none"
        return f"there is no collection {self.collection!r} in {str(self.home)!r} (those there: {there})"

    @property
    def live(self) -> Path:
        """The folder of the live generation. Raises NoIndex, or StoreError when CURRENT names none that is there."""
        name = self.live_name
        if not name and (self.folder / "chroma.sqlite3").exists():
            raise StoreError(
                f"{str(self.folder)!r} is a Chroma folder that Kotae did not make, so it is not opened: make an index "
                "of its articles in another home with `kotae index PATH --home DIR`"
            )
        if not name:
            raise NoIndex(f"{self.missing}: make one with `kotae index PATH{self.option}`")
        folder = self.generation(name)
        if not name.isdigit() or not folder.is_dir():
            raise StoreError(
                f"{str(self.folder / 'CURRENT')!r} names {name!r}, which is not there: repair it with "
                "`kotae doctor --repair`, or make the index again with `kotae index --rebuild PATH`"
            )
        return folder

    def generation(self, name: str) -> Path:
        """The folder of a generation."""
        return self._generations / name

    def names(self) -> list[str]:
        """The generations that are there, the newest first. Those after the live one never went live."""
        live = self.noted_live()
        there = sorted((path.name for path in self._generations.glob("[0-9]*") if path.name.isdigit()), reverse=True)
        return [name for name in there if name <= live] if live in there else there

    @staticmethod
    def note_roots(folder: Path, roots: Iterable[str]) -> None:
        """Writes down beside the manifest what it was made from: a repair needs it most when the manifest is gone."""
        (folder / _ROOTS).write_text(json.dumps(sorted(roots), ensure_ascii=False, indent=1), "utf-8", "surrogatepass")

    def roots(self) -> list[Path]:
        """The paths that the newest generation was made from, [] when that is not known any more."""
        for name in self.names():
            try:
                noted = json.loads((self.generation(name) / _ROOTS).read_text("utf-8", "surrogatepass"))
            except (OSError, ValueError):
                continue
            if isinstance(noted, list) and noted and all(isinstance(root, str) for root in noted):
                return [Path(root) for root in noted]
        return []

    @property
    def earlier(self) -> str:
        """The name of the generation before the live one. Raises NoIndex, or StoreError when there is none."""
        live = self.live.name
        earlier = [name for name in self.names() if name < live]
        if not earlier:
            raise StoreError(f"the index in {str(self.folder)!r} has no earlier generation to return to")
        return earlier[0]

    def go_back(self) -> str:
        """Makes the generation before the live one live again, and gives its name. Raises NoIndex, StoreError.

        The one that was live goes when the next is written. Call while `writing`.
        """
        name = self.earlier
        self._switch(name)
        return name

    @property
    def uploads(self) -> Path:
        """Where articles are kept that come in through the page; it need not exist, and it alone may be empty."""
        return self.folder / "uploads"

    @property
    def spool(self) -> Path:
        """Where a run keeps what it has embedded until it goes live."""
        return self.folder / "spool.sqlite3"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the writer's lock. Raises IndexBusy with the owner's process id when another process has it."""
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "writer.lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            pid = self._owner() or "unknown"
            raise IndexBusy(
                f"process {pid} is writing to {str(self.folder)!r}: wait for it to finish, or stop it"
            ) from error
        except OSError as error:
            raise StoreError(f"cannot write to {str(self.folder)!r}: {error.strerror or error}") from error
        try:
            try:
                (self.folder / "writer.pid.new").write_text(str(os.getpid()), encoding="ascii")
                os.replace(self.folder / "writer.pid.new", self.folder / "writer.pid")
            except OSError as error:
                raise StoreError(f"cannot write to {str(self.folder)!r}: {error.strerror or error}") from error
            yield
        finally:
            with suppress(OSError):
                (self.folder / "writer.pid").unlink()
            lock.release()

    def _owner(self) -> str:
        """The process id that the writer has noted: at once after it took the lock, so a moment is waited for it."""
        for _ in range(20):
            try:
                pid = (self.folder / "writer.pid").read_text(encoding="ascii", errors="replace").strip()
                if os.name == "posix":  # elsewhere the same call would end the process
                    os.kill(int(pid), 0)  # raises for one that was killed and could not take its note along
                return pid
            except PermissionError:  # another user's
                return pid
            except (OSError, ValueError):
                time.sleep(0.05)
        return ""

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
        """Makes `folder` the live generation: listed, flushed to disk, then one rename. Older ones are removed."""
        from index.spool import remove_spool  # imports numpy: not for `import rag`

        note_files(folder)
        for path in sorted(folder.rglob("*")):
            _flush(path)
        _flush(folder)
        _flush(folder.parent)
        before = self.noted_live()
        self._switch(folder.name)
        self._sweep(before)
        remove_spool(self.spool)

    def _switch(self, name: str) -> None:
        temporary = self.folder / "CURRENT.new"
        temporary.write_text(name, encoding="ascii")
        _flush(temporary)
        os.replace(temporary, self.folder / "CURRENT")
        _flush(self.folder)

    def discard(self, folder: Path) -> None:
        """Removes a generation that did not go live."""
        if folder.name != self.noted_live():
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self, before: str = "") -> None:
        """Removes what a killed writer left, and generations older than the last _KEPT up to the live one.

        `before`: the one that has just been live, which is kept in any case.
        """
        live = self.noted_live()
        names = sorted(path.name for path in self._generations.glob("*"))
        kept = [name for name in names if name <= live][-_KEPT:]
        if not (self._generations / live).is_dir():  # CURRENT is damaged: nothing tells what may go
            kept = [name for name in names if name.isdigit()]
        if before in names:
            kept = [live, before]
        for name in names:
            if name not in kept:
                shutil.rmtree(self._generations / name, ignore_errors=True)

    def noted_live(self) -> str:
        """`live_name`, also "" when CURRENT is damaged."""
        try:
            return self.live_name
        except StoreError:
            return ""

    @property
    def _generations(self) -> Path:
        return self.folder / "generations"


def collections(folder: Path) -> list[str]:
    """The names of the collections in a home, sorted; the first one, which needs no name, is "default"."""
    named = sorted(path.parent.name for path in (Path(os.path.realpath(folder)) / "collections").glob("*/CURRENT"))
    return [DEFAULT, *named] if Home(folder).live_name else named


def _collection_name(name: str) -> str:
    """The name as its folder has it, "" for the default one."""
    name = unicodedata.normalize("NFC", name.strip())
    if name in ("", DEFAULT):
        return ""
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise StoreError(
            f"{name!r} cannot name a collection: use up to 60 letters, digits, hyphens and underscores, a letter or "
            "digit first"
        )
    return name


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
