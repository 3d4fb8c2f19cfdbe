"""What must stay true of the seed articles and the gold questions.

Knows only the files: standard library and PyYAML, nothing of Kotae itself.
"""

import datetime
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

SEEDS = Path(__file__).parents[2] / "seeds"
GIVEN = "000_bc0131da60b046de"
GIVEN_SHA256 = "2c266f0364a62bde01faf8270da542cfd1aa1d983205af1501414353d01ae255"
META_KEYS = {"id", "title", "language", "source", "date"}
SOURCES = {"en": "Written for Kotae (fictional)", "ja": "Kotaeのために書かれた架空の記事"}
FIELDS = {
    "id", "user_input", "language", "reference", "answers", "required", "reference_contexts", "reference_context_ids",
    "is_impossible", "question_type",
}  # fmt: skip
ONE_FACT = {"fact", "figure", "date", "name", "yes_no"}
SEVERAL = {"list", "multi", "comparison", "contradiction"}
IMPOSSIBLE = {"near_miss", "unanswerable"}


@dataclass(frozen=True, kw_only=True)
class SeedArticle:
    """One seed file: its five metadata values and the text that passages are copied from."""

    path: Path
    meta: dict
    body: str


@cache
def articles() -> dict[str, SeedArticle]:
    """Every seed article by its id."""
    found = {}
    for path in sorted((SEEDS / "articles").glob("*.md")):
        opening, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        assert opening == "", f"{path.name} does not begin with front matter"
        meta = yaml.safe_load(front)
        found[meta["id"]] = SeedArticle(path=path, meta=meta, body=body)
    path = SEEDS / "articles" / f"{GIVEN}.txt"
    meta = yaml.safe_load(path.with_suffix(".meta.yaml").read_text(encoding="utf-8"))
    found[meta["id"]] = SeedArticle(path=path, meta=meta, body=path.read_text(encoding="utf-8"))
    return found


