"""Reads gold sets of other makers: SQuAD and JSQuAD, BEIR, and tables. Knows the formats, not what is measured."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.gold import GoldError, GoldPassage, GoldQuestion, decode, parse, question_from_row, short

Rows = list[tuple[str, GoldQuestion]]


def read_csv(path: Path) -> Rows:
    """A table with a header line; commas, semicolons or tabs. A cell of several values holds a JSON list."""
    text = decode(path)
    header = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=header.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: Rows = []
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice:
            raise GoldError(f"{path}:1: field {twice!r} heads two columns: leave one of them out")
        for number, row in enumerate(reader, start=2):
            where = f"{path}:{reader.line_num}"
            if None in row:
                raise GoldError(f"{where} has more cells than the header: quote cells that hold a {delimiter!r}")
            cells = {str(name): _cell(value, f"{where}: field {name!r}") for name, value in row.items()}
            if any(cells.values()):
                rows.append((where, question_from_row(cells, where, f"line {number}")))
    except csv.Error as error:
        raise GoldError(f"{path}:{reader.line_num} is no row of a table: {error}") from error
    return rows


def read_squad(path: Path) -> Rows:
    """SQuAD 1.1 and 2.0, and JSQuAD (whose passages begin with "title [SEP] "). The contexts name no article."""
    content = parse(decode(path), str(path))
    data = content.get("data") if isinstance(content, Mapping) else None
    if not isinstance(data, list):
        raise GoldError(f"{path}: field 'data' is missing: this is no SQuAD file (for a list of rows, use JSONL)")
    rows: Rows = []
    for where, context, qa in _asked(data, path):
        if not isinstance(qa, Mapping):
            raise GoldError(f"{where} is {short(qa)}: it must be an object with question and answers")
        row = {name: qa.get(name) for name in ("id", "question", "is_impossible")}
        question = question_from_row(row, where, where)
        if not question.is_impossible:
            question = question_from_row(row | {"answers": qa.get("answers"), "contexts": [context]}, where, where)
            if not question.answers:
                raise GoldError(
                    f"{where}: field 'answers' is {short(qa.get('answers'))}: give one, or set is_impossible"
                )
        rows.append((where, question))
    return rows


def _asked(data: list[Any], path: Path) -> Iterator[tuple[str, str, Any]]:
    """(where, context, question with answers) of every question."""
    for i, article in enumerate(data):
        for j, paragraph in enumerate(_field(article, "paragraphs", f"{path}: data[{i}]")):
            where = f"{path}: data[{i}].paragraphs[{j}]"
            context = paragraph.get("context") if isinstance(paragraph, Mapping) else None
            if not isinstance(context, str):
                raise GoldError(f"{where}: field 'context' is {short(context)}: it must be the passage's text")
            for k, qa in enumerate(_field(paragraph, "qas", where)):
                yield f"{where}.qas[{k}]", context.split(" [SEP] ", 1)[-1], qa


def _field(value: Any, name: str, where: str) -> list[Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, list):
        raise GoldError(f"{where}: field {name!r} is {short(found)}: it must be a list")
    return found


def read_beir(folder: Path, split: str = "test") -> Rows:
    """A BEIR folder: queries.jsonl and qrels/test.tsv (or the only other split there). Article ids are corpus ids."""
    queries_path = folder / "queries.jsonl"
    splits = sorted((folder / "qrels").glob("*.tsv"))
    chosen = next((path for path in splits if path.stem == split), splits[0] if len(splits) == 1 else None)
    if not queries_path.is_file() or chosen is None:
        raise GoldError(f"{str(folder)!r} is no BEIR folder: it needs queries.jsonl and qrels/{split}.tsv")
    judged: dict[str, list[GoldPassage]] = {}
    for number, line in enumerate(decode(chosen).split("\n"), start=1):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and not _number(cells[-1])):
            continue
        if len(cells) < 3 or not _number(cells[-1]):
            raise GoldError(
                f"{chosen}:{number} is {short(line)}: write query-id, corpus-id and score with tabs between"
            )
        if float(cells[-1]) > 0:
            passage = GoldPassage(article_id=cells[-2].strip(), grade=float(cells[-1]))
            judged.setdefault(cells[0].strip(), []).append(passage)
    rows: Rows = []
    for number, line in enumerate(decode(queries_path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{queries_path}:{number}"
        row = parse(line, where)
        if not isinstance(row, Mapping):
            raise GoldError(f"{where} is {short(row)}: each line is an object with _id and text")
        query_id = str(row.get("_id", "")).strip()
        if query_id in judged:
            question = question_from_row({"id": query_id, "question": row.get("text")}, where, query_id)
            rows.append((where, _with_passages(question, judged[query_id])))
    missing = judged.keys() - {question.id for _, question in rows}
    if missing:
        raise GoldError(
            f"{chosen}: the query {min(missing)!r} is not in {queries_path.name}: add it, or its id is wrong"
        )
    return rows


def _with_passages(question: GoldQuestion, passages: list[GoldPassage]) -> GoldQuestion:
    return replace(question, passages=tuple(passages))


def _number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _cell(value: str | None, where: str) -> Any:
    text = (value or "").strip()
    return parse(text, where) if text[:1] in ("[", "{") and text[-1:] in ("]", "}") else text
