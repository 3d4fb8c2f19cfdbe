"""The one seam to models that write: opened by settings, read as pieces of text. Knows nothing of prompts.

Two providers behind LangChain's chat model interface: llama.cpp in this process, and any OpenAI-compatible endpoint.
"""

import math
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.durable import file_digest
from index.endpoint import without_login
from index.errors import ChatModelError, ChatModelTimeout, ModelError
from index.modelfiles import prepare, status, verify
from index.modelspec import ModelSpec, ModelStatus
from index.progress import Progress, ProgressCallback, nobody
from rag.adapter import adapter_file, describe_adapter
from rag.qwen import QWEN_CODER
from rag.remote_model import again_after, gate_of, holds_key, length_limit, open_endpoint, place, translated
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk, BaseMessage

    from index.remote_embed import RemoteEmbedder

FIRST_TOKEN_SECONDS = 120.0
TOTAL_SECONDS = 300.0

KNOWN_CHAT_MODELS: dict[str, ModelSpec] = {QWEN_CODER.name: QWEN_CODER}


def open_chat_model(settings: Settings, progress: ProgressCallback | None = None) -> "BaseChatModel":
    """The chat model of the settings: an endpoint if they name one, else a model in this process.

    A known local model is prepared on first use; nothing is loaded or asked yet. Raises ModelError, SettingsError.
    """
    if settings.chat_url:
        return open_endpoint(
            url=settings.chat_url,
            model=settings.chat_model,
            key=settings.chat_key,
            first_token_seconds=FIRST_TOKEN_SECONDS,
            requests=settings.requests,
        )
    path = _model_file(settings, progress)
    # LangChain takes 0.8 s to import: not paid by commands that ask no model.
    from rag.local_model import LlamaChatModel

    return LlamaChatModel(path=path, adapter=adapter_file(settings), threads=settings.threads)


def remote_embedder(settings: Settings) -> "RemoteEmbedder":
    """The embedder behind the endpoint of the settings, not asked anything yet. Raises SettingsError."""
    from index.remote_embed import open_remote  # only for who uses an endpoint

    return open_remote(
        settings.embed_url,
        settings.embed_key,
        settings.embedder,
        requests=settings.requests,
        question_prefix=settings.embed_question_prefix,
        passage_prefix=settings.embed_passage_prefix,
    )


def describe_models(
    settings: Settings, *, recompute: bool = False, progress: ProgressCallback | None = None
) -> list[ModelStatus]:
    """One line for each model: embedder, chat model, its adapter, dictionary if installed.

    `recompute` reads their files again.
    """
    from index.dictionary import describe_dictionary  # not for `import rag`

    embedder = _describe_embedder(settings, recompute, progress)
    dictionary = describe_dictionary(settings.models, recompute=recompute, progress=progress)
    return [embedder, _describe_chat_model(settings, recompute, progress), *describe_adapter(settings), *dictionary]


def stream_text(
    chat_model: "BaseChatModel",
    messages: Sequence["BaseMessage"],
    *,
    max_tokens: int,
    stop: Sequence[str] = (),
    total_seconds: float = TOTAL_SECONDS,
    **extras: Any,
) -> Iterator[str]:
    """Pieces of the model's text as it writes them; empty ones are left out.

    Closing the iterator stops the model. An endpoint that is busy or cannot be reached is asked again
    (`again_after`), but only while nothing has been said. `extras` go to the model as they are (`grammar`, `seed`).
    Raises ChatModelTimeout, ChatModelBusy, ChatModelError, ModelError.
    """
    deadline = time.monotonic() + total_seconds
    request = {**length_limit(chat_model, max_tokens), **extras}
    clean = [_neutralised(message) for message in messages]
    gate, began = gate_of(chat_model), time.monotonic()
    for failures in count(1):
        with place(gate, chat_model):
            pieces = chat_model.stream(clean, stop=list(stop) or None, **request)
            said = False
            try:
                while (chunk := _next(pieces)) is not None:
                    if time.monotonic() > deadline:
                        late = f"the chat model wrote for {total_seconds:g} s and was stopped: try again"
                        raise ChatModelTimeout(late)
                    if text := str(chunk.text):
                        said = True
                        yield text
                return
            except (ChatModelError, ModelError):
                raise
            except Exception as error:
                pause = None if said else again_after(error, failures, time.monotonic() - began)
                if pause is None:
                    if holds_key(error, chat_model):  # a traceback shows the cause
                        raise translated(error, chat_model, said=said) from None
                    raise translated(error, chat_model, said=said) from error
                gate.hold_off(pause)
            finally:
                pieces.close()  # type: ignore[attr-defined]  # a generator: leaving it must stop the model now


def yes_probability(chat_model: "BaseChatModel", messages: Sequence["BaseMessage"]) -> float | None:
    """How probable the model finds it that its answer begins with yes rather than no: 0.0 to 1.0.

    None when the endpoint tells no probabilities, or neither word is among the likely ones.
    Raises what `stream_text` raises.
    """
    request = {**length_limit(chat_model, 1), "logprobs": True, "top_logprobs": 20}
    clean = [_neutralised(message) for message in messages]
    gate, began = gate_of(chat_model), time.monotonic()
    for failures in count(1):
        with place(gate, chat_model):
            try:
                with _untraced():
                    reply = chat_model.invoke(clean, **request)
                break
            except (ChatModelError, ModelError):
                raise
            except Exception as error:
                pause = again_after(error, failures, time.monotonic() - began)
                if pause is None:
                    if holds_key(error, chat_model):
                        raise translated(error, chat_model) from None
                    raise translated(error, chat_model) from error
                gate.hold_off(pause)
    content = (reply.response_metadata.get("logprobs") or {}).get("content") or [{}]
    return share_of_yes([(str(top["token"]), float(top["logprob"])) for top in content[0].get("top_logprobs") or ()])