@cache
def questions() -> list[dict]:
    lines = (SEEDS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def answerable() -> list[dict]:
    return [q for q in questions() if not q["is_impossible"]]


def context_languages(question: dict) -> set[str]:
    return {articles()[article_id].meta["language"] for article_id in question["reference_context_ids"]}


def normal(text: str) -> str:
    """NFKC, case folded, without white space: how forms are looked for."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()


def missing(facts: list[list[str]], text: str) -> list[list[str]]:
    """The facts of which no surface form occurs in text."""
    return [forms for forms in facts if not any(normal(form) in normal(text) for form in forms)]


# ---- articles


def test_the_given_article_is_unchanged():
    assert hashlib.sha256((SEEDS / "articles" / f"{GIVEN}.txt").read_bytes()).hexdigest() == GIVEN_SHA256


def test_the_given_article_has_its_headline_as_its_title():
    given = articles()[GIVEN]
    assert given.meta["title"] == given.body.splitlines()[0]
    assert given.meta["date"] == datetime.date(2025, 11, 3)
    assert given.meta["language"] == "ja"


def test_every_article_has_exactly_the_five_metadata_keys_and_none_is_empty():
    for article in articles().values():
        assert set(article.meta) == META_KEYS, article.path.name
        assert all(article.meta.values()), article.path.name


def test_every_article_is_named_after_its_id_and_dated():
    files = [path for path in (SEEDS / "articles").iterdir() if path.suffix != ".yaml"]
    assert len(files) == len(articles())
    for article_id, article in articles().items():
        assert article.path.stem == article_id
        assert isinstance(article.meta["date"], datetime.date), article_id
        assert article.meta["language"] in {"ja", "en"}, article_id


def test_every_article_of_our_own_says_that_it_is_fictional():
    for article_id, article in articles().items():
        if article_id != GIVEN:
            assert article.meta["source"] == SOURCES[article.meta["language"]], article_id
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article_id)


def test_there_are_at_least_seven_articles_of_our_own_in_each_language():
    languages = [article.meta["language"] for article_id, article in articles().items() if article_id != GIVEN]
    assert min(languages.count("ja"), languages.count("en")) >= 7


def test_articles_of_our_own_have_headings_and_a_reasonable_length():
    for article_id, article in articles().items():
        if article_id == GIVEN:
            continue
        if article.meta["language"] == "en":
            assert 350 <= len(article.body.split()) <= 900, article_id
        else:
            assert 900 <= len(re.sub(r"\s", "", article.body)) <= 2200, article_id
        assert len(re.findall(r"^## ", article.body, re.MULTILINE)) >= 3, article_id


# ---- questions, one by one


def test_every_question_has_its_fields_and_nothing_else():
    for q in questions():
        assert set(q) - {"history"} == FIELDS, q["id"]
        assert q["user_input"].strip(), q["id"]
        assert q["reference"].strip(), q["id"]
        assert q["question_type"] in ONE_FACT | SEVERAL | IMPOSSIBLE | {"follow_up"}, q["id"]


def test_the_questions_are_utf8_and_not_escaped():
    assert "\\u" not in (SEEDS / "questions.jsonl").read_text(encoding="utf-8")


def test_question_ids_are_consecutive_and_therefore_unique():
    assert [q["id"] for q in questions()] == [f"q{number:03}" for number in range(1, len(questions()) + 1)]


def test_no_question_is_asked_twice():
    asked = [(normal(q["user_input"]), json.dumps(q.get("history"))) for q in questions()]
    assert len(set(asked)) == len(asked)


def test_every_reference_context_is_copied_verbatim_from_its_article():
    for q in questions():
        assert len(q["reference_contexts"]) == len(q["reference_context_ids"]), q["id"]
        for context, article_id in zip(q["reference_contexts"], q["reference_context_ids"], strict=True):
            assert context.strip(), q["id"]
            assert context in articles()[article_id].body, (q["id"], context)


def test_questions_and_references_are_in_the_language_they_claim():
    japanese = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
    for q in questions():
        for text in (q["user_input"], q["reference"]):
            assert bool(japanese.search(text)) == (q["language"] == "ja"), (q["id"], text)


def test_impossible_questions_have_no_answers_and_the_others_have_some():
    for q in questions():
        assert q["is_impossible"] == (q["question_type"] in IMPOSSIBLE), q["id"]
        for field in ("answers", "required", "reference_contexts", "reference_context_ids"):
            assert bool(q[field]) != q["is_impossible"], (q["id"], field)
        assert all(forms and all(forms) for forms in q["required"]), q["id"]


def test_the_short_answers_agree_with_the_required_facts():
    for q in answerable():
        if len(q["required"]) == 1:
            assert q["answers"] == q["required"][0], q["id"]
        else:
            assert [missing(q["required"], answer) for answer in q["answers"]] == [[]] * len(q["answers"]), q["id"]


def test_one_fact_questions_require_one_fact():
    assert [q["id"] for q in answerable() if q["question_type"] in ONE_FACT and len(q["required"]) != 1] == []


def test_the_reference_answer_contains_every_required_fact():
    for q in answerable():
        assert missing(q["required"], q["reference"]) == [], q["id"]


def test_where_article_and_question_share_a_language_the_contexts_contain_every_required_fact():
    # Yes and no, and the verdict of a comparison, are drawn from the contexts and need not stand in them.
    checked = 0
    for q in answerable():
        if context_languages(q) == {q["language"]} and q["question_type"] not in {"yes_no", "comparison"}:
            assert missing(q["required"], "\n".join(q["reference_contexts"])) == [], q["id"]
            checked += 1
    assert checked >= 80


def test_every_history_alternates_and_ends_with_the_assistant():
    for q in questions():
        roles = [turn["role"] for turn in q.get("history", [])]
        assert roles == ["user", "assistant"] * (len(roles) // 2), q["id"]
        assert all(set(turn) == {"role", "content"} and turn["content"].strip() for turn in q.get("history", []))
        assert roles or q["question_type"] != "follow_up", q["id"]


# ---- questions, counted


def count(rows: list[dict], language: str | None = None) -> int:
    return sum(language in (None, q["language"]) for q in rows)


def test_there_are_at_least_two_hundred_questions_about_half_in_each_language():
    assert count(questions()) >= 200
    assert 0.4 <= count(questions(), "ja") / count(questions()) <= 0.6


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_given_article_is_asked_about_in_both_languages(language):
    assert count([q for q in answerable() if GIVEN in q["reference_context_ids"]], language) >= 14


@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_language_has_enough_impossible_and_follow_up_questions(language):
    assert count([q for q in questions() if q["is_impossible"]], language) >= 25
    assert count([q for q in questions() if q["question_type"] == "follow_up"], language) >= 6


@pytest.mark.parametrize(
    ("types", "least"),
    [
        (SEVERAL, 20),
        ({"figure", "date"}, 50),
        ({"follow_up"}, 12),
        ({"name"}, 10),
        (IMPOSSIBLE, 50),
        ({"near_miss"}, 30),
    ],
)
def test_every_kind_of_question_is_asked_often_enough(types, least):
    assert count([q for q in questions() if q["question_type"] in types]) >= least


def test_at_least_fifty_questions_can_be_answered_only_from_the_other_language():
    assert count([q for q in answerable() if q["language"] not in context_languages(q)]) >= 50


def test_at_least_two_kinds_of_stories_are_told_differently_in_two_articles():
    pairs = {frozenset(q["reference_context_ids"]) for q in questions() if q["question_type"] == "contradiction"}
    assert len([pair for pair in pairs if len(pair) >= 2]) >= 2


def test_every_article_is_asked_about():
    asked = {article_id for q in questions() for article_id in q["reference_context_ids"]}
    assert asked == set(articles())
