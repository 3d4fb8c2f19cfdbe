"""How often one client may ask: so many times in a minute, then it has to wait. Knows nothing of HTTP."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

REQUESTS = 240  # of one client in a minute that make the server work: questions, uploads, indexing
WRONG_PASSWORDS = 10  # from one address in five minutes
CLIENTS = 10_000  # that are remembered at once; the one not seen for longest is forgotten


class Limit:
    """At most `most` events for each client within `seconds`. Methods may be called from any thread."""

    def __init__(self, most: int, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._events: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str) -> float:
        """0.0 when the client may go on, which is counted; else the seconds until it may."""
        with self._lock:
            now = self._clock()
            events = self._events.setdefault(client, deque())
            self._events.move_to_end(client)
            while events and now - events[0] >= self._seconds:
                events.popleft()
            if len(events) >= self._most:
                return self._seconds - (now - events[0])
            events.append(now)
            if len(self._events) > CLIENTS:
                self._events.popitem(last=False)
            return 0.0

    def give_back(self, client: str) -> None:
        """The client's last event does not count."""
        with self._lock:
            if events := self._events.get(client):
                events.pop()
