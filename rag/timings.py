"""A stopwatch for the stages of one answer."""

import time


class Timings:
    """Seconds by stage: `lap("search")` is the time since the last lap, or since the start."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """The stage that just ended."""
        now = time.monotonic()
        self._laps[name] = now - self._last
        self._last = now

    def first(self, name: str) -> None:
        """A moment, measured from the start; only the first time counts."""
        self._laps.setdefault(name, time.monotonic() - self._began)

    def total(self) -> dict[str, float]:
        """All laps so far, and "total"."""
        return {**self._laps, "total": time.monotonic() - self._began}
