"""Turns a follow-up into a question that can stand alone. Knows nothing of articles or of how a model is run.

Whether a question leans on the conversation is told by rule; the model only words it anew, and what it writes counts
only if it adds nothing that the conversation does not hold.
"""

import re
from collections.abc import Sequence

from index.article import Language
from index.words import question_terms
from rag.answer import Message
from rag.grounding import ungrounded
from rag.hostile import as_data
from rag.language import question_language
from rag.names import names_in

MAX_REWRITE_TOKENS = 80
MAX_SEARCHED = 4000  # characters of an earlier question that are searched with
_MAX_EARLIER = 300  # characters of one earlier message that the model reads
_SHORT = {"ja": 14, "en": 28}  # characters up to which a question without a name cannot stand alone
_KEPT = 0.5  # share of the question's own words that a rewrite must keep

# How a follow-up begins, whatever it names.
_OPENS = re.compile(
    r"^(?:じゃあ?|では|だったら|でも|あと|また|一方|ちなみに|ほかに|他に)"
    r"|^(?:and|but|so|or|also|then|what about|how about)\b",
    re.IGNORECASE,
)
# Words that stand for something said before, unless the question names it before them.
_POINTS = re.compile(
    r"それ(?!ぞれ)|その(?!他|後の)|そこ|そちら|これ(?!まで|から)|この(?!度)|こちら|あれ|あの|彼女?|同[社氏市国者](?!長)|両[社者氏]"
    r"|\b(?:its?|they|them|theirs?|he|him|his|she|hers?|those|these|instead|the same|the other one)\b"
    r"|\bthe (?:company|firm)\b|\b(?:this|that)(?= (?:one|year|deal|company|plan|city|report)\b|\W*$)"
    r"|(?<!is )(?<!are )\bthere\b",
    re.IGNORECASE,
)
_KANA = re.compile(r"[\u3041-\u309f]+")  # いつ, です: how it asks, not what about
_ASK = {
    "ja": "会話の続きの質問を、それだけで意味が通る一つの質問に書き直してください。質問に答えてはいけません。",
    "en": "Rewrite the last question of the conversation so that it can be understood alone. Do not answer it.",
}
_LABELS = {
    "ja": {"user": "利用者", "assistant": "回答", "last": "続きの質問", "alone": "書き直した質問"},
    "en": {"user": "User", "assistant": "Answer", "last": "Last question", "alone": "Rewritten question"},
}
# (question before, its answer, the follow-up, the follow-up alone)
_EXAMPLES: dict[Language, tuple[tuple[str, str, str, str], ...]] = {
    "ja": (
        (
            "山北市の図書館は何時まで開いていますか?",
            "5月1日から午後9時まで開いています。",
            "その費用は?",
            "山北市の図書館の開館時間延長にかかる費用はいくらですか?",
        ),
        (
            "Norvel Pumpsを創業したのは誰?",
            "Greta Olsenです。",
            "いつ?",
            "Greta OlsenがNorvel Pumpsを創業したのはいつですか?",
        ),
        (
            "デルマー自動車の人員削減は何人?",
            "90人です。",
            "じゃあノーベル・ポンプスは?",
            "ノーベル・ポンプスの人員削減は何人ですか?",
        ),
    ),
    "en": (
        (
            "Who founded Norvel Pumps?",
            "Norvel Pumps was founded by Greta Olsen.",
            "And how many work there?",
            "How many people work at Norvel Pumps?",
        ),
        (
            "How late are Yamakita's libraries open?",
            "They are open until 9 p.m. from May 1.",
            "What does it cost?",
            "What does it cost to keep Yamakita's libraries open until 9 p.m.?",
        ),
        (
            "How many jobs will Delmar Motors cut?",
            "Delmar Motors will cut 90 jobs.",
            "What about Norvel?",
            "How many jobs will Norvel cut?",
        ),
    ),
}


def leans(question: str, history: Sequence[Message]) -> bool:
    """Whether the question can only be understood from the conversation before it."""
    if not any(message.get("role") == "user" for message in history):
        return False
    question = question.strip()
    points = _POINTS.search(question)
    return (
        _OPENS.search(question) is not None
        or (points is not None and not names_in(question[: points.start()]))
        or (len(question) <= _SHORT[question_language(question)] and not names_in(question))
    )


def searched(question: str, history: Sequence[Message]) -> str:
    """What is searched for until the model has worded it anew: a follow-up goes with the user's question before it."""
    if not leans(question, history):
        return question
    earlier = [message["content"] for message in history if message.get("role") == "user"]
    return f"{earlier[-1][:MAX_SEARCHED]}\n{question}"


def rewrite_messages(question: str, history: Sequence[Message]) -> list[Message]:
    """Asks the model for the question alone. The worked examples come first and never change."""
    language = question_language(question)
    labels = _LABELS[language]
    messages = [{"role": "system", "content": _ASK[language]}]
    for before, answered, asked, alone in _EXAMPLES[language]:
        turns = [("user", before), ("assistant", answered)]
        messages.append({"role": "user", "content": _turn(turns, asked, language)})
        messages.append({"role": "assistant", "content": alone})
    earlier = [(message["role"], message["content"]) for message in history[-2:] if message.get("role") in labels]
    messages.append({"role": "user", "content": _turn(earlier, question, language)})
    return messages


def accepted(rewrite: str, question: str, history: Sequence[Message]) -> str:
    """The model's rewrite if it can be trusted, else "".

    It must be one question in the same language, hold no figure and no name that the conversation does not, keep at
    least half of the question's own words, and say more than the question did.
    """
    lines = [line.strip() for line in rewrite.strip().splitlines() if line.strip()]
    alone = lines[0].strip("「」\"' ") if lines else ""
    conversation = "\n".join([*(message["content"] for message in history), question])
    known = set(question_terms(conversation))
    own = {term for term in question_terms(_POINTS.sub(" ", _OPENS.sub(" ", question))) if not _KANA.fullmatch(term)}
    kept = len(own & set(question_terms(alone))) / len(own) if own else 1.0
    strangers = [name for name in names_in(alone) if not set(question_terms(name)) & known]
    if (
        not alone
        or alone == question.strip()
        or len(alone) > len(conversation)
        or question_language(alone) != question_language(question)
        or ungrounded(alone, conversation)
        or strangers
        or kept < _KEPT
    ):
        return ""
    return alone


def _turn(earlier: Sequence[tuple[str, str]], question: str, language: Language) -> str:
    labels = _LABELS[language]
    lines = [f"{labels[role]}: {' '.join(as_data(content).split())[:_MAX_EARLIER]}" for role, content in earlier]
    return "\n".join([*lines, f"{labels['last']}: {question}", f"{labels['alone']}:"])
