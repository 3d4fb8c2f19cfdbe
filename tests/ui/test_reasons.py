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


def of_the_server(node: ast.expr) -> str:
    """A message with the server for what names it and 7 for any other value."""
    assert isinstance(node, ast.JoinedStr)
    values = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
    named = {"self": "the Chroma server at http://h", "server": "the Chroma server at http://h"}
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else named.get(ast.unparse(part), "7") for part in values
    )


def test_what_a_reader_may_be_told_of_a_chroma_server_has_its_japanese() -> None:
    trees = [ast.parse((ROOT / "index" / name).read_text("utf-8")) for name in ("server.py", "server_store.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    said = {of_the_server(call.args[0]) for call in calls if ast.unparse(call.func) == "StoreError"}
    assert len(said) == 12
    assert sorted(message[:28] for message in said if in_both(message).ja == message) == [  # for the operator
        "7 cannot be read (7): repair",
        "7 names 7: repair it with 7",
        "a collection of 7 names a mo",
        "what answers at 7 is no Chro",
    ]


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
        (
            "the embedding endpoint 'http://a/v1' has been busy for 20 s: wait, then try again",
            "埋め込みの接続先「http://a/v1」が20秒たっても混み合っています。少し待ってからお試しください。",
        ),
        (
            "the embedding endpoint 'http://a' cannot be reached: start the server, or set KOTAE_EMBED_URL to where it "
            "runs",
            "埋め込みの接続先「http://a」につながりません。サーバーが動いているか、"
            "KOTAE_EMBED_URL を確かめてください。",
        ),
        (
            "the embedding endpoint 'http://a' sent no list of vectors: look at the server's log, or set "
            "KOTAE_EMBED_URL to another endpoint",
            "埋め込みの接続先「http://a」で問題が起きました。サーバーの記録を確かめてください。",
        ),
        (
            "the chat endpoint 'http://a/v1' has been busy for 60 s: wait, then try again",
            "the chat endpoint 'http://a/v1' が60秒たっても混み合っています。少し待ってからお試しください。",
        ),
        ("something nobody thought of", "something nobody thought of"),
    ],
)
def test_values_are_carried_over(message: str, japanese: str | None) -> None:
    expected = "「rows.jsonl:3」は5列のところに7個の値があります。カンマを含む値を引用符で囲んでください。"
    assert in_both(message).ja == (japanese or expected)
