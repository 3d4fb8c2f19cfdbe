"""Which files a generation was made of, noted beside them: a file that is gone is missed before anything is searched.

Cheap, since nothing is opened: names and sizes. Knows nothing of what stands in the files.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from index.errors import StoreError

NAME = "files.json"
_LOOKS, _PAUSE = 25, 0.02  # a short file is looked at again so often, that many seconds apart
_PASSING = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a database while somebody writes


def note_files(folder: Path) -> None:
    """Writes the inventory of `folder` into it."""
    sizes = {name: _least(folder / name) for name in sorted(_files(folder))}
    (folder / NAME).write_text(json.dumps(sizes, indent=1), "utf-8")


def check_files(folder: Path) -> None:
    """Raises StoreError for the first file that is gone or shorter than it was. Without an inventory nothing is known.

    A file may have grown, and one may be short for a moment: Chroma writes the head of a graph anew whenever a process
    opens it.
    """
    try:
        noted = json.loads((folder / NAME).read_text("utf-8"))
        least = {str(name): int(size) for name, size in noted.items()}
    except FileNotFoundError:  # a generation of an earlier version
        return
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise _damaged(folder, f"{NAME!r} cannot be read: {error}") from error
    for name, size in least.items():
        try:
            held = os.stat(folder / name).st_size
            for _ in range(_LOOKS):
                if held >= size:
                    break
                time.sleep(_PAUSE)
                held = os.stat(folder / name).st_size
        except (OSError, ValueError) as error:
            raise _damaged(folder, f"{name!r} is missing") from error
        if held < size:
            raise _damaged(folder, f"{name!r} holds {held:,} bytes of {size:,}")


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        # A graph of Chroma's that has not been written out holds nothing yet: whoever asks it writes its files anew.
        unwritten = path.with_name("header.bin").exists() and not path.with_name("index_metadata.pickle").exists()
        if path.is_file() and path.name != NAME and not path.name.endswith(_PASSING) and not unwritten:
            yield path.relative_to(folder).as_posix()


def _least(path: Path) -> int:
    """How large the file must still be; a database may give pages back, and says itself whether it is whole."""
    return 0 if path.suffix == ".sqlite3" else path.stat().st_size


def _damaged(folder: Path, reason: str) -> StoreError:
    return StoreError(
        f"the index in {str(folder)!r} is damaged ({reason}): repair it with `kotae doctor --repair`, or make it again "
        "with `kotae index --rebuild PATH`"
    )
