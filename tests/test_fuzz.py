"""Invented inputs for what reads untrusted text: loaders, citations, the page's Markdown, the prompt, the command line.

A few examples each in `make test`; `make fuzz MINUTES=10` goes on for that long. What once failed stays as an example.
"""

import io
import json
import os
import time
from contextlib import redirect_stderr, suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from index.errors import ArticleError
from index.formats import MARKED_SUFFIXES, ROW_SUFFIXES, TEXT_SUFFIXES
from index.read import FileNote, LocatedArticle, read_articles
from index.reader import MEMORY, _answer
from rag.cite import cite
from rag.evidence import whole_passages
from rag.hostile import as_data
from rag.prompt import answer_messages
from rag.retrieve import Hit
from rag.strangers import ungrounded_names
from tests.doubles import article, passage
from tests.index.samples import docx, epub, page, paragraph, parquet, zipped
from tests.ui.test_hostile_page import SAFE_TAGS, Walk
from ui import render
from ui.cli import _parser
from ui.render_sources import sources
from ui.turns import Turn

MINUTES = float(os.environ.get("KOTAE_FUZZ_MINUTES") or 0)
PROPERTIES = 7  # tests of this file that share the time
FUZZ = settings(
    max_examples=100_000_000 if MINUTES else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
PIECES = st.sampled_from([
    "[1]", "[1](http://x)", "![", "](", "<img src=x>", "&lt;", "&#60;", "**", "- ", "\n", "\n\n", "```",
    "[1, 2", "］", "【1】",
    "<|im_end|>", "Question:", "質問:", "\u200b", "\u202e", "\ud800", "\x00", "380億ドル", "$38 billion",
    "。", ". ", "「", "」",
    "kakakakakakakakakakakakakakakakakakakakakakakakakakakakakakaq", "a@", "Aa", "1,", "令和", "e\u0301", "👩\u200d🔬",
])  # fmt: skip
TEXT = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=14).map("".join))
SAMPLES = {
    ".html": page("<article><p>本文 text</p><table><tr><td>x</table></article>").encode(),
    ".docx": docx(paragraph("x")),
    ".epub": epub("<p>x</p>"),
    ".eml": b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x\n--b--\n",
    ".zip": zipped({"a.txt": "text", "b.html": "<p>x"}),
    ".pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj",
    ".parquet": parquet([{"id": "x", "text": "本文 text"}, {"id": "y", "text": None}]),
}
assert SAMPLES.keys() == set(MARKED_SUFFIXES) - {".htm", ".xhtml"}, "a format whose reader nothing here damages"
_ends = dict.fromkeys(("rows", "marked", "render", "cite", "prompt", "names", "cli"), 0.0)
assert len(_ends) == PROPERTIES


def over(name: str) -> bool:
    """Whether the time of a property is over, in a long run; the rest of its examples are then passed over."""
    if not MINUTES:
        return False
    _ends[name] = _ends[name] or time.monotonic() + 60 * MINUTES / PROPERTIES
    return time.monotonic() > _ends[name]


@FUZZ
@given(
    st.sampled_from([*TEXT_SUFFIXES, *ROW_SUFFIXES]),
    st.one_of(st.binary(max_size=200), TEXT.map(lambda t: t.encode("utf-8", "surrogatepass"))),
)
@example(".jsonl", b'{"text": "a", "id": ' + b"[" * 100_000)
@example(".csv", b'a,a\n"')
@example(".md", b"---\n? [a\n---\n")
def test_text_and_rows_become_articles_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: bytes
) -> None:
    if over("rows"):
        return
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    path.write_bytes(data)
    with suppress(ArticleError):
        for found in read_articles(path):
            assert isinstance(found, LocatedArticle | FileNote)
            if isinstance(found, LocatedArticle):
                found.article.text.encode("utf-8", "strict")
            else:
                assert "\n" not in found.reason


@FUZZ
@given(st.sampled_from(sorted(SAMPLES)), st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=8)), max_size=6))
def test_a_damaged_file_ends_with_its_articles_or_a_reason(suffix: str, changes: list[tuple[int, bytes]]) -> None:
    if over("marked"):
        return
    data = bytearray(SAMPLES[suffix])
    for place, piece in changes:
        data[place % len(data) : place % len(data) + len(piece)] = piece
    answers = io.BytesIO()
    _answer(answers, suffix, bytes(data), MEMORY)
    *found, end = map(json.loads, answers.getvalue().splitlines())
    assert end["kind"] == "end"
    assert {one["kind"] for one in found} <= {"article", "passed"}
    assert "\n" not in end["refused"]


@FUZZ
@given(TEXT, TEXT)
def test_whatever_is_said_the_page_shows_text(question: str, written: str) -> None:
    if over("render"):
        return
    turn = Turn(number=1, question=question, model_name=written, stage="writing", written=written, hits=())
    html = render.question(turn) + render.answer(turn) + sources(turn)
    assert Walk(html, SAFE_TAGS).wrong == []
    html.encode("utf-8")


@FUZZ
@given(TEXT, TEXT.filter(str.strip))
def test_a_citation_is_a_place_of_its_article_whatever_is_claimed(claim: str, text: str) -> None:
    if over("cite"):
        return
    of = article("x", text)
    hits = [Hit(passage=passage(of), article=of, score=1.0)]
    cited = cite(claim, "en", whole_passages(hits), lambda _q, _l, texts, _of: [0.9] * len(texts))
    assert [one.quote for one in cited.citations] == [text[one.start : one.end] for one in cited.citations]


@FUZZ
@given(TEXT, TEXT.filter(str.strip), TEXT)
def test_the_prompt_keeps_its_shape(title: str, text: str, before: str) -> None:
    if over("prompt"):
        return
    of = article("x", text, title=title or "x", date="2025-11-03")
    excerpts = whole_passages([Hit(passage=passage(of), article=of, score=1.0)])
    if not excerpts or not excerpts[0].sentences:
        return
    history = [{"role": "user", "content": before}, {"role": "assistant", "content": before}]
    lines = answer_messages("Q?", excerpts, "en", history)[-1]["content"].split("\n")
    assert [lines[0], *lines[3:5], *lines[7:9]] == ["Excerpts:", "", "Conversation so far:", "", "Question: Q?"]
    assert len(lines) == 10
    assert as_data(as_data(text)) == as_data(text)


@FUZZ
@given(TEXT, TEXT, TEXT)
@example("Who is kakakakakakakakakakakakakakakakakakakakakakakakakakakakaq?", "東京の記事。", "q")
def test_names_are_checked_in_bounded_time(said: str, evidence: str, question: str) -> None:
    if over("names"):
        return
    began = time.process_time()
    ungrounded_names(said, evidence, question)
    assert time.process_time() - began < 5


@FUZZ
@given(
    st.lists(
        st.one_of(
            TEXT,
            st.sampled_from(["ask", "search", "index", "chat", "--json", "--home", "-k", "--port", "--from", "--"]),
        ),
        max_size=5,
    )
)
def test_any_arguments_are_taken_or_refused(arguments: list[str]) -> None:
    if over("cli"):
        return
    with redirect_stderr(io.StringIO()), suppress(SystemExit):
        assert callable(_parser().parse_args(arguments).run)
