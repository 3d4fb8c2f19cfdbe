"""What is inside a zip file (and so a docx or an epub), read into memory within limits. Nothing is unpacked to disk.

Sizes in an archive may lie: what counts is what has really come out. Names are never used as paths.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from index.charset import decode
from index.errors import ArticleError
from index.extracted import MAX_BYTES, MAX_MEMBERS, MAX_UNPACKED, one_line


class Archive:
    """A zip file in memory. `names` are its files as the archive writes them."""

    def __init__(self, data: bytes) -> None:
        with _translated():
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        if len(infos) > MAX_MEMBERS:
            raise ArticleError(f"holds {len(infos):,} files: split it into archives of at most {MAX_MEMBERS:,}")
        self._infos = {info.filename: info for info in infos}
        self._left = MAX_UNPACKED

    @property
    def names(self) -> list[str]:
        """Names of the files, as `read` takes them."""
        return list(self._infos)

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def read(self, name: str) -> bytes:
        """The content of a file. Raises ArticleError when it is locked, damaged, or unpacks to too much."""
        info = self._infos.get(name)
        if info is None:
            raise ArticleError(f"is damaged ({name!r} is missing in it): save it anew")
        if info.flag_bits & 1:
            raise ArticleError("is locked with a password: unlock it, or leave it out")
        limit = min(MAX_BYTES, self._left)
        with _translated(), self._zip.open(info) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise ArticleError(f"unpacks to more than {limit:,} bytes: leave it out")
        self._left -= len(content)
        return content

    def shown_name(self, name: str) -> str:
        """The name to show. Archives made on Japanese Windows hold Shift_JIS names and do not say so."""
        info = self._infos[name]
        if not info.flag_bits & 0x800:
            with suppress(UnicodeEncodeError, ArticleError):
                name = decode(name.encode("cp437"))
        return one_line(name.replace("\\", "/"))

    def is_link(self, name: str) -> bool:
        """Whether an entry is a symbolic link."""
        return stat.S_ISLNK(self._infos[name].external_attr >> 16)


@contextmanager
def _translated() -> Iterator[None]:
    """What zipfile raises becomes an ArticleError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ArticleError(f"is damaged, or no archive that can be read ({reason}): save it anew") from error
    except Exception as error:  # lzma.LZMAError is no OSError, and lzma may be missing
        if type(error).__name__ != "LZMAError":
            raise
        raise ArticleError(f"is damaged ({error}): save it anew") from error
