"""The embedded model behind LangChain's chat model interface. Knows nothing of prompts or articles."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field

from index.errors import ChatModelError
from rag.llama_engine import Engine, Event, Limits, engine
from rag.model import neutralise_template_tokens

_ROLES: dict[type[BaseMessage], str] = {
    SystemMessage: "system",
    HumanMessage: "user",
    AIMessage: "assistant",
    AIMessageChunk: "assistant",
}


class LlamaChatModel(BaseChatModel):
    """A GGUF file run by llama.cpp in this process, with a low-rank adapter where `adapter` names one.

    The files are loaded by the first call and shared by every instance with the same ones, window and threads. A call
    may override `max_tokens`, `temperature` and `seed`, and add what `_EXTRAS` names.
    """

    path: Path
    adapter: Path | None = None
    context_tokens: int = 4096
    threads: int = 0
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    limits: Limits = Field(default_factory=Limits)

    @property
    def _llm_type(self) -> str:
        return "kotae-llama"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "adapter": str(self.adapter or ""),
            "context_tokens": self.context_tokens,
            "temperature": self.temperature,
        }

    def load(self) -> None:
        """Loads the model now rather than in the first call. Raises ModelError."""
        self._engine()

    def _engine(self) -> Engine:
        return engine(self.path, context_tokens=self.context_tokens, threads=self.threads, adapter=self.adapter)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain tells it of each chunk itself
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Pieces of text, then an empty one with what is known at the end. Closing it stops the model.

        Raises ChatModelBusy, ChatModelTimeout, ChatModelError, ModelError.
        """
        events = self._engine().events(self._request(messages, stop, kwargs), self.limits)
        try:
            for event in events:
                if event.get("choices"):
                    yield _chunk(event, self.path.stem)
        finally:
            events.close()  # type: ignore[attr-defined]  # a generator: leaving it must stop the model now, not at gc

    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, extras: dict[str, Any]) -> Event:
        if unknown := set(extras) - _EXTRAS:
            raise ChatModelError(f"the embedded chat model does not know {sorted(unknown)}: it knows {sorted(_EXTRAS)}")
        return {
            "messages": [{"role": _role(message), "content": _text(message)} for message in messages],
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
            "cache_prompt": True,
            **({"stop": stop} if stop else {}),
            **{name: value for name, value in extras.items() if value is not None},
        }


_EXTRAS = frozenset(
    {"max_tokens", "temperature", "seed", "grammar", "response_format", "logprobs", "top_logprobs", "cache_prompt"}
)


def _role(message: BaseMessage) -> str:
    role = _ROLES.get(type(message))
    if role is None:
        raise ChatModelError(f"the embedded chat model reads no {message.type!r} messages: use {set(_ROLES.values())}")
    return role


def _text(message: BaseMessage) -> str:
    """The message's text; half a surrogate pair, which cannot be sent, becomes "?"."""
    return neutralise_template_tokens(str(message.text)).encode("utf-8", "replace").decode("utf-8")


def _chunk(event: Event, name: str) -> ChatGenerationChunk:
    choice = event["choices"][0]
    info: dict[str, Any] = {}
    if choice.get("logprobs"):
        info["logprobs"] = choice["logprobs"]
    usage = None
    if choice.get("finish_reason"):
        timings = event.get("timings") or {}
        info |= {"finish_reason": choice["finish_reason"], "model_name": name, "timings": timings}
        usage = _usage(timings)
    text = choice["delta"].get("content") or ""
    return ChatGenerationChunk(
        message=AIMessageChunk(content=text, usage_metadata=usage), text=text, generation_info=info or None
    )


def _usage(timings: dict[str, Any]) -> UsageMetadata:
    cached = int(timings.get("cache_n", 0))
    read, written = int(timings.get("prompt_n", 0)) + cached, int(timings.get("predicted_n", 0))
    return UsageMetadata(
        input_tokens=read,
        output_tokens=written,
        total_tokens=read + written,
        input_token_details=InputTokenDetails(cache_read=cached),
    )
