"""Puts right what a model miscopied and a rule can tell: another currency's sign, a counter that Japanese does not use.

Knows the answer, its evidence and how the question counts. What it cannot tell stays, for `rag/checks.py` to refuse.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.article import Language
from index.figures import Figure, find_figures
from rag.asked import asked_counter
from rag.figures import figure_english, figure_japanese
from rag.grounding import ungrounded

_TSU = re.compile(r"(?<![\d.,])(?P<number>\d[\d,]{1,12})つ(?![いけづ])")  # 一つ to 九つ, and no further


@dataclass(frozen=True, kw_only=True)
class Mended:
    """A text put right. `currencies`: (amount that the model wrote, amount of the source) of each that was changed."""

    text: str
    currencies: tuple[tuple[str, str], ...] = ()


def mended(answer: str, question: str, language: Language, sources: Sequence[str], given: str = "") -> Mended:
    """The answer in `language` with its evidence's own currencies ($200 for 200円) and the counter asked for (82つ).

    A currency is changed only where the amount stands in no source with it, and in the sources with one other alone.
    """
    pieces: list[str] = []
    changed: list[tuple[str, str]] = []
    done = 0
    for figure in ungrounded(answer, *sources, given=given):
        units = _currencies_of(figure, (*sources, given)) if figure.kind == "money" else set()
        if len(units) != 1:
            continue
        own = replace(figure, unit=units.pop())
        written = figure_english(own) if language == "en" else figure_japanese(own)
        if written:
            written = written[0].upper() + written[1:] if figure.text[0].isupper() else written
            pieces += [answer[done : figure.start], written]
            done = figure.end
            changed.append((_bare(figure, language), _bare(own, language)))
    text = "".join([*pieces, answer[done:]])
    counter = asked_counter(question) if language == "ja" else ""
    return Mended(text=_TSU.sub(rf"\g<number>{counter}", text) if counter else text, currencies=tuple(changed))


def _currencies_of(amount: Figure, texts: Sequence[str]) -> set[str]:
    """The currencies in which the texts state this very amount."""
    return {f.unit for text in texts for f in find_figures(text) if f.kind == "money" and f.value == amount.value}


def _bare(figure: Figure, language: Language) -> str:
    """The amount without "about"."""
    bare = replace(figure, qualifier="")
    return (figure_english(bare) if language == "en" else figure_japanese(bare)) or figure.text
