"""Which files under a folder may hold articles, and why the others do not. Opens none of them."""

import os
from dataclasses import dataclass
from pathlib import Path

from index.formats import SUFFIXES, not_read


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A file to be read, or one that will not be, with the reason. `refused`: it should have been."""

    path: Path
    reason: str = ""
    refused: bool = False


def article_files(root: Path) -> list[Listed]:
    """Every file under `root`, in the order of the names. Hidden ones, and metadata beside a file, are not listed.

    Links are followed to files within `root` only. A folder that cannot be listed is refused: passed over silently,
    its articles would be dropped from the index.
    """
    found: list[Listed] = []

    def refuse(error: OSError) -> None:
        reason = f"cannot read the folder {str(error.filename)!r}: {error.strerror or error}"
        found.append(Listed(path=Path(error.filename), reason=reason, refused=True))

    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in [*names, *(name for name in folders if Path(folder, name).is_symlink())]:
            if not name.startswith((".", "~$")) and not name.endswith(".meta.yaml"):
                found.append(_listed(Path(folder, name), root))
    depth = len(root.parts)
    return sorted(found, key=lambda listed: (listed.path.parts[depth:-1], listed.path.name))


def _listed(path: Path, root: Path) -> Listed:
    suffix = path.suffix.lower()
    if path.is_symlink():
        target = Path(os.path.realpath(path))
        if not target.exists():
            return Listed(path=path, reason=f"{str(path)!r} is a link that leads nowhere")
        if not target.is_relative_to(root):
            return Listed(
                path=path, reason=f"{str(path)!r} is a link that leads out of the folder: name its target too"
            )
        if target.is_dir():
            return Listed(path=path, reason=f"{str(path)!r} is a link to a folder that is read anyway")
    if suffix not in SUFFIXES:
        return Listed(path=path, reason=f"{str(path)!r}: {not_read(suffix)}")
    if not path.is_file():
        return Listed(path=path, reason=f"{str(path)!r} is no regular file")
    return Listed(path=path)
