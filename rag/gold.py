"""Gold questions: what is asked, and what a right answer would be. Knows nothing of how answers are measured.

One JSON object a line, under ragas' names or the aliases below; `rag/gold_import.py` reads the other formats into the
same rows. Whatever is wrong with a file is said with file, line and field before anything is asked.
"""

import codecs
import difflib
import json
import os
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from index.article import LANGUAGES, Language
from index.errors import KotaeError
from rag.answer import Message
from rag.language import question_language

# The first name of each is ours (and ragas'); the others are what people write.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "_id", "qid", "question_id", "query_id", "番号"),
    "user_input": ("user_input", "question", "query", "質問", "問い"),
    "reference": ("reference", "answer", "ground_truth", "expected_answer", "回答", "答え", "正解", "模範解答"),
    "answers": ("answers", "ground_truths", "short_answers", "短い答え", "短答"),
    "required": ("required", "必須"),
    "reference_contexts": ("reference_contexts", "contexts", "context", "evidence", "根拠", "引用"),
    "reference_context_ids": (
        "reference_context_ids", "article_ids", "article_id", "doc_ids", "passage_ids", "context_ids", "記事", "記事ID",
    ),
    "is_impossible": ("is_impossible", "impossible", "unanswerable", "回答不能"),
    "language": ("language", "lang", "言語"),
    "question_type": ("question_type", "type", "category", "種類", "分類"),
    "history": ("history", "履歴"),
}  # fmt: skip
_NAME_OF = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
_TRUE, _FALSE = {"true", "1", "yes", "y", "はい", "○"}, {"false", "0", "no", "n", "いいえ", "×", ""}
_COPULA = re.compile(r"(?:です|でした|である|だ)?[。.]?$")
_SHORT = {"ja": 30, "en": 60}  # characters of a reference that is itself a short answer


