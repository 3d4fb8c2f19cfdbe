"""Finds where another article seems to give another figure for the same thing, so that the reader can be told.

Pure rules over the sentences that were read: the same kind of figure, in a sentence that is nearly the same, of an
article that knows what the question names. Knows nothing of models. docs/results.md has how often it speaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from index.article import Article, Language
from index.figures import Figure, figure_terms, find_figures
from rag.answer import Citation
from rag.evidence import Excerpt, Sentence
from rag.figures import rewrite
from rag.names import names_held, names_in
from rag.relevance import Likeness
from rag.texts import ELSEWHERE

_ALIKE = {True: 0.865, False: 0.40}  # likeness from which two sentences speak of the same thing; True: one language
_BEHIND = 4.0  # log-odds that the other sentence may be behind the cited one
_MOST_FIGURES = 2  # of the kind; a sentence with more is a list
_KINDS = frozenset({"money", "percent", "count", "duration", "measure", "number", "ratio"})


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A sentence of another article, and the figures in it that differ from the answer's."""

    sentence: Sentence
    figures: tuple[str, ...]


def find_conflict(
    text: str, citations: Sequence[Citation], question: str, excerpts: Sequence[Excerpt], likeness: Likeness
) -> Conflict | None:
    """The nearest sentence, of an article that the answer does not cite, with another figure of the same unit.

    Only figures that the answer states and the question does not can differ. None where nothing does.
    """
    given = set(figure_terms(question))
    told = [figure for figure in _comparable(text) if not given & set(figure_terms(figure.text))]
    sentences = [sentence for excerpt in excerpts for sentence in excerpt.sentences]
    cited = {(citation.article_id, citation.start) for citation in citations}
    articles = {citation.article_id for citation in citations}
    others = [sentence for sentence in sentences if sentence.article.id not in articles]
    said = set(figure_terms(text))
    found: list[tuple[float, Conflict]] = []
    for sentence in sentences:
        if (sentence.article.id, sentence.start) not in cited:
            continue
        stated = set(figure_terms(sentence.text))
        of_answer = {(f.kind, f.unit) for f in told if stated & set(figure_terms(f.text))}
        known = set(names_held(question, sentence.article))
        for other in others:
            differing = [figure for figure in _comparable(other.text) if (figure.kind, figure.unit) in of_answer]
            if not 0 < len(differing) <= _MOST_FIGURES or other.score < sentence.score - _BEHIND:
                continue
            if said & set(figure_terms(" ".join(figure.text for figure in differing))):
                continue
            if not known <= set(names_held(question, other.article)) or is_strange(sentence.article, other.article):
                continue
            same = sentence.article.language == other.article.language
            alike = likeness(sentence.text, sentence.article.language, [other.text], other.article.language)[0]
            if alike >= _ALIKE[same]:
                figures = tuple(figure.text for figure in differing)
                found.append((alike - _ALIKE[same], Conflict(sentence=other, figures=figures)))
    return max(found, key=lambda one: (one[0], one[1].sentence.article.id))[1] if found else None


def wording(conflict: Conflict, language: Language) -> str:
    """What the reader is told: the other article, its date and its figures, in `language`'s notation."""
    article = conflict.sentence.article
    date = f"{' ' if language == 'en' else ''}({article.date})" if article.date else ""
    figures = [rewrite(figure, language) for figure in conflict.figures]
    listed = ("、" if language == "ja" else " and ").join(figures)
    return ELSEWHERE[language].format(title=article.title, date=date, figures=listed)


def is_strange(cited: Article, other: Article) -> bool:
    """Whether another article knows none of the names in the cited one's title."""
    return bool(names_in(cited.title)) and not names_held(cited.title, other)


def _comparable(text: str) -> list[Figure]:
    return [figure for figure in find_figures(text) if figure.kind in _KINDS and not figure.is_vague]
