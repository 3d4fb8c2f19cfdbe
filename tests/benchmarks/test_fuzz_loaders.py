"""What `benchmarks/fuzz_loaders.py` gives the readers."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fuzz_loaders

ROOT = Path(__file__).parents[2]
WITHOUT = "import runpy, sys; sys.modules['atheris'] = None; runpy.run_path(sys.argv.pop(1), run_name='__main__')"


def test_there_is_an_input_of_each_kind_and_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(fuzz_loaders, "tell", lambda suffix, reason: told.append(f"{suffix} {reason}"))
    readers, seeds = fuzz_loaders.kinds(tmp_path), fuzz_loaders.seeds()
    assert [seed[0] for seed in seeds] == list(range(len(readers)))
    for seed in [*seeds, b""]:
        fuzz_loaders.read_one(seed, readers)
    assert told == []


def test_without_atheris_it_says_what_to_install() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(ROOT / "benchmarks" / "fuzz_loaders.py")],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr.strip()) == (
        1,
        "atheris is not installed: pip install atheris (it has wheels for Linux)",
    )
