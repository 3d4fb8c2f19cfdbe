"""Preparing models, with small packages made on the spot. Run as a script, this file is one preparing process."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from errno import ENOSPC
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from index.durable import file_digest, read_chunks
from index.errors import ModelError
from index.modelfiles import prepare, status, verify
from index.modelspec import HubSource, ModelFile, ModelSpec, PackageFile
from index.progress import Progress

PARTS = (b"first part " * 1000, b"second part " * 1000, b"end")
WHOLE = b"".join(PARTS)


def spec_of(
    sha256: str = hashlib.sha256(WHOLE).hexdigest(),
    build: Callable[[Sequence[Path]], Mapping[str, Iterable[bytes]]] = lambda paths: {"model.bin": read_chunks(*paths)},
    hub: HubSource | None = None,
) -> ModelSpec:
    return ModelSpec(
        name="tiny/model",
        kind="chat",
        licence="MIT",
        origin="made by a test",
        files=(ModelFile(name="model.bin", size=len(WHOLE), sha256=sha256),),
        sources=tuple(
            PackageFile(
                requirement=f"kotae-tiny-part{number}==1.0",
                module=f"kotae_tiny_part{number}",
                path=f"data/part{number:02}.bin",
                size=len(part),
            )
            for number, part in enumerate(PARTS, 1)
        ),
        build=build,
        hub=hub,
    )


def install(folder: Path) -> None:
    for number, part in enumerate(PARTS, 1):
        package = folder / f"kotae_tiny_part{number}"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('nothing of the package may run')")
        (package / "data" / f"part{number:02}.bin").write_bytes(part)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install(tmp_path / "packages")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    return tmp_path / "packages"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def names(models: Path) -> set[str]:
    """What stands in the models folder, the lock file aside."""
    return {path.name for path in models.iterdir() if not path.name.endswith(".lock")}


@pytest.mark.usefixtures("packages")
def test_parts_in_packages_become_one_verified_file_and_the_next_call_reads_nothing(models: Path) -> None:
    heard: list[Progress] = []
    folder = prepare(spec_of(), models, progress=heard.append)
    assert (folder / "model.bin").read_bytes() == WHOLE
    assert names(models) == {"tiny--model"}
    assert heard[-1] == Progress(label="preparing tiny/model", done=len(WHOLE), total=len(WHOLE))

    heard.clear()
    assert prepare(spec_of(), models, progress=heard.append) == folder
    assert heard == []


@pytest.mark.usefixtures("packages")
def test_a_file_with_another_modification_time_is_verified_again_but_not_made_again(models: Path) -> None:
    folder = prepare(spec_of(), models)
    os.utime(folder / "model.bin", ns=(1, 1))
    heard: list[Progress] = []
    prepare(spec_of(), models, progress=heard.append)
    assert {progress.label for progress in heard} == {"verifying tiny/model"}
    heard.clear()
    prepare(spec_of(), models, progress=heard.append)
    assert heard == []


@pytest.mark.usefixtures("packages")
def test_a_damaged_file_is_made_again_from_the_packages(models: Path) -> None:
    folder = prepare(spec_of(), models)
    (folder / "model.bin").write_bytes(b"x" * len(WHOLE))
    prepare(spec_of(), models)
    assert (folder / "model.bin").read_bytes() == WHOLE


def test_a_damaged_file_without_packages_is_an_error_that_names_the_folder_and_keeps_it(models: Path) -> None:
    (models / "tiny--model").mkdir(parents=True)
    (models / "tiny--model" / "model.bin").write_bytes(b"x" * len(WHOLE))
    with pytest.raises(ModelError, match=r"tiny--model' is damaged: 'model.bin' has SHA-256 .* instead of .*remove"):
        prepare(spec_of(), models)
    assert names(models) == {"tiny--model"}


def test_a_file_that_the_user_put_there_is_verified_and_used_without_packages(models: Path) -> None:
    (models / "tiny--model").mkdir(parents=True)
    (models / "tiny--model" / "model.bin").write_bytes(WHOLE)
    assert prepare(spec_of(), models) == models / "tiny--model"
    assert status(spec_of(), models).ready


def test_a_missing_part_is_named_with_the_command_that_installs_it(packages: Path, models: Path) -> None:
    (packages / "kotae_tiny_part2" / "data" / "part02.bin").unlink()
    with pytest.raises(ModelError, match=r"not installed: kotae-tiny-part2==1.0: run `pip install 'kotae\[local\]'`"):
        prepare(spec_of(), models)
    assert names(models) == set()


def test_a_truncated_part_is_named_with_the_command_that_repairs_it(packages: Path, models: Path) -> None:
    (packages / "kotae_tiny_part3" / "data" / "part03.bin").write_bytes(b"en")
    with pytest.raises(ModelError, match=r"part03.bin' has 2 bytes instead of 3: run `pip .* kotae-tiny-part3==1.0`"):
        prepare(spec_of(), models)
    assert names(models) == set()


@pytest.mark.usefixtures("packages")
def test_a_wrong_digest_shows_both_digests_and_keeps_nothing(models: Path) -> None:
    found = hashlib.sha256(WHOLE).hexdigest()
    with pytest.raises(ModelError, match=f"expected .* SHA-256 {'0' * 64}, found .* {found}: nothing was kept"):
        prepare(spec_of(sha256="0" * 64), models)
    assert names(models) == set()


@pytest.mark.usefixtures("packages")
def test_a_disk_without_room_is_told_before_anything_is_written(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(ModelError, match=r"needs [\d,]+ bytes and 1,000 are free: make room"):
        prepare(spec_of(), models)
    assert names(models) == set()


@pytest.mark.usefixtures("packages")
def test_a_disk_that_fills_up_while_writing_leaves_nothing(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(ModelError, match=r"is full: 'tiny/model' needs [\d,]+ bytes and [\d,]+ are free"):
            prepare(spec_of(), models)
    assert names(models) == set()
    prepare(spec_of(), models)
    assert names(models) == {"tiny--model"}


def test_two_processes_at_once_make_one_model(tmp_path: Path, models: Path) -> None:
    install(tmp_path / "packages")
    processes = [_start(tmp_path, models, "slowly") for _ in range(2)]
    assert [process.wait(30) for process in processes] == [0, 0]
    assert len(list((tmp_path / "builds").iterdir())) == 1
    assert (models / "tiny--model" / "model.bin").read_bytes() == WHOLE
    assert names(models) == {"tiny--model"}


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path, models: Path, packages: Path) -> None:
    assert packages == tmp_path / "packages"
    assert _start(tmp_path, models, "killed").wait(30) == -signal.SIGKILL
    assert names(models) == {"tiny--model.part"}
    assert 0 < (models / "tiny--model.part" / "model.bin").stat().st_size < len(WHOLE)
    prepare(spec_of(), models)
    assert names(models) == {"tiny--model"}
    assert file_digest(models / "tiny--model" / "model.bin") == spec_of().digest


@pytest.mark.usefixtures("packages")
def test_waiting_for_another_process_ends_with_the_name_of_the_lock_file(models: Path) -> None:
    models.mkdir()
    with (
        FileLock(models / ".tiny--model.lock"),
        pytest.raises(ModelError, match=r"another process has been preparing 'tiny/model' for .*\.tiny--model\.lock"),
    ):
        prepare(spec_of(), models, wait_seconds=0.1)


@pytest.mark.parametrize("as_folder", [False, True])
def test_a_path_that_the_user_gives_is_taken_when_no_package_is_installed(
    tmp_path: Path, models: Path, as_folder: bool
) -> None:
    given = tmp_path / "given" / "model.bin"
    given.parent.mkdir()
    given.write_bytes(WHOLE)
    folder = prepare(spec_of(), models, given_path=given.parent if as_folder else given)
    assert (folder / "model.bin").read_bytes() == WHOLE


def test_a_given_path_that_is_not_there_is_an_error(models: Path) -> None:
    with pytest.raises(ModelError, match="there is no file or folder '/nowhere' to take the model 'tiny/model' from"):
        prepare(spec_of(), models, given_path="/nowhere")


def test_the_model_hub_is_asked_only_if_allowed_for_the_pinned_revision(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []

    def hub(*, repo_id: str, filename: str, revision: str, local_dir: Path) -> str:
        asked.append((repo_id, filename, revision))
        local_dir.mkdir()
        (local_dir / filename).write_bytes(WHOLE)
        return str(local_dir / filename)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", hub)
    spec = spec_of(hub=HubSource(repository="somebody/model", revision="abc"))
    with pytest.raises(ModelError, match="or set KOTAE_ALLOW_HUB=1 to fetch it from the model hub"):
        prepare(spec, models)
    assert asked == []
    assert status(spec, models, allow_hub=True).source == "model hub: somebody/model"
    folder = prepare(spec, models, allow_hub=True)
    assert asked == [("somebody/model", "model.bin", "abc")]
    assert {path.name for path in folder.iterdir()} == {"model.bin", "receipt.json"}


@pytest.mark.usefixtures("packages")
def test_the_status_tells_where_a_model_is_or_would_come_from(models: Path) -> None:
    before = status(spec_of(), models)
    assert (before.ready, before.path, before.source) == (False, None, "installed packages")
    folder = prepare(spec_of(), models)
    after = status(spec_of(), models)
    assert (after.ready, after.path, after.source) == (True, folder, str(folder))
    assert (after.size, after.digest, after.licence) == (len(WHOLE), hashlib.sha256(WHOLE).hexdigest(), "MIT")


@pytest.mark.usefixtures("packages")
def test_verifying_finds_a_changed_byte_that_size_and_time_hide_and_removes_nothing(models: Path) -> None:
    folder = prepare(spec_of(), models)
    before = (folder / "model.bin").stat()
    (folder / "model.bin").write_bytes(b"X" + WHOLE[1:])
    os.utime(folder / "model.bin", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert status(spec_of(), models).ready
    found = verify(spec_of(), models)
    assert not found.ready
    assert "damaged: 'model.bin' has SHA-256" in found.source
    assert (folder / "model.bin").is_file()


def test_verifying_what_is_not_there_says_what_is_missing(models: Path) -> None:
    found = verify(spec_of(), models)
    assert not found.ready
    assert "missing packages: kotae-tiny-part1==1.0, kotae-tiny-part2==1.0, kotae-tiny-part3==1.0" in found.source


@pytest.mark.usefixtures("packages")
def test_a_receipt_that_is_not_json_is_read_as_none(models: Path) -> None:
    folder = prepare(spec_of(), models)
    (folder / "receipt.json").write_text("{")
    assert not status(spec_of(), models).ready
    prepare(spec_of(), models)
    assert json.loads((folder / "receipt.json").read_text())["model.bin"][2] == spec_of().digest


def _start(folder: Path, models: Path, how: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, __file__, str(folder), str(models), how])


def _prepare_as_a_process(folder: Path, models: Path, how: str) -> None:
    sys.path.insert(0, str(folder / "packages"))

    def build(paths: Sequence[Path]) -> Mapping[str, Iterable[bytes]]:
        (folder / "builds").mkdir(exist_ok=True)
        (folder / "builds" / str(os.getpid())).touch()
        return {"model.bin": chunks(paths)}

    def chunks(paths: Sequence[Path]) -> Iterable[bytes]:
        for path in paths:
            yield path.read_bytes()
            if how == "killed":
                yield WHOLE[len(PARTS[0]) : len(PARTS[0]) + 9000]  # more than the file's buffer, so some is written
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.2)

    prepare(spec_of(build=build), models)


if __name__ == "__main__":
    _prepare_as_a_process(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