class GoldError(KotaeError):
    """A gold set that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class GoldPassage:
    """Where a right answer is found: an article ("" if not known), verbatim text in it ("" for all of it), and how
    much it helps (1 unless the gold set grades it)."""

    article_id: str
    text: str = ""
    grade: float = 1.0


@dataclass(frozen=True, kw_only=True)
class GoldQuestion:
    """A question with its reference.

    `answers` are short right answers; `required` the facts of a right answer, each a list of the forms it may take.
    `language` is that of the question, and of a right answer. Both are empty, and so is `passages`, where no article
    holds the answer (`is_impossible`).
    """

    id: str
    question: str
    language: Language
    reference: str = ""
    answers: tuple[str, ...] = ()
    required: tuple[tuple[str, ...], ...] = ()
    passages: tuple[GoldPassage, ...] = ()
    history: tuple[Message, ...] = ()
    is_impossible: bool = False
    question_type: str = ""


def read_gold(path: str | os.PathLike[str]) -> list[GoldQuestion]:
    """The gold set at `path`: JSONL, CSV, SQuAD or JSQuAD JSON, or a BEIR folder. Raises GoldError."""
    from rag.gold_import import read_beir, read_csv, read_squad  # they need this module

    path = Path(path)
    if not path.exists():
        raise GoldError(f"there is no gold set at {str(path)!r}: check the path")
    if path.is_dir():
        rows = read_beir(path)
    elif path.suffix.lower() in (".csv", ".tsv"):
        rows = read_csv(path)
    elif path.suffix.lower() == ".json":
        rows = read_squad(path)
    else:
        rows = _read_jsonl(path)
    if not rows:
        raise GoldError(f"{str(path)!r} holds no questions: each line is an object with user_input and reference")
    seen: dict[str, str] = {}
    for where, question in rows:
        if question.id in seen:
            raise GoldError(
                f"{where}: field 'id' is {question.id!r}, as in {seen[question.id]}: give every question its own"
            )
        seen[question.id] = where
    return [question for _, question in rows]


def check_articles(gold: Iterable[GoldQuestion], known: Iterable[str], shown: int = 5) -> None:
    """Raises GoldError when the gold set names articles that are not in `known`."""
    ids = set(known)
    unknown = {
        passage.article_id: question.id
        for question in gold
        for passage in question.passages
        if passage.article_id and passage.article_id not in ids
    }
    if unknown:
        some = ", ".join(f"{article!r} (question {question})" for article, question in list(unknown.items())[:shown])
        more = f" and {len(unknown) - shown} more" if len(unknown) > shown else ""
        raise GoldError(f"the index does not hold {some}{more}: index these articles, or correct reference_context_ids")


def choose(gold: Sequence[GoldQuestion], *, sample: int = 0, seed: int = 0, limit: int = 0) -> list[GoldQuestion]:
    """`sample` questions drawn with `seed`, of those the first `limit`, in the order of the file; 0 takes all."""
    numbers = list(range(len(gold)))
    if sample and sample < len(gold):
        numbers = sorted(random.Random(seed).sample(numbers, sample))
    return [gold[number] for number in numbers[: limit or None]]


def question_from_row(row: Mapping[str, Any], where: str, default_id: str) -> GoldQuestion:
    """A row under our names or their aliases. `where` stands in messages. Raises GoldError."""
    fields = _named(row, where)
    text = _text(fields, "user_input", where)
    if not text:
        raise GoldError(f"{where}: field 'user_input' is missing: write the question")
    language = _text(fields, "language", where).lower() or question_language(text)
    if language not in LANGUAGES:
        raise GoldError(f"{where}: field 'language' is {language!r}: use one of {', '.join(LANGUAGES)}")
    impossible = _flag(fields, "is_impossible", where)
    references = _texts(fields, "reference", where)
    answers = _texts(fields, "answers", where)
    required = _facts(fields, where)
    passages = _passages(fields, where)
    for name, value in (("answers", answers), ("required", required)):
        if impossible and value:
            raise GoldError(f"{where}: field {name!r} is given, but is_impossible is true: leave one of them out")
    reference = references[0] if references else (answers[0] if answers else "")
    if not impossible and not answers:
        answers = tuple(_core(text) for text in references if _is_short(text, language))
    return GoldQuestion(
        id=_text(fields, "id", where) or default_id,
        question=text,
        language=language,
        reference=reference,
        answers=answers,
        required=required or ((answers,) if answers else ()),
        passages=passages,
        history=_history(fields, where),
        is_impossible=impossible,
        question_type=_text(fields, "question_type", where),
    )


def decode(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark, in UTF-16 with one (as spreadsheets write
    "Unicode text"), or in Shift_JIS. Raises GoldError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GoldError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp932"):  # cp932 is Shift_JIS as Windows writes it
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            at = error.start
    raise GoldError(f"{str(path)!r} is neither UTF-8 nor Shift_JIS (byte {at}): convert it to UTF-8")


def parse(text: str, where: str) -> Any:
    """JSON. Raises GoldError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GoldError(f"{where} is not JSON: {error}") from error


def short(value: object) -> str:
    """A value as messages show it."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _read_jsonl(path: Path) -> list[tuple[str, GoldQuestion]]:
    rows = []
    for number, line in enumerate(decode(path).split("\n"), start=1):
        if line.strip():
            where = f"{path}:{number}"
            row = parse(line, where)
            if not isinstance(row, dict):
                raise GoldError(f"{where} is {short(row)}: each line is an object with user_input and reference")
            rows.append((where, question_from_row(row, where, f"line {number}")))
    return rows


def _named(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The row under our names. A name that looks like a slip of the pen is an error; other ones are not ours."""
    fields: dict[str, Any] = {}
    for written, value in row.items():
        name = _NAME_OF.get(written.strip())
        if name is None and written != "answerable":
            near = difflib.get_close_matches(written.strip(), list(_NAME_OF), n=1, cutoff=0.88)
            if near and abs(len(near[0]) - len(written.strip())) <= 2:
                raise GoldError(f"{where}: field {written!r} is unknown: did you mean {near[0]!r}?")
        elif name is None:
            continue
        elif name in fields and value not in (None, "", []):
            if fields[name] not in (None, "", [], value):
                raise GoldError(f"{where}: field {written!r} says {name!r} a second time: leave one of them out")
            fields[name] = value
        else:
            fields.setdefault(name, value)
    if "is_impossible" not in fields and isinstance(row.get("answerable"), bool):
        fields["is_impossible"] = not row["answerable"]
    return fields


