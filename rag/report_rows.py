"""Every question of a scorecard as a table that the reader can put in order, without a script.

Each row carries its place in every order as a CSS variable, and the button that is chosen says which one counts; so it
works in a page that forbids scripts and in a notebook. Everything from outside is escaped.
"""

import html
from collections.abc import Callable, Sequence
from itertools import count

from rag.report_texts import PAGE_TEXTS, WRONG, Words
from rag.scorecard import answer_of
from rag.scoring import Row

_Key = Callable[[Row], float | None]
_ORDERS: dict[str, _Key] = {
    "by_right": lambda row: row.metrics.get("right"),
    "by_rank": lambda row: row.metrics.get("mrr", row.metrics.get("article_mrr")),
    "by_confidence": lambda row: answer_of(row).get("confidence"),
    "by_seconds": lambda row: -seconds if (seconds := answer_of(row).get("seconds")) is not None else None,
    "by_judge": lambda row: row.outcome.get("judged"),
}
_tables = count(1)  # two tables in one notebook must not share their buttons


def rows_table(rows: Sequence[Row]) -> str:
    """The table with its buttons; an order that no row has a value for is left out."""
    if not rows:
        return ""
    orders = {name: places for name, key in _ORDERS.items() if (places := _places(rows, key))}
    table = f"k-rows-{next(_tables)}"
    buttons, rules = [], []
    for number, name in enumerate(("by_file", *orders)):
        checked = " checked" if name == "by_file" else ""
        id = f"{table}-{number}"
        buttons.append(f'<label><input type="radio" name="{table}" id="{id}"{checked}>{both(PAGE_TEXTS[name])}</label>')
        if name != "by_file":
            rules.append(f"#{table}:has(#{id}:checked) .k-line-of {{ order: var(--o{number}); }}")
    shown = []
    for at, row in enumerate(rows):
        variables = ";".join(f"--o{n}:{places[at]}" for n, places in enumerate(orders.values(), start=1))
        shown.append(f'<div class="k-line-of" role="row" style="{variables}">{_cells(row)}</div>')
    heads = ("question", "right", "rank", "confidence", "seconds")
    head = "".join(f'<span role="columnheader">{both(_HEADS[name])}</span>' for name in heads)
    return (
        f'<style>{"".join(rules)}</style><div class="k-rows" id="{table}"><div class="k-orders">'
        f'{both(PAGE_TEXTS["order"])} {"".join(buttons)}</div><div class="k-lines" role="table">'
        f'<div class="k-head-of" role="row">{head}</div>{"".join(shown)}</div></div>'
    )


_HEADS = {
    "question": PAGE_TEXTS["question"],
    "right": Words("正答", "right"),
    "rank": Words("順位", "rank"),
    "confidence": PAGE_TEXTS["confidence"],
    "seconds": PAGE_TEXTS["seconds"],
}


def _cells(row: Row) -> str:
    answer = answer_of(row)
    right = row.metrics.get("right")
    sign = {1.0: "○", 0.0: "×"}.get(right, "–") if right is not None else "–"
    state = {1.0: "yes", 0.0: "no"}.get(right, "none") if right is not None else "none"
    rank = row.metrics.get("mrr", row.metrics.get("article_mrr"))
    wrong = " ".join(f'<span class="k-wrong">{both(WRONG[code])}</span>' for code in row.wrong)
    said = f'<span class="k-said">{html.escape(str(answer.get("text", "")))}</span>' if answer else ""
    question = (
        f'<a class="k-id" href="#q-{html.escape(row.id, quote=True)}">{html.escape(row.id)}</a> '
        if row.wrong
        else f'<span class="k-id">{html.escape(row.id)}</span> '
    )
    numbers = [
        f'<span role="cell" class="k-sign k-sign-{state}">{sign}</span>',
        f"<span role='cell'>{'–' if rank is None else '>10' if rank == 0 else round(1 / rank)}</span>",
        *(
            f"<span role='cell'>{'–' if (value := answer.get(name)) is None else format(value, form)}</span>"
            for name, form in (("confidence", ".2f"), ("seconds", ".1f"))
        ),
    ]
    return f'<div role="cell">{question}{html.escape(row.question)} {wrong}{said}</div>{"".join(numbers)}'


def _places(rows: Sequence[Row], key: _Key) -> list[int]:
    """For each row its place when sorted, from 1; rows without a value come last. Empty when none has one."""
    values = [key(row) for row in rows]
    if all(value is None for value in values):
        return []
    ranked = sorted(range(len(rows)), key=lambda at: (values[at] is None, values[at] or 0.0, at))
    places = [0] * len(rows)
    for place, at in enumerate(ranked, start=1):
        places[at] = place
    return places


def both(words: Words) -> str:
    """Japanese, then English in small."""
    if words.ja == words.en:
        return html.escape(words.ja)
    return f'{html.escape(words.ja)} <span lang="en" class="k-other">{html.escape(words.en)}</span>'
