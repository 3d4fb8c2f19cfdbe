"""Which language a question is in, and so its answer. Knows nothing else."""

import re
from typing import Literal

from index.article import Language

Asked = Literal["auto", "ja", "en"]
ASKED: tuple[Asked, ...] = ("auto", "ja", "en")

_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa\u30fc\uff66-\uff9f]")
_KANJI = re.compile(r"[\u3400-\u9fff\u3005]")
_ENGLISH_WORD = re.compile(
    r"(?<![A-Za-z])(?:the|what|when|where|who|whom|whose|which|why|how|is|are|was|were|did|do|does|of|in)(?![A-Za-z])",
    re.IGNORECASE,
)


def question_language(question: str) -> Language:
    """ "ja" for a question with kana, or with kanji and no English sentence around them; else "en".

    「OpenAIとは」 is Japanese, "What does 円安 mean?" is English.
    """
    if _ENGLISH_WORD.search(question) and len(_ENGLISH_WORD.findall(question)) >= 2:
        japanese = len(_KANA.findall(question)) + len(_KANJI.findall(question))
        return "ja" if japanese > len(question) / 3 else "en"
    return "ja" if _KANA.search(question) or _KANJI.search(question) else "en"


def answer_language(question: str, asked: Asked) -> Language:
    """The language asked for, or the question's own."""
    return question_language(question) if asked == "auto" else asked
