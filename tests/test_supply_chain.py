"""What Kotae is made of cannot run what it reads, and what is known to be wrong with it was looked at."""

import ast
import os
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests.test_architecture import ROOT, SOURCES

EXCEPTIONS = [
    line.split(maxsplit=3)
    for line in (ROOT / ".ci" / "audit-exceptions").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]
PINNED = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split() if "==" in line)


def calls() -> list[tuple[str, ast.Call]]:
    return [(path, node) for path, tree in SOURCES.items() for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_yaml_gives_strings_and_builds_nothing() -> None:
    found = [(path, ast.unparse(call)) for path, call in calls() if ast.unparse(call.func).startswith("yaml.")]
    assert found == [("index/read.py", "yaml.load(text, Loader=yaml.BaseLoader)")]


def test_arrays_are_read_without_objects_and_weights_as_safetensors() -> None:
    wrong = [
        f"{path}:{call.lineno} {ast.unparse(call)[:80]}"
        for path, call in calls()
        if (ast.unparse(call.func) in ("np.load", "numpy.load") and "allow_pickle=False" not in ast.unparse(call))
        or ast.unparse(call.func).endswith(("torch.load", "np.fromfile", "read_pickle", "loads_pickle"))
    ]
    assert wrong == []
    loads = [
        ast.unparse(call)
        for path, call in calls()
        if path.startswith("index/") and ast.unparse(call.func).endswith(("SentenceTransformer", "CrossEncoder"))
    ]
    assert loads
    assert [one for one in loads if "trust_remote_code=True" in one] == []


def test_the_reason_why_the_advisories_of_chroma_do_not_reach_us_holds() -> None:
    """We start no server, connect to one in one place, and nothing builds an embedding function that an index names."""
    nodes = [node for tree in SOURCES.values() for node in ast.walk(tree)]
    names = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    server = re.compile(r"HttpClient|AsyncHttp|CloudClient|chromadb\.(?:server|app)|\.run_server")
    assert [name for name in names if server.search(name)] == ["chromadb.HttpClient"]
    assert [path for path, call in calls() if ast.unparse(call.func) == "chromadb.HttpClient"] == ["index/server.py"]
    opened = [call for _, call in calls() if ast.unparse(call.func).endswith(("create_collection", "get_collection"))]
    assert len(opened) >= 3
    for call in opened:
        functions = [ast.unparse(k.value) for k in call.keywords if k.arg == "embedding_function"]
        assert functions == ["None"], ast.unparse(call)
    unsafe = re.compile(r"\.(?:configuration|schema)$")
    assert [n for n in names if unsafe.search(n) and "collection" in n] == []


def test_every_exception_of_the_audit_names_a_pinned_package_a_date_and_a_reason() -> None:
    assert [one[0] for one in EXCEPTIONS] == ["CVE-2026-45829", "CVE-2026-45833"]
    for identity, package, reviewed, reason in EXCEPTIONS:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,}|GHSA(-\w{4}){3}|PYSEC-\d{4}-\d+", identity)
        assert package in PINNED
        assert date.fromisoformat(reviewed).year >= 2026
        assert len(reason) > 80


def test_what_is_pinned_is_pinned_exactly() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == []


PRETENDED = """#!/bin/sh
echo "$@" > asked
for last; do [ "$before" = "-o" ] && out=$last; before=$last; done
{act}
"""


@pytest.mark.parametrize(
    ("act", "status", "said"),
    [
        ('echo "ConnectionError: no route" >&2; exit 1', 2, "the audit could not be made (ConnectionError: no route)"),
        (
            'echo "ERROR:pip_audit._cli:a: not found" >&2; exit 1',
            2,
            "could not be made (ERROR:pip_audit._cli:a: not found)",
        ),
        ('echo "| a | CVE-1 |" > "$out"; exit 1', 1, "have known vulnerabilities"),
        ("exit 0", 0, "no known vulnerability but those reviewed"),
    ],
)
def test_the_audit_says_whether_it_was_made(tmp_path: Path, act: str, status: int, said: str) -> None:
    pretended = tmp_path / "pip-audit"
    pretended.write_text(PRETENDED.format(act=act).replace("> asked", f"> {tmp_path / 'asked'}"), "utf-8")
    pretended.chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "audit"], env={**os.environ, "PIP_AUDIT": str(pretended)}, capture_output=True, text=True
    )
    assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done
    asked = (tmp_path / "asked").read_text("utf-8")
    assert "--strict" in asked  # else a package that the database does not know would count as one without a fault
    assert [f"--ignore-vuln {one[0]}" in asked for one in EXCEPTIONS] == [True] * len(EXCEPTIONS)
