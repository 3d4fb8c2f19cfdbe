"""What a run has already asked, kept line by line, so that a killed run goes on where it stood.

Each line holds one outcome under a key made of everything that decides it: the question with its history, the
settings, the content of the index and the code. Knows nothing of what outcomes mean.
"""

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import index
import rag
from index.errors import KotaeError

# Files of `rag/` that read what was answered and have no part in it.
_READERS = frozenset({
    "compare.py", "evaluate.py", "facts.py", "gold.py", "gold_import.py", "intervals.py", "journal.py", "metrics.py",
    "overlap.py", "places.py", "plots.py", "report.py", "report_style.py", "report_texts.py",
    "scorecard.py", "scoring.py", "doctor.py", "feedback.py",
    "judge.py", "stored.py", "__init__.py",
})  # fmt: skip


class JournalError(KotaeError):
    """A journal that cannot be written."""


def key_of(parts: Mapping[str, Any]) -> str:
    """SHA-256 of the parts, which must be JSON types."""
    written = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("ascii")).hexdigest()


@cache
def code_version() -> str:
    """A digest of the code that finds and answers: comments and layout apart, whatever changes there changes it."""
    digest = hashlib.sha256()
    for package in (index, rag):
        for path in sorted(Path(package.__file__ or "").parent.glob("*.py")):
            if package is rag and path.name in _READERS:
                continue
            digest.update(path.name.encode() + ast.dump(ast.parse(path.read_bytes())).encode("utf-8", "replace"))
    return digest.hexdigest()[:16]


class Journal:
    """A file of outcomes by key, open for adding. A line that a kill cut short is dropped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._outcomes: dict[str, dict[str, Any]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = self._read()
            self._file: TextIO = path.open("a", encoding="utf-8")
            if not whole:
                self._file.write("\n")
        except OSError as error:
            raise JournalError(
                f"cannot write {str(path)!r}: {error.strerror or error}: give a folder that can be written with --out"
            ) from error

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def get(self, key: str) -> dict[str, Any] | None:
        """The outcome under `key`, or None."""
        return self._outcomes.get(key)

    def put(self, key: str, outcome: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps an outcome, and returns it as a later run will read it. It is with the system when this returns."""
        line = json.dumps({"key": key, "outcome": outcome}, ensure_ascii=False)
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            raise JournalError(f"cannot write {str(self.path)!r}: {error.strerror or error}") from error
        self._outcomes[key] = json.loads(line)["outcome"]
        return self._outcomes[key]

    def _read(self) -> bool:
        """Reads what is there; whether the file ends with a whole line."""
        if not self.path.exists():
            return True
        text = self.path.read_text("utf-8", errors="replace")
        for line in text.split("\n"):
            try:
                row = json.loads(line)
                self._outcomes[row["key"]] = dict(row["outcome"])
            except (ValueError, TypeError, KeyError):
                continue
        return not text or text.endswith("\n")