def _text(fields: Mapping[str, Any], name: str, where: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise GoldError(f"{where}: field {name!r} is {short(value)}: give text")
    if any("\ud800" <= character <= "\udfff" for character in str(value)):
        raise GoldError(f"{where}: field {name!r} is {short(value)}: it holds half of a character: remove it")
    return str(value).strip()


def _texts(fields: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """Text, a list of texts, or SQuAD's {"text": [...]}; without repetitions and empty ones."""
    value = fields.get(name)
    if isinstance(value, Mapping) and "text" in value:
        value = value["text"]
    values = value if isinstance(value, list | tuple) else [] if value is None else [value]
    found = []
    for one in values:
        one = one["text"] if isinstance(one, Mapping) and "text" in one else one
        found.append(_text({name: one}, name, where))
    return tuple(dict.fromkeys(text for text in found if text))


def _facts(fields: Mapping[str, Any], where: str) -> tuple[tuple[str, ...], ...]:
    value = fields.get("required")
    if value is not None and not isinstance(value, list | tuple):
        raise GoldError(f"{where}: field 'required' is {short(value)}: give a list of facts, each a list of its forms")
    facts = tuple(_texts({"required": fact}, "required", where) for fact in value or ())
    if not all(facts):
        raise GoldError(f"{where}: field 'required' holds a fact without a form: write at least one form of each fact")
    return facts


def _flag(fields: Mapping[str, Any], name: str, where: str) -> bool:
    value = fields.get(name)
    written = str(value).strip().lower() if value is not None else ""
    if written not in _TRUE | _FALSE:
        raise GoldError(f"{where}: field {name!r} is {short(value)}: use true or false")
    return written in _TRUE


def _passages(fields: Mapping[str, Any], where: str) -> tuple[GoldPassage, ...]:
    given = fields.get("reference_contexts")
    texts = [_text({"reference_contexts": one}, "reference_contexts", where) for one in _as_list(given)]
    ids = [_text({"reference_context_ids": one}, "reference_context_ids", where) for one in
           _as_list(fields.get("reference_context_ids"))]  # fmt: skip
    if texts and ids and len(ids) != len(texts):
        if len(ids) != 1:
            raise GoldError(
                f"{where}: field 'reference_context_ids' has {len(ids)} ids for {len(texts)} reference_contexts: "
                "give the article of each, in the same order"
            )
        ids *= len(texts)
    pairs = zip(ids or [""] * len(texts), texts or [""] * len(ids), strict=True)
    return tuple(dict.fromkeys(GoldPassage(article_id=i, text=text) for i, text in pairs if i or text))


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value in (None, "") else [value]


def _history(fields: Mapping[str, Any], where: str) -> tuple[Message, ...]:
    turns = []
    for turn in _as_list(fields.get("history")):
        if (
            not isinstance(turn, Mapping)
            or turn.get("role") not in ("user", "assistant")
            or not isinstance(turn.get("content"), str)
        ):
            raise GoldError(
                f"{where}: field 'history' holds {short(turn)}: each turn is "
                '{"role": "user" or "assistant", "content": "..."}'
            )
        turns.append(cast(Message, {"role": turn["role"], "content": turn["content"]}))
    return tuple(turns)


def _core(reference: str) -> str:
    """A short reference without its copula and full stop: 380億ドルです。 requires 380億ドル, however it is put."""
    return _COPULA.sub("", reference).strip() or reference


def _is_short(text: str, language: str) -> bool:
    return len(text) <= _SHORT.get(language, 60) and not any(stop in text.rstrip("。.") for stop in ("。", ". "))
