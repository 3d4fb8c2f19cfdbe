"""The examples of docs/api.md and its Japanese sister run, and print what they are said to print."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.chatbot import MAX_QUESTION
from tests.ui.browsing import served
from tests.ui.scripted import DEAL, QUOTE, ScriptedBot, deal_answer
from ui.turns import WAITING_ROOM

DOCS = Path(__file__).parents[2] / "docs"
NAMES = ("api.md", "api.ja.md")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(ScriptedBot(pause=0)) as address:
        yield address


def blocks(name: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (DOCS / name).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_run(url: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for block in blocks(name):
        exec(compile(block.replace("http://127.0.0.1:7860", url), name, "exec"), {})  # noqa: S102
        printed.append(capsys.readouterr().out)
    by_client, whole, streamed, health = printed
    answer = deal_answer("")
    assert by_client.splitlines()[-2] == f"1 {DEAL.title} {QUOTE}"
    assert by_client.startswith(answer.text)
    assert whole == f"{answer}\nTrue {[citation.quote for citation in answer.citations]}\n"
    assert streamed.startswith(str(answer))
    assert re.fullmatch(r"2 (sources|件の出典)", streamed.removeprefix(str(answer)).strip())
    assert health == "{'ok': True}\n200 {'ok': True}\n"


def test_both_have_the_same_structure_and_the_codes_figures() -> None:
    english, japanese = (
        re.findall(r"^(#+|```\w*|\|) ?", (DOCS / name).read_text("utf-8"), re.MULTILINE) for name in NAMES
    )
    assert english == japanese
    for name in NAMES:
        text = (DOCS / name).read_text("utf-8")
        assert f"{MAX_QUESTION:,}" in text
        assert str(WAITING_ROOM) in text
