"""The short answer inside a whole sentence, for sets whose references are a word or two (JSQuAD, SQuAD).

"The deal is worth $38 billion [1]." to "How much is the deal worth?" is "$38 billion": what the answer adds to the
question, as it stands in what it cites. Knows no model and no set.
"""

import re
from collections.abc import Sequence

from index.article import Language

_MARK = re.compile(r"\s*[\[［]\d{1,3}[\]］]")
_JA_ENDING = re.compile(
    r"(?:と(?:なっ|され|いわれ|言われ|呼ばれ)?て?い(?:ます|る)|でし(?:た|ょう)|です|である|だった|ます|ました|だ)?[。.\s]*$"
)
_JA_EDGE = re.compile(r"^[\s、。,.はがのをにへとでも「」『』()]+|[\s、。,.はがをにへとでも]+$")
_EN_EDGE = frozenset(
    re.findall(
        r"\w+",
        "the a an is was were are be been it he she they in on at of by to for from with and or as that this its his "
        "her their which who did do does has have had",
    )
)
_WORD = re.compile(r"[\w$€£¥%'.,-]*[\w$€£¥%]")


def short_answer(text: str, question: str, quotes: Sequence[str], language: Language) -> str:
    """The longest stretch of `text` that is not in the question and, where there is one, stands in a quote."""
    plain = _MARK.sub("", text).strip().split("\n")[0]
    found = _japanese(plain, question) if language == "ja" else _english(plain, question)
    said = [part for part in found if any(part.casefold() in quote.casefold() for quote in quotes)] or found
    return max(said, key=len, default=plain)


def _japanese(text: str, question: str) -> list[str]:
    """Stretches between the parts of two characters and more that the question has too."""
    parts: list[str] = []
    position = start = 0
    while position < len(text):
        length = 0
        while position + length < len(text) and text[position : position + length + 1] in question:
            length += 1
        if length >= 2:
            parts.append(text[start:position])
            position += length
            start = position
        else:
            position += 1
    parts.append(text[start:])
    pieces = [piece for part in parts for piece in re.split(r"[。、]", part)]
    return [kept for piece in pieces if (kept := _JA_EDGE.sub("", _JA_ENDING.sub("", piece)))]


def _english(text: str, question: str) -> list[str]:
    """Runs of words that the question does not have, without function words at their edges."""
    asked = {match[0].casefold() for match in _WORD.finditer(question)}
    runs: list[list[re.Match[str]]] = [[]]
    for match in _WORD.finditer(text):
        word = match[0].casefold()
        if word not in _EN_EDGE and any(_same_word(word, other) for other in asked):
            runs.append([])
        else:
            runs[-1].append(match)
    found: list[str] = []
    for run in runs:
        while run and run[0][0].casefold() in _EN_EDGE:
            run = run[1:]
        while run and run[-1][0].casefold() in _EN_EDGE:
            run = run[:-1]
        if run:
            found.append(text[run[0].start() : run[-1].end()])
    return found


def _same_word(one: str, other: str) -> bool:
    """Equal, or the beginning of the other from four letters on ("open", "opened")."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 4 and short.isalpha() and long.startswith(short))
