import json
from html.parser import HTMLParser

from rag.answer import Answer, Citation
from rag.retrieve import Hit
from tests.doubles import article, passage

DEAL = article(
    "deal", "契約額は380億ドル。期間は7年。", title="提携 <b>", language="ja", source="NHK", date="2025-11-03"
)
CITATION = Citation(
    number=1, article_id="deal", title="提携 <b>", source="NHK", quote="契約額は380億ドル。", start=0, end=11
)
ANSWER = Answer(
    question="いくら?",
    text="380億ドルです[1]。\n\n<script>alert(1)</script>",
    language="ja",
    answered=True,
    citations=(CITATION,),
    hits=(Hit(passage=passage(DEAL, 0, 11), article=DEAL, score=1.5, parts={"similarity": 0.9}),),
    warnings=("w",),
    timings={"total": 2.0},
)


def test_an_answer_becomes_the_object_that_the_command_line_promises() -> None:
    expected = {
        "question": "いくら?",
        "text": "380億ドルです[1]。\n\n<script>alert(1)</script>",
        "language": "ja",
        "answered": True,
        "citations": [
            {
                "number": 1,
                "article_id": "deal",
                "title": "提携 <b>",
                "source": "NHK",
                "quote": "契約額は380億ドル。",
                "start": 0,
                "end": 11,
            }
        ],
        "hits": [
            {"passage_id": passage(DEAL, 0, 11).id, "article_id": "deal", "text": "契約額は380億ドル。", "score": 1.5}
        ],
        "warnings": ["w"],
        "timings": {"total": 2.0},
    }
    assert json.loads(json.dumps(ANSWER.to_dict())) == expected
    assert list(ANSWER.to_dict()) == list(expected)


def test_an_answer_without_anything_found_has_empty_lists() -> None:
    bare = Answer(question="?", text="No.", language="en", answered=False)
    assert bare.to_dict() == {
        "question": "?",
        "text": "No.",
        "language": "en",
        "answered": False,
        "citations": [],
        "hits": [],
        "warnings": [],
        "timings": {},
    }
    assert str(bare) == "No."


def test_an_answer_prints_as_its_text_and_one_line_for_each_citation() -> None:
    assert str(ANSWER) == f"{ANSWER.text}\n\n[1] 提携 <b>: 「契約額は380億ドル。」"


def test_a_notebook_shows_it_with_every_character_escaped() -> None:
    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: list[str] = []
            self.text = ""

        def handle_starttag(self, tag: str, _: object) -> None:
            self.tags.append(tag)

        def handle_data(self, data: str) -> None:
            self.text += data

    shown = Tags()
    shown.feed(ANSWER._repr_html_())
    assert shown.tags == ["div", "p", "p", "ol", "li", "b", "blockquote"]
    assert shown.text == "380億ドルです[1]。<script>alert(1)</script>提携 <b>契約額は380億ドル。"


def test_a_hit_becomes_the_object_that_search_prints() -> None:
    assert ANSWER.hits[0].to_dict() == {
        "passage_id": passage(DEAL, 0, 11).id,
        "article_id": "deal",
        "title": "提携 <b>",
        "source": "NHK",
        "date": "2025-11-03",
        "language": "ja",
        "heading": "",
        "text": "契約額は380億ドル。",
        "start": 0,
        "end": 11,
        "score": 1.5,
        "parts": {"similarity": 0.9},
    }
