import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article
from index.split import Span, sections, split_article, split_sentences
from tests.growth import times_of_four_times_as_much


def characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text)]


def outline(text: str, language: str = "en") -> list[tuple[str, list[str]]]:
    """Each section's heading and sentences."""
    return [(s.heading, [text[a.start : a.end] for a in s.sentences]) for s in sections(text, language)]


def passages(text: str, max_tokens: int, language: str = "en") -> list[str]:
    article = Article(id="x", title="T", language=language, source="", date="", text=text)  # type: ignore[arg-type]
    return [passage.text for passage in split_article(article, characters, max_tokens)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("これは文です。次の文です！", ["これは文です。", "次の文です！"]),
        ("本当ですか?はい!そうです。", ["本当ですか?", "はい!", "そうです。"]),
        ("「はい。そうです。」と彼は言った。次の文。", ["「はい。そうです。」と彼は言った。", "次の文。"]),
        ("『一。二。』「三。四。」終わり。次。", ["『一。二。』「三。四。」終わり。", "次。"]),
        ("売上(前年比4.1%増。過去最高。)は1,842億円。次。", ["売上(前年比4.1%増。過去最高。)は1,842億円。", "次。"]),
        ("彼は「『はい。』と聞いた。」と言った。次。", ["彼は「『はい。』と聞いた。」と言った。", "次。"]),
        ("値は3.14です。次は2.5億円。", ["値は3.14です。", "次は2.5億円。"]),
        ("えっ！？本当。", ["えっ！？", "本当。"]),
        ("半角の句点｡次です｡", ["半角の句点｡", "次です｡"]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It cost $3.50. It grew 4.1% in 2025. Yes.", ["It cost $3.50.", "It grew 4.1% in 2025.", "Yes."]),
        (
            "Dr. Smith of Foo Inc. met Mr. J. Doe at 5 p.m. Monday.",
            ["Dr. Smith of Foo Inc. met Mr. J. Doe at 5 p.m. Monday."],
        ),
        (
            "The U.S. economy grew, e.g. in Nov. 2025. It fell.",
            ["The U.S. economy grew, e.g. in Nov. 2025.", "It fell."],
        ),
        ("See example.com. Next.", ["See example.com.", "Next."]),
        ('He said "Stop. Now." and left. She stayed.', ['He said "Stop. Now." and left.', "She stayed."]),
        ("He said “Stop. Now.” She stayed.", ["He said “Stop. Now.”", "She stayed."]),
        ("It ended (at last.) Then more.", ["It ended (at last.)", "Then more."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("1. First point. 2. Second point.", ["1. First point.", "2. Second point."]),
        ("Text.               1. First point.", ["Text.", "1. First point."]),
        ("A             long gap. Then this. And that.", ["A             long gap.", "Then this.", "And that."]),
        ("Smile :) and go. Next.", ["Smile :) and go.", "Next."]),
        ("", []),
        (" \n　", []),
        ("。", ["。"]),
        ("...", ["..."]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_bracket_that_does_not_close_holds_sentences_together_for_400_characters_only() -> None:
    text = "(open. " + "Word here. " * 60
    found = sentences(text)
    assert 400 < len(found[0]) < 420
    assert found[1:] == ["Word here."] * len(found[1:])


def test_a_span_limits_what_is_read() -> None:
    text = "One. Two. Three."
    assert split_sentences(text, Span(5, 9)) == [Span(5, 9)]
    assert split_sentences(text, Span(3, 8)) == [Span(3, 4), Span(5, 8)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("# Title\n\nIntro. More.\n\n## Part\nText.", "en", [("Title", ["Intro.", "More."]), ("Part", ["Text."])]),
        ("## 事業別の動き ##\n文です。", "ja", [("事業別の動き", ["文です。"])]),
        ("見出し\n本文はここにあります。\n次の話\n話の本文はこちらにあります。", "ja",
         [("", ["見出し", "本文はここにあります。"]), ("次の話", ["話の本文はこちらにあります。"])]),
        ("Headline\nThe first line of a para-\ngraph goes on. Next.", "en",
         [("", ["Headline", "The first line of a para-\ngraph goes on.", "Next."])]),
        ("文の途中で\n折り返した行です。次の文。", "ja", [("", ["文の途中で", "折り返した行です。", "次の文。"])]),
        ("始まり。\n文の途中で長く続いていき\n折り返した行です。次。", "ja",
         [("", ["始まり。", "文の途中で長く続いていき\n折り返した行です。", "次。"])]),
        ("Buy these:\n- milk\n- eggs and\n  bread\n1. one\n(2) two", "en",
         [("", ["Buy these:", "- milk", "- eggs and\n  bread", "1. one", "(2) two"])]),
        ("一覧:\n・りんご\n・みかん", "ja", [("", ["一覧:", "・りんご", "・みかん"])]),
        ("One\n\ntwo\n\nsix", "en", [("", ["One", "two", "six"])]),
        ("# Only\n## headings", "en", [("", ["# Only", "## headings"])]),
        ("Text.\n# The end", "en", [("", ["Text."])]),
        ("", "en", []),
    ],
)  # fmt: skip
def test_sections_follow_headings_lists_and_wrapped_lines(
    text: str, language: str, expected: list[tuple[str, list[str]]]
) -> None:
    assert outline(text, language) == expected


def test_passages_hold_whole_sentences_up_to_the_limit() -> None:
    assert passages("Aaa. Bbb. Ccc. Ddd. Eee.", 12) == ["Aaa. Bbb. Ccc.", "Ddd. Eee."]
    assert passages("Aaa. Bbb. Ccc. Ddd. Eee.", 11) == ["Aaa. Bbb.", "Ccc. Ddd.", "Eee."]


def test_passages_are_evened_out_so_that_the_last_is_no_remnant() -> None:
    assert passages("A1aaaa. B2aaaa. C3aaaa. D4aaaa.", 22) == ["A1aaaa. B2aaaa.", "C3aaaa. D4aaaa."]


def test_a_passage_never_crosses_a_heading_and_carries_it() -> None:
    article = Article(id="x", title="T", language="en", source="", date="", text="# One\nAaa.\n# Two\nBbb.")
    found = split_article(article, characters, 100)
    assert [(p.article_id, p.title, p.heading, p.text, p.start, p.end) for p in found] == [
        ("x", "T", "One", "Aaa.", 6, 10),
        ("x", "T", "Two", "Bbb.", 17, 21),
    ]


def test_a_sentence_that_is_too_long_is_cut_at_its_commas_or_spaces() -> None:
    assert passages("あいうえおかき、くけこさしすせ、そたちつてと。", 12, "ja") == [
        "あいうえおかき、",
        "くけこさしすせ、",
        "そたちつてと。",
    ]
    assert passages("aaaaaaa bbbbbbb ccccccc", 12) == ["aaaaaaa", "bbbbbbb", "ccccccc"]


def test_a_sentence_whose_tokens_lie_close_in_one_place_is_cut_until_every_piece_fits() -> None:
    def dense(texts: Sequence[str]) -> list[int]:
        return [len(text) + 30 * text.count("㍿") for text in texts]

    article = Article(id="x", title="", language="ja", source="", date="", text="あ" * 300 + "㍿" * 40 + "い" * 300)
    found = split_article(article, dense, 50)
    assert max(dense([passage.text for passage in found])) <= 50
    assert "".join(passage.text for passage in found) == article.text


@pytest.mark.parametrize("count", [lambda texts: [9] * len(texts), lambda texts: [0] * len(texts)])
def test_splitting_ends_whatever_the_tokens_are(count: Callable[[Sequence[str]], list[int]]) -> None:
    article = Article(id="x", title="", language="en", source="", date="", text="Some words. And more, too.")
    found = split_article(article, count, 5)
    assert "".join("".join(p.text.split()) for p in found) == "".join(article.text.split())


PIECES = st.sampled_from(
    [*"。！？.!?「」『』（）()[]\"'“”、,:;#-*・ \n\t　\u2028aZ3９あ漢㍿\u0301😀\u202e\x0b", "\n\n", "\n# ", "\n- ",
     "3.5", "1,000", "Dr. ", "Inc. ", "e.g. ", "word ", "日本語の文です。", "It ended. ", "\r", "\ud800"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=120).map("".join), st.text(max_size=200))


@settings(max_examples=400, deadline=None)
@given(text=TEXTS, language=st.sampled_from(["ja", "en"]), max_tokens=st.integers(1, 60))
def test_every_passage_is_a_slice_of_its_article_and_none_is_too_long(
    text: str, language: str, max_tokens: int
) -> None:
    article = Article(id="x", title="T", language=language, source="", date="", text=text)  # type: ignore[arg-type]

    def tokens(texts: Sequence[str]) -> list[int]:  # white space between sentences is not counted
        return [len("".join(text.split())) for text in texts]

    found = split_article(article, tokens, max_tokens)
    end = 0
    for passage in found:
        assert passage.text == text[passage.start : passage.end] == passage.text.strip()
        assert passage.text
        assert passage.start >= end
        assert tokens([passage.text])[0] <= max_tokens
        end = passage.end
    # Every sentence is covered, character by character.
    covered = {place for passage in found for place in range(passage.start, passage.end)}
    wanted = {
        place for section in sections(text, language) for s in section.sentences for place in range(s.start, s.end)
    }
    assert {place for place in wanted if not text[place].isspace()} <= covered
    assert bool(found) == bool(text.strip())


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_sentences_hold_every_character_but_white_space_in_order(text: str) -> None:
    spans = split_sentences(text)
    assert "".join("".join(text[s.start : s.end].split()) for s in spans) == "".join(text.split())
    assert all(before.end <= after.start for before, after in zip(spans, spans[1:], strict=False))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["前の文です。", "次の文。", "彼は", "3.5億円", "。", "と"]), max_size=20), st.data())
def test_nothing_between_japanese_quotation_marks_is_cut(parts: list[str], data: st.DataObject) -> None:
    quoted = "「" + data.draw(st.text("あ。！？.! 3", max_size=100)) + "」"
    text = "".join([*parts, quoted, *parts])
    at = text.index(quoted)
    cuts = {span.start for span in split_sentences(text)}
    assert not cuts & set(range(at + 1, at + len(quoted)))


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0, 1e6, allow_nan=False).map(lambda x: f"{x:,.2f}"),
    st.sampled_from(["値は{}億円。", "It is {} percent."]),
)
def test_a_number_is_never_cut(number: str, frame: str) -> None:
    assert sentences(frame.format(number) * 3)[0].startswith(frame.format(number)[:-1])


