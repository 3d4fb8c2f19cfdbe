"""An optional judge: a chat model that compares an answer with its reference. A column of its own, in no metric.

Knows the question, the reference and the answer, not the articles.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from index.endpoint import without_login
from rag.answer import Message
from rag.gold import GoldQuestion
from rag.model import open_chat_model, stream_text, yes_probability
from rag.settings import Settings
from rag.writer import as_messages

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Judge = Callable[[GoldQuestion, str], float | None]

VERSION = 1  # of the prompt: raise it with any change, so that stored judgements are asked again
_MARK = re.compile(r"\s?\[\d{1,3}\]")
_SYSTEM = "You grade answers to questions by comparing them with a reference answer. You reply with yes or no only."
_EXAMPLES = (
    ("When does the bridge open?", "It opens on 5 May 2024.", "2024年5月5日に開通します。", "yes"),
    ("橋の工費は?", "工費は12億円です。", "工費は21億円です。", "no"),
)
_TURN = (
    "Question: {question}\nReference answer: {reference}\nAnswer to grade: {answer}\n\n"
    "Does the answer say what the reference answer says, in either language, and contradict it nowhere? "
    "Reply with yes or no only."
)


@dataclass
class ModelJudge:
    """How probable a chat model finds it that an answer agrees with its reference, 0.0 to 1.0.

    None for a question without a reference, and where the model says neither yes nor no. `settings` name the judge
    (judge_model, judge_url); where they name none, the chat model judges, itself if it wrote the answers.
    """

    settings: Settings

    @property
    def name(self) -> str:
        """Model and place, as reports show it and as stored judgements are known by."""
        chosen = self._chosen
        return f"{chosen.chat_model} ({without_login(chosen.chat_url) or 'in this process'}), prompt {VERSION}"

    @cached_property
    def chat_model(self) -> "BaseChatModel":
        """The model, opened when it is first asked. Raises ModelError or SettingsError."""
        return open_chat_model(self._chosen)

    @property
    def _chosen(self) -> Settings:
        own = self.settings
        if not own.judge_model and not own.judge_url:
            return own
        model = own.judge_model or own.chat_model
        return replace(own, chat_model=model, chat_url=own.judge_url, chat_key=own.judge_key)

    def __call__(self, question: GoldQuestion, answer: str) -> float | None:
        """Raises what asking a chat model raises."""
        if not question.reference or question.is_impossible:
            return None
        messages = as_messages(judge_messages(question, answer))
        probability = yes_probability(self.chat_model, messages)
        if probability is not None:
            return probability
        # An endpoint that tells no probabilities.
        return verdict("".join(stream_text(self.chat_model, messages, max_tokens=8)))


def judge_messages(question: GoldQuestion, answer: str) -> list[Message]:
    """What the judge reads: two worked examples, then the answer without its marks."""
    messages = [{"role": "system", "content": _SYSTEM}]
    for asked, reference, given, said in _EXAMPLES:
        turn = _TURN.format(question=asked, reference=reference, answer=given)
        messages += [{"role": "user", "content": turn}, {"role": "assistant", "content": said}]
    given = _MARK.sub("", answer)
    asked = " / ".join([*(turn["content"] for turn in question.history[-2:]), question.question])
    turn = _TURN.format(question=asked, reference=question.reference, answer=given)
    return [*messages, {"role": "user", "content": turn}]


def verdict(said: str) -> float | None:
    """1.0 for a reply that begins with yes, 0.0 for no, None for anything else."""
    word = re.match(r"\W*(yes|no|はい|いいえ)(?![a-z])", said.strip().casefold())
    return float(word[1] in ("yes", "はい")) if word else None


def name_of(judge: Judge) -> str:
    """What a report calls it."""
    return judge.name if isinstance(judge, ModelJudge) else getattr(judge, "__name__", type(judge).__name__)
