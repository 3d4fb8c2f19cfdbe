"""Named files in one archive, with their sizes and digests: written whole, unpacked only where all is as written.

An archive may come from anyone: no name in it leads out of the folder, nothing grows beyond the size it states, and
nothing stays of one that is refused. Knows nothing of what the files are.
"""

import hashlib
import json
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

from index.errors import StoreError

LIST = "kotae.json"
VERSION = 1
_MAX_LIST = 32 * 2**20  # bytes of the list: a line for each of 200,000 files
_MAX_RATIO = 200  # times that a file may grow when unpacked; text and vectors grow up to 10 times
_SMALL = 2**20  # bytes that may grow as they like
_CHUNK = 2**20
_UNFIT = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)}  # in names: a separator, or refused, on Windows

Tell = Callable[[int, int], None]  # bytes done, of how many


def pack(path: Path, files: Mapping[str, Path], facts: Mapping[str, Any], tell: Tell) -> None:
    """Writes `files` (name in the archive -> where it lies) and what `facts` say of them as one archive at `path`.

    It is there as a whole or not at all. Raises StoreError when it cannot be written or is there already.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists():
            raise StoreError(f"there is something at {str(path)!r}: remove it, or name another archive")
        total, done = sum(source.stat().st_size for source in files.values()), 0
        listed: dict[str, dict[str, Any]] = {}
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, source in files.items():
                digest, size = hashlib.sha256(), 0
                with source.open("rb") as read, archive.open(name, "w", force_zip64=True) as written:
                    while chunk := read.read(_CHUNK):
                        written.write(chunk)
                        digest.update(chunk)
                        size, done = size + len(chunk), done + len(chunk)
                        tell(done, total)
                listed[name] = {"size": size, "sha256": digest.hexdigest()}
            content = {"kotae": VERSION, **facts, "files": listed}
            archive.writestr(LIST, json.dumps(content, ensure_ascii=False, indent=1))
        with temporary.open("rb") as whole:
            os.fsync(whole.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise StoreError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def unpack(path: Path, folder: Path, wanted: Callable[[str], bool], tell: Tell) -> dict[str, Any]:
    """Unpacks an archive into `folder`, which must not be there, and gives what its list says.

    `wanted` says whether a name is one that such an archive holds. Raises StoreError, and leaves nothing, unless every
    file has the size and the digest that are listed, and none is there besides.
    """
    try:
        folder.mkdir(parents=True)
        with zipfile.ZipFile(path) as archive:
            facts = _listed(path, archive)
            members = _members(path, archive, facts["files"], wanted)
            total, done = sum(member.file_size for member in members), 0
            free = shutil.disk_usage(folder).free
            if total > free:
                raise StoreError(f"{str(path)!r} unpacks to {total:,} bytes, and {free:,} are free: make room")
            for member in members:
                target = folder.joinpath(*PurePosixPath(member.filename).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as read, target.open("xb") as written:
                    _copy(path, member, facts["files"][member.filename]["sha256"], read, written)
                done += member.file_size
                tell(done, total)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _refused(path, f"is damaged, or no archive that Kotae made ({error})") from error
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreError(f"cannot unpack {str(path)!r}: {error.strerror or error}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return facts


def _listed(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    """The list of the archive, when it is one that this version reads."""
    try:
        with archive.open(LIST) as read:
            text = read.read(_MAX_LIST + 1)
        facts = json.loads(text) if len(text) <= _MAX_LIST else None
    except (KeyError, ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict) or "kotae" not in facts:
        raise _refused(path, f"is no archive that Kotae made (its {LIST!r} is missing or damaged)")
    if facts["kotae"] != VERSION:
        raise _refused(path, f"has version {facts['kotae']!r}, this Kotae reads {VERSION}")
    files = facts.get("files")
    if not isinstance(files, dict) or not all(
        isinstance(one, dict) and isinstance(one.get("size"), int) and isinstance(one.get("sha256"), str)
        for one in files.values()
    ):
        raise _refused(path, f"is damaged (its {LIST!r} does not list its files)")
    return facts


def _members(
    path: Path, archive: zipfile.ZipFile, files: Mapping[str, Any], wanted: Callable[[str], bool]
) -> list[zipfile.ZipInfo]:
    """The files to unpack, when they are exactly those that are listed."""
    members = [member for member in archive.infolist() if member.filename != LIST]
    names = [member.filename for member in members]
    for member in members:
        name = member.filename
        if not _fits(name) or not wanted(name) or stat.S_ISLNK(member.external_attr >> 16):
            raise _refused(path, f"holds {name!r}, which no archive of Kotae's does")
        if member.file_size > _SMALL and member.file_size > _MAX_RATIO * member.compress_size:
            raise _refused(path, f"is damaged ({name!r} would grow {_MAX_RATIO} times and more)")
    if len({name.casefold() for name in names}) < len(names):
        raise _refused(path, "is damaged (two files in it have one name)")
    for name in sorted(set(names) ^ set(files)):
        raise _refused(path, f"is damaged ({name!r} is {'not listed' if name in names else 'missing'})")
    for member in members:
        if member.file_size != files[member.filename]["size"]:
            raise _refused(path, f"is damaged ({member.filename!r} is not as it was written)")
    return members


def _fits(name: str) -> bool:
    """Whether a name stays within the folder on every system."""
    parts = PurePosixPath(name).parts
    return bool(parts) and name == "/".join(parts) and ".." not in parts and _UNFIT.isdisjoint(name)


def _copy(path: Path, member: zipfile.ZipInfo, expected: str, read: IO[bytes], written: IO[bytes]) -> None:
    digest, left = hashlib.sha256(), member.file_size
    while chunk := read.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            break
        digest.update(chunk)
        written.write(chunk)
    if left or digest.hexdigest() != expected:
        raise _refused(path, f"is damaged ({member.filename!r} is not as it was written)")


def _refused(path: Path, reason: str) -> StoreError:
    return StoreError(f"{str(path)!r} {reason}: make the archive again with `kotae export`")
