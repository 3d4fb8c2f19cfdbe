"""What the two sides of `speed.py` share: the data, and how things are timed. A name of a measure ends in its unit.

Vectors of the large indexes that are only searched are real ones with noise: embedding 100,000 passages says nothing
about searching them.
"""

import json
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import Embedder, available_threads
from rag.metrics import percentile
from rag.settings import Settings

K = 10
KIB = 1024  # in which the system counts memory
ROOT = Path(__file__).parent.parent
QUESTIONS = [  # of the articles in seeds/
    "How much is OpenAI's cloud deal with Amazon worth, and for how long?",
    "市営バスの自動運転はいつ始まりますか?",
    "OpenAIとAmazonの契約はいくらですか?",
]

Found = dict[str, float]


class Clock:
    """Seconds and processor seconds since it was made."""

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def read(self, name: str = "") -> Found:
        return {f"{name}s": time.perf_counter() - self._began, f"{name}cpu s": time.process_time() - self._cpu}


class Near:
    """The embedder, but passages get vectors near those of real ones."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self._embedder = embedder
        self._real = embedder.embed_passages(texts)
        self._random = np.random.default_rng(2026)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_passages(self, texts: Iterable[str]) -> np.ndarray:
        rows = self._real[self._random.integers(len(self._real), size=len(list(texts)))]
        near = rows + self._random.normal(scale=0.4 / rows.shape[1] ** 0.5, size=rows.shape)
        return np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), dtype=np.float32)


class Bench:
    """What every part needs; the embedders are opened when they are asked for."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.data, self.folder = data, folder
        self.settings = Settings.from_environment()
        self.threads = self.settings.threads or available_threads()

    def embedder(self) -> Embedder:
        return Embedder.open(self.settings.embedder, self.settings.models, threads=self.threads)

    def rows(self, name: str, most: int | None = None) -> list[dict[str, Any]]:
        with (self.data / name).open(encoding="utf-8") as lines:
            return [json.loads(line) for line in islice(lines, most)]

    def articles(self, most: int) -> Path:
        """The first articles of Wikinews in a file of their own."""
        path = self.folder / f"wikinews-{most}.jsonl"
        kept = [
            {key: row[key] for key in ("id", "title", "text") if row.get(key)}
            for row in self.rows("wikinews_ja/articles.jsonl", most)
        ]
        if not path.exists():
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
        return path

    def questions(self, most: int) -> list[str]:
        rows = self.rows("jsquad/questions.jsonl")
        return [row["question"] for row in rows if 26 <= len(row["question"]) <= 34][:most]

    def asked(self, most: int) -> list[str]:
        """Questions of seeds/ from all over its gold set, after one that loads what is needed."""
        lines = (ROOT / "seeds" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        some = lines[:: max(1, len(lines) // most)][:most]
        return [QUESTIONS[0], *(json.loads(line)["user_input"] for line in some)]

    def pieces(self, most: int) -> list[dict[str, str]]:
        """Texts of about a passage's length: the articles cut every 300 characters, then again between those places."""
        rows = [row for name in ("squad2/passages", "wikinews_ja/articles") for row in self.rows(f"{name}.jsonl")]
        pieces = (
            {"id": f"{row['id']}-{start}", "text": row["text"][start : start + 300]}
            for shift in range(0, 300, 30)
            for row in rows
            for start in range(shift, len(row["text"]), 300)
        )
        found = list(islice(pieces, most))
        if len(found) < most:
            raise SystemExit(f"the articles give {len(found):,} pieces: measure with --sizes {len(found)}")
        return found


def indexed(clock: Clock, passages: int, source: Path, folder: Path) -> Found:
    took = clock.read()
    characters = sum(len(json.loads(line)["text"]) for line in source.read_text(encoding="utf-8").splitlines())
    return {
        "passages": passages,
        **took,
        "passages/s": passages / took["s"],
        "passages/cpu s": passages / took["cpu s"],
        "characters of articles/cpu s": characters / took["cpu s"],
        "peak memory MB": _peak(),
        **disk(folder, passages),
    }


def disk(folder: Path, passages: int) -> Found:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"disk KB/passage": size / passages / 1000}


def embedded(bench: Bench, most: int, passages: Callable[[list[str]], Any], question: Callable[[str], Any]) -> Found:
    texts = [row["text"] for row in bench.pieces(2000)[600:][:most]]
    passages(texts[:8])
    clock = Clock()
    passages(texts)
    took = clock.read()
    return {
        "passages/s": len(texts) / took["s"],
        "passages/cpu s": len(texts) / took["cpu s"],
        **timed(question, bench.questions(min(most, 100)), "question "),
        "peak memory MB": _peak(),
    }


def timed(run: Callable[[str], Any], questions: Sequence[str], name: str = "") -> Found:
    """Milliseconds; the first ten questions load what is needed."""
    for question in questions[:10]:
        run(question)
    seconds = []
    clock = Clock()
    for question in questions[10:]:
        began = time.perf_counter()
        run(question)
        seconds.append(time.perf_counter() - began)
    points = {f"{name}p{100 * point:.0f} ms": 1000 * percentile(seconds, point) for point in (0.5, 0.95, 0.99)}
    return {**points, f"{name}mean cpu ms": 1000 * clock.read()["cpu s"] / len(seconds)}


def both_seconds(name: str, command: list[str]) -> Found:
    """The quickest of three runs, and the least processor time."""
    took = [_run(command) for _ in range(3)]
    return {f"{name}s": min(one[0] for one in took), f"{name}cpu s": min(one[1] for one in took)}


def quickest(command: list[str]) -> float:
    return min(_run(command)[0] for _ in range(3))


def _run(command: list[str]) -> tuple[float, float]:
    before = os.times()
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - began, used


def watched(bench: Bench, most: int, run: Callable[[str], Any]) -> Found:
    """No question comes twice: a number makes it another one."""
    questions = bench.questions(most)
    held: list[float] = []
    handles: list[int] = []
    for number in range(most):
        run(f"{questions[number % len(questions)]} {number // len(questions)}")
        if number + 1 in (most // 10, most):
            held.append(memory())
            handles.append(len(os.listdir("/proc/self/fd")))
    return {
        "memory after a tenth MB": held[0],
        "memory at the end MB": held[-1],
        "handles after a tenth": handles[0],
        "handles at the end": handles[-1],
    }


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def told(questions: Sequence[str], ask: Callable[[str], Iterable[str]]) -> Found:
    """Seconds to the first piece of text that is not empty, and to the end; the first question is not counted."""
    first, whole = [], []
    for question in questions:
        began = time.perf_counter()
        spoken = 0.0
        for piece in ask(question):
            if piece and not spoken:
                spoken = time.perf_counter() - began
        whole.append(time.perf_counter() - began)
        first.append(spoken or whole[-1])
    first, whole = first[1:], whole[1:]
    return {
        "first words s": mean(first), "first words longest s": max(first),
        "whole answer s": mean(whole), "whole answer longest s": max(whole),
    }  # fmt: skip


def held(questions: Sequence[str], ask: Callable[[str], object], process: int | str = "self") -> Found:
    """What a page that is ready holds, and after each has been asked: resident, and its own without pages of files."""
    ready = memory(process)
    for question in questions:
        ask(question)
    return {
        "ready MB": ready,
        "steady MB": memory(process),
        "steady without files MB": memory(process, "RssAnon"),
        "peak MB": memory(process, "VmHWM"),
    }


def _peak() -> float:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / 1e6


def memory(process: int | str = "self", kind: str = "VmRSS") -> float:
    """The memory that a process holds, in MB, as the system counts it under that name."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.split(f"{kind}:")[1].split()[0]) * KIB / 1e6
