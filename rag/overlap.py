"""How much the wording of an answer shares with a reference: exact match, F1 and chrF. Knows strings only.

Japanese is compared by characters as JSQuAD's authors do, English by words as SQuAD's do, so that figures can be put
beside published ones.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

from index.article import Language
from rag.metrics import f_measure

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ORDER, _BETA = 6, 2.0  # of chrF, as in sacreBLEU's chrF2


def tokens(text: str, language: Language) -> list[str]:
    """What F1 counts.

    Japanese (JGLUE's patch to transformers' squad_metrics.py; Kurihara, Kawahara and Shibata, LREC 2022): lower case,
    without full stops 。 at the end, white space runs as one space, then every character, spaces and other marks too.
    English (the official SQuAD script; Rajpurkar et al., 2016): lower case, without ASCII punctuation and without
    "a", "an", "the", then words.
    """
    if language == "ja":
        return list(" ".join(text.lower().rstrip("。").split()))
    return _ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def exact_match(answer: str, reference: str, language: Language) -> float:
    """1.0 when both have the same tokens in the same order."""
    return float(tokens(answer, language) == tokens(reference, language))


def f1(answer: str, reference: str, language: Language) -> float:
    """2 P R / (P + R): P the share of the answer's tokens that the reference has too, R the reverse; each token
    counts as often as both have it. Two empty texts agree."""
    given, wanted = Counter(tokens(answer, language)), Counter(tokens(reference, language))
    if not given or not wanted:
        return float(given == wanted)
    same = (given & wanted).total()
    return f_measure(same / given.total(), same / wanted.total())


def chrf(answer: str, reference: str) -> float:
    """chrF2: F with beta 2 of the mean n-gram precision and recall of characters, n = 1..6, white space dropped.

    As in sacreBLEU: an n that one of the two texts is too short for is left out (Popovic, WMT 2015). 1.0 is the best;
    sacreBLEU multiplies by 100.
    """
    given, wanted = "".join(answer.split()), "".join(reference.split())
    precisions, recalls = [], []
    for n in range(1, _ORDER + 1):
        ours, theirs = _ngrams(given, n), _ngrams(wanted, n)
        if ours and theirs:
            same = (ours & theirs).total()
            precisions.append(same / ours.total())
            recalls.append(same / theirs.total())
    if not precisions:
        return 0.0
    return f_measure(sum(precisions) / len(precisions), sum(recalls) / len(recalls), _BETA)


def best(measure: Callable[[str, str], float], answer: str, references: Sequence[str]) -> float | None:
    """The measure against the reference it is highest for; None without references."""
    return max((measure(answer, reference) for reference in references), default=None)


def _ngrams(text: str, n: int) -> Counter[str]:
    return Counter(text[start : start + n] for start in range(len(text) - n + 1))
