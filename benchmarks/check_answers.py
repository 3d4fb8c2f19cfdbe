"""Checks the answers of a report without trusting what wrote them: is every quote verbatim, does every figure stand?

    python benchmarks/check_answers.py REPORT ARTICLES [ARTICLES ...] [--json]

REPORT is a report.json of `kotae eval` or its folder, ARTICLES the files or folders that were indexed. Needs the
standard library alone and shares no code with `index/` or `rag/`. For each answer that was given:

quote    the quote of each citation is exactly the article's text from its start to its end
mark     each [n] of the text has a citation, and each citation a mark
figure   each figure, date and time of the text stands in the quotes cited, in title, date or source of their articles,
         in the question or in the conversation before it, in whatever notation

Exit status: 0 nothing found, 1 violations, 2 what was given cannot be read.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # it is run as a file, by people who have no package of it
from plain_figures import Plain, Reading, figures_in, folded

_MARK = re.compile(r"[\[［]\s?(\d{1,3}(?:\s?[,、]\s?\d{1,3})*)\s?[\]］]")
_LIST_NUMBER = re.compile(r"^[ \t>*_#-]{0,8}\(?\d{1,3}[.)．)](?=\s)", re.MULTILINE)


class Unreadable(Exception):
    """A report or an article that cannot be read."""


@dataclass(frozen=True)
class Violation:
    """What is wrong with which answer."""

    question: str
    kind: str  # "quote", "mark" or "figure"
    found: str
    answer: str


@dataclass(frozen=True)
class Source:
    """An article's text, and what its metadata says in one line."""

    text: str
    metadata: str


def check(rows: Sequence[Mapping[str, Any]], sources: Mapping[str, Source]) -> tuple[list[Violation], dict[str, int]]:
    """Every violation, and how much was checked."""
    violations: list[Violation] = []
    counts = {"questions": len(rows), "answers": 0, "quotes": 0, "figures": 0}
    for row in rows:
        answer = (row.get("outcome") or {}).get("answer") or {}
        if not answer.get("answered"):
            continue
        text, citations = str(answer["text"]), answer["citations"]
        figures = figures_in(spoken(text), strict=True)
        counts["answers"] += 1
        counts["quotes"] += len(citations)
        counts["figures"] += len(figures)
        found = [("quote", wrong) for wrong in _quotes(citations, sources)]
        found += [("mark", wrong) for wrong in _marks(text, citations)]
        found += [("figure", wrong.text) for wrong in unsupported(figures, evidence(row, citations, sources))]
        violations += [Violation(str(row["id"]), kind, wrong, text) for kind, wrong in found]
    return violations, counts


def spoken(text: str) -> str:
    """The text without marks of citations and numbers of list items."""
    return _LIST_NUMBER.sub(" ", _MARK.sub("", text))


def evidence(row: Mapping[str, Any], citations: Sequence[Mapping[str, Any]], sources: Mapping[str, Source]) -> str:
    """Everything in which a figure may stand."""
    parts = [str(row["question"]), *(str(turn["content"]) for turn in row.get("history") or ())]
    for citation in citations:
        source = sources.get(str(citation["article_id"]))
        parts += [str(citation["quote"]), source.metadata if source else ""]
    return "\n".join(parts)


def unsupported(figures: Sequence[Plain], given: str) -> list[Plain]:
    """The figures that do not stand in `given` under any of their readings."""
    stated = {
        reading for line in given.split("\n") for one in figures_in(line, strict=False) for reading in one.readings
    }
    text = folded(given)
    return [one for one in figures if not any(_stands(reading, stated, text) for reading in one.readings)]


def _stands(reading: Reading, stated: set[Reading], text: str) -> bool:
    kind, *values = reading
    if kind == "token":
        return re.search(rf"(?<![a-z0-9]){re.escape(str(values[0]))}(?![0-9])", text) is not None
    if kind == "date":
        return _date_stands(values, [list(other[1:]) for other in stated if other[0] == "date"])
    if kind == "number":
        value, unit = values
        units = {other[2] for other in stated if other[0] == "number" and other[1] == value}
        # "8.2 billion" beside other sums in yen is yen, too.
        return unit in units or bool(units if not unit else "" in units and _named(str(unit), stated))
    return reading in stated


