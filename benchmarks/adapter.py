"""Trains the adapter of the bundled chat model: to tell what the excerpts state, and to answer from them alone.

    pip install gguf==0.19.0
    python -m benchmarks.adapter DATA WORK [--out FILE] [--go-on FILE] [--steps N]

Most of what it is trained on was written for it: stories in both languages (`benchmarks/adapter_stories.py`) and news
(`benchmarks/adapter_news.py`). DATA has the sets of `benchmarks/adapter_data.py`, of which only what is never measured
is used. Nothing of seeds/ is. WORK keeps the indexes. Each example is what the product sends: after the same excerpts
and question the model is to answer the probe with yes or no, and, where they answer, to write it. Both endings,
questions about the same excerpts, and the examples of a step share what they have in common (`packed`).
docs/results.md says how long it takes and what it is worth.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor

from benchmarks.adapter_data import Sets
from benchmarks.adapter_example import Example
from benchmarks.adapter_model import Adapter, load_model, load_tokenizer
from benchmarks.adapter_news import news
from benchmarks.adapter_sentences import with_sentences
from benchmarks.adapter_stories import story_examples
from index.article import LANGUAGES, Language
from index.modelfiles import prepare
from rag.adapter import ADAPTER
from rag.local_model import LlamaChatModel
from rag.prompt import answer_messages, probe_messages
from rag.qwen import QWEN_CODER
from rag.settings import Settings

SEED = 5
FIRST_LAYER = 12  # of 28: what stands below is not trained, so nothing has to be carried back to there
RANK, ALPHA = 4, 16.0
RATE = 4e-4
KEPT = 10  # steps after which it is written, so that a run that is cut short is not lost
TOKENS = 2400  # of a step, beside the beginning that all its examples share
NEWS = 150
# How many of each set: answerable, and not.
COUNTS = {"jsquad": (130, 120), "squad2": (95, 110), "nomiracl": (100, 140)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--out", type=Path, default=ADAPTER)
    parser.add_argument("--go-on", type=Path, metavar="FILE", help="begin with this adapter instead of with none")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many, to try it")
    options = parser.parse_args()
    file = prepare(QWEN_CODER, Settings.from_environment().models) / QWEN_CODER.files[0].name
    drawn = _chosen(Sets(options.data, options.work, SEED).examples())
    examples = [
        *story_examples(options.work, SEED),
        *with_sentences(drawn, LlamaChatModel(path=file)),
        *news(NEWS, SEED),
    ]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    train_on(examples, file, options.out, begin=options.go_on, steps=options.steps)


def train_on(examples: Sequence[Example], file: Path, out: Path, *, begin: Path | None = None, steps: int = 0) -> None:
    """Trains an adapter of the model `file`, from another or from none, and writes it to `out` now and then."""
    torch.manual_seed(SEED)
    model = load_model(file)
    adapter = Adapter(model, first=FIRST_LAYER, rank=RANK, alpha=ALPHA)
    if begin:
        adapter.load(begin)
    for number in train(model, adapter, Prompts(load_tokenizer(file)), examples, steps):
        if number % KEPT == 0:
            adapter.save(out)
    adapter.save(out)


def _chosen(examples: Sequence[Example]) -> list[Example]:
    return [
        example
        for origin, counts in COUNTS.items()
        for answerable, count in zip((True, False), counts, strict=True)
        for example in _drawn(
            [e for e in examples if e.origin.startswith(origin) and e.answerable == answerable], count
        )
    ]


def _drawn(examples: Sequence[Example], count: int) -> list[Example]:
    return random.Random(SEED).sample(examples, min(count, len(examples)))


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Token ids of one example: excerpts, question, how probe and answer go on; `answer` is [] where none is known."""

    excerpts: list[int]
    question: list[int]
    probe: list[int]
    ask: list[int]
    answer: list[int]
    answerable: bool