HOSTILE = {
    "open brackets": "(「『",
    "open and closed": "(a「b)c」",
    "wrong closers": "([{「)」",
    "quotes": '"',
    "quotes and dots": '."',
    "single quotes after a dot": ".'''''",
    "dots": ".",
    "dots and spaces": ". ",
    "full stops": "。",
    "digits": "1",
    "decimals": "3.",
    "numbering": "1. ",
    "a gap behind a letter": "",
    "abbreviations": "dr. ",
    "newlines": "\n",
    "lines without an end": "words without end\n",
    "headings": "# h\n",
    "list items": "- x\n",
    "spaces": " ",
    "dots far apart": "." + " " * 100,
    "no end at all": "x",
}


def text_of(kind: str, size: int) -> str:
    if kind == "a gap behind a letter":
        return ("A" + " " * 20 + "b. C" * size)[:size]
    return (HOSTILE[kind] * size)[:size]


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_time_is_linear_in_a_hostile_text(kind: str) -> None:
    size = 300_000 if kind == "a gap behind a letter" else 75_000  # there the square grows slowly
    short, long = times_of_four_times_as_much(lambda of: passages(text_of(kind, of), 160), size)
    assert long < 8 * short + 0.02


def test_a_megabyte_of_hostile_text_is_split_in_seconds() -> None:
    text = "".join(text_of(kind, 50_000) for kind in HOSTILE)
    assert len(text) > 1_000_000
    began = time.process_time()
    passages(text, 160)
    assert time.process_time() - began < 10
