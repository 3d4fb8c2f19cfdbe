"""Which names a question asks about, and which articles know them. Knows nothing of figures or of the model.

A name is a Latin word with a capital (not the one that opens an English sentence, unless it is written so inside it
too), one with digits, or a katakana word; it is found in either script (`index/names.py`). Kanji names are not told
from other words.
"""

import re
from collections.abc import Mapping, Sequence

from index.article import Article
from index.words import FUNCTION_WORDS, question_terms, terms
from rag.language import question_language

_CAPITALISED = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]*(?:[-&.][A-Za-z0-9]+)*")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]{3,}")


def names_in(question: str) -> list[str]:
    """The names of a question, each once, in order."""
    found = [match[0] for match in _CAPITALISED.finditer(question) if not _opens_sentence(question, match.start())]
    found = [name for name in found if name.casefold() not in FUNCTION_WORDS and len(name) > 1]
    return list(dict.fromkeys([*found, *_KATAKANA.findall(question)]))


def without_strangers(question: str, articles: Mapping[str, Article]) -> list[str]:
    """Ids of the articles worth reading: when some know names of the question, those that know none are left out.

    Only articles in the question's language are: in another one a name may be written in a way no rule can tell
    (北星電機 is Hokusei Denki).
    """
    language = question_language(question)
    held = {article_id: bool(names_held(question, article)) for article_id, article in articles.items()}
    if not any(held.values()):
        return list(articles)
    return [article_id for article_id, knows in held.items() if knows or articles[article_id].language != language]


def names_held(question: str, article: Article) -> Sequence[str]:
    """The names of the question that stand in the article, in either script."""
    names = names_in(question)
    if not names:
        return []
    known = set(terms(f"{article.title}\n{article.text}"))
    return [name for name in names if known & set(question_terms(name))]


def _opens_sentence(question: str, start: int) -> bool:
    """Whether the capital may only be there because an English sentence begins."""
    return question_language(question) == "en" and not question[:start].strip()
