"""What the chat model reads: pure functions from evidence to messages. Knows nothing of how it is run.

The parts that never change come first and the question's own last, so that the model's cache can keep the beginning;
the probe and the answer differ in their last line only.
"""

from collections.abc import Sequence

from index.article import Language
from rag.answer import Message
from rag.evidence import Excerpt
from rag.figures import rewrite
from rag.hostile import as_data
from rag.kanji_names import with_latin_names
from rag.relative_dates import resolved

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
# Worked examples, the same in every prompt: read once, then kept in the model's cache.
_EXAMPLES: dict[Language, tuple[tuple[str, str, str], ...]] = {
    "ja": (
        (
            "[1] 山北市、図書館の開館時間を延長 (2024-04-01)\n"
            "山北市は5月1日から、市立図書館の閉館時間を午後7時から午後9時に変更する。 … 費用は年間1200万円を見込む。",
            "山北市の図書館の時間延長にかかる費用は?",
            "年間1200万円を見込んでいます。",
        ),
        (
            "[1] Norvel opens second plant (2023-09-12)\n"
            "Norvel Pumps, which was founded by Greta Olsen, opened its second plant in Leeds. … "
            "The plant, which cost 4500万ポンド, employs 320 people.\n"
            "[2] Delmar Motors to cut jobs (2023-09-14)\nDelmar Motors will cut 90 jobs.",
            "Norvel Pumpsの新工場の従業員数と、創業者の名前は?",
            "新工場の従業員は320人で、創業者はGreta Olsenです。",
        ),
    ),
    "en": (
        (
            "[1] 山北市、図書館の開館時間を延長 (2024-04-01)\n"
            "山北市はMay 1から、市立図書館の閉館時間を7 p.m.から9 p.m.に変更する。 … 費用は年間¥12 millionを見込む。",
            "When will Yamakita's libraries close under the new hours?",
            "They will close at 9 p.m. from May 1, instead of 7 p.m.",
        ),
        (
            "[1] Norvel opens second plant (2023-09-12)\n"
            "Norvel Pumps, which was founded by Greta Olsen, opened its second plant in Leeds. … "
            "The plant, which cost £45 million, employs 320 people.\n"
            "[2] Delmar Motors to cut jobs (2023-09-14)\nDelmar Motors will cut 90 jobs.",
            "Who founded Norvel Pumps, and how many work at its new plant?",
            "Norvel Pumps was founded by Greta Olsen, and its new plant employs 320 people.",
        ),
    ),
}
# Who and what the worked examples speak of: where no evidence has them, an answer that does copied them from there.
EXAMPLE_NAMES = ("Yamakita", "Norvel", "Leeds", "Greta", "Olsen", "Delmar")
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
    """An excerpt as the model reads it: number, title, date, text.

    Figures are in the notation of `language`, the excerpt's people in Latin letters, relative times have their date
    behind them, and nothing in it can be taken for a part of the prompt (`rag/hostile.py`).
    """
    article, people = excerpt.article, dict(excerpt.people)
    date = f" ({as_data(article.date)})" if article.date else ""
    title = rewrite(with_latin_names(" ".join(as_data(article.title).split()), people), language)
    text = with_latin_names(as_data(resolved(excerpt.text, article.date)), people)
    return f"[{excerpt.number}] {title}{date}\n{rewrite(text, language)}"


def _messages(
    question: str, excerpts: Sequence[Excerpt], language: Language, history: Sequence[Message], last: str
) -> list[Message]:
    messages = [{"role": "system", "content": _SYSTEM[language]}]
    for evidence, asked, answered in _EXAMPLES[language]:
        messages.append({"role": "user", "content": _turn(evidence, (), asked, language, _ANSWER[language])})
        messages.append({"role": "assistant", "content": answered})
    evidence = "\n".join(shown(excerpt, language) for excerpt in excerpts)
    messages.append({"role": "user", "content": _turn(evidence, _earlier(history), question, language, last)})
    return messages


def _turn(evidence: str, earlier: Sequence[str], question: str, language: Language, last: str) -> str:
    labels = _LABELS[language]
    parts = [f"{labels['articles']}:", evidence, ""]
    if earlier:
        parts += [f"{labels['earlier']}:", *earlier, ""]
    return "\n".join([*parts, f"{labels['question']}: {question}", last])


def _earlier(history: Sequence[Message]) -> list[str]:
    """The last question and answer, cut short: enough for "it" to mean something; answers quote articles."""
    return [f"- {' '.join(as_data(message['content']).split())[:_MAX_EARLIER]}" for message in history[-2:]]
