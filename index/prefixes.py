"""What a model wants to read before a question and before a passage, by its name. Knows nothing of endpoints.

From the models' own cards. An embedder that was trained with prefixes finds less without them; a name that is not
here gets none, and `kotae models` says which are used.
"""

import re
from dataclasses import dataclass

_RETRIEVE = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
_BGE = "Represent this sentence for searching relevant passages: "

# The first that is found in the name counts.
_BY_NAME = (
    (r"e5-\S*instruct|e5-mistral|qwen3-embedding", _RETRIEVE, ""),
    (r"\be5-(small|base|large)", "query: ", "passage: "),
    (r"ruri-v3", "検索クエリ: ", "検索文書: "),
    (r"\bruri-", "クエリ: ", "文章: "),
    (r"nomic-embed", "search_query: ", "search_document: "),
    (r"embeddinggemma", "task: search result | query: ", "title: none | text: "),
    (r"bge-(small|base|large)-en|mxbai-embed", _BGE, ""),
    (r"bge-(small|base|large)-zh", "为这个句子生成表示以用于检索相关文章：", ""),
)


@dataclass(frozen=True, kw_only=True)
class Prefixes:
    """What stands before each question and each passage."""

    question: str = ""
    passage: str = ""


def prefixes_of(name: str, *, question: str = "", passage: str = "") -> Prefixes:
    """Those of the model `name`; `question` and `passage`, when given, win. "none" stands for no prefix.

    A `\\n` in a given one, written as two characters, is a line break.
    """
    found = next((row[1:] for row in _BY_NAME if re.search(row[0], name, re.IGNORECASE)), ("", ""))
    return Prefixes(question=_given(question, found[0]), passage=_given(passage, found[1]))


def _given(value: str, default: str) -> str:
    if value.strip().lower() == "none":
        return ""
    return value.replace("\\n", "\n") or default
