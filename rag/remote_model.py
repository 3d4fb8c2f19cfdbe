"""Any OpenAI-compatible endpoint: how it is opened, and what its failures mean. Knows nothing of prompts."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.backpressure import Full, Gate, pause_after
from index.endpoint import without_login
from index.errors import ChatModelBusy, ChatModelError, ChatModelTimeout, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

CONNECT_SECONDS = 10.0
BUSY_SECONDS = 60.0  # how long a request waits for one of the places towards an endpoint
PATIENCE = 30.0  # seconds for which an endpoint that says that it is busy is asked again
NO_KEY = "none-needed"  # the client insists on a key; local servers do not


def open_endpoint(*, url: str, model: str, key: str, first_token_seconds: float, requests: int = 8) -> "BaseChatModel":
    """The chat model behind `url`, not asked anything yet. `key` "" is for servers that need none.

    All models behind one URL share `requests` places, as many as the first of them was opened with.

    Raises SettingsError for a URL that is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            f"KOTAE_CHAT_URL is {without_login(url)!r}: set it to the endpoint's base URL, such as http://127.0.0.1:11434/v1"
        )
    # langchain and openai take 2 s to import: only for who uses an endpoint.
    from langchain.chat_models import init_chat_model
    from openai import Timeout
    from pydantic import SecretStr

    # The reasoning models of OpenAI refuse any temperature but their own.
    sampling: dict[str, Any] = {} if re.match(r"o\d|gpt-5", model) else {"temperature": 0.0}
    opened: BaseChatModel = init_chat_model(
        model,
        model_provider="openai",
        base_url=url,
        api_key=SecretStr(key or NO_KEY),
        # Read: how long the endpoint may be silent, before the first piece or between two. The default is 600 s.
        timeout=Timeout(first_token_seconds, connect=CONNECT_SECONDS),
        max_retries=0,  # `stream_text` asks again itself, and only while nothing has been said
        use_responses_api=False,  # only OpenAI itself has that one
        stream_usage=True,
        **sampling,
    )
    _gates.setdefault(url, Gate(requests))
    return opened


_gates: dict[str, Gate] = {}  # by URL


def gate_of(chat_model: "BaseChatModel") -> Gate:
    """What the requests to the model's endpoint pass through; a new one for a model that has none."""
    return _gates.get(str(getattr(chat_model, "openai_api_base", None)), Gate(1))


@contextmanager
def place(gate: Gate, chat_model: "BaseChatModel") -> Iterator[None]:
    """One of the endpoint's places, held. Raises ChatModelBusy when none is free in time."""
    with ExitStack() as held:
        try:
            held.enter_context(gate.place(BUSY_SECONDS))
        except Full:
            where = _where(chat_model)
            raise ChatModelBusy(f"{where} has been busy for {BUSY_SECONDS:g} s: wait, then try again") from None
        yield


def length_limit(chat_model: "BaseChatModel", max_tokens: int) -> dict[str, Any]:
    """How this model is told to stop after `max_tokens`.

    OpenAI has renamed the parameter, and its client with it; some compatible servers know the old name only.
    """
    url = getattr(chat_model, "openai_api_base", None)
    if url is None or (urlsplit(url).hostname or "").endswith(("openai.com", "openai.azure.com")):
        return {"max_tokens": max_tokens}
    return {"extra_body": {"max_tokens": max_tokens}}


def again_after(error: Exception, failures: int, waited: float) -> float | None:
    """Seconds after which asking again may succeed; None where it is of no use.

    A busy endpoint is asked until PATIENCE has been `waited` (what it asks for in Retry-After counts), one that cannot
    be reached or fails by its own fault once more.
    """
    import openai

    if isinstance(error, openai.APITimeoutError):
        return None
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    if status in (429, 503) and getattr(error, "code", None) != "insufficient_quota":
        pause = pause_after(failures, error.response.headers if isinstance(error, openai.APIStatusError) else {})
        return pause if waited + pause <= PATIENCE else None
    broken = isinstance(error, openai.APIConnectionError) or (status is not None and status >= 500)
    return pause_after(failures, {}) if broken and failures == 1 else None


def translated(error: Exception, chat_model: "BaseChatModel", *, said: bool = False) -> ChatModelError:
    """The error as one sentence of ours, without the key: what, where, and what to do.

    `said`: whether the model had begun to speak, so a lost connection is one that was there before.
    """
    import openai

    model = str(getattr(chat_model, "model_name", ""))
    where = _where(chat_model)
    status = getattr(error, "status_code", None)
    if isinstance(error, openai.APITimeoutError) or "Timeout" in type(error).__name__:
        return ChatModelTimeout(f"{where} did not answer in time: try again, or choose a faster model than {model!r}")
    if status in (401, 403):
        return ChatModelError(f"{where} refused the key (HTTP {status}): set KOTAE_CHAT_KEY to a key that it knows")
    if status == 404:
        return ChatModelError(
            f"{where} knows no model {model!r}, or is no OpenAI-compatible endpoint (HTTP 404): set KOTAE_CHAT_MODEL "
            "to a model that it serves, and KOTAE_CHAT_URL to the URL that ends before /chat/completions"
        )
    if status == 429:
        return ChatModelError(f"{where} has too many requests or no quota left (HTTP 429): wait, then try again")
    words = _without_key(_first_line(error), chat_model)
    if status is not None and status >= 500:
        return ChatModelError(f"{where} failed (HTTP {status}: {words}): try again, or look at the server's log")
    if status is not None:
        return ChatModelError(f"{where} refused the request (HTTP {status}: {words})")
    if isinstance(error, openai.APIConnectionError) and not said:
        return ChatModelError(f"{where} cannot be reached: start the server, or set KOTAE_CHAT_URL to where it runs")
    return ChatModelError(f"{where} broke off ({type(error).__name__}: {words}): try again")


def _where(chat_model: "BaseChatModel") -> str:
    url = str(getattr(chat_model, "openai_api_base", None) or "")
    return f"the chat endpoint {without_login(url)!r}" if url else "the chat model"


def holds_key(error: BaseException, chat_model: "BaseChatModel") -> bool:
    """Whether the error's own text would show the key, as some servers repeat it."""
    key = _key(chat_model)
    return bool(key) and (key in str(error) or key in repr(error))


def _key(chat_model: "BaseChatModel") -> str:
    secret = getattr(chat_model, "openai_api_key", None)
    key = str(secret.get_secret_value()) if secret is not None and hasattr(secret, "get_secret_value") else ""
    return "" if key == NO_KEY else key


def _without_key(text: str, chat_model: "BaseChatModel") -> str:
    key = _key(chat_model)
    return text.replace(key, "[key]") if key else text


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
