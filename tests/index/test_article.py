from dataclasses import replace

import pytest

from tests.doubles import article, passage

PLAIN = article("a", "One. Two.", title="T", source="S", date="2025")


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAIN, id="b"),
        replace(PLAIN, title="U"),
        replace(PLAIN, language="ja"),
        replace(PLAIN, source=""),
        replace(PLAIN, date="2025-11"),
        replace(PLAIN, text="One. Two"),
        replace(PLAIN, title="TS", source=""),
    ],
)
def test_an_article_that_differs_in_any_field_has_another_digest(other: object) -> None:
    assert other.digest != PLAIN.digest  # type: ignore[attr-defined]


def test_equal_articles_have_equal_digests() -> None:
    assert replace(PLAIN).digest == PLAIN.digest


def test_a_passage_is_embedded_with_its_title_and_heading() -> None:
    assert passage(PLAIN, 0, 4, heading="H").embedded_text == "T\nH\nOne."


def test_an_empty_heading_leaves_no_empty_line() -> None:
    assert passage(PLAIN, 5).embedded_text == "T\nTwo."


def test_the_id_of_a_passage_names_its_article_and_place_and_stands_for_what_is_embedded() -> None:
    one = passage(PLAIN, 5)
    assert one.id == passage(PLAIN, 5).id
    assert one.id.startswith("a#5-")
    others = [
        replace(one, title="U"),
        replace(one, heading="H"),
        replace(one, language="ja"),
        replace(one, text="Six."),
    ]
    assert len({one.id, *(other.id for other in others)}) == 5


def test_a_lone_surrogate_in_a_text_does_not_break_its_digest() -> None:
    odd = article("a", "\ud800")
    assert len(odd.digest) == 64
    assert passage(odd).id.startswith("a#0-")
