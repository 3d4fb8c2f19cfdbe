"""Gold sets are read in every form they come in, and whatever is wrong is said with file, line and field."""

import json
from pathlib import Path
from typing import Any

import pytest

from rag.gold import ALIASES, GoldError, GoldPassage, GoldQuestion, check_articles, choose, read_gold

SEEDS = Path(__file__).parents[2] / "seeds" / "questions.jsonl"
FULL: dict[str, Any] = {
    "id": "g1",
    "user_input": "契約の金額は?",
    "language": "ja",
    "reference": "380億ドルです。",
    "answers": ["380億ドル"],
    "required": [["380億ドル", "$38 billion"], ["7年"]],
    "reference_contexts": ["契約は380億ドル。", "期間は7年。"],
    "reference_context_ids": ["a", "b"],
    "is_impossible": False,
    "question_type": "figure",
    "history": [{"role": "user", "content": "AWSとは?"}, {"role": "assistant", "content": "クラウドです。"}],
}
READ = GoldQuestion(
    id="g1",
    question="契約の金額は?",
    language="ja",
    reference="380億ドルです。",
    answers=("380億ドル",),
    required=(("380億ドル", "$38 billion"), ("7年",)),
    passages=(GoldPassage(article_id="a", text="契約は380億ドル。"), GoldPassage(article_id="b", text="期間は7年。")),
    history=({"role": "user", "content": "AWSとは?"}, {"role": "assistant", "content": "クラウドです。"}),
    question_type="figure",
)


