"""No regular expression of ours takes more than linear time: articles, questions and model output are all untrusted.

Every compiled pattern of index/, rag/ and ui/ is found by importing the modules, also inside tables and classes, and is
run as the code runs it (the syntax trees say whether by match, fullmatch or search) over texts made to hurt it: what
its own repeats repeat, n times and 2n times. Processor time is compared, not the clock.
"""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from time import process_time

import pytest

ROOT = Path(__file__).parent.parent
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for floor in ("index", "rag", "ui")
    for path in sorted((ROOT / floor).glob("*.py"))
]
TREES = {
    module: ast.parse(Path(str(importlib.import_module(module).__file__)).read_text("utf-8")) for module in MODULES
}
ON_THE_SPOT = ("re.match", "re.fullmatch", "re.search", "re.sub", "re.split", "re.findall", "re.finditer")
ANCHORED = {"match", "fullmatch"}
SMALL, LARGE = 2_000, 500_000  # characters; twice as many are compared with them
NOTHING = 0.003  # seconds below which a time says nothing
WORST = 3.0  # time(2n) / time(n); 2 is linear, 4 is quadratic
LARGEST = 6  # patterns that are also run over a megabyte: those that were slowest for each character
ANY = (
    "a",
    " ",
    "\n",
    "1",
    "あ",
    "a1",
    "1,",
    "[1,",
    "- ",
    "**",
    "a.",
    "<|",
    "&#",
    "http://",
    "2025-",
    "1万",
    " \n",
    "#a\n",
)


def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern by the name that it has where it is made; patterns of bytes are made anew for text."""
    found: dict[str, re.Pattern[str]] = {}
    seen: set[tuple[str, int]] = set()

    def look(value: object, name: str, depth: int = 0) -> None:
        if isinstance(value, re.Pattern):
            text = value.pattern if isinstance(value.pattern, str) else value.pattern.decode("latin-1")
            if (text, value.flags) not in seen:
                seen.add((text, value.flags))
                found[name] = value if isinstance(value.pattern, str) else re.compile(text, value.flags)
        elif isinstance(value, dict) and depth < 3:
            for key, one in value.items():
                look(one, f"{name}[{key!r}]", depth + 1)
        elif isinstance(value, list | tuple | set | frozenset) and depth < 3:
            for number, one in enumerate(value):
                look(one, f"{name}[{number}]", depth + 1)

    for module in MODULES:
        for name, value in vars(importlib.import_module(module)).items():
            look(value, f"{module}.{name}")
    return found


def in_source() -> Iterator[tuple[str, set[str]]]:
    """Patterns that functions write down on the spot, with what they do: re.sub(r"...", ...)."""
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ON_THE_SPOT and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, {ast.unparse(node.func).removeprefix("re.")}


def uses() -> dict[tuple[str, str], set[str]]:
    """What is called on each name of a module: ("index.read", "_HEADING") -> {"fullmatch"}."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for module, tree in TREES.items():
        called = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found[module, node.value.id].add(node.attr)
                called.add(id(node.value))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in called:
                found[module, node.id].add("handed on")  # who knows how it is run there
            elif isinstance(node, ast.ImportFrom) and node.module in TREES:
                for alias in node.names:
                    found[str(node.module), alias.name].add("imported")
    return found


def sample(parsed: object) -> str:
    """A short text that a part of a pattern matches, about."""
    text = ""
    for operation, argument in parsed:  # type: ignore[attr-defined]
        if operation is sre.LITERAL:
            text += chr(argument)
        elif operation is sre.NOT_LITERAL or operation is sre.ANY:
            text += "a"
        elif operation is sre.IN:
            text += _of_class(argument)
        elif operation in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            text += sample(argument[2]) * max(1, argument[0])
        elif operation is sre.SUBPATTERN:
            text += sample(argument[-1])
        elif operation is sre.ATOMIC_GROUP:
            text += sample(argument)
        elif operation is sre.BRANCH:
            text += sample(argument[1][0])
    return text


def _of_class(items: list[tuple[object, object]]) -> str:
    kinds = {sre.CATEGORY_DIGIT: "1", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "a", sre.CATEGORY_NOT_SPACE: "a"}
    if items[0][0] is sre.NEGATE:
        return next(c for c in "a1 あ.-<" if not any(_holds(item, c) for item in items[1:]))
    for operation, argument in items:
        if operation is sre.LITERAL:
            return chr(argument)  # type: ignore[arg-type]
        if operation is sre.RANGE:
            return chr(argument[0])  # type: ignore[index]
        if operation is sre.CATEGORY:
            return kinds.get(argument, ".")  # type: ignore[call-overload,no-any-return]
    return "a"


def _holds(item: tuple[object, object], character: str) -> bool:
    operation, argument = item
    if operation is sre.LITERAL:
        return argument == ord(character)
    if operation is sre.RANGE:
        return argument[0] <= ord(character) <= argument[1]  # type: ignore[index,no-any-return]
    tests: dict[object, Callable[[str], bool]] = {
        sre.CATEGORY_DIGIT: str.isdigit, sre.CATEGORY_SPACE: str.isspace,
        sre.CATEGORY_WORD: lambda c: c.isalnum() or c == "_", sre.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
        sre.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
        sre.CATEGORY_NOT_DIGIT: lambda c: not c.isdigit(),
    }  # fmt: skip
    return tests.get(argument, lambda _: False)(character)


