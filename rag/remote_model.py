"""Any OpenAI-compatible endpoint: how it is opened, and what its failures mean. Knows nothing of prompts."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.endpoint import without_login
from index.errors import ChatModelError, ChatModelTimeout, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

CONNECT_SECONDS = 10.0
NO_KEY = "none-needed"  # the client insists on a key; local servers do not


def open_endpoint(*, url: str, model: str, key: str, first_token_seconds: float) -> "BaseChatModel":
    """The chat model behind `url`, not asked anything yet. `key` "" is for servers that need none.

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
    return opened


def length_limit(chat_model: "BaseChatModel", max_tokens: int) -> dict[str, Any]:
    """How this model is told to stop after `max_tokens`.

    OpenAI has renamed the parameter, and its client with it; some compatible servers know the old name only.
    """
    url = getattr(chat_model, "openai_api_base", None)
    if url is None or (urlsplit(url).hostname or "").endswith(("openai.com", "openai.azure.com")):
        return {"max_tokens": max_tokens}
    return {"extra_body": {"max_tokens": max_tokens}}


def worth_asking_again(error: Exception) -> bool:
    """Whether a second try may succeed: no connection, too many requests, or the server's own failure."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return False
    status = getattr(error, "status_code", None)
    return isinstance(error, openai.APIConnectionError) or status == 429 or (status is not None and status >= 500)


def translated(error: Exception, chat_model: "BaseChatModel", *, said: bool = False) -> ChatModelError:
    """The error as one sentence of ours, without the key: what, where, and what to do.

    `said`: whether the model had begun to speak, so a lost connection is one that was there before.
    """
    import openai

    url = str(getattr(chat_model, "openai_api_base", None) or "")
    model = str(getattr(chat_model, "model_name", ""))
    where = f"the chat endpoint {without_login(url)!r}" if url else "the chat model"
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
