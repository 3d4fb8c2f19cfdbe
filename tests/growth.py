"""How the time of a piece of code grows with its text, on a machine that does other things too."""

import gc
import time
from collections.abc import Callable


def times_of_four_times_as_much(run: Callable[[int], object], size: int, *, rounds: int = 4) -> tuple[float, float]:
    """Processor seconds of `run(size)` and of `run(4 * size)`: 4 times as many are linear, 16 times the square.

    They run in turn, so that both see the same machine; the best of `rounds` is what the code takes. The garbage
    collector stands still: it walks all that other tests have left behind.
    """

    def seconds(of: int) -> float:
        began = time.process_time()
        run(of)
        return time.process_time() - began

    gc.disable()
    try:
        times = [(seconds(size), seconds(4 * size)) for _ in range(rounds)]
    finally:
        gc.enable()
    short, long = (min(column) for column in zip(*times, strict=True))
    return short, long
