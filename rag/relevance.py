"""How likely a sentence is to hold the answer to a question: a few clues, weighed by a conditional logistic regression.

The weights were fitted by `benchmarks/evidence.py`; they are few, and none knows a word of any question. Knows nothing
of tokens or prompts.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise

from index.article import LANGUAGES, Article, Language
from index.collection import SharedWords
from index.figures import figure_terms
from index.split import Span
from index.words import question_terms, terms
from rag.asked import holds_asked, likely_kinds
from rag.names import names_held, names_in

Likeness = Callable[[str, Language, Sequence[str], Language], list[float]]
Sharing = Callable[[str, Language, Sequence[str], Language], SharedWords]


def same_terms(question: str, language: Language, texts: Sequence[str], text_language: Language) -> SharedWords:
    """The search terms that question and texts have in common: across languages names and figures alone."""
    asked = frozenset(question_terms(question))
    held = tuple(asked & set(terms(text)) for text in texts)
    return SharedWords(asked=asked if language == text_language else asked & frozenset().union(*held), held=held)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A sentence that may be read: where it stands, under which heading, and the rank of its passage (0 is best)."""

    article: Article
    span: Span
    heading: str = ""
    rank: int = 0

    @property
    def text(self) -> str:
        return self.article.text[self.span.start : self.span.end]

    @property
    def titled(self) -> str:
        """The sentence under its article's title: alone it often does not say who it speaks of."""
        return f"{self.article.title}\n{self.text}"


@dataclass(frozen=True, kw_only=True)
class Clues:
    """What speaks for a sentence, and against it.

    `likeness`: cosine with the question, in standard deviations above the mean of the sentences in its language.
    `shared`: share of the question's terms that it holds, each weighed by its rarity; `titled`: the same with title
    and heading; `beside`: that of its neighbours that shares more. `rank`: of its passage, 0.0 to 1.0. `names`: share
    of the question's names that its article knows. `kind`: it holds a figure or date of the kind asked for; `no_kind`:
    one is asked for and it holds none. `own`: it is in the question's language. `dated`: its article is of a month that
    the question names (8月の発表).
    """

    likeness: float
    shared: float
    titled: float
    beside: float
    rank: float
    names: float
    kind: float
    no_kind: float
    own: float
    dated: float


WEIGHTS = Clues(
    likeness=1.32,
    shared=3.71,
    titled=3.68,
    beside=3.72,
    rank=-2.45,
    names=0.93,
    kind=1.7,
    no_kind=-1.5,
    own=0.26,
    dated=2.5,
)
COMPARED = 16  # sentences of a language whose vectors are made: those for which the other clues speak most
NO_NAMES = 0.5  # for `Clues.names`, where the question has none


def clues(
    question: str, language: Language, places: Sequence[Place], likeness: Likeness, sharing: Sharing = same_terms
) -> list[Clues]:
    """The clues of each place, in order. `language` is the question's; see `relevance` for the two measures."""
    near: dict[int, float] = {}
    shared: dict[int, float] = {}
    titled: dict[int, float] = {}
    for of in LANGUAGES:
        numbers = [number for number, place in enumerate(places) if place.article.language == of]
        if not numbers:
            continue
        texts = [places[number].titled for number in numbers]
        near |= zip(numbers, standardised(likeness(question, language, texts, of)), strict=True)
        words = sharing(question, language, [places[number].text for number in numbers], of)
        rarity = _rarity(words)
        shared |= zip(numbers, (_share(held, rarity) for held in words.held), strict=True)
        texts = [f"{places[number].heading}\n{text}" for number, text in zip(numbers, texts, strict=True)]
        around = sharing(question, language, texts, of)
        rarity = {word: rarity.get(word, 0.0) for word in around.asked}
        titled |= zip(numbers, (_share(held, rarity) for held in around.held), strict=True)
    beside = _beside(places, shared)
    names = len(names_in(question))
    known = {p.article.id: len(names_held(question, p.article)) / names if names else NO_NAMES for p in places}
    kinds, given = likely_kinds(question), set(figure_terms(question))
    months = _months(given)
    found: list[Clues] = []
    for number, place in enumerate(places):
        fits = bool(kinds) and holds_asked(place.text, kinds, given)
        found.append(
            Clues(
                likeness=near[number],
                shared=shared[number],
                titled=titled[number],
                beside=beside[number],
                rank=min(place.rank, 10) / 10,
                names=known[place.article.id],
                kind=float(fits),
                no_kind=float(bool(kinds) and not fits),
                own=float(place.article.language == language),
                dated=float(not months.isdisjoint((place.article.date[:7], place.article.date[4:7]))),
            )
        )
    return found


def relevance(
    question: str, language: Language, places: Sequence[Place], likeness: Likeness, sharing: Sharing = same_terms
) -> list[float]:
    """For each place the sum of WEIGHTS times its clues: the log-odds that it, rather than another place of the same
    question, holds the answer, up to a number that all places share (conditional logit, McFadden 1974).

    `likeness(question, language, texts, their language)` is the similarity of a question with texts,
    `sharing(question, language, texts, their language)` the words that they share. Only COMPARED places of a language
    are compared by likeness, which takes longest of all; the others have minus infinity.
    """
    weights = astuple(WEIGHTS)
    others = [
        sum(weight * clue for weight, clue in zip(weights, astuple(of), strict=True))
        for of in clues(question, language, places, _not_compared, sharing)
    ]
    found = [-math.inf] * len(places)
    for of in LANGUAGES:
        numbers = [number for number, place in enumerate(places) if place.article.language == of]
        numbers = sorted(numbers, key=lambda number: -others[number])[:COMPARED]
        if numbers:
            near = standardised(likeness(question, language, [places[number].titled for number in numbers], of))
            for number, likelier in zip(numbers, near, strict=True):
                found[number] = others[number] + WEIGHTS.likeness * likelier
    return found


def _not_compared(_question: str, _language: Language, texts: Sequence[str], _of: Language) -> list[float]:
    """A likeness that tells no text from another."""
    return [0.0] * len(texts)


def _beside(places: Sequence[Place], shared: Mapping[int, float]) -> list[float]:
    """For each place the larger `shared` of the places before and after it in its article."""
    order = sorted(range(len(places)), key=lambda number: (places[number].article.id, places[number].span.start))
    found = [0.0] * len(places)
    for before, after in pairwise(order):
        if places[before].article.id == places[after].article.id:
            found[before] = max(found[before], shared[after])
            found[after] = max(found[after], shared[before])
    return found


def _rarity(words: SharedWords) -> dict[str, float]:
    """ln(1 + N / (n + 0.5)) for each word of the question, n of the N sentences holding it."""
    spread = Counter(word for held in words.held for word in held)
    return {word: math.log(1 + len(words.held) / (spread[word] + 0.5)) for word in words.asked}


def _share(shared: frozenset[str], rarity: dict[str, float]) -> float:
    total = sum(rarity.values())
    return sum(rarity[term] for term in shared) / total if total else 0.0


def _months(terms: set[str]) -> set[str]:
    """The months that figure terms name: "2025-08" with its year, and "-08" where none of them has one."""
    dated = {term.removeprefix("date:") for term in terms if re.fullmatch(r"date:\d{4}-\d\d", term)}
    alone = {term.removeprefix("date:-") for term in terms if re.fullmatch(r"date:--\d\d", term)}
    return dated | (alone - {month[4:] for month in dated})


def standardised(values: Sequence[float]) -> list[float]:
    """In standard deviations above their mean; all 0.0 where they are the same."""
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return [(value - mean) / deviation if deviation > 1e-9 else 0.0 for value in values]
