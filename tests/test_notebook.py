"""The notebook runs from top to bottom over the seeds, as a newcomer would run it."""

import json
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

NOTEBOOK = Path(__file__).parent.parent / "docs" / "quickstart.ipynb"


@pytest.fixture(scope="module")
def cells(seeds_home: Path) -> dict[str, Any]:
    """The code cells by id, after a run from top to bottom."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KOTAE_HOME", str(seeds_home))
        nbclient.NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOK.parent)}}
        ).execute()
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}


def shown(cell: Any, kind: str) -> str:
    """What a cell shows, as one MIME type; what it prints as text/plain too."""
    return "".join(
        output.text if output.output_type == "stream" else output.data.get(kind, "")
        for output in cell.outputs
        if output.output_type != "stream" or output.name == "stdout"
    )


def test_it_is_stored_without_outputs() -> None:
    stored = json.loads(NOTEBOOK.read_text("utf-8"))
    code = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)


def test_every_heading_is_in_both_languages() -> None:
    stored = json.loads(NOTEBOOK.read_text("utf-8"))
    text = [line for cell in stored["cells"] if cell["cell_type"] == "markdown" for line in cell["source"]]
    headings = [line for line in text if line.startswith("#")]
    assert len(headings) == 4
    assert [line for line in headings if " / " not in line] == []


def test_an_answer_is_shown_as_html_with_its_quote(cells: dict[str, Any]) -> None:
    html = shown(cells["ask-ja"], "text/html")
    assert html.startswith("<div lang='ja'>")
    assert "380億ドル" in html
    assert "7年" in html
    assert "<blockquote" in html


def test_the_same_question_in_english_is_answered_in_english(cells: dict[str, Any]) -> None:
    text = shown(cells["ask-en"], "text/plain")
    assert "$38 billion" in text
    assert "380億ドル規模の7年間" in text  # the quote stays in the article's language


def test_an_answer_in_another_language_than_the_question(cells: dict[str, Any]) -> None:
    assert shown(cells["ask-in-japanese"], "text/html").startswith("<div lang='ja'>")


def test_the_object_and_its_citations(cells: dict[str, Any]) -> None:
    assert "000_bc0131da60b046de" in shown(cells["citations"], "text/plain")
    assert "'answered': True" in shown(cells["to-dict"], "text/plain")


def test_hits_make_a_table_with_the_parts_of_each_score_and_stay_a_list(cells: dict[str, Any]) -> None:
    html = shown(cells["search"], "text/html")
    assert html.count("<tr") == 6
    for column in ("score", "similarity", "similarity_z", "words", "words_z", "passage"):
        assert f">{column}</th>" in html
    assert shown(cells["search-list"], "text/plain").count("(") >= 3
