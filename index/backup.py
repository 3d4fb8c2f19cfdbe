"""An index as one archive, to keep or to move: the articles with their vectors, and the uploads.

What Chroma and the word index hold is made again on the other side, from the vectors: nothing is embedded again, the
ids and answers are the same, and nothing of an archive is opened but our own record.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from index.build import IndexReport, held, write_anew
from index.changes import Located
from index.embed import TextEmbedder
from index.errors import EmbedderMismatch, StoreError
from index.fingerprint import made_with
from index.home import Home
from index.manifest import Manifest
from index.packed import Tell, pack, unpack
from index.progress import Progress, ProgressCallback, nobody

_MANIFEST, _UPLOADS = "manifest.sqlite3", "uploads/"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What an archive holds. `uploads` are files that came in through the page; `size` is the archive's, in bytes."""

    path: Path
    articles: int
    passages: int
    uploads: int
    size: int


def export_index(home: Home, path: Path, progress: ProgressCallback = nobody) -> Exported:
    """Writes the live index as one archive. Raises NoIndex, or StoreError when it is damaged or cannot be written."""
    path = path.expanduser().absolute()
    manifest = Manifest.open(home.live / _MANIFEST)
    try:
        manifest.check()
        articles, passages = manifest.count()
        made_with = manifest.fingerprint.get("embedder", "")
    finally:
        manifest.close()
    uploads = sorted(one for one in home.uploads.rglob("*") if one.is_file() and not one.is_symlink())
    named = {f"{_UPLOADS}{one.relative_to(home.uploads).as_posix()}": one for one in uploads}
    facts = {
        "collection": home.collection,
        "articles": articles,
        "passages": passages,
        "embedder": made_with,
        "uploads": str(home.uploads),
    }
    pack(path, {_MANIFEST: manifest.path, **named}, facts, _telling(progress, "export"))
    return Exported(path=path, articles=articles, passages=passages, uploads=len(uploads), size=path.stat().st_size)


def import_index(
    home: Home, path: Path, embedder: TextEmbedder, *, replacing: bool = False, progress: ProgressCallback = nobody
) -> IndexReport:
    """Makes an index of an archive that `export_index` wrote. `replacing`: it takes the place of the one that is there.

    Raises StoreError for an archive that is damaged or of something else, or where there is an index already;
    EmbedderMismatch when it was made with another embedder; then nothing has changed.
    """
    began = time.monotonic()
    with home.writing(), ExitStack() as opened:
        if home.live_name and not replacing:
            raise StoreError(
                f"there is an index in {str(home.folder)!r}: import into another collection with `--collection NAME`, "
                "or put the archive in its place with `--replace`"
            )
        folder = opened.enter_context(_emptied(home.folder / "import.new"))
        facts = unpack(path, folder, _wanted, _telling(progress, "unpack"))
        manifest = _checked(path, folder / _MANIFEST, embedder, opened)
        before = Path(str(facts.get("uploads") or "/nowhere"))
        wanted = {id: _moved(item, before, home.uploads) for id, item in held(manifest).items()}
        report = write_anew(
            home, embedder, wanted, manifest, last=lambda: _put_uploads(folder, home), progress=progress
        )
    return replace(report, seconds=time.monotonic() - began)


def _checked(path: Path, file: Path, embedder: TextEmbedder, opened: ExitStack) -> Manifest:
    """The manifest of an archive, when all of it is as it was written and this embedder made its vectors."""
    if not file.is_file():
        raise StoreError(f"{str(path)!r} holds no articles: make the archive again with `kotae export`")
    try:
        manifest = Manifest.open(file)
        opened.callback(manifest.close)
        same = made_with(manifest.fingerprint, embedder)
        if same:
            manifest.check()
            manifest.check_vectors(embedder.dimension)
    except StoreError as error:
        reason = str(error).replace(str(file), file.name)
        raise StoreError(f"{str(path)!r} cannot be used: {reason}, then export it again") from error
    if not same:
        raise EmbedderMismatch(
            f"{str(path)!r} was made with {manifest.fingerprint.get('embedder', 'unknown')!r}, but the embedder is "
            f"{embedder.name!r} (digest {embedder.digest[:12]}): set KOTAE_EMBEDDER to match, or index its articles"
        )
    return manifest


def _wanted(name: str) -> bool:
    return name == _MANIFEST or (name.startswith(_UPLOADS) and len(name) > len(_UPLOADS))


def _moved(item: Located, before: Path, now: Path) -> Located:
    """The article where it lies now: uploads come with the archive, other files stay known by their old path."""
    if not item.located.path.is_relative_to(before):
        return item
    located = replace(item.located, path=now / item.located.path.relative_to(before))
    return Located(now if item.root == before else item.root, located)


def _put_uploads(folder: Path, home: Home) -> None:
    """Puts the archive's uploads in place; those that were there are kept beside them."""
    if not (folder / "uploads").is_dir():
        return
    if home.uploads.exists():
        kept = home.folder / "uploads.before"
        shutil.rmtree(kept, ignore_errors=True)
        home.uploads.rename(kept)
    (folder / "uploads").rename(home.uploads)


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """A folder that is not there, before and after; a killed run may have left one."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _telling(progress: ProgressCallback, label: str) -> Tell:
    return lambda done, total: progress(Progress(label=label, done=done, total=total, unit="bytes"))
