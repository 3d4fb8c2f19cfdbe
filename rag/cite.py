"""Finds the sentence behind each claim of an answer, and marks it. Knows nothing of the model that wrote it.

The marks are ours: a claim gets `[n]` when a sentence of the evidence supports it, whatever the model wrote.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.figures import figure_terms
from index.split import split_sentences
from rag.answer import Citation
from rag.evidence import Excerpt, Sentence

MIN_SUPPORT = 0.30  # below this a sentence does not stand behind a claim
MAX_QUOTES = 2  # sentences cited for one claim

_MARK = re.compile(r"[ \t]*[\[［【]\s?\d{1,3}(?:\s?[,、-]\s?\d{1,3}){0,20}\s?[\]］】]")
_WORD = re.compile(r"[a-z0-9]+(?:[-.'][a-z0-9]+)*|[\u30a1-\u30fa\u30fc]{2,}|[\u3400-\u9fff\u3005]{2,}")

Similarities = Callable[[str, Sequence[str]], list[float]]


@dataclass(frozen=True, kw_only=True)
class Cited:
    """An answer's text with our marks, and what they stand for. `unsupported` are its sentences without any."""

    text: str
    citations: tuple[Citation, ...]
    unsupported: tuple[str, ...]


def cite(text: str, excerpts: Sequence[Excerpt], similarities: Similarities) -> Cited:
    """Marks each sentence of `text` with the evidence that supports it; marks that the model made are dropped.

    Support of a claim by a sentence is the mean of two shares: of the claim's figures and names that the sentence
    holds (in either notation), and of its similarity to the nearest sentence of all. Citations are numbered in the
    order in which the text needs them.
    """
    plain = _MARK.sub("", text).strip()
    evidence = [sentence for excerpt in excerpts for sentence in excerpt.sentences]
    numbers: dict[tuple[str, int], int] = {}
    citations: list[Citation] = []
    unsupported: list[str] = []
    written: list[str] = []
    position = 0
    for span in _claims(plain):
        claim = plain[span[0] : span[1]]
        written.append(plain[position : span[0]])
        marks = ""
        behind = _behind(claim, evidence, similarities)
        for sentence in behind:
            key = (sentence.article.id, sentence.start)
            if key not in numbers:
                numbers[key] = len(numbers) + 1
                citations.append(_citation(numbers[key], sentence))
            marks += f"[{numbers[key]}]"
        if not behind:
            unsupported.append(claim)
        written.append(_with_marks(claim, marks))
        position = span[1]
    written.append(plain[position:])
    return Cited(text="".join(written), citations=tuple(citations), unsupported=tuple(unsupported))


def quote(sentence: Sentence, number: int = 1) -> Citation:
    """A citation of one whole sentence."""
    return _citation(number, sentence)


def terms_of(text: str) -> set[str]:
    """What can be looked for in another text: figures (in either notation) and words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return set(figure_terms(text)) | set(_WORD.findall(folded))


def _behind(claim: str, evidence: Sequence[Sentence], similarities: Similarities) -> list[Sentence]:
    """The sentences that support the claim: the best one, and others as long as they add figures or words to it."""
    if not evidence:
        return []
    near = similarities(claim, [sentence.text for sentence in evidence])
    nearest = max(near)
    wanted = terms_of(claim)
    figures = set(figure_terms(claim))
    scored = []
    for sentence, similarity in zip(evidence, near, strict=True):
        held = terms_of(f"{sentence.article.title} {sentence.text}")
        share = len(wanted & held) / len(wanted) if wanted else 0.0
        of_figures = len(figures & held) / len(figures) if figures else share
        scored.append((0.5 * of_figures + 0.2 * share + 6.0 * (similarity - nearest) + 0.3, held, sentence))
    scored.sort(key=lambda item: (-item[0], item[2].article.id, item[2].start))
    chosen: list[Sentence] = []
    covered: set[str] = set()
    for support, held, sentence in scored:
        adds = (figures & held) - covered
        if support < MIN_SUPPORT or len(chosen) == MAX_QUOTES or (chosen and not adds):
            continue
        chosen.append(sentence)
        covered |= wanted & held
    return chosen


def _claims(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        spans.extend((start + span.start, start + span.end) for span in split_sentences(line))
        start += len(line) + 1
    return spans


def _with_marks(claim: str, marks: str) -> str:
    """The marks stand before the full stop, after a Japanese one's closing bracket too: 「…です[1]。」"""
    if not marks:
        return claim
    end = len(claim)
    while end and claim[end - 1] in "。.!?！？":
        end -= 1
    space = " " if claim[end - 1 : end].isascii() else ""
    return f"{claim[:end]}{space}{marks}{claim[end:]}"


def _citation(number: int, sentence: Sentence) -> Citation:
    return Citation(
        number=number,
        article_id=sentence.article.id,
        title=sentence.article.title,
        source=sentence.article.source,
        quote=sentence.text,
        start=sentence.start,
        end=sentence.end,
    )
