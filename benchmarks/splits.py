"""Which questions of each set are for training and which are for measuring: no question is both.

The adapter of the local chat model (`benchmarks/adapter.py`) is trained on the former, `benchmarks/answers.py` asks the
latter. Where a set has passages for several questions, a passage is on one side, too.
"""

import random
from collections.abc import Sequence
from typing import Any

SEED = 1
JSQUAD = 300  # questions that are measured
NOMIRACL = 50  # of each of its four kinds
SQUAD2_ARTICLES = 8  # its first articles are for training, the others for measuring

Row = dict[str, Any]


def measured(name: str, rows: Sequence[Row]) -> list[Row]:
    """The questions of a set that are for measuring."""
    if name == "jsquad":
        return random.Random(SEED).sample(list(rows), JSQUAD)
    if name == "nomiracl":
        return [
            row
            for language in ("ja", "en")
            for answerable in (True, False)
            for row in random.Random(SEED).sample(
                [row for row in rows if (row["lang"], row["answerable"]) == (language, answerable)], NOMIRACL
            )
        ]
    if name == "squad2":
        return [row for row in rows if _article(row) >= SQUAD2_ARTICLES]
    return list(rows)


def for_training(name: str, rows: Sequence[Row]) -> list[Row]:
    """The questions of a set that are for training."""
    if name == "jsquad":
        passages = {id for row in measured(name, rows) for id in row["passage_ids"]}
        return [row for row in rows if not passages & set(row["passage_ids"])]
    if name == "nomiracl":
        asked = {row["id"] for row in measured(name, rows)}
        return [row for row in rows if row["id"] not in asked]
    if name == "squad2":
        return [row for row in rows if _article(row) < SQUAD2_ARTICLES]
    return list(rows)


def _article(row: Row) -> int:
    """The number of the article of squad2 that a question is about: 8 in squad2-0008-002."""
    return int(row["passage_ids"][0].split("-")[1])
