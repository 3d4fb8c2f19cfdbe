"""Questions of real sets as Kotae would put them to the chat model, for training: see `benchmarks/adapter.py`.

What is read is chosen by the product itself. A question is answerable where its answer stands in a sentence that is
read. It is not where it does not, where people said so, and where the sentences that hold the answer were taken away:
then what is left is near, as it is when a reader asks for what the articles lack.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.adapter_example import Example, as_read
from benchmarks.adapter_reading import read
from benchmarks.sets import as_articles, open_bot, read_lines
from benchmarks.splits import for_training
from index.article import Language
from rag import Chatbot
from rag.checks import answerable_kind
from rag.evidence import GAP, Excerpt, Sentence
from rag.retrieve import Filters

ROWS = {"jsquad": 900, "squad2": 500, "nomiracl": 300}  # questions of each that are read
WIDER = 3.0  # log-odds; a third of the evidence is read up to this far behind the best sentence, to be robust to more


class Sets:
    """The sets in the folder `data`; their indexes are kept in `homes`."""

    def __init__(self, data: Path, homes: Path, seed: int) -> None:
        self._data, self._homes, self._drawn = data, homes, random.Random(seed)

    def examples(self) -> list[Example]:
        """All that the sets give; those without an answer in words have `short` ones only."""
        return [example for name in ROWS for example in getattr(self, f"_{name}")() if example]

    def _jsquad(self) -> Iterator[Example | None]:
        rows = self._rows("jsquad")
        bot = self._bot("jsquad", self._passages("jsquad"))
        for number, row in enumerate(rows):
            yield self._with_answer(bot, row, "ja") if number % 5 < 3 else self._without_answer(bot, row, "ja")

    def _squad2(self) -> Iterator[Example | None]:
        bot = self._bot("squad2", self._passages("squad2"))
        for row in self._rows("squad2"):
            if not row["answerable"]:
                yield self._example("squad2", row, "en", self._read(bot, row["question"], "en"), False)
                continue
            yield self._with_answer(bot, row, "en")
            if self._drawn.random() < 0.6:
                yield self._without_answer(bot, row, "en")

    def _nomiracl(self) -> Iterator[Example | None]:
        rows = self._rows("nomiracl")
        wanted = {id for row in rows for id in row["passage_ids"]}
        passages = [passage for passage in self._passages("nomiracl") if passage["id"] in wanted]
        bot = self._bot("nomiracl-training", passages)
        for row in rows:
            filters = Filters(article_ids=tuple(row["passage_ids"]))
            excerpts = self._read(bot, row["question"], row["lang"], filters=filters)
            yield self._example("nomiracl", row, row["lang"], excerpts, row["answerable"])

    def _with_answer(self, bot: Chatbot, row: Any, language: Language) -> Example | None:
        """The question as it is asked: answerable where a sentence of its passage that is read holds the answer."""
        excerpts = self._read(bot, row["question"], language)
        own = [excerpt for excerpt in excerpts if excerpt.article.id in row["passage_ids"]]
        name = row["passage_ids"][0].split("-")[0]
        if _holds(own, row["answers"], language):
            return self._example(name, row, language, excerpts, True)
        return (
            None if _holds(excerpts, row["answers"], language) else self._example(name, row, language, excerpts, False)
        )

    def _without_answer(self, bot: Chatbot, row: Any, language: Language) -> Example | None:
        """The question over what is left when every sentence that holds an answer is taken away."""
        if min(map(len, row["answers"])) < 2:
            return None
        excerpts = self._read(bot, row["question"], language, keep=lambda sentence: not _has(sentence, row["answers"]))
        name = f"{row['passage_ids'][0].split('-')[0]}, taken away"
        return (
            None if _holds(excerpts, row["answers"], language) else self._example(name, row, language, excerpts, False)
        )

    def _read(self, bot: Chatbot, question: str, language: Language, **limits: Any) -> list[Excerpt]:
        return read(bot, question, language, gap=self._drawn.choice([GAP, GAP, WIDER]), **limits)

    def _example(
        self, origin: str, row: Any, language: Language, excerpts: Sequence[Excerpt], answerable: bool
    ) -> Example | None:
        question = row["question"]
        if not excerpts or not answerable_kind(question, excerpts):  # the model would not be asked
            return None
        return Example(
            origin=origin,
            question=question,
            language=language,
            excerpts=as_read(excerpts, language),
            answerable=answerable,
            short=tuple(row["answers"]) if answerable else (),
        )

    def _rows(self, name: str) -> list[dict[str, Any]]:
        rows = for_training(name, read_lines(self._data / name / "questions.jsonl"))
        rows = self._drawn.sample(rows, min(ROWS[name], len(rows)))
        return [{**row, "question": row["question"].strip()} for row in rows]

    def _passages(self, name: str) -> list[dict[str, Any]]:
        return read_lines(self._data / name / "passages.jsonl")

    def _bot(self, name: str, passages: Sequence[dict[str, Any]]) -> Chatbot:
        return open_bot(self._homes, name, as_articles(passages))


def _holds(excerpts: Sequence[Excerpt], answers: Sequence[str], language: Language) -> bool:
    """Whether a sentence that is read holds one of the answers, as it stands or as the model reads it."""
    texts = [sentence.text.casefold() for excerpt in excerpts for sentence in excerpt.sentences]
    texts += [text.casefold() for text in as_read(excerpts, language)]
    return any(answer.casefold() in text for answer in answers for text in texts)


def _has(sentence: Sentence, answers: Sequence[str]) -> bool:
    return any(answer.casefold() in sentence.text.casefold() for answer in answers)
