"""Checks what a model wrote before it is an answer: made-up figures or names, no source behind it, or no answer at all.

Knows the evidence and the draft; does not know how either came about, nor what is done about a draft that fails.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.article import Language
from rag.answer import Citation
from rag.cite import cite
from rag.evidence import Excerpt, Sentence
from rag.grounding import ungrounded
from rag.kanji_names import Readings, no_readings
from rag.prompt import shown
from rag.relevance import Likeness
from rag.strangers import ungrounded_names

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
    """

    text: str
    citations: tuple[Citation, ...]
    invented: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    supported: bool = True
    silent: bool = False

    @property
    def is_sound(self) -> bool:
        return bool(self.text) and self.supported and not self.invented and not self.silent


def check(
    text: str,
    question: str,
    language: Language,
    excerpts: Sequence[Excerpt],
    likeness: Likeness,
    readings: Readings = no_readings,
) -> Draft:
    """The draft, cited, with its faults. `language` is the answer's; `readings` tells how names in kanji are read."""
    text = text.strip()
    cited = cite(text, language, excerpts, likeness, question, readings)
    evidence = evidence_text(excerpts, language)
    nowhere = (figure.text for figure in ungrounded(text, f"{evidence}\n{question}"))
    figures = tuple(dict.fromkeys((*nowhere, *cited.uncited)))
    names = tuple(ungrounded_names(text, evidence, question, readings))
    foreign = any(excerpt.article.language != language for excerpt in excerpts)
    return Draft(
        text=cited.text,
        citations=cited.citations,
        invented=figures if foreign else figures + names,
        doubtful=names if foreign else (),
        supported=bool(cited.citations),
        silent=_DOES_NOT_SAY.search(text) is not None,
    )


def evidence_text(excerpts: Sequence[Excerpt], language: Language) -> str:
    """All that an answer may rest on: the excerpts as they stand, and as the model read them."""
    return "\n".join(f"{e.article.title} {e.article.date}\n{e.text}\n{shown(e, language)}" for e in excerpts)


def narrowed(excerpts: Sequence[Excerpt]) -> list[Excerpt]:
    """The likeliest sentence with the next likeliest of the same article: less to go wrong with."""
    best = best_sentence(excerpts)
    excerpt = next(e for e in excerpts if best in e.sentences)
    likeliest = sorted(excerpt.sentences, key=lambda sentence: -sentence.score)[:_NARROW]
    return [replace(excerpt, number=1, sentences=tuple(sorted(likeliest, key=lambda sentence: sentence.start)))]


def best_sentence(excerpts: Sequence[Excerpt]) -> Sentence:
    """The sentence that most likely holds the answer. `excerpts` must not be empty."""
    return max((sentence for excerpt in excerpts for sentence in excerpt.sentences), key=lambda s: s.score)
