"""What the chat model reads: pure functions from evidence to messages. Knows nothing of how it is run.

The parts that never change come first and the question's own last, so that the model's cache can keep the beginning;
the probe and the answer differ in their last line only.
"""

from collections.abc import Sequence

from index.article import Language
from rag.evidence import Excerpt
from rag.figures import rewrite

Message = dict[str, str]  # {"role": "system" | "user" | "assistant", "content": text}

_SYSTEM = {
    "ja": "あなたは記事を読んで質問に答える係です。記事に書かれていることだけを根拠に、短く正確に答えます。",
    "en": "You read excerpts from articles and answer questions about them. You rely on the excerpts alone, and you "
    "answer briefly and exactly.",
}
_ANSWER = {
    "ja": "記事にある数字・日付・固有名詞をそのまま使い、質問に日本語の一文か二文で答えてください。",
    "en": "Answer the question in one or two English sentences, with the figures, dates and names of the excerpts.",
}
# In English for both: asked in Japanese the model's "いいえ" says nothing (docs/results.md).
_PROBE = "Do the excerpts state the answer to this question? Reply with yes or no only."
_LABELS = {
    "ja": {"question": "質問", "articles": "記事", "earlier": "これまでの会話"},
    "en": {"question": "Question", "articles": "Excerpts", "earlier": "Conversation so far"},
}
_MAX_EARLIER = 200  # characters of one earlier message


def answer_messages(
    question: str, excerpts: Sequence[Excerpt], language: Language, history: Sequence[Message] = ()
) -> list[Message]:
    """Asks for the answer in `language`. Figures of the excerpts stand in that language's notation already."""
    return _messages(question, excerpts, language, history, _ANSWER[language])


def probe_messages(
    question: str, excerpts: Sequence[Excerpt], language: Language, history: Sequence[Message] = ()
) -> list[Message]:
    """Asks whether the excerpts state the answer: the same messages up to the last line."""
    return _messages(question, excerpts, language, history, _PROBE)


def shown(excerpt: Excerpt, language: Language) -> str:
    """An excerpt as the model reads it: number, title, date, text, with the figures of `language`."""
    date = f" ({excerpt.article.date})" if excerpt.article.date else ""
    title = rewrite(excerpt.article.title, language)
    return f"[{excerpt.number}] {title}{date}\n{rewrite(excerpt.text, language)}"


def _messages(
    question: str, excerpts: Sequence[Excerpt], language: Language, history: Sequence[Message], last: str
) -> list[Message]:
    labels = _LABELS[language]
    parts = [f"{labels['articles']}:", *(shown(excerpt, language) for excerpt in excerpts)]
    earlier = _earlier(history)
    if earlier:
        parts += ["", f"{labels['earlier']}:", *earlier]
    parts += ["", f"{labels['question']}: {question}", last]
    return [
        {"role": "system", "content": _SYSTEM[language]},
        {"role": "user", "content": "\n".join(parts)},
    ]


def _earlier(history: Sequence[Message]) -> list[str]:
    """The last question and answer, cut short: enough for "it" and "then" to mean something."""
    return [f"- {' '.join(message['content'].split())[:_MAX_EARLIER]}" for message in history[-2:]]
