"""Finds where a later article says that a figure of the answer has changed, so that the answer can say so, too.

Pure rules over all passages that were found: a sentence of a later article that repeats the answer's figure beside
another one of its kind (4月1日に予定していた開始を9月1日に延期). Knows no model. docs/results.md says how often
it speaks.
"""

from collections.abc import Sequence

from index.article import Article, Language
from index.figures import Figure, figure_terms, find_figures
from rag.answer import Citation
from rag.conflict import Conflict, is_strange
from rag.evidence import Sentence, places_of
from rag.figures import rewrite
from rag.names import names_held
from rag.relevance import Likeness, Place
from rag.retrieve import Hit
from rag.texts import LATER, LATER_FIGURES

_ALIKE = {True: 0.875, False: 0.20}  # likeness from which two sentences speak of the same thing; True: one language
_MOST_FIGURES = 3  # of the kind; a sentence with more is a list
_KINDS = frozenset({"money", "percent", "count", "duration", "measure", "number", "ratio", "date", "period", "time"})


def find_later(
    text: str, citations: Sequence[Citation], question: str, hits: Sequence[Hit], likeness: Likeness
) -> Conflict | None:
    """The nearest sentence, of an article later than those that state the answer's figure, that gives it and another.

    Only figures that the answer states and the question does not can have changed. Articles without a date are neither
    earlier nor later. None where nothing changed.
    """
    articles = {hit.article.id: hit.article for hit in hits}
    given, said = set(figure_terms(question)), set(figure_terms(text))
    cited = {citation.article_id for citation in citations}
    elsewhere: list[tuple[Place, str, set[str]]] = []  # sentences of other articles, with their terms
    for place in places_of([hit for hit in hits if hit.article.id not in cited]):
        words = place.article.text[place.span.start : place.span.end]
        elsewhere.append((place, words, set(figure_terms(words))))
    found: list[tuple[float, Conflict]] = []
    for figure in _comparable(text):
        own = set(figure_terms(figure.text))
        stating = [c for c in citations if c.article_id in articles and own & set(figure_terms(c.quote))]
        dates = [articles[citation.article_id].date for citation in stating]
        if own & given or not dates or not all(dates):
            continue
        for place, words, stated in elsewhere:
            other = place.article
            if other.date <= max(dates) or not own & stated:
                continue
            beside = [f for f in _comparable(words) if _is_alike(f, figure) and not said & set(figure_terms(f.text))]
            if not 0 < len(beside) < _MOST_FIGURES or not _speaks_of(question, stating, articles, other):
                continue
            quote = stating[0]
            of = articles[quote.article_id].language
            near = likeness(quote.quote, of, [words], other.language)[0] - _ALIKE[of == other.language]
            if near >= 0:
                sentence = Sentence(article=other, start=place.span.start, end=place.span.end, score=near)
                found.append((near, Conflict(sentence=sentence, figures=tuple(f.text for f in beside))))
    return max(found, key=lambda one: (one[0], one[1].sentence.article.id))[1] if found else None


def later_words(later: Conflict, number: int, language: Language) -> str:
    """What is added to an answer in `language`: the later article and its date, and what it says, with `[number]`.

    The sentence itself where it is in that language, its other figures, in that language's notation, where it is not.
    """
    sentence = later.sentence
    article = sentence.article
    if article.language == language:
        said = LATER[language].format(title=article.title, date=article.date, quote=sentence.text)
    else:
        figures = ("、" if language == "ja" else " and ").join(rewrite(figure, language) for figure in later.figures)
        said = LATER_FIGURES[language].format(title=article.title, date=article.date, figures=figures)
    return f"{said} [{number}]"


def _speaks_of(question: str, stating: Sequence[Citation], articles: dict[str, Article], other: Article) -> bool:
    """Whether the other article knows what the question names and the cited ones know."""
    ours = [articles[citation.article_id] for citation in stating]
    known = {name for article in ours for name in names_held(question, article)}
    return known <= set(names_held(question, other)) and not all(is_strange(article, other) for article in ours)


def _is_alike(one: Figure, other: Figure) -> bool:
    return (one.kind, one.unit) == (other.kind, other.unit)


def _comparable(text: str) -> list[Figure]:
    """The figures that can change: a year alone is no day that is put off."""
    return [
        figure
        for figure in find_figures(text)
        if figure.kind in _KINDS and not figure.is_vague and not (figure.kind == "date" and str(figure.value).isdigit())
    ]
