"""How long work tells how far it has come. Knows nothing of who shows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Progress:
    """`done` of `total`, counted in `unit`; both 0 while waiting for something without a size."""

    label: str
    done: int = 0
    total: int = 0
    unit: str = "bytes"


ProgressCallback = Callable[[Progress], None]


def nobody(_: Progress) -> None:
    """Where nobody watches."""
