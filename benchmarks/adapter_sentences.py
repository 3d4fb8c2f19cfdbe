"""Whole sentences for short answers ("秋" to 雨が多いのは?: 雨が多いのは秋です。), written by the model itself.

It reads question and answer alone. A sentence that lost the answer's words, or asks again, is left out.
"""

from collections.abc import Sequence
from dataclasses import replace

from langchain_core.language_models import BaseChatModel

from benchmarks.adapter_example import Example
from index.article import Language
from rag.answer import Message
from rag.model import stream_text
from rag.writer import as_messages

_LONGEST = 160  # characters
_TASK: dict[Language, str] = {
    "ja": "質問と答えから、答えを一つの文に書き直します。答えの言葉はそのまま使います。",
    "en": "You turn a question and its answer into one full sentence. You keep the words of the answer.",
}
_TURN: dict[Language, str] = {
    "ja": "質問: {question}\n答え: {answer}\n文:",
    "en": "Question: {question}\nAnswer: {answer}\nSentence:",
}
_SHOWN: dict[Language, tuple[tuple[str, str, str], ...]] = {
    "ja": (
        ("この橋を設計したのは誰?", "田中一郎", "この橋を設計したのは田中一郎です。"),
        ("会議は何日間続きましたか", "3日間", "会議は3日間続きました。"),
        ("雨が多いのはどの季節か?", "秋", "雨が多いのは秋です。"),
    ),
    "en": (
        ("Where was the treaty signed?", "Vienna", "The treaty was signed in Vienna."),
        ("What did the company stop making?", "steam engines", "The company stopped making steam engines."),
        ("Why was the road closed?", "because of flooding", "The road was closed because of flooding."),
    ),
}


def with_sentences(examples: Sequence[Example], model: BaseChatModel) -> list[Example]:
    """The examples, those with short answers as sentences where the model found a good one."""
    return [
        replace(example, answer=_sentence(example, model)) if example.short and not example.answer else example
        for example in sorted(examples, key=lambda example: example.language)  # each language's beginning is read once
    ]


def _sentence(example: Example, model: BaseChatModel) -> str:
    written = "".join(stream_text(model, as_messages(_messages(example)), max_tokens=48, stop=("\n",))).strip()
    return written if _is_good(written, example) else ""


def _messages(example: Example) -> list[Message]:
    turn = _TURN[example.language]
    messages: list[Message] = [{"role": "system", "content": _TASK[example.language]}]
    for question, answer, sentence in _SHOWN[example.language]:
        messages.append({"role": "user", "content": turn.format(question=question, answer=answer)})
        messages.append({"role": "assistant", "content": sentence})
    answer = max(example.short, key=example.short.count)  # the one that most people gave
    return [*messages, {"role": "user", "content": turn.format(question=example.question, answer=answer)}]


def _is_good(sentence: str, example: Example) -> bool:
    held = any(answer.casefold() in sentence.casefold() for answer in example.short)
    return held and len(sentence) <= _LONGEST and not sentence.rstrip("。").endswith(("か", "?", "\uff1f"))
