"""Finds the sentence behind each claim of an answer, and marks it. Knows nothing of the model that wrote it.

The marks are ours: a claim gets `[n]` when a sentence of the evidence supports it, whatever the model wrote.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.article import LANGUAGES, Language
from index.figures import figure_terms
from index.split import is_abbreviation, split_sentences
from index.words import question_terms, terms
from rag.answer import Citation
from rag.evidence import Excerpt, Sentence
from rag.grounding import ungrounded
from rag.kanji_names import Readings, no_readings
from rag.known_names import KnownNames
from rag.names import names_in
from rag.relative_dates import resolved
from rag.relevance import Likeness

MIN_SUPPORT = 0.30  # below this a sentence does not stand behind a claim
MAX_QUOTES = 2  # sentences cited for one claim
_UNRELATED = {True: 0.80, False: 0.20}  # likeness up to which two texts have nothing in common; True: one language
_SLACK = {True: 0.06, False: 0.25}  # how far below the likest a sentence may be before likeness says nothing for it

_MARK = re.compile(r"(?:(?<![ \t])[ \t]+)?[\[［【]\s?\d{1,3}(?:\s?[,、-]\s?\d{1,3}){0,20}\s?[\]］】]")


@dataclass(frozen=True, kw_only=True)
class Cited:
    """An answer's text with our marks, and what they stand for.

    `unsupported` are its sentences without any, `uncited` its figures that stand in no quote.
    """

    text: str
    citations: tuple[Citation, ...]
    unsupported: tuple[str, ...]
    uncited: tuple[str, ...] = ()


def cite(
    text: str,
    language: Language,
    excerpts: Sequence[Excerpt],
    likeness: Likeness,
    given: str = "",
    readings: Readings = no_readings,
) -> Cited:
    """Marks each sentence of `text` with the evidence that supports it; marks that the model made are dropped.

    `language` is the text's; what stands in `given`, the question, needs no quote. Support of a claim by a sentence:
    0.5 (share of the claim's own figures and names that the sentence holds, in either notation and script; where it has
    none, of the figures that it repeats) + 0.2 (share of its words) + 0.3 (how near it comes to the likest sentence of
    its language). Where a figure of the claim stands in none of these, the sentences that state it are added. Citations
    are numbered in the order in which the text needs them. `readings` tells how names in kanji are read.
    """
    plain = _MARK.sub("", text).strip()
    evidence = [sentence for excerpt in excerpts for sentence in excerpt.sentences]
    numbers: dict[tuple[str, int], int] = {}
    citations: list[Citation] = []
    unsupported: list[str] = []
    uncited: list[str] = []
    written: list[str] = []
    position = 0
    told: dict[str, str] = {}  # article id -> what its quotes tell
    for span in _claims(plain):
        claim = plain[span[0] : span[1]]
        written.append(plain[position : span[0]])
        marks = ""
        behind = _behind(claim, language, evidence, likeness, given, readings)
        if behind:
            behind += _stating(claim, _told(behind, told), evidence, given)
        told = _told(behind, told)
        uncited += [figure.text for figure in ungrounded(claim, *told.values(), given=given)]
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
    return Cited(
        text="".join(written), citations=tuple(citations), unsupported=tuple(unsupported), uncited=tuple(uncited)
    )


def quote(sentence: Sentence, number: int = 1) -> Citation:
    """A citation of one whole sentence."""
    return _citation(number, sentence)


def _behind(
    claim: str,
    language: Language,
    evidence: Sequence[Sentence],
    likeness: Likeness,
    given: str,
    readings: Readings,
) -> list[Sentence]:
    """The sentences that support the claim: the best one, and another as long as it adds own figures to it."""
    figures = set(figure_terms(claim))
    own = figures - set(figure_terms(given))
    names = [name for name in names_in(claim) if name not in given]
    asked = set(question_terms(claim))
    scored: list[tuple[float, set[str], Sentence]] = []
    for of in LANGUAGES:
        sentences = [sentence for sentence in evidence if sentence.article.language == of]
        if not sentences:
            continue
        same = of == language
        near = likeness(claim, language, [sentence.text for sentence in sentences], of)
        for sentence, similarity in zip(sentences, near, strict=True):
            held = set(terms(f"{sentence.article.title}\n{sentence.text}"))
            nearness = max(0.0, 1.0 - (max(near) - similarity) / _SLACK[same])
            # Words of another language cannot be shared, but for names: there likeness speaks for both.
            words = len(asked & held) / len(asked) if same and asked else nearness
            stated = figures & set(figure_terms(f"{sentence.article.date} {sentence.text}"))
            facts = len(stated) / len(figures) if figures else words
            if own or names:
                held_names = _names_held(names, sentence, readings)
                facts = (len(own & stated) + held_names) / (len(own) + len(names))
            if similarity > _UNRELATED[same] or (own and own <= stated):
                scored.append((0.5 * facts + 0.2 * words + 0.3 * nearness, own & stated, sentence))
    scored.sort(key=lambda item: (-item[0], item[2].article.id, item[2].start))
    chosen: list[Sentence] = []
    covered: set[str] = set()
    for support, stated, sentence in scored:
        if support < MIN_SUPPORT or len(chosen) == MAX_QUOTES or (chosen and not stated - covered):
            continue
        chosen.append(sentence)
        covered |= stated
    return chosen


def _names_held(names: Sequence[str], sentence: Sentence, readings: Readings) -> int:
    """How many of the names the sentence, under its title, knows in either script."""
    if not names:
        return 0
    known = KnownNames(f"{sentence.article.title}\n{sentence.text}", readings)
    words = [[part for part in re.split(r"[ ・=＝.&-]", name) if part] for name in names]
    return sum(all(known.holds_word(one) if one.isascii() else known.holds_katakana(one) for one in of) for of in words)


def _stating(claim: str, told: Mapping[str, str], evidence: Sequence[Sentence], given: str) -> list[Sentence]:
    """The sentences that are needed besides what is `told`, so that the claim's figures stand in a quote."""
    chosen: list[Sentence] = []
    missing = len(ungrounded(claim, *told.values(), given=given))
    while missing and len(chosen) < MAX_QUOTES:
        left = [len(ungrounded(claim, *_told([sentence], told).values(), given=given)) for sentence in evidence]
        best = min(range(len(evidence)), key=lambda n: (left[n], -evidence[n].score))
        if left[best] >= missing:
            break
        chosen.append(evidence[best])
        told, missing = _told([evidence[best]], told), left[best]
    return chosen


def _told(sentences: Sequence[Sentence], before: Mapping[str, str]) -> dict[str, str]:
    """What a reader of these quotes sees besides `before`, by article: the texts, and what is known of the article."""
    told = dict(before)
    for s in sentences:
        seen = f"{s.article.title} {s.article.date} {s.article.source}\n{s.text}\n{resolved(s.text, s.article.date)}"
        told[s.article.id] = f"{told.get(s.article.id, '')}\n{seen}"
    return told


def _claims(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        spans.extend((start + span.start, start + span.end) for span in split_sentences(line))
        start += len(line) + 1
    return spans


def _with_marks(claim: str, marks: str) -> str:
    """The marks stand before the full stop, after a Japanese one's closing bracket too: 「…です[1]。」

    A dot that belongs to the last word stays with it: at 9 p.m. [1]
    """
    if not marks:
        return claim
    end = len(claim)
    while end and claim[end - 1] in "。.!?！？":
        end -= 1
    if claim[end : end + 1] == "." and is_abbreviation(claim[:end]):
        end += 1
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
        page=sentence.article.page_at(sentence.start),
    )
