"""Says when something under a folder has changed and has been quiet since. Knows nothing of what is read there."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ArticleError

if TYPE_CHECKING:
    from threading import Event

_QUIET = 500  # ms without a change before one is told: a file is saved, or a folder copied, in many steps
_AT_MOST = 5_000  # ms of changes without a pause before they are told all the same
_BEAT = 2_000  # ms without a change before that is told


def changes(paths: Sequence[Path], ignored: Path, stop: "Event | None" = None) -> Iterator[bool]:
    """True after each change under `paths`, False every few seconds without one; ends when `stop` is set.

    What changes while the caller is at work is told next. Hidden files do not count, nor what lies in `ignored` (the
    home, which indexing itself writes to) unless a path of its own names it, as that of the uploads does. Raises
    ArticleError for a path that is not there, KeyboardInterrupt.
    """
    from watchfiles import watch  # not for `kotae --help`

    paths = [path.expanduser().resolve() for path in paths]
    ignored = ignored.expanduser().resolve()
    for path in paths:
        if not path.exists():
            raise ArticleError(f"there is nothing at {str(path)!r}: check the path")
    # An editor may put a new file in place of the old one, which a watch of the file itself would not survive.
    folders = {path if path.is_dir() else path.parent for path in paths}

    def counts(_: object, name: str) -> bool:
        changed = Path(name)
        return any(_within(changed, path, ignored) or (not path.is_dir() and _beside(changed, path)) for path in paths)

    try:
        for changed in watch(
            *folders, watch_filter=counts, debounce=_AT_MOST, step=_QUIET, rust_timeout=_BEAT, yield_on_timeout=True,
            recursive=any(path.is_dir() for path in paths), ignore_permission_denied=True, stop_event=stop,
        ):  # fmt: skip
            yield bool(changed)
    except OSError as error:  # too many folders for the system to watch, for example
        raise ArticleError(
            f"cannot watch {', '.join(map(str, paths))} ({error.strerror or error}): name a smaller folder, or run "
            "`kotae index` now and then"
        ) from error


def _within(changed: Path, root: Path, ignored: Path) -> bool:
    """Whether a file that is not hidden lies under `root`, and not in `ignored` while the root itself does not."""
    if not changed.is_relative_to(root) or (changed.is_relative_to(ignored) and not root.is_relative_to(ignored)):
        return False
    return not any(part.startswith((".", "~$")) for part in changed.relative_to(root).parts)


def _beside(changed: Path, path: Path) -> bool:
    """Whether a file holds the metadata of a watched one."""
    return changed.parent == path.parent and changed.name == f"{path.stem}.meta.yaml"
