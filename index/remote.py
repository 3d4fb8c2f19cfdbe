"""Articles elsewhere: files behind an address that fsspec opens (`s3://bucket/articles`). Asks what the user named.

An address travels as a Path (`index/place.py`).
"""

from pathlib import Path
from typing import Any

from index.errors import ArticleError
from index.extracted import MAX_BYTES
from index.files import Listed
from index.formats import SUFFIXES, not_read
from index.place import address_of, place


def remote_files(root: Path) -> list[Listed]:
    """Every file under an address, or the one that it names, in the order of the names, without hidden ones.

    Raises ArticleError.
    """
    address = address_of(root)
    system, inside = _opened(address)
    try:
        names = [inside] if system.isfile(inside) else sorted(system.find(inside))
        paths = [Path(system.unstrip_protocol(name)) for name in names]
    except Exception as error:  # noqa: BLE001  (each protocol's library has errors of its own)
        raise _unreadable(address, error) from error
    depth = len(root.parts)
    shown = [path for path in paths if not any(part.startswith((".", "~$")) for part in path.parts[depth:])]
    if not shown:
        raise ArticleError(f"there is nothing at {address!r}: check the address")
    files = [_listed(path) for path in shown if not path.name.endswith(".meta.yaml")]
    if all(listed.reason for listed in files):
        raise ArticleError(f"no articles in {address!r}: Kotae reads {', '.join(SUFFIXES)} files")
    return files


def remote_bytes(path: Path) -> bytes:
    """The content of the file at an address. Raises ArticleError."""
    address = address_of(path)
    system, inside = _opened(address)
    try:
        size = system.size(inside)
        if size and size > MAX_BYTES:
            raise ArticleError(f"{address!r} has {size:,} bytes: split it into files of at most {MAX_BYTES:,}")
        with system.open(inside, "rb") as file:
            data: bytes = file.read(MAX_BYTES + 1)
    except ArticleError:
        raise
    except Exception as error:  # noqa: BLE001  (see above)
        raise _unreadable(address, error) from error
    return data


def remote_exists(path: Path) -> bool:
    """Whether there is a file at an address."""
    system, inside = _opened(address_of(path))
    try:
        return bool(system.isfile(inside))
    except Exception as error:  # noqa: BLE001  (see above)
        raise _unreadable(address_of(path), error) from error


def _listed(path: Path) -> Listed:
    suffix = path.suffix.lower()
    return Listed(path=path, reason="" if suffix in SUFFIXES else f"{place(path)!r}: {not_read(suffix)}")


def _opened(address: str) -> tuple[Any, str]:
    """The file system, and the place in it."""
    try:
        from fsspec.core import url_to_fs  # 60 ms, for those alone who name an address

        system, inside = url_to_fs(address)
    except ImportError as error:  # "Install s3fs to access S3"
        raise ArticleError(f"{address!r} needs a package that is not installed ({error}): pip install it") from error
    except Exception as error:  # noqa: BLE001  (see above)
        raise _unreadable(address, error) from error
    return system, str(inside)


def _unreadable(address: str, error: Exception) -> ArticleError:
    reason = (str(error).strip().splitlines() or [""])[0][:200] or type(error).__name__
    return ArticleError(f"cannot read {address!r} ({reason}): check the address and the rights to it")