def pumps(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """(beginning, what is repeated) of texts that may hurt the pattern."""
    found: dict[tuple[str, str], None] = dict.fromkeys(("", unit) for unit in ANY)

    def look(parsed: object) -> str:
        before = ""
        for operation, argument in parsed:  # type: ignore[attr-defined]
            if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
                unit = sample(argument[2])
                if argument[1] > 20 and unit:
                    found[("", unit)] = None
                    found[(before[-50:], unit)] = None
                    found[("", before[-50:] or unit)] = None
                look(argument[2])
            elif operation is sre.SUBPATTERN:
                look(argument[-1])
            elif operation is sre.BRANCH:
                for branch in argument[1]:
                    look(branch)
            elif operation in (sre.ASSERT, sre.ASSERT_NOT):
                look(argument[1])
            before += sample([(operation, argument)])
        return before

    whole = look(_parser.parse(pattern.pattern, pattern.flags))
    return [*found, ("", whole[:60] or "a")]


def seconds(run: Callable[[str], object], text: str) -> float:
    began = process_time()
    run(text)
    return process_time() - began


def runner(pattern: re.Pattern[str], methods: set[str]) -> Callable[[str], object]:
    """The pattern as the code runs it: from every place of the text, unless it is only ever run from the first."""
    if methods and methods <= ANCHORED:
        return pattern.fullmatch if methods == {"fullmatch"} else pattern.match
    return lambda text: sum(1 for _ in pattern.finditer(text))


def ratio(run: Callable[[str], object], text: Callable[[int], str], size: int) -> float:
    """time(2n) / time(n), the best of three each; 0.0 where the times are too short to say anything.

    What looks bad is looked at again with longer texts: noise goes away then, and a square does not.
    """
    times = 0.0
    for longer in (1, 2, 4):
        if seconds(run, text(2 * longer * size)) < NOTHING:
            return 0.0
        short = min(seconds(run, text(longer * size)) for _ in range(3))
        long = min(seconds(run, text(2 * longer * size)) for _ in range(3))
        times = long / max(short, 1e-6)
        if not WORST <= times < 2 * WORST:  # linear, or far worse than a square
            break
    return times


def judged(found: dict[str, tuple[re.Pattern[str], set[str]]]) -> tuple[list[str], list[tuple[float, str, str, str]]]:
    """Those that are more than linear, and for each of the others its slowest text."""
    wrong, slowest = [], []
    for name, (pattern, methods) in found.items():
        run = runner(pattern, methods)
        worst = (0.0, name, "", "")
        for start, unit in pumps(pattern):

            def text(size: int, start: str = start, unit: str = unit) -> str:
                return start + unit * (size // len(unit)) + "\x01"

            took = seconds(run, text(2 * SMALL))
            worst = max(worst, (took, name, start, unit))
            if took >= NOTHING and (times := ratio(run, text, SMALL)) >= WORST:
                wrong.append(f"{name} over {start!r} + {unit!r} * n: time(2n) is {times:.1f} time(n)")
                break
        slowest.append(worst)
    return wrong, sorted(slowest, reverse=True)


def _size(took: float) -> int:
    """Characters that take 0.15 s, LARGE at most: a slow pattern may still be a linear one."""
    return min(LARGE, int(2 * SMALL * 0.15 / took))


def test_no_pattern_takes_more_than_linear_time() -> None:
    used = uses()
    found = {}
    for name, one in patterns().items():
        module, _, own = name.partition("[")[0].rpartition(".")
        found[name] = (one, used[module, own])
    found |= {f"re.{'/'.join(how)}({text!r})": (re.compile(text), how) for text, how in in_source()}
    assert len(found) > 150
    wrong, slowest = judged(found)
    for took, name, start, unit in slowest[:LARGEST]:
        if not any(line.startswith(name) for line in wrong):
            run = runner(*found[name])
            times = ratio(run, lambda size, start=start, unit=unit: start + unit * (size // len(unit)), _size(took))
            if times >= WORST:
                wrong.append(f"{name} over {start!r} + {unit!r} * n, a megabyte: time(2n) is {times:.1f} time(n)")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("bad", [r"\s*:", r"(a+)+b", r"[ \t]*\[\d", r"\w+@\w", r"(?:x|xy?)*z", r"<!--.*?-->"])
def test_a_bad_pattern_would_be_found(bad: str) -> None:
    limit = {"SMALL": 2_000} if "+)+" not in bad and "*z" not in bad else {"SMALL": 9}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in limit.items():
            patch.setattr(f"{__name__}.{name}", value)
        # What looks linear once, on a machine that others use, is looked at again.
        tries = (judged({"bad": (re.compile(bad, re.DOTALL), {"search"})})[0] for _ in range(3))
        assert any(len(wrong) == 1 for wrong in tries)
