"""Measures how fast Kotae is beside what people start with today, in the same run and with the same settings.

    pip install --no-deps --target PEER langchain-chroma==1.1.0 langchain-huggingface==1.2.3
    python benchmarks/speed.py DATA --peer PEER [--parts index search ...] [--articles N] [--sizes 1000 10000]
                               [--asked N] [--write]

DATA is a folder with the sets (see docs/results.md). The peer is LangChain's recursive splitter (1,000 characters, 200
overlap), its Hugging Face embeddings with the same embedder in fp32, its Chroma store, and its plain prompt with the
same chat model, on gradio's chat page. It is installed apart, because its packages ask for older versions than ours.
Every measurement is a process of its own with KOTAE_THREADS threads; the two sides take turns. Seconds depend on what
else the machine does: processor seconds (cpu) stand beside them. What one process does is in `speed_kotae.py` and
`speed_langchain.py`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent.parent / "docs" / "results.md"
MARKS = "<!-- speed: written by benchmarks/speed.py -->", "<!-- speed: end -->"
SIDES = ("kotae", "langchain")
HEAD = ["| part | measure | kotae | langchain | ratio |", "|" + "---|" * 5]

Ask = Callable[..., dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--peer", type=Path, required=True, help="where the peer's packages were installed")
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=PARTS)
    parser.add_argument("--articles", type=int, default=3670, help="of Wikinews, to index")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000], help="passages to search")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--asked", type=int, default=8, help="questions of seeds/ to answer, after a first one")
    parser.add_argument("--searches", type=int, default=10_000, help="one after the other, memory watched")
    parser.add_argument("--keep", type=Path, help="a folder for the indexes, used again by the next run")
    parser.add_argument("--write", action="store_true", help=f"put the rows into {RESULTS.name}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)

        def ask(part: str, side: str, *values: object) -> dict[str, float]:
            found = _child(options.peer, side, [part, str(options.data), str(folder), *map(str, values)])
            print(f"{part}, {side}: {json.dumps(found)}", file=sys.stderr, flush=True)  # kept if the other side fails
            return found

        rows: list[str] = []
        for part in options.parts:
            made = PARTS[part](ask, options)
            rows += made
            print("\n".join(made), flush=True)
    if options.write:
        write(RESULTS, rows)


def _child(peer: Path, side: str, arguments: Sequence[str]) -> dict[str, float]:
    """What a process of its own measured."""
    root = Path(__file__).parent.parent
    silent = {"HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    environment = {**os.environ, **silent, "PYTHONPATH": os.pathsep.join([str(peer), str(root)])}
    ran = subprocess.run(
        [sys.executable, str(root / "benchmarks" / f"speed_{side}.py"), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _index(ask: Ask, options: argparse.Namespace) -> list[str]:
    both = [ask("index", side, options.articles) for side in SIDES]
    return _rows(f"index, {options.articles:,} articles", both)


def _embed(ask: Ask, options: argparse.Namespace) -> list[str]:
    return _rows("embed, the same passages", [ask("embed", side, options.questions) for side in SIDES])


def _search(ask: Ask, options: argparse.Namespace) -> list[str]:
    rows = []
    for size in options.sizes:
        both = [ask("search", side, size, options.questions) for side in SIDES]
        rows += _rows(f"search, {size:,} passages", both)
    return rows


def _start(ask: Ask, options: argparse.Namespace) -> list[str]:
    return _rows("start", [ask("start", side, options.articles) for side in SIDES])


def _answer(ask: Ask, options: argparse.Namespace) -> list[str]:
    return _rows(f"answer, {options.asked} questions", [ask("answer", side, options.asked) for side in SIDES])


def _page(ask: Ask, options: argparse.Namespace) -> list[str]:
    return _rows(f"page, {options.asked} questions", [ask("page", side, options.asked) for side in SIDES])


def _steady(ask: Ask, options: argparse.Namespace) -> list[str]:
    return _rows(f"{options.searches:,} searches", [ask("steady", side, options.searches) for side in SIDES])


PARTS: dict[str, Callable[[Ask, argparse.Namespace], list[str]]] = {
    "index": _index,
    "embed": _embed,
    "search": _search,
    "start": _start,
    "answer": _answer,
    "page": _page,
    "steady": _steady,
}


def _rows(part: str, both: Sequence[dict[str, float]]) -> list[str]:
    """A row for each measure that either side has; the ratio says how many times kotae's value is langchain's."""
    ours, theirs = both
    rows = []
    for measure in dict.fromkeys([*ours, *theirs]):
        ratio = f"{ours[measure] / theirs[measure]:.2f}" if ours.get(measure) and theirs.get(measure) else ""
        rows.append(f"| {part} | {measure} | {_shown(ours.get(measure))} | {_shown(theirs.get(measure))} | {ratio} |")
    return rows


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(path: Path, rows: Sequence[str]) -> None:
    """Puts `rows` into the table between the marks of `path`; rows of parts that were not measured stay."""
    before, rest = path.read_text(encoding="utf-8").split(MARKS[0])
    table, after = rest.split(MARKS[1])
    fresh = {_part(row) for row in rows}
    kept = [row for row in re.findall(r"^\| .*", table, re.MULTILINE)[1:] if _part(row) not in fresh]
    path.write_text(before + "\n".join([MARKS[0], "", *HEAD, *kept, *rows, "", MARKS[1]]) + after, encoding="utf-8")


def _part(row: str) -> str:
    return row.split(" | ")[0].removeprefix("| ")


if __name__ == "__main__":
    main()
