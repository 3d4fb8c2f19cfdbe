"""The child process that reads files which may be made to do harm: bytes come in, text goes out, nothing else.

It opens no file and no connection, may not write, and has so much memory and no more. Each request on its input is a
line of JSON with `suffix` and `size`, then the bytes; each answer on its output is a line: an article, something
passed over, or the end. `index/sandbox.py` starts it and watches the time.
"""

import json
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from index.errors import ArticleError
from index.extracted import MAX_TEXT, Extracted
from index.formats import extract

MEMORY = 2 * 1024**3  # bytes of address space


def main(memory: int = MEMORY) -> None:
    """Answers requests until the input ends. `memory`: bytes of address space."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints must not look like an answer
    _limit(memory)
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["size"])
        if len(data) < request["size"]:
            return
        _answer(answers, request["suffix"], data, memory)


def _answer(answers: BinaryIO, suffix: str, data: bytes, memory: int) -> None:
    try:
        for found in extract(suffix, data):
            if isinstance(found, Extracted) and len(found.text) > MAX_TEXT:
                raise ArticleError(f"holds more than {MAX_TEXT:,} characters: split it")
            _write(answers, {"kind": "article" if isinstance(found, Extracted) else "passed", **asdict(found)})
        _write(answers, {"kind": "end", "refused": ""})
    except ArticleError as error:
        _write(answers, {"kind": "end", "refused": str(error)})
    except MemoryError:
        _write(answers, {"kind": "end", "refused": f"needs more than {memory / 1024**3:.3g} GB of memory: split it"})
    except RecursionError:
        _write(answers, {"kind": "end", "refused": "is nested too deeply: leave it out"})
    except Exception as error:  # noqa: BLE001  (a library met a file that it did not expect: that file is refused)
        reason = f"cannot be read ({type(error).__name__}: {str(error)[:200]}): leave it out"
        _write(answers, {"kind": "end", "refused": " ".join(reason.split())})


def _write(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode("ascii") + b"\n")
    answers.flush()


def _limit(memory: int) -> None:
    """Takes away what reading bytes does not need; a system that cannot is still watched from outside."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {"RLIMIT_AS": memory, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, limit in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), (limit, limit))
        except (ValueError, OSError, AttributeError):
            continue
