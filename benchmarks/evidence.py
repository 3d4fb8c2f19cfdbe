"""Measures how often the sentences that the model reads hold the answer, and at how many tokens; fits their weights.

    python benchmarks/evidence.py seeds/questions.jsonl [--home DIR] [--fit] [--budget TOKENS] [--gap LOG_ODDS]

The gold set's articles must be indexed in the home (`kotae index seeds/articles`). A question counts when every one of
its gold passages lies, for the larger part, inside a sentence that is read. `--fit` prints the weights of
`rag/relevance.py` that a conditional logistic regression finds on these questions, each weighing the same.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from rag import Chatbot, Settings
from rag.evidence import BUDGET, GAP, Sentence, estimate_tokens, gather, places_of
from rag.follow_up import searched
from rag.gold import GoldPassage, GoldQuestion, read_gold
from rag.language import question_language
from rag.relevance import Clues, Place, clues
from rag.retrieve import with_neighbours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gold", type=Path)
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--joined", type=int, default=0, help="join so many of the best hits with their neighbours")
    parser.add_argument("--gap", type=float, default=GAP)
    options = parser.parse_args()
    bot = Chatbot.open(settings=Settings.from_environment(home=options.home))
    likeness, sharing = bot._collection.likeness, bot._collection.shared_words
    rows: dict[str, list[tuple[bool, int]]] = defaultdict(list)
    examples: list[list[tuple[Clues, bool]]] = []
    for gold in read_gold(options.gold):
        if gold.is_impossible or not gold.passages:
            continue
        question = searched(gold.question, gold.history)
        language = question_language(question)
        hits = with_neighbours(bot._collection, bot.search(question, 10), options.joined)
        excerpts = gather(question, language, hits, likeness, sharing, budget=options.budget, gap=options.gap)
        read = [sentence for excerpt in excerpts for sentence in excerpt.sentences]
        held = all(any(_holds(sentence, passage) for sentence in read) for passage in gold.passages)
        row = (held, sum(estimate_tokens(sentence.text) for sentence in read))
        articles = {hit.article.id: hit.article for hit in hits}
        of = {articles[p.article_id].language for p in gold.passages if p.article_id in articles}
        rows[f"{gold.language} over {of.pop() if len(of) == 1 else 'both' if of else 'none'}"].append(row)
        if options.fit:
            examples.append(_examples(gold, question, language, hits, likeness, sharing))
    rows["all"] = [row for some in list(rows.values()) for row in some]
    print("| question over articles | n | all gold read | tokens |\n|---|---|---|---|")
    for name, some in rows.items():
        share, tokens = sum(held for held, _ in some) / len(some), sum(count for _, count in some) / len(some)
        print(f"| {name} | {len(some)} | {share:.3f} | {tokens:.0f} |")
    if options.fit:
        _fit(examples)


def _examples(gold: GoldQuestion, question: str, language: str, hits: Sequence, likeness, sharing) -> list:
    """(clues, whether it holds gold) of every sentence that could be read."""
    places = places_of(hits)
    return [
        (clue, any(_holds(place, passage) for passage in gold.passages))
        for clue, place in zip(clues(question, language, places, likeness, sharing), places, strict=True)
    ]


def _fit(examples: Sequence[Sequence[tuple[Clues, bool]]], penalty: float = 0.02) -> None:
    """Maximises the mean log of the probability, a softmax over a question's sentences, that falls on its gold ones.

    `penalty` is that of the squared weights, of clues divided by their deviation.
    """
    from scipy.optimize import minimize

    questions = [
        (np.array([astuple(clue) for clue, _ in some]), np.array([holds for _, holds in some]))
        for some in examples
        if any(holds for _, holds in some)
    ]
    deviation = np.vstack([clue for clue, _ in questions]).std(axis=0) + 1e-9

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros_like(weights)
        for clue, holds in questions:
            scores = clue / deviation @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            gold = chances * holds
            total -= np.log(gold.sum())
            slope += (clue / deviation).T @ (chances - gold / gold.sum())
        n = len(questions)
        return total / n + penalty * weights @ weights, slope / n + 2 * penalty * weights

    found = minimize(loss, np.zeros(len(deviation)), jac=True, method="L-BFGS-B").x / deviation
    for name, weight in zip((field.name for field in fields(Clues)), found, strict=True):
        print(f"{name} = {weight:.2f}")


def _holds(sentence: Sentence | Place, passage: GoldPassage) -> bool:
    """Whether the sentence and the passage share more than half of the shorter of the two."""
    if sentence.article.id != passage.article_id:
        return False
    begin = sentence.article.text.find(passage.text)
    start, end = (
        (sentence.span.start, sentence.span.end) if isinstance(sentence, Place) else (sentence.start, sentence.end)
    )
    shared = min(end, begin + len(passage.text)) - max(start, begin)
    return begin >= 0 and shared > 0.5 * min(len(passage.text), end - start)


if __name__ == "__main__":
    main()
