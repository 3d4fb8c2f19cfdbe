from dataclasses import replace

from lxml import html

from rag.hits import Hits
from rag.retrieve import Hit
from tests.doubles import article, passage

PARTS = {"similarity": 0.8, "similarity_z": 2.5, "words": 3.0, "words_z": 1.25}


def hit(title: str = "T", text: str = "aab.", parts: dict[str, float] = PARTS) -> Hit:
    of = article("x", text, title=title, source="NHK", date="2025-11-03")
    return Hit(passage=passage(of), article=of, score=1.234, parts=parts)


def cells(hits: Hits) -> list[list[str]]:
    table = html.fromstring(hits._repr_html_())
    return [[cell.text_content() for cell in row] for row in table.iter("tr")]


def test_hits_are_a_list_that_a_notebook_shows_with_the_parts_of_each_score() -> None:
    first, second = hit(), hit("U", "bbb.\nccc.", PARTS | {"twin": 0.5})
    hits = Hits([first, second])
    assert hits == [first, second]
    assert cells(hits) == [
        ["", "score", "similarity", "similarity_z", "words", "words_z", "twin", "passage"],
        ["1", "1.23", "0.80", "2.50", "3.00", "1.25", "", "T NHK · 2025-11-03aab."],
        ["2", "1.23", "0.80", "2.50", "3.00", "1.25", "0.50", "U NHK · 2025-11-03bbb.ccc."],
    ]


def test_markup_in_an_article_is_shown_and_not_done() -> None:
    evil = "<img src=x onerror='alert(1)'></td><script>alert(2)</script>"
    one = hit(evil, evil)
    shown = html.fromstring(Hits([replace(one, passage=replace(one.passage, heading=evil))])._repr_html_())
    assert {element.tag for element in shown.iter()} == {"table", "thead", "tbody", "tr", "th", "td", "b", "br"}
    assert shown.text_content().count("<script>alert(2)</script>") == 3


def test_no_hits_are_said_to_be_none() -> None:
    assert Hits()._repr_html_() == "<p>no passage found</p>"
