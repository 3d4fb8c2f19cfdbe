"""Measures the answers of the local model against the bars of this project, on real sets.

    python -m benchmarks.answers DATA [--sets seeds nomiracl ...] [--sample N] [--seed S] [--keep FOLDER] [--write]

DATA is a folder with the sets (docs/results.md says where each comes from). Everything goes through `Chatbot.answer`:

seeds     seeds/questions.jsonl: right, declined, ungrounded figures and false quotes (by check_answers.py)
nomiracl  each question over its own ten passages: claims on the unanswerable, declines of the answerable, the curve
jsquad    over all passages of the set: F1 and exact match of the short answer, by characters
squad2    the same in English, by words, and the share of its unanswerable half that is declined
speed     the questions of seeds again beside a plain prompt with the four best passages: first words, whole answer

`--sample` asks that many questions of each kind, drawn with `--seed`; without it the sizes that the bars name: all of
seeds, 50 of each kind of nomiracl, 300 of jsquad, 40 for the speed, and of squad2 what is not for training. No question
here is one that the chat model's adapter was trained on (`benchmarks/splits.py`).
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.check_answers import check, read_sources
from benchmarks.sets import as_articles, open_bot, read_lines
from benchmarks.short_answers import short_answer
from benchmarks.splits import measured
from rag import Chatbot
from rag.answer import Answer
from rag.confidence import MIN_CONFIDENCE
from rag.gold import GoldQuestion, read_gold
from rag.model import stream_text
from rag.overlap import best, exact_match, f1
from rag.retrieve import Filters
from rag.writer import as_messages

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results.md"
MARKS = "<!-- answers: written by benchmarks/answers.py -->", "<!-- answers: end -->"
SETS = ("seeds", "nomiracl", "jsquad", "squad2", "speed")
SIZES = {"seeds": 0, "nomiracl": 50, "jsquad": 300, "squad2": 300, "speed": 40}  # of each kind; 0: all
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)

Line = tuple[str, str, str, str]  # set, what was measured, value, bar


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=SETS, choices=SETS)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the indexes, used again by the next run")
    parser.add_argument("--write", action="store_true", help=f"put the lines into {RESULTS.name}")
    options = parser.parse_args()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(options.data, options.keep or Path(scratch), options.sample, options.seed)
        for name in options.sets:
            for line in getattr(bench, name)():
                lines.append(line)
                print("| " + " | ".join(line) + " |", flush=True)
    if options.write:
        table = "| set | measured | value | bar |\n|---|---|---|---|\n"
        table += "".join("| " + " | ".join(line) + " |\n" for line in lines)
        before, rest = RESULTS.read_text("utf-8").split(MARKS[0])
        RESULTS.write_text(f"{before}{MARKS[0]}\n\n{table}\n{MARKS[1]}{rest.split(MARKS[1])[1]}", "utf-8")


class Bench:
    """The sets, each with an index of its own, and one chat model."""

    def __init__(self, data: Path, homes: Path, sample: int, seed: int) -> None:
        self._data, self._homes, self._sample, self._seed = data, homes, sample, seed

    def seeds(self) -> list[Line]:
        bot = self._bot("seeds", ROOT / "seeds" / "articles")
        gold = read_gold(ROOT / "seeds" / "questions.jsonl")
        kinds = {
            (language, impossible): [q for q in gold if (q.language, q.is_impossible) == (language, impossible)]
            for language in ("ja", "en")
            for impossible in (False, True)
        }
        questions = [q for some in kinds.values() for q in self._drawn(some, "seeds")]
        rows = bot.evaluate(questions).to_dict()["rows"]
        lines: list[Line] = []
        for language in ("ja", "en"):
            right = [r["metrics"]["right"] for r in rows if r["language"] == language and not r["is_impossible"]]
            lines.append(("seeds", f"right, {language}", _share(right), "at least .92"))
        answered = {True: [], False: []}
        for row in rows:
            answered[row["is_impossible"]].append(row["metrics"]["answered"])
        lines.append(("seeds", "unanswerable declined", _share([1 - a for a in answered[True]]), "at least .90"))
        lines.append(("seeds", "answerable declined", _share([1 - a for a in answered[False]]), "at most .05"))
        violations, counts = check(rows, read_sources([ROOT / "seeds" / "articles"]))
        for kind in ("figure", "quote", "mark"):
            found = sum(violation.kind == kind for violation in violations)
            lines.append(("seeds", f"violations: {kind}", f"{found} in {counts['answers']} answers", "0"))
        return lines

    def nomiracl(self) -> list[Line]:
        rows = self._rows("nomiracl")
        cells = {
            (language, answerable): self._drawn(
                [r for r in rows if (r["lang"], r["answerable"]) == (language, answerable)], "nomiracl"
            )
            for language in ("ja", "en")
            for answerable in (True, False)
        }
        wanted = {id for some in cells.values() for row in some for id in row["passage_ids"]}
        passages = [p for p in read_lines(self._data / "nomiracl" / "passages.jsonl") if p["id"] in wanted]
        bot = self._bot(f"nomiracl-{self._sample}-{self._seed}", as_articles(passages))
        asked = {
            cell: [self._ask(bot, row, Filters(article_ids=tuple(row["passage_ids"]))) for row in some]
            for cell, some in cells.items()
        }
        lines: list[Line] = []
        for (language, answerable), answers in asked.items():
            declined = _share([float(not answer.answered) for answer in answers])
            if answerable:
                lines.append(("nomiracl", f"answerable declined, {language}", declined, "at most .25"))
            else:
                claimed = _share([float(answer.answered) for answer in answers])
                lines.append(("nomiracl", f"claims on the unanswerable, {language}", claimed, "at most .25"))
        for threshold in THRESHOLDS:
            shares = [
                _share([float((a.confidence or 0.0) < threshold) for lang in ("ja", "en") for a in asked[lang, kind]])
                for kind in (True, False)
            ]
            said = f"declined below {threshold}: answerable, unanswerable"
            lines.append(("nomiracl", said, " · ".join(shares), f"used: {MIN_CONFIDENCE}"))
        return lines

    def jsquad(self) -> list[Line]:
        bot = self._bot("jsquad", as_articles(read_lines(self._data / "jsquad" / "passages.jsonl")))
        return self._short(bot, "jsquad", "ja", self._drawn(self._rows("jsquad"), "jsquad"))

    def squad2(self) -> list[Line]:
        bot = self._bot("squad2", as_articles(read_lines(self._data / "squad2" / "passages.jsonl")))
        rows = self._rows("squad2")
        lines = self._short(bot, "squad2", "en", self._drawn([r for r in rows if r["answerable"]], "squad2"))
        impossible = [self._ask(bot, r) for r in self._drawn([r for r in rows if not r["answerable"]], "squad2")]
        declined = _share([float(not answer.answered) for answer in impossible])
        return [*lines, ("squad2", "unanswerable declined", declined, "at least .70")]

    def speed(self) -> list[Line]:
        """Product and plain prompt take turns on each question, so that both see the same load."""
        bot = self._bot("seeds", ROOT / "seeds" / "articles")
        gold = [q for q in read_gold(ROOT / "seeds" / "questions.jsonl") if not q.is_impossible and not q.history]
        questions = self._drawn(gold, "speed")
        bot.warm_up()
        first, whole, plain_first, plain_whole = [], [], [], []
        for question in questions:
            begun = time.perf_counter()
            answer = bot.answer(question.question)
            whole.append(time.perf_counter() - begun)
            first.append(answer.timings.get("first_piece", whole[-1]))
            a, b = _plain(bot, question)
            plain_first.append(a)
            plain_whole.append(b)
        ratio = statistics.median(first) / statistics.median(plain_first)
        return [
            ("speed", "first words, median s", f"{statistics.median(first):.1f}", "at most 4"),
            ("speed", "first words of a plain prompt, median s", f"{statistics.median(plain_first):.1f}", ""),
            ("speed", "ratio of the two", f"{ratio:.2f}", "at most .60"),
            ("speed", "whole answer, median s", f"{statistics.median(whole):.1f}", "at most 8"),
            ("speed", "whole answer of a plain prompt, median s", f"{statistics.median(plain_whole):.1f}", ""),
        ]

    def _short(self, bot: Chatbot, name: str, language: Any, rows: Sequence[dict[str, Any]]) -> list[Line]:
        scores, exact, declined = [], [], []
        for row in rows:
            answer = self._ask(bot, row)
            quotes = [citation.quote for citation in answer.citations]
            short = short_answer(answer.text, row["question"], quotes, language) if answer.answered else ""
            scores.append(best(lambda a, b: f1(a, b, language=language), short, row["answers"]))
            exact.append(best(lambda a, b: exact_match(a, b, language=language), short, row["answers"]))
            declined.append(float(not answer.answered))
        return [
            (name, "F1 of the short answer", _share(scores), "at least .75"),
            (name, "exact match of the short answer", _share(exact), ""),
            (name, "answerable declined", _share(declined), ""),
        ]

    def _ask(self, bot: Chatbot, row: dict[str, Any], filters: Filters | None = None) -> Answer:
        answer = bot.answer(row["question"].strip(), row["lang"], filters=filters)
        said = f"{'answered' if answer.answered else 'declined'} {answer.confidence or 0:.2f}"
        print(f"{row['id']}: {said}: {answer.text[:100]!r} for {row.get('answers')}", flush=True)
        return answer

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return measured(name, read_lines(self._data / name / "questions.jsonl"))

    def _drawn(self, rows: Sequence[Any], name: str) -> list[Any]:
        size = self._sample or SIZES[name]
        return list(rows) if not size or size >= len(rows) else random.Random(self._seed).sample(list(rows), size)

    def _bot(self, name: str, articles: "Path | Iterable[dict[str, Any]]") -> Chatbot:
        return open_bot(self._homes, name, articles)


def _plain(bot: Chatbot, question: GoldQuestion) -> tuple[float, float]:
    """Seconds to the first words, and in all, of the usual prompt: search, four passages, the question."""
    begun = time.perf_counter()
    passages = "\n\n".join(hit.passage.text for hit in bot.search(question.question, 4))
    system = "Answer the question from the context. If the context does not say, say so."
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": f"Context:\n{passages}\n\nQuestion: {question.question}"},
    ]
    first = 0.0
    for _ in stream_text(bot.chat_model, as_messages(messages), max_tokens=220):
        first = first or time.perf_counter() - begun
    return first, time.perf_counter() - begun


def _share(values: Sequence[float]) -> str:
    return f"{statistics.fmean(values):.3f} of {len(values)}" if values else "none asked"


if __name__ == "__main__":
    main()