def _named(unit: str, stated: set[Reading]) -> bool:
    return any(other[0] == "number" and other[2] == unit for other in stated)


def _date_stands(wanted: list[object], dates: list[list[object]]) -> bool:
    """Every part that is wanted stands in one date; a year may come from another one, such as the article's."""
    if any(all(part is None or part == other for part, other in zip(wanted, date, strict=True)) for date in dates):
        return True
    year, *rest = wanted
    year_stands = any(date[0] == year for date in dates)
    return year_stands and any(part is not None for part in rest) and any(
        date[0] is None and all(p is None or p == o for p, o in zip(rest, date[1:], strict=True)) for date in dates
    )  # fmt: skip


def _quotes(citations: Sequence[Mapping[str, Any]], sources: Mapping[str, Source]) -> Iterator[str]:
    for citation in citations:
        source = sources.get(str(citation["article_id"]))
        start, end, quote = citation["start"], citation["end"], citation["quote"]
        if source is None:
            yield f"there is no article {citation['article_id']!r}"
        elif not quote or not 0 <= start < end <= len(source.text) or source.text[start:end] != quote:
            yield f"{citation['article_id']}[{start}:{end}] is not {quote!r}"


def _marks(text: str, citations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    marks = {int(number) for match in _MARK.finditer(text) for number in re.findall(r"\d+", match[1])}
    numbers = {int(citation["number"]) for citation in citations}
    yield from (f"[{number}] has no citation" for number in sorted(marks - numbers))
    yield from (f"citation {number} has no mark" for number in sorted(numbers - marks))


# ---- files


def read_rows(report: Path) -> list[dict[str, Any]]:
    """The rows of a report. Raises Unreadable."""
    path = report / "report.json" if report.is_dir() else report
    try:
        content = json.loads(path.read_text("utf-8"))
        return list(content["rows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{path} is no report: {error}") from error


def read_sources(paths: Sequence[Path]) -> dict[str, Source]:
    """Articles by id. Raises Unreadable."""
    sources: dict[str, Source] = {}
    for root in paths:
        if not root.exists():
            raise Unreadable(f"there is nothing at {root}")
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.suffix.lower() == ".jsonl":
                for row in map(json.loads, filter(str.strip, _text(path).split("\n"))):
                    text = row["text"].replace("\r\n", "\n").replace("\r", "\n")
                    sources[str(row["id"])] = Source(text, _metadata(row))
            elif path.suffix.lower() in (".txt", ".md", ".markdown"):
                name = path.relative_to(root).as_posix() if root.is_dir() else path.name
                text, fields = _front_matter(_text(path))
                beside = path.with_name(f"{path.stem}.meta.yaml")
                if beside.is_file():
                    fields |= _fields(_text(beside))
                fields.setdefault("title", text.lstrip().partition("\n")[0])
                sources[fields.get("id") or name[: -len(path.suffix)]] = Source(text, _metadata(fields))
    return sources


def _text(path: Path) -> str:
    return path.read_text("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _front_matter(text: str) -> tuple[str, dict[str, str]]:
    match = re.match(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return (text[match.end() :].lstrip("\n"), _fields(match[1])) if match else (text, {})


def _fields(lines: str) -> dict[str, str]:
    pairs = re.findall(r"^([\w-]+)[ \t]*:[ \t]*(.*)$", lines, re.MULTILINE)
    return {name: value.strip().strip("\"'") for name, value in pairs}


def _metadata(fields: Mapping[str, Any]) -> str:
    return "\n".join(str(fields.get(name) or "") for name in ("title", "date", "source"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was checked and what was found; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        violations, counts = check(read_rows(options.report), read_sources(options.articles))
    except (Unreadable, OSError, ValueError, KeyError) as error:
        print(f"check_answers: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({**counts, "violations": [asdict(one) for one in violations]}, ensure_ascii=False, indent=1))
    else:
        for one in violations:
            print(f"{one.question}\t{one.kind}\t{one.found}\t{one.answer!r}")
        said = ", ".join(f"{number} {name}" for name, number in counts.items())
        print(f"{len(violations)} violations in {said}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
