"""Every reason that a reader may be given for a refusal has its Japanese wording."""

import ast
import re
from pathlib import Path

import pytest

from ui.reasons import in_both

ROOT = Path(__file__).parents[2]
READERS = [
    *("archive", "charset", "docx", "epub", "fields", "formats", "htmltext", "mail"),
    *("markup", "parquet", "pdf", "read", "reader", "rows", "sandbox"),
]
FILES = [*(f"index/{name}.py" for name in READERS), "ui/library.py", "ui/records.py", "ui/turns.py", "rag/feedback.py"]
KINDS = {"ArticleError", "QuestionError", "ChatModelBusy", "FeedbackError"}
OTHERS = {  # raised for what a reader of the page cannot do
    "the verdict is 7: use up or down",
    "feedback needs the question that it is about",
    "7 exists, and may hold what you reviewed: name another file",
    "no feedback is kept in 7: set KOTAE_KEEP_FEEDBACK=1, then judge answers in the chat window",
    "cannot write 7: 7",
    "cannot read 7: 7",
}


def spelled(node: ast.expr) -> str:
    """A message with 7 for each of its values, "" for what is no message."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
    return ""


def messages() -> list[str]:
    found = set()
    for name in FILES:
        for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS and node.args:
                message = spelled(node.args[0])
                if message and message != "7 7":
                    # What a reader of one format says begins with its verb; the file's name is put before it.
                    found.add(
                        f"'a.txt' {message}"
                        if re.match(r"(is|holds|has|takes|cannot be|unpacks) ", message)
                        else message
                    )
    return sorted(found)


def test_the_readers_messages_are_found() -> None:
    assert len(messages()) > 50


@pytest.mark.parametrize("message", [message for message in messages() if message not in OTHERS])
def test_every_message_has_its_japanese(message: str) -> None:
    text = in_both(message)
    assert text.en == message
    assert re.search(r"[ぁ-ん]", text.ja)
    assert text.ja.endswith("。")


@pytest.mark.parametrize(
    ("message", "japanese"),
    [
        (
            "'notes.xlsx' is of a kind that Kotae does not read (.xlsx): it reads .txt, .md",
            "「notes.xlsx」の形式には対応していません。読めるのは .txt, .md です。",
        ),
        ("rows.jsonl:3 has 7 cells for 5 columns: put quotation marks around commas", None),
        ("a: b.txt holds no text: remove it, or write the article", "「a: b.txt」に文章がありません。"),
        (
            "the question has 12,001 characters: ask with 8,000 at most (a text to search in belongs into the index: "
            "`kotae index PATH`)",
            "質問が長すぎます（12,001字）。8,000字までにしてください。",
        ),
        ("something nobody thought of", "something nobody thought of"),
    ],
)
def test_values_are_carried_over(message: str, japanese: str | None) -> None:
    expected = "「rows.jsonl:3」は5列のところに7個の値があります。カンマを含む値を引用符で囲んでください。"
    assert in_both(message).ja == (japanese or expected)