def written(folder: Path, *rows: Any, name: str = "gold.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_full_row_becomes_a_gold_question(tmp_path: Path) -> None:
    assert read_gold(written(tmp_path, FULL)) == [READ]


def test_the_seeds_are_a_gold_set() -> None:
    questions = read_gold(SEEDS)
    assert len(questions) == len(SEEDS.read_text("utf-8").splitlines())
    assert all(question.required for question in questions if not question.is_impossible)


@pytest.mark.parametrize(("name", "alias"), [(name, a) for name, aliases in ALIASES.items() for a in aliases])
def test_every_alias_says_the_same(tmp_path: Path, name: str, alias: str) -> None:
    row = {alias if key == name else key: value for key, value in FULL.items()}
    assert read_gold(written(tmp_path, row)) == [READ]


def test_a_question_and_a_short_answer_are_enough(tmp_path: Path) -> None:
    (one,) = read_gold(written(tmp_path, {"質問": "金額は?", "回答": "380億ドル"}))
    assert (one.id, one.language, one.answers, one.required) == ("line 1", "ja", ("380億ドル",), (("380億ドル",),))


def test_a_long_reference_alone_requires_no_facts(tmp_path: Path) -> None:
    (one,) = read_gold(written(tmp_path, {"question": "Why?", "answer": "It rained. So the road was closed."}))
    assert (one.answers, one.required) == ((), ())


def test_columns_of_others_are_passed_over(tmp_path: Path) -> None:
    (one,) = read_gold(written(tmp_path, FULL | {"response": "x", "retrieved_contexts": ["y"]}))
    assert one == READ


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{oops", "gold.jsonl:2 is not JSON"),
        ("[1]", "gold.jsonl:2 is .*each line is an object"),
        ({"id": "x"}, "gold.jsonl:2: field 'user_input' is missing"),
        (FULL | {"id": "g2", "language": "fr"}, "gold.jsonl:2: field 'language' is 'fr': use one of ja, en"),
        (FULL | {"id": "g2", "is_impossible": "maybe"}, "gold.jsonl:2: field 'is_impossible' is 'maybe'"),
        (FULL | {"id": "g2", "is_impossible": True}, "gold.jsonl:2: field 'answers' is given, but is_impossible"),
        (FULL | {"id": "g2", "required": "380"}, "gold.jsonl:2: field 'required' is '380'"),
        (FULL | {"id": "g2", "required": [[]]}, "gold.jsonl:2: field 'required' holds a fact without a form"),
        (FULL | {"id": "g2", "history": [{"role": "me"}]}, "gold.jsonl:2: field 'history' holds"),
        (FULL | {"id": "g2", "reference_context_ids": ["a", "b", "c"]}, "gold.jsonl:2: .* has 3 ids for 2"),
        (FULL | {"id": "g2", "reference": {"a": 1}}, "gold.jsonl:2: field 'reference' is"),
        (FULL | {"id": "g2", "is_imposible": True}, "field 'is_imposible' is unknown: did you mean 'is_impossible'"),
        (FULL | {"id": "g2", "question": "another?"}, "field 'question' says 'user_input' a second time"),
        (FULL, "gold.jsonl:2: field 'id' is 'g1', as in .*gold.jsonl:1"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_field(tmp_path: Path, row: Any, message: str) -> None:
    with pytest.raises(GoldError, match=message):
        read_gold(written(tmp_path, FULL, row))


def test_a_short_sentence_as_the_only_reference_requires_what_it_says_not_how(tmp_path: Path) -> None:
    (one,) = read_gold(written(tmp_path, {"question": "金額は?", "answer": "380億ドルです。"}))
    assert (one.reference, one.required) == ("380億ドルです。", (("380億ドル",),))


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="gold.jsonl:1: field 'user_input' is .*half of a character"):
        read_gold(written(tmp_path, '{"question": "\\ud800?"}'))


def test_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="there is no gold set at"):
        read_gold(tmp_path / "none.jsonl")
    with pytest.raises(GoldError, match="holds no questions"):
        read_gold(written(tmp_path, ""))


def test_unknown_articles_are_named() -> None:
    with pytest.raises(GoldError, match=r"does not hold 'b' \(question g1\): index these articles"):
        check_articles([READ], ["a"])
    check_articles([READ], ["a", "b", "c"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table_is_read_in_the_encodings_that_spreadsheets_write(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "gold.csv"
    cells = [["質問", "回答", "記事ID"], ["金額は?", '"380億ドル"', "deal"], ["どの国?", '"米国\n(アメリカ)"', "deal"]]
    path.write_bytes("\r\n".join(delimiter.join(row) for row in cells).encode(encoding))
    first, second = read_gold(path)
    assert (first.question, first.reference) == ("金額は?", "380億ドル")
    assert first.passages == (GoldPassage(article_id="deal"),)
    assert second.reference == "米国\n(アメリカ)"


def test_a_table_cell_may_hold_a_list(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text('question,answers\nHow many?,"[""four"", ""4""]"\n', encoding="utf-8")
    assert read_gold(path)[0].answers == ("four", "4")


def test_a_table_says_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("question,answer\nA?,b\n,c\n", encoding="utf-8")
    with pytest.raises(GoldError, match="gold.csv:3: field 'user_input' is missing"):
        read_gold(path)
    path.write_text("question,answer\nA?,b,c\n", encoding="utf-8")
    with pytest.raises(GoldError, match="gold.csv:2 has more cells than the header"):
        read_gold(path)
    path.write_text("question,question\nA?,B?\n", encoding="utf-8")
    with pytest.raises(GoldError, match="gold.csv:1: field 'question' heads two columns"):
        read_gold(path)
    path.write_bytes(b"question\n\x81 ")
    with pytest.raises(GoldError, match="neither UTF-8 nor Shift_JIS"):
        read_gold(path)


def squad(*qas: Any, context: str = "梅雨 [SEP] 梅雨は雨の季節。") -> dict[str, Any]:
    return {"data": [{"title": "梅雨", "paragraphs": [{"context": context, "qas": list(qas)}]}]}


def test_squad_and_jsquad_are_read(tmp_path: Path) -> None:
    content = squad(
        {"id": "s1", "question": "いつ?", "answers": [{"text": "雨の季節", "answer_start": 8}]},
        {"id": "s2", "question": "誰?", "answers": [], "is_impossible": True},
    )
    first, second = read_gold(written(tmp_path, content, name="squad.json"))
    assert (first.answers, first.passages) == (("雨の季節",), (GoldPassage(article_id="", text="梅雨は雨の季節。"),))
    assert (second.is_impossible, second.passages) == (True, ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "squad.json: field 'data' is missing"),
        ({"data": [{}]}, r"squad.json: data\[0\]: field 'paragraphs' is None"),
        ({"data": [{"paragraphs": [{}]}]}, r"data\[0\].paragraphs\[0\]: field 'context' is None"),
        (squad({"id": "x"}), r"paragraphs\[0\].qas\[0\]: field 'user_input' is missing"),
        (squad(3), r"qas\[0\] is 3"),
        (squad({"question": "x?", "is_impossible": "perhaps"}), r"qas\[0\]: field 'is_impossible' is 'perhaps'"),
        (squad({"question": "x?", "answers": []}), r"qas\[0\]: field 'answers' is \[\]: give one, or set"),
    ],
)
def test_squad_says_where_it_is_wrong(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(GoldError, match=message):
        read_gold(written(tmp_path, content, name="squad.json"))


def test_a_beir_folder_is_read_with_its_grades(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    written(tmp_path, {"_id": "1", "text": "What?"}, {"_id": "2", "text": "unjudged"}, name="queries.jsonl")
    written(tmp_path, "query-id\tcorpus-id\tscore", "1\td1\t2", "1\td2\t0", "1\td3\t1", name="qrels/test.tsv")
    (one,) = read_gold(tmp_path)
    assert one.passages == (GoldPassage(article_id="d1", grade=2.0), GoldPassage(article_id="d3", grade=1.0))
    written(tmp_path, "query-id\tcorpus-id\tscore", "9\td1\t2", name="qrels/test.tsv")
    with pytest.raises(GoldError, match="the query '9' is not in queries.jsonl"):
        read_gold(tmp_path)
    written(tmp_path, "query-id\tcorpus-id\tscore", "1 d1 2", name="qrels/test.tsv")
    with pytest.raises(GoldError, match="test.tsv:2 is '1 d1 2'"):
        read_gold(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="is no BEIR folder"):
        read_gold(tmp_path)


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order() -> None:
    questions = [GoldQuestion(id=f"{n:03}", question="?", language="en") for n in range(100)]
    drawn = choose(questions, sample=10, seed=1)
    assert drawn == choose(questions, sample=10, seed=1) == sorted(drawn, key=lambda one: one.id)
    assert drawn != choose(questions, sample=10, seed=2)
    assert choose(questions, sample=10, seed=1, limit=3) == drawn[:3]
    assert choose(questions) == questions
