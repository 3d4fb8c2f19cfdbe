"""Reads one date or calendar period, in Japanese or English notation, at a given place in a text.

Knows only which reading wins: the longest. The notations are in `index/japanese_dates.py` and
`index/english_dates.py`, the values in `index/partial_dates.py`.
"""

from index import english_dates, japanese_dates
from index.partial_dates import DateSpan


def read_date(folded: str, original: str, pos: int) -> DateSpan | None:
    """The longest date or period that begins at `pos`, or None; days that no calendar has (2月30日) are None."""
    spans = [read(folded, pos) for read in japanese_dates.READERS]
    spans += [read(folded, original, pos) for read in english_dates.READERS]
    return max((span for span in spans if span is not None), key=lambda span: span.end, default=None)