_YES = frozenset({"yes", "はい"})
_NO = frozenset({"no", "いいえ", "いい", "いえ"})  # tokenizers cut いいえ


def share_of_yes(tokens: Sequence[tuple[str, float]]) -> float | None:
    """The probability of yes out of yes and no, over all ways of writing them, from tokens and log-probabilities.

    None when neither is there.
    """
    words = [(token.strip().casefold(), math.exp(logprob)) for token, logprob in tokens]
    yes = sum(probability for word, probability in words if word in _YES)
    no = sum(probability for word, probability in words if word in _NO)
    return yes / (yes + no) if yes + no > 0 else None


# What chat templates are made of: ChatML and Llama 3 (<|x|>), DeepSeek (<｜x｜>), Gemma, Llama 2 and Mistral, and the
# marks around tools. llama.cpp reads them as control tokens wherever they stand, in an article too.
_TEMPLATE_TOKENS = re.compile(
    r"<[|｜]([^<>|｜‹›\n]{1,64})[|｜]>"
    r"|<(/?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|start_of_image|end_of_image|unused\d+"
    r"|tool_call|tool_response|tools|think|image_soft_token))>"
    r"|<<(/?SYS)>>"
    r"|\[(/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|SYSTEM_PROMPT|IMG|PREFIX|SUFFIX|MIDDLE))\]"
)


def neutralise_template_tokens(text: str) -> str:
    """`text` with every token of a chat template broken, visibly: `<|im_start|>` becomes `‹im_start›`.

    Without this an article could end its own quotation and speak as the user. Applying it again changes nothing.
    """
    return _TEMPLATE_TOKENS.sub(lambda match: f"‹{match[match.lastindex or 0]}›", text)


def _neutralised(message: "BaseMessage") -> "BaseMessage":
    return message.model_copy(update={"content": neutralise_template_tokens(str(message.text))})


def _next(pieces: "Iterator[AIMessageChunk]") -> "AIMessageChunk | None":
    """The next piece. The tracer is chosen when a stream starts, so the first one is asked for untraced."""
    with _untraced():
        return next(pieces, None)


def _untraced() -> AbstractContextManager[None]:
    """Articles are private: LANGSMITH_TRACING, set for another program, must not send them to a tracing service."""
    from langsmith.run_helpers import tracing_context

    return tracing_context(enabled=False)


def _model_file(settings: Settings, progress: ProgressCallback | None) -> Path:
    spec = KNOWN_CHAT_MODELS.get(settings.chat_model)
    if spec:
        return prepare(spec, settings.models, allow_hub=settings.allow_hub, progress=progress) / spec.files[0].name
    path = Path(settings.chat_model).expanduser()
    if path.is_file():
        return path.resolve()
    raise ModelError(_unknown(settings.chat_model))


def _unknown(name: str) -> str:
    known = ", ".join(repr(known) for known in KNOWN_CHAT_MODELS)
    return (
        f"there is no chat model {name!r}: set KOTAE_CHAT_MODEL to {known}, or to a .gguf file, or set KOTAE_CHAT_URL "
        "to an endpoint that serves it"
    )


def _describe_embedder(settings: Settings, recompute: bool, progress: ProgressCallback | None) -> ModelStatus:
    if settings.embed_url:
        from index.remote_embed import describe_remote  # see `remote_embedder`

        return describe_remote(remote_embedder(settings), asking=recompute)
    from index.embedfiles import describe_embedder  # imports numpy: not for `import rag`

    return describe_embedder(
        settings.embedder, settings.models, allow_hub=settings.allow_hub, recompute=recompute, progress=progress
    )


def _describe_chat_model(settings: Settings, recompute: bool, progress: ProgressCallback | None) -> ModelStatus:
    spec = None if settings.chat_url else KNOWN_CHAT_MODELS.get(settings.chat_model)
    if spec and recompute:
        return verify(spec, settings.models, progress=progress)
    if spec:
        return status(spec, settings.models, allow_hub=settings.allow_hub)
    path = Path(settings.chat_model).expanduser()
    found = not settings.chat_url and path.is_file()
    size = path.stat().st_size if found else 0
    tell = progress or nobody
    label = f"reading {path.name}"
    place = f"the endpoint {without_login(settings.chat_url)!r}"
    source = str(path) if found else place if settings.chat_url else _unknown(settings.chat_model)
    return ModelStatus(
        name=settings.chat_model,
        kind="chat",
        ready=found or bool(settings.chat_url),
        path=path if found else None,
        size=size,
        digest=file_digest(path, lambda done: tell(Progress(label=label, done=done, total=size)))
        if found and recompute
        else "",
        licence="unknown",
        origin=place if settings.chat_url else settings.chat_model,
        source=source,
    )
