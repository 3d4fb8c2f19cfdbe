"""Checks what a model wrote before it is an answer: made-up figures or names, no source behind it, or no answer at all.

Knows the evidence and the draft; does not know how either came about, nor what is done about a draft that fails.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.article import Language
from rag.answer import Citation
from rag.asked import gives_asked
from rag.cite import cite
from rag.evidence import Excerpt, Sentence
from rag.grounding import ungrounded, without_layout
from rag.kanji_names import Readings, no_readings
from rag.mend import mended
from rag.prompt import EXAMPLE_NAMES, shown
from rag.relevance import Likeness
from rag.strangers import ungrounded_names
from rag.weekdays import ungrounded_weekdays

# How a model says that it does not know. Only sentences about the excerpts themselves: "no house fire was reported" is
# an answer.
_DOES_NOT_SAY = re.compile(
    r"(?:excerpts?|articles?|passages?|text|information|context)(?: provided| given)? (?:do(?:es)? not|don't|doesn't) "
    r"(?:say|state|mention|specify|provide|contain|include|give|indicate)"
    r"|(?:is|are|was|were) not (?:stated|mentioned|specified|provided|given|included) in (?:the|these|any)"
    r"|^(?:not (?:stated|mentioned|specified|provided)|unknown|i (?:do not|don't) know)\b"
    r"|(?:記事|文章|抜粋|本文|情報)(?:の中)?(?:に|から|で)?は?[^。]{0,24}(?:書か|記載さ|述べら|言及さ|示さ|含ま)れていません"
    r"|(?:記載|言及|記述|情報)(?:は|が)(?:ありません|ない)|(?:不明|分かりません|わかりません)(?:です)?[。\s]*$",
    re.IGNORECASE,
)
_NARROW = 2  # sentences that the second try reads


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A model's answer with our marks, and what is wrong with it.

    `invented`: figures that stand neither in the quotes nor in the question, and, where all of the evidence is in the
    answer's language, names that do in neither. `doubtful`: such names where it is not, and a rule may not see that
    two spellings are one name. `supported`: a sentence stands behind it. `silent`: it says that the excerpts do not.
    `evasive`: it gives no figure or time of the kind asked for. `mended`: (as the model wrote it, as the source has it)
    of the currencies that were put right.
    """

    text: str
    citations: tuple[Citation, ...]
    invented: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    supported: bool = True
    silent: bool = False
    evasive: bool = False
    mended: tuple[tuple[str, str], ...] = ()

    @property
    def is_sound(self) -> bool:
        return bool(self.text) and self.supported and not (self.invented or self.silent or self.evasive)


def check(
    text: str,
    question: str,
    language: Language,
    excerpts: Sequence[Excerpt],
    likeness: Likeness,
    readings: Readings = no_readings,
    *,
    earlier: str = "",
) -> Draft:
    """The draft, put right where a rule can (`rag/mend.py`) and cited, with its faults. `language` is the answer's;
    `earlier` the conversation before the question, which an answer may repeat; `readings` tells how names in kanji
    are read.
    """
    given = f"{earlier}\n{question}"
    sources = [source_text(excerpt, language) for excerpt in excerpts]
    mend = mended(text.strip(), question, language, sources, given)
    text, evidence = mend.text, "\n".join(sources)
    cited = cite(text, language, excerpts, likeness, given, readings)
    figures = [figure.text for figure in ungrounded(text, *sources, given=given)]
    days = ungrounded_weekdays(text, f"{evidence}\n{given}")
    names = ungrounded_names(text, evidence, given, readings)
    foreign = any(excerpt.article.language != language for excerpt in excerpts)
    made_up = [name for name in names if not foreign or name in EXAMPLE_NAMES]
    return Draft(
        text=cited.text,
        citations=cited.citations,
        invented=tuple(dict.fromkeys((*figures, *cited.uncited, *days, *made_up))),
        doubtful=tuple(name for name in names if name not in made_up),
        supported=bool(cited.citations),
        silent=_DOES_NOT_SAY.search(text) is not None,
        evasive=not gives_asked(without_layout(text), question),
        mended=mend.currencies,
    )


def answerable_kind(question: str, excerpts: Sequence[Excerpt]) -> bool:
    """Whether something that is read gives a figure or time of the kind asked for, where one is."""
    return any(gives_asked(f"{excerpt.article.title}\n{excerpt.text}", question) for excerpt in excerpts)


def source_text(excerpt: Excerpt, language: Language) -> str:
    """All of an excerpt that an answer may rest on: as it stands, and as the model read it."""
    return f"{excerpt.article.title} {excerpt.article.date}\n{excerpt.text}\n{shown(excerpt, language)}"


def narrowed(excerpts: Sequence[Excerpt], question: str = "") -> list[Excerpt]:
    """The likeliest sentence with the next likeliest of the same article: less to go wrong with."""
    best = best_sentence(excerpts, question)
    excerpt = next(e for e in excerpts if best in e.sentences)
    others = sorted((s for s in excerpt.sentences if s != best), key=lambda sentence: -sentence.score)[: _NARROW - 1]
    return [replace(excerpt, number=1, sentences=tuple(sorted((best, *others), key=lambda s: s.start)))]


def best_sentence(excerpts: Sequence[Excerpt], question: str = "") -> Sentence:
    """The sentence that most likely holds the answer: of those that give the kind of figure or time that the question
    asks for, if there are any. `excerpts` must not be empty.
    """
    return max(
        (sentence for excerpt in excerpts for sentence in excerpt.sentences),
        key=lambda sentence: (gives_asked(sentence.text, question), sentence.score),
    )
