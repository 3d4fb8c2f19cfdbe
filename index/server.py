"""A Chroma server: where it is, what it asks for, and what its failures mean. Knows nothing of indexes.

Its client connects to nothing else, and waits for no answer longer than a minute.
"""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from index.errors import SettingsError, StoreError

AGAIN = "`kotae doctor --repair` (nothing is embedded again)"
_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 60.0  # Chroma's own client would wait for ever

_URL = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?(?:/[\w./~-]*)?")
_HEADER = re.compile(r"[\w-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where a Chroma server is, and what it asks for. `url` holds no login; `headers` are secret and never shown."""

    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tenant: str = "default_tenant"
    database: str = "default_database"

    @classmethod
    def at(cls, url: str, headers: str = "", tenant: str = "", database: str = "") -> "Server":
        """The server that settings name; a login in the URL becomes a header. Raises SettingsError, without secrets."""
        try:
            parts = urlsplit(url)
        except ValueError:  # half an IPv6 address
            parts = urlsplit("")
        login, _, host = parts.netloc.rpartition("@")
        shown = parts._replace(netloc=host, query="", fragment="").geturl().rstrip("/")
        if not _URL.fullmatch(shown):
            raise SettingsError(f"KOTAE_CHROMA_URL is {shown!r}: set it to an address such as http://127.0.0.1:8000")
        given: list[tuple[str, str]] = []
        for number, line in enumerate(headers.splitlines(), start=1):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if line.strip() and not (colon and value and _HEADER.fullmatch(name) and value.isascii()):
                raise SettingsError(
                    f"line {number} of KOTAE_CHROMA_HEADERS is no header: write each as `Name: value`, one a line"
                )
            if line.strip():
                given.append((name, value))
        if login:
            user, _, password = (unquote(part) for part in login.partition(":"))
            given.append(("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")))
        own = {name: value for name, value in (("tenant", tenant), ("database", database)) if value}
        return cls(url=shown, headers=tuple(given), **own)

    def __str__(self) -> str:
        return f"the Chroma server at {self.url}"

    def check(self) -> None:
        """Raises StoreError when it cannot be reached, refuses the headers, or has no such database."""
        import httpx  # with Chroma: paid by who asks a server

        path = f"/api/v2/tenants/{quote(self.tenant, safe='')}/databases/{quote(self.database, safe='')}"
        timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
        with self.asking():
            reply = httpx.get(self.url + path, headers=dict(self.headers), timeout=timeout)
        if reply.status_code in (401, 403):
            raise StoreError(
                f"{self} refuses the request (HTTP {reply.status_code}): set KOTAE_CHROMA_HEADERS to what it asks for"
            )
        try:
            told = reply.json()
        except ValueError:
            told = None
        if reply.status_code == 404 and isinstance(told, dict) and "error" in told:
            raise StoreError(
                f"{self} has no database {self.database!r} of tenant {self.tenant!r}: make it there, or set "
                "KOTAE_CHROMA_DATABASE and KOTAE_CHROMA_TENANT to those that it has"
            )
        if reply.status_code != 200 or not isinstance(told, dict) or told.get("name") != self.database:
            raise StoreError(
                f"what answers at {self.url} is no Chroma server (HTTP {reply.status_code}): set KOTAE_CHROMA_URL to "
                "the address of one"
            )

    def client(self) -> Any:
        """Chroma's own client, connected; one for each process. Raises StoreError as `check` does."""
        self.check()
        return _client(self)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What goes wrong meanwhile becomes a StoreError: what, where, what to do."""
        import httpx
        from chromadb.errors import NotFoundError

        try:
            yield
        except StoreError:
            raise
        except httpx.TimeoutException as error:
            raise StoreError(f"{self} did not answer in time: look at its log, then try again") from error
        except httpx.HTTPError as error:
            raise StoreError(
                f"{self} cannot be reached ({self._shown(error)}): start it, or set KOTAE_CHROMA_URL to where it runs"
            ) from error
        except NotFoundError as error:
            raise StoreError(
                f"{self} does not hold this index any more: put its vectors there again with {AGAIN}"
            ) from error
        except Exception as error:  # noqa: BLE001  (Chroma's client raises plain ones for what a proxy says)
            raise StoreError(f"{self} refuses the request ({self._shown(error)}): look at its log") from None

    def _shown(self, error: Exception) -> str:
        """The first line of an error, without what is secret: some proxies repeat the headers."""
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        for _, value in self.headers:
            for secret in (value, *value.split()[1:]):
                reason = reason.replace(secret, "[header]")
        return reason


@lru_cache(maxsize=8)
def _client(server: Server) -> Any:
    """Kept, never closed: Chroma's `close` leaves connections and half of what it made behind."""
    import chromadb  # see `index/store.py`
    import httpx
    from chromadb.config import Settings

    # Said here, since CHROMA_* variables meant for another program would be read else.
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        anonymized_telemetry=False,
        chroma_client_auth_provider=None,
        chroma_otel_collection_endpoint="",
        chroma_server_host=server.url,
        chroma_server_http_port=1,  # stands in the address
        chroma_server_ssl_verify=None,
    )
    with server.asking():
        client: Any = chromadb.HttpClient(
            host=server.url,
            port=1,
            headers=dict(server.headers),
            settings=settings,
            tenant=server.tenant,
            database=server.database,
        )
    client._server._session.timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    return client