class Prompts:
    """The product's prompts, cut where they part."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.yes, self.no = self._ids("yes")[0], self._ids("no")[0]
        self.end = self._ids("<|im_end|>")

    def beginning(self, language: Language) -> list[int]:
        """What every prompt of a language begins with."""
        return self._ids(self._parts("", "", language)[0])

    def piece(self, example: Example) -> Piece:
        excerpts = "\n".join(example.excerpts)
        _, read, asked, probe = self._parts(example.question, excerpts, example.language, probing=True)
        ask = self._parts(example.question, excerpts, example.language)[-1]
        return Piece(
            excerpts=self._ids(read),
            question=self._ids(asked),
            probe=self._ids(probe),
            ask=self._ids(ask),
            answer=self._ids(example.answer) + self.end if example.answer else [],
            answerable=example.answerable,
        )

    def _parts(
        self, question: str, excerpts: str, language: Language, *, probing: bool = False
    ) -> tuple[str, str, str, str]:
        """The beginning, excerpts, question, and what is asked of the model, as the chat template has them."""
        messages = (probe_messages if probing else answer_messages)("\0", [], language)
        text = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        before, after = text.split("\0")
        beginning, label = before.rsplit("\n\n\n", 1)  # where the excerpts would stand
        line, _, task = after.partition("\n")
        return f"{beginning}\n", f"{excerpts}\n\n", f"{label}{question}{line}\n", task

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer(text, add_special_tokens=False)["input_ids"]


@dataclass(frozen=True, kw_only=True)
class Packed:
    """Several examples as one sequence: `visible[i, j]` says whether token i may look at token j.

    `probes`: (place of the last token before yes or no, answerable); `answers`: (place before the first token, ids).
    """

    ids: Tensor
    positions: Tensor
    visible: Tensor
    probes: list[tuple[int, bool]]
    answers: list[tuple[int, list[int]]]


def packed(beginning: Sequence[int], pieces: Sequence[Piece]) -> Packed:
    """Each example sees the beginning and itself, each ending its own example and itself: as if each stood alone.

    Neighbours with the same excerpts share them.
    """
    ids, positions, branches = list(beginning), list(range(len(beginning))), [(0, 0, 0)] * len(beginning)
    probes: list[tuple[int, bool]] = []
    answers: list[tuple[int, list[int]]] = []

    def add(tokens: Sequence[int], start: int, branch: tuple[int, int, int]) -> int:
        ids.extend(tokens)
        positions.extend(range(start, start + len(tokens)))
        branches.extend([branch] * len(tokens))
        return start + len(tokens)

    for group, (_, some) in enumerate(groupby(pieces, key=lambda piece: piece.excerpts), start=1):
        for number, piece in enumerate(some, start=1):
            read = len(beginning) + len(piece.excerpts)
            if number == 1:
                add(piece.excerpts, len(beginning), (group, 0, 0))
            asked = add(piece.question, read, (group, number, 0))
            add(piece.probe, asked, (group, number, 1))
            probes.append((len(ids) - 1, piece.answerable))
            if piece.answer:
                answers.append((len(ids) + len(piece.ask) - 1, piece.answer))
                add([*piece.ask, *piece.answer[:-1]], asked, (group, number, 2))
    branch, place = torch.tensor(branches), torch.arange(len(ids))
    same = ((branch[None] == 0) | (branch[None] == branch[:, None])).all(dim=-1)
    return Packed(
        ids=torch.tensor(ids),
        positions=torch.tensor(positions),
        visible=(place[None] <= place[:, None]) & same,
        probes=probes,
        answers=answers,
    )


def steps_of(examples: Sequence[Example], prompts: Prompts) -> Iterator[Packed]:
    """The examples in steps of one language, of some TOKENS each; those with the same excerpts stay together."""
    for language in LANGUAGES:
        some: list[Piece] = []
        size, beginning = 0, prompts.beginning(language)
        spoken = [prompts.piece(example) for example in examples if example.language == language]
        for _, group in groupby(spoken, key=lambda piece: piece.excerpts):
            pieces = list(group)
            tokens = len(pieces[0].excerpts) + sum(
                len(part) for piece in pieces for part in (piece.question, piece.probe, piece.ask, piece.answer)
            )
            if some and size + tokens > TOKENS:
                yield packed(beginning, some)
                some, size = [], 0
            some += pieces
            size += tokens
        if some:
            yield packed(beginning, some)


def train(model: Any, adapter: Adapter, prompts: Prompts, examples: Sequence[Example], most: int = 0) -> Iterator[int]:
    """One pass over the examples: AdamW, a few steps to warm up, then slower and slower. Gives the steps done."""
    order = random.Random(SEED)
    groups = [list(group) for _, group in groupby(examples, key=lambda example: example.excerpts)]
    order.shuffle(groups)
    shuffled = [example for group in groups for example in group]
    steps = list(steps_of(shuffled, prompts))
    order.shuffle(steps)
    steps = steps[: most or None]
    optimizer = torch.optim.AdamW(adapter.parameters, lr=RATE, betas=(0.9, 0.99), weight_decay=0.0)
    begun, recent = time.monotonic(), []
    for number, step in enumerate(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (number + 1) / 4) * max(0.05, 1 - number / len(steps))
        error = _loss(model, adapter, prompts, step)
        error.backward()
        torch.nn.utils.clip_grad_norm_(adapter.parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        recent.append(float(error.detach()))
        if number % 5 == 4:
            seconds = time.monotonic() - begun
            print(
                f"{number + 1} of {len(steps)}: {seconds:.0f} s, loss {statistics.fmean(recent[-5:]):.3f}", flush=True
            )
        yield number + 1


def _loss(model: Any, adapter: Adapter, prompts: Prompts, step: Packed) -> Tensor:
    """Cross-entropy of yes or no, and of the answers' tokens (the mean of each), for each example of the step."""
    states = adapter.hidden(step.ids, step.positions, step.visible)
    said = model.lm_head(states[[place for place, _ in step.probes]]).float()
    wanted = torch.tensor([prompts.yes if answerable else prompts.no for _, answerable in step.probes])
    loss = functional.cross_entropy(said, wanted, reduction="sum")
    for place, answer in step.answers:
        written = model.lm_head(states[place : place + len(answer)]).float()
        loss = loss + functional.cross_entropy(written, torch.tensor(answer))
    return loss / len(step.probes)


if __name__ == "__main__":
    main()
