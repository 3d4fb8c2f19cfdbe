"""Which files an embedder's name stands for, and whether they are here. Loads no model."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from index.durable import locked, remembered_digest, remove
from index.e5 import E5_SMALL, EIGHT_BITS, FOUR_BITS
from index.errors import ModelError
from index.modelfiles import WAIT_SECONDS, prepare, status, verify
from index.modelspec import ModelSpec, ModelStatus, missing_requirements
from index.progress import Progress, ProgressCallback

KNOWN_EMBEDDERS: dict[str, ModelSpec] = {E5_SMALL.name: E5_SMALL}

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
# Only weights that cannot run code (no pickles), and what is read beside them.
_HUB_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]
_NOT_READ = ("onnx", "openvino")  # the same weights for other runtimes
_SHAPING = (".json", ".txt", ".model", ".safetensors")  # the files that shape a vector
_E5_PROMPTS = {"query": "query: ", "document": "passage: "}  # the hub's own copy has none


@dataclass(frozen=True, kw_only=True)
class EmbedderFiles:
    """A folder that a SentenceTransformer can be loaded from. `prompts` None takes the folder's own.

    `graphs`: the same weights as ONNX graphs made by us, in 4 and in 8 bits; None where there are none.
    """

    name: str
    folder: Path
    digest: str  # SHA-256 over the files that shape a vector
    prompts: dict[str, str] | None = None
    graphs: tuple[Path, Path] | None = None


def find_embedder(name_or_path: str, models_folder: Path, *, allow_hub: bool, tell: ProgressCallback) -> EmbedderFiles:
    """The files of a known name (made on first use), of a folder, or of a hub name if allowed. Raises ModelError."""
    spec = KNOWN_EMBEDDERS.get(name_or_path)
    if spec and not _only_on_hub(spec, models_folder, allow_hub):
        folder = prepare(spec, models_folder, progress=tell)
        graphs = folder / FOUR_BITS, folder / EIGHT_BITS
        return EmbedderFiles(name=spec.name, folder=folder, digest=spec.digest, graphs=graphs)
    local = Path(name_or_path).expanduser()
    if not spec and local.is_dir():
        folder = Path(os.path.realpath(local))
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise ModelError(
                f"the folder {str(folder)!r} holds no sentence-transformers model (no modules.json): set "
                f"KOTAE_EMBEDDER to one that does, or to {_known()}"
            )
    else:
        folder = _hub_folder(name_or_path, models_folder, allow_hub, tell)
    return EmbedderFiles(
        name=name_or_path,
        folder=folder,
        digest=_folder_digest(folder, models_folder),
        prompts=_E5_PROMPTS if spec else None,
    )


def _only_on_hub(spec: ModelSpec, models_folder: Path, allow_hub: bool) -> bool:
    """Whether the packages and the prepared model are both missing and the hub is allowed."""
    return allow_hub and bool(missing_requirements(spec)) and not (models_folder / spec.folder_name).is_dir()


def describe_embedder(
    name_or_path: str,
    models_folder: Path,
    *,
    allow_hub: bool = False,
    recompute: bool = False,
    progress: ProgressCallback | None = None,
) -> ModelStatus:
    """The embedder's line in `kotae models`. `recompute` reads its files again and compares their digests."""
    spec = KNOWN_EMBEDDERS.get(name_or_path)
    if spec and not _only_on_hub(spec, models_folder, allow_hub):
        if recompute:
            return verify(spec, models_folder, progress=progress)
        return status(spec, models_folder, allow_hub=allow_hub)
    local = Path(name_or_path).expanduser()
    held = _held(name_or_path, models_folder)
    folder = local if local.is_dir() else held
    found = folder.is_dir()
    if found:
        source = str(folder)
    elif allow_hub and _HUB_NAME.fullmatch(name_or_path):
        source = f"model hub: {name_or_path}"
    else:
        source = f"not found: known names are {_known()}"
    return ModelStatus(
        name=name_or_path,
        kind="embedder",
        ready=found,
        path=folder if found else None,
        size=sum((folder / name).stat().st_size for name in _files(folder)) if found else 0,
        digest=_folder_digest(folder, models_folder, forget=recompute) if found else "",
        licence="unknown",
        origin=name_or_path,
        source=source,
    )


def _known() -> str:
    return ", ".join(repr(name) for name in KNOWN_EMBEDDERS)


def _held(name: str, models_folder: Path) -> Path:
    return models_folder / "hub" / name.replace("/", "--")


def _hub_folder(name: str, models_folder: Path, allow_hub: bool, tell: ProgressCallback) -> Path:
    """The folder of a model that the hub holds; fetched once, and whole or absent."""
    folder = _held(name, models_folder)
    if folder.is_dir():
        return folder
    if not allow_hub or not _HUB_NAME.fullmatch(name):
        raise ModelError(
            f"there is no embedder {name!r}: set KOTAE_EMBEDDER to one of {_known()}, to a folder with a "
            "sentence-transformers model, or, with KOTAE_ALLOW_HUB=1, to a name on the model hub"
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    folder.parent.mkdir(parents=True, exist_ok=True)
    waiting = Progress(label=f"waiting for another process that fetches {name}")
    with locked(folder.parent / f".{folder.name}.lock", f"fetching {name!r}", WAIT_SECONDS, lambda: tell(waiting)):
        if folder.is_dir():
            return folder
        tell(Progress(label=f"fetching {name} from the model hub"))
        part = folder.with_name(f"{folder.name}.part")
        remove(part)
        try:
            snapshot_download(
                name, local_dir=part, allow_patterns=_HUB_FILES, ignore_patterns=[f"{name}/*" for name in _NOT_READ]
            )
            os.replace(part, folder)
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(
                f"the embedder {name!r} could not be fetched from the model hub ({reason[0][:200]}): check the name "
                f"and the network, or set KOTAE_EMBEDDER to one of {_known()}"
            ) from error
        finally:
            remove(part)
    return folder


def _files(folder: Path) -> list[str]:
    """The files that shape a vector, relative to `folder`, sorted."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix in _SHAPING and path.is_file())
    return sorted(path.as_posix() for path in paths if not path.parts[0].startswith((".", *_NOT_READ)))


def _folder_digest(folder: Path, models_folder: Path, *, forget: bool = False) -> str:
    """SHA-256 over the names and contents of a folder's files, remembered in the models folder."""
    place = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    memory = models_folder / "digests" / f"{place}.json"
    if forget:
        memory.unlink(missing_ok=True)
    return remembered_digest(folder, _files(folder), memory)
