"""Parquet -> the rows' texts and fields, under whatever names (`index/fields.py`). Runs in the reader's process."""

import io

from index.errors import ArticleError
from index.extracted import Extracted, Passed
from index.fields import FIELDS, mapped, short

_INSTALL = "needs pyarrow, which is not installed: pip install pyarrow"
_ROWS = 1000  # read at a time


def extract_parquet(data: bytes) -> list[Extracted | Passed]:
    """The article of each row, or why there is none. Raises ArticleError for a file that is no Parquet."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ArticleError(_INSTALL) from error
    pyarrow.set_cpu_count(1)
    found: list[Extracted | Passed] = []
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        wanted = mapped({name: name for name in file.schema_arrow.names})
        if "text" not in wanted:
            raise ArticleError(f"holds no column of text among {short(file.schema_arrow.names)}: name one 'text'")
        for batch in file.iter_batches(batch_size=_ROWS, columns=list(wanted.values()), use_threads=False):
            found += [_row(mapped(row), f"{len(found) + n}") for n, row in enumerate(batch.to_pylist(), start=1)]
    except (pyarrow.ArrowException, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ArticleError(f"is no Parquet that can be read ({reason}): save it anew") from error
    return found


def _row(fields: dict[str, object], name: str) -> Extracted | Passed:
    text = fields.get("text")
    if not isinstance(text, str) or not text.strip() or "\x00" in text:
        return Passed(name=name, reason=f"field 'text' is {short(text)}: give the article's text")
    values = {field: str(fields[field]) for field in FIELDS if fields.get(field) is not None}
    return Extracted(name=name, text=text.replace("\r\n", "\n").replace("\r", "\n"), fields=values)
