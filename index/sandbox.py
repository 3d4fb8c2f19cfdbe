"""Starts the process that reads risky files, asks it, and ends it when a file takes too long. Knows no format.

The process is a fresh one (never a fork: Chroma does not survive that) and is started by the first file that needs it.
After a file that killed it, the next file gets a new one.
"""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from index.errors import ArticleError
from index.extracted import Extracted, Passed
from index.reader import MEMORY

SECONDS = 120.0  # for one file, or one file of an archive
_START = "import sys; sys.path.insert(0, sys.argv[1]); from index.reader import main; main(int(sys.argv[2]))"


class Sandbox:
    """A reader in a process of its own; use it as a context. Not for several threads."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def extract(self, suffix: str, data: bytes) -> Iterator[Extracted | Passed]:
        """What the file holds. Raises ArticleError with the reason when it cannot be read, after what could be."""
        process = self._started()
        assert process.stdin
        try:
            process.stdin.write(json.dumps({"suffix": suffix, "size": len(data)}).encode("ascii") + b"\n")
            process.stdin.write(data)
            process.stdin.flush()
        except OSError:  # it has ended: `_next` says how
            pass
        while (answer := self._next(process))["kind"] != "end":
            kind = answer.pop("kind")
            yield Passed(**answer) if kind == "passed" else Extracted(**{**answer, "pages": tuple(answer["pages"])})
        if answer["refused"]:
            raise ArticleError(answer["refused"])

    def close(self) -> None:
        """Ends the process, if there is one."""
        process, self._process = self._process, None
        if process:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with suppress(OSError):  # what it has not read can no longer be handed over
                        pipe.close()
            process.wait()

    def _next(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=self._seconds)
        except queue.Empty:
            self.close()
            raise ArticleError(f"takes longer than {self._seconds:.0f} s to read: split it, or leave it out") from None
        if not line.endswith(b"\n"):
            process.wait()
            code = process.returncode
            self.close()
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
            raise ArticleError(f"cannot be read (its reader ended with {how}): leave it out")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._answers = queue.Queue(maxsize=64)
            root = str(Path(__file__).resolve().parent.parent)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, root, str(self._memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            threading.Thread(target=_listen, args=(self._process, self._answers), daemon=True).start()
        return self._process


def _listen(process: subprocess.Popen[bytes], answers: "queue.Queue[bytes]") -> None:
    """Hands on each line, and an empty one when there are no more."""
    assert process.stdout
    try:
        for line in process.stdout:
            answers.put(line)
    except ValueError:  # closed while it was being read
        pass
    answers.put(b"")
