"""How many requests are on their way to an endpoint at once, and when it wants to be left alone. Knows no protocol."""

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

FIRST_PAUSE = 0.5  # seconds before asking again, doubled with each failure
LONGEST_PAUSE = 30.0


class Full(Exception):
    """No place was free in time, or somebody stopped the wait."""


class Gate:
    """The places of one endpoint in this process. All who ask it share them, and the pauses that it asks for."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = threading.BoundedSemaphore(places)
        self._lock = threading.Lock()
        self._opens = 0.0  # on the monotonic clock

    @contextmanager
    def place(self, seconds: float, stop: threading.Event | None = None) -> Iterator[None]:
        """Waits for a place and the end of a pause, and holds it. Raises Full after `seconds`, or on `stop`."""
        deadline = time.monotonic() + seconds
        if not self._free.acquire(timeout=max(0.0, seconds)):
            raise Full
        try:
            # With the place in hand: when a pause ends, no more than `places` come through together.
            while (left := self._opens - time.monotonic()) > 0:
                if self._opens > deadline or (stop or threading.Event()).wait(left):
                    raise Full
            yield
        finally:
            self._free.release()

    def hold_off(self, seconds: float) -> None:
        """Lets nobody through for so long."""
        with self._lock:
            self._opens = max(self._opens, time.monotonic() + seconds)


def pause_after(failures: int, headers: Mapping[str, str]) -> float:
    """Seconds to wait after so many failures: what the endpoint asks for, else longer each time, up to a ceiling.

    A fifth is left to chance, so that many clients do not come back together.
    """
    asked = retry_after(headers)
    if asked is not None:
        return asked
    longest: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (failures - 1))
    return longest * random.uniform(0.8, 1.0)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None without one that can be read."""
    value = headers.get("retry-after", "").strip()
    if value.replace(".", "", 1).isdecimal() and value.isascii():
        return float(value)
    from email.utils import parsedate_to_datetime  # not for `import rag`

    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(until.tzinfo or UTC).replace(tzinfo=until.tzinfo)).total_seconds())
