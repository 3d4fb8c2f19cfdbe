"""The two READMEs say what is so: their tables, trees and examples are compared with the code, and run."""

import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from index.formats import SUFFIXES
from index.read import LocatedArticle, read_articles
from rag.settings import Settings
from ui import cli

ROOT = Path(__file__).parent.parent
ENGLISH, JAPANESE = (ROOT / name for name in ("README.md", "README.ja.md"))
IN_THE_TREE = ("index", "rag", "ui", "ui/web", "docs")  # folders of which every file has its own line

# Runs the block of each README, then asks what each shows an answer to, in one process that loads the models once.
RUN = """
import json, sys
from rag import answer
blocks, questions = json.loads(sys.stdin.read())
for block in blocks:
    exec(compile(block, "README", "exec"), {})
print(json.dumps([str(answer(question)) for question in questions]))
"""


def fenced(readme: Path, language: str = "") -> list[str]:
    """The contents of its code blocks in `language`."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", readme.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [text for name, text in blocks if name == language]


def rows(readme: Path, start: str) -> dict[str, list[str]]:
    """Rows of a table whose first cell is code that begins with `start`: name to the other cells."""
    found = {}
    for line in readme.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(f"| `{start}"):
            found[cells[0].strip("`")] = cells[1:]
    return found


def tree(readme: Path) -> dict[str, str]:
    """Path to comment, from the block of the tree."""
    (block,) = [text for text in fenced(readme) if text.startswith("index/")]
    found, folder = {}, ""
    for line in block.splitlines():
        name, _, comment = line.strip().partition(" ")
        folder = folder if line.startswith("  ") else ""
        found[folder + name] = comment.strip()
        folder = name if name.endswith("/") else folder
    return found


def shown_answer(readme: Path) -> tuple[str, str]:
    """The question and the printed answer of the example."""
    (block,) = [text for text in fenced(readme) if text.startswith("$ kotae ask")]
    command, _, printed = block.partition("\n")
    return command.removeprefix('$ kotae ask "').removesuffix('"'), printed.strip()


def figures(text: str) -> list[str]:
    return sorted(re.findall(r"\$?\d[\d,.]*\s?[億万年]?", text))


@pytest.mark.parametrize("readme", [ENGLISH, JAPANESE], ids=["en", "ja"])
class TestEither:
    def test_it_opens_with_one_sentence_two_commands_and_an_answer_with_its_quote(self, readme: Path) -> None:
        first, second = re.findall(r"^(?!#)\S.*?(?=^```)", readme.read_text("utf-8"), re.DOTALL | re.MULTILINE)[:2]
        assert len(re.findall(r"[.。]", first)) <= 2
        assert first.count("\n\n") == 1
        commands, answer = fenced(readme)[:2]
        assert [line.split("  ")[0] for line in commands.splitlines()] == ["make chat", "make test"]
        assert second
        article = (ROOT / "seeds" / "articles" / "000_bc0131da60b046de.txt").read_text("utf-8")
        (quote,) = re.findall(r"^\[1\] .*: 「(.*)」$", answer, re.MULTILINE)
        assert quote in article
        assert "[1]" in shown_answer(readme)[1].splitlines()[0]

    def test_the_tree_names_every_file_with_a_comment(self, readme: Path) -> None:
        files = {
            path.relative_to(ROOT).as_posix()
            for folder in IN_THE_TREE
            for path in (ROOT / folder).iterdir()
            if path.is_file() and path.name != "__init__.py"
        }
        shown = tree(readme)
        assert sorted(files - set(shown)) == []
        assert [path for path in shown if not (ROOT / path).exists()] == []
        assert [path for path, comment in shown.items() if not comment] == []

    def test_the_settings_are_those_of_the_code(self, readme: Path) -> None:
        shown = rows(readme, "KOTAE_")
        fields = {f"KOTAE_{field.name.upper()}": field for field in dataclasses.fields(Settings)}
        assert list(shown) == list(fields)
        for name, (default, _) in shown.items():
            value = fields[name].default
            if value and value is not dataclasses.MISSING:
                assert default == f"`{value}`"
            elif default.startswith("`"):
                assert default == f"`{int(value)}`"
            else:
                assert value == "" or name in ("KOTAE_HOME", "KOTAE_MODELS")

    def test_the_commands_are_those_of_the_parser(self, readme: Path) -> None:
        (commands,) = [action for action in cli._parser()._actions if isinstance(action, argparse._SubParsersAction)]
        assert list(rows(readme, "kotae ")) == [f"kotae {name}" for name in commands.choices]

    def test_the_formats_are_those_that_are_read(self, readme: Path) -> None:
        text = "\n".join(rows(readme, ".").keys())
        assert re.findall(r"\.\w+", text) == list(SUFFIXES)

    def test_the_example_of_an_article_is_read_with_its_fields(self, readme: Path, tmp_path: Path) -> None:
        (front,) = [text for text in fenced(readme) if text.startswith("---\n")]
        (sidecar,) = [text for text in fenced(readme) if text.startswith("title: ")]
        (tmp_path / "one.md").write_text(front, "utf-8")
        (tmp_path / "two.txt").write_text("Text.\nMore.", "utf-8")
        (tmp_path / "two.meta.yaml").write_text(sidecar, "utf-8")
        one, two = (one.article for one in read_articles(tmp_path) if isinstance(one, LocatedArticle))
        assert (one.id, one.date, one.language) == ("one", "2025-10-02", "ja" if readme == JAPANESE else "en")
        assert one.title == two.title
        assert one.source
        assert two.date == "2025-10-02"


def test_both_have_the_same_structure() -> None:
    english, japanese = (
        re.findall(r"^(#+|```\w*|-|\|) ?", path.read_text("utf-8"), re.M) for path in (ENGLISH, JAPANESE)
    )
    assert english == japanese
    assert list(tree(ENGLISH)) == list(tree(JAPANESE))
    assert "(README.ja.md)" in ENGLISH.read_text("utf-8")
    assert "(README.md)" in JAPANESE.read_text("utf-8")


def test_the_examples_run_and_the_answers_are_those_shown(seeds_home: Path) -> None:
    examples = [shown_answer(readme) for readme in (ENGLISH, JAPANESE)]
    blocks = [block for readme in (ENGLISH, JAPANESE) for block in fenced(readme, "python")]
    assert len(blocks) == 2
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps([blocks, [question for question, _ in examples]]),
        cwd=ROOT,
        env={**os.environ, "KOTAE_HOME": str(seeds_home)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for (question, shown), given in zip(examples, json.loads(done.stdout), strict=True):
        # Another processor rounds differently, which may change a word, never what is said and quoted.
        assert given.splitlines()[1:] == shown.splitlines()[1:], question
        assert figures(given.splitlines()[0]) == figures(shown.splitlines()[0])
