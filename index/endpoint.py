"""An HTTP endpoint that embeds: asked within limits, with patience, its failures told in one sentence.

Knows nothing of what the requests mean. Nothing is sent anywhere but to the one address: redirects are not followed.
"""

import re
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from index.backpressure import Full, Gate, pause_after
from index.errors import ModelError, SettingsError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0  # silence after which a request is given up
TRIES = 4  # for what may be the request's own fault; an endpoint that is only busy is asked until patience ends
_BUSY = (429, 503)
_BROKEN = (408, 500, 502, 504)
_TOO_MUCH = re.compile(r"token|too long|too large|length|batch size", re.IGNORECASE)


class TooMuch(ModelError):
    """The request was refused for its size: less of it may pass."""


class Endpoint:
    """One base URL. Safe to share between threads: `requests` of them are served at a time."""

    def __init__(self, url: str, key: str = "", *, requests: int = 8, read_seconds: float = READ_SECONDS) -> None:
        """Raises SettingsError for a URL that is none. Connects to nothing yet."""
        parts = urlsplit(url)
        self.shown = without_login(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(
                f"KOTAE_EMBED_URL is {self.shown!r}: set it to the endpoint's base URL, such as "
                "http://127.0.0.1:8080 (TEI) or http://127.0.0.1:8000/v1 (OpenAI-compatible)"
            )
        self.gate = Gate(requests)
        self._login = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
        self._key = key
        self._read_seconds = read_seconds
        self._opening = threading.Lock()
        self._met = False  # it has answered: from then on it is waited for when it goes away

    def get(self, path: str, *, patience: float) -> Any:
        """The JSON at `path`; None where the endpoint has no such page. Raises ModelError."""
        return self._asked("GET", path, None, patience, None, absent=True)

    def post(self, path: str, body: Mapping[str, Any], *, patience: float, stop: threading.Event | None = None) -> Any:
        """The JSON reply. While the endpoint is busy it is asked again, for `patience` seconds at most.

        Raises TooMuch, ModelError.
        """
        return self._asked("POST", path, body, patience, stop)

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        patience: float,
        stop: threading.Event | None,
        *,
        absent: bool = False,
    ) -> Any:
        import httpx

        deadline = time.monotonic() + patience
        for failures in count(1):
            outcome: httpx.Response | httpx.TransportError
            try:
                with self.gate.place(max(0.0, deadline - time.monotonic()), stop):
                    outcome = self._client.request(
                        method,
                        self.shown.rstrip("/") + path,  # without the login: the client logs addresses
                        json=body,
                        timeout=httpx.Timeout(min(self._read_seconds, patience), connect=CONNECT_SECONDS, pool=None),
                    )
            except httpx.TransportError as error:
                outcome = error
            except Full:
                raise ModelError(f"{self._where} has been busy for {patience:g} s: wait, then try again") from None
            if isinstance(outcome, httpx.Response):
                self._met = True
                if outcome.is_success:
                    return self._read(outcome, absent)
                if absent and outcome.status_code in (400, 404, 405, 422):
                    return None
            pause = self._pause(outcome, failures)
            if pause is None or time.monotonic() + pause > deadline:
                raise self._error(outcome, pause)
            self.gate.hold_off(pause)
        raise AssertionError("unreachable")

    def _read(self, reply: "httpx.Response", absent: bool) -> Any:
        try:
            return reply.json()
        except ValueError:
            if absent:
                return None
            raise ModelError(
                f"{self._where} sent no JSON ({self._words(reply)!r}): set KOTAE_EMBED_URL to the URL that ends "
                "before /embed or /embeddings"
            ) from None

    def _pause(self, outcome: "httpx.Response | httpx.TransportError", failures: int) -> float | None:
        """Seconds to wait before asking again; None where that is of no use."""
        import httpx

        if isinstance(outcome, httpx.Response):
            if outcome.status_code in _BUSY and "insufficient_quota" not in outcome.text:
                return pause_after(failures, outcome.headers)
            again = outcome.status_code in _BROKEN and failures < TRIES
        elif isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout):
            again = self._met
        else:
            again = failures < TRIES
        return pause_after(failures, {}) if again else None

    def _error(self, outcome: "httpx.Response | httpx.TransportError", pause: float | None) -> ModelError:
        """What went wrong and what to do, in one sentence without key or login."""
        import httpx

        where = self._where
        if isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout):
            return ModelError(f"{where} cannot be reached: start the server, or set KOTAE_EMBED_URL to where it runs")
        if isinstance(outcome, httpx.TimeoutException):
            return ModelError(f"{where} did not answer in time: try again, or look at the server's log")
        if not isinstance(outcome, httpx.Response):
            return ModelError(f"{where} broke off ({type(outcome).__name__}): try again, or look at the server's log")
        status, words = outcome.status_code, self._words(outcome)
        if status in (401, 403):
            return ModelError(f"{where} refused the key (HTTP {status}): set KOTAE_EMBED_KEY to a key that it knows")
        if status == 404:
            return ModelError(
                f"{where} does not know the model, or is no TEI or OpenAI-compatible endpoint (HTTP 404: {words}): set "
                "KOTAE_EMBEDDER to a model that it serves, and KOTAE_EMBED_URL to the URL before /embed or /embeddings"
            )
        if status == 429:
            asked = f" and asks to be left alone for {pause:.0f} s" if pause else " or no quota is left"
            return ModelError(f"{where} has too many requests{asked} (HTTP 429): wait, then try again")
        if status >= 500:
            return ModelError(f"{where} failed (HTTP {status}: {words}): try again, or look at the server's log")
        kind = TooMuch if status == 413 or (status in (400, 422) and _TOO_MUCH.search(words)) else ModelError
        return kind(f"{where} refused the request (HTTP {status}: {words}): set KOTAE_EMBEDDER to a model that embeds")

    @property
    def _where(self) -> str:
        return f"the embedding endpoint {self.shown!r}"

    def _words(self, reply: "httpx.Response") -> str:
        """What the endpoint says of a failure, in one line, without what it was told in secret."""
        try:
            found = reply.json()
            found = found.get("error", found.get("message", found)) if isinstance(found, dict) else found
            said = str(found.get("message", found) if isinstance(found, dict) else found)
        except ValueError:
            said = reply.text
        for secret in (self._key, *(self._login or ())[1:]):
            said = said.replace(secret, "[key]") if secret else said
        return " ".join(said.split())[:200]

    @property
    def _client(self) -> "httpx.Client":
        with self._opening:
            return self._made

    @cached_property
    def _made(self) -> "httpx.Client":
        import httpx  # 0.1 s: only for who uses an endpoint

        return httpx.Client(
            auth=self._login,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            limits=httpx.Limits(max_connections=self.gate.places),
            follow_redirects=False,
        )


def without_login(url: str) -> str:
    """The URL without a user name or password in it, to be shown."""
    return re.sub(r"(?<=//)[^/@]*@", "", url)
