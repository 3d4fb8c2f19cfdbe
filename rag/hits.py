"""What a search gives: a list of hits that a notebook shows as a table. Knows nothing of how they were found."""

import html
from collections.abc import Mapping

from rag.retrieve import Hit

# What each part of a score is, as the table's head says it when the pointer rests there.
_PARTS = {
    "similarity": "alike in meaning: cosine, 1 is the same direction",
    "similarity_z": "the same in standard deviations above the mean of all passages in its language",
    "words": "words in common: BM25, 0 is none",
    "words_z": "the same in standard deviations above the mean of all passages in its language",
    "twin": "what its translation among the passages found adds",
    "rerank": "what the reranker says; then it alone is the score",
}
_CELL = "style='text-align:left;vertical-align:top;padding:.25em .5em'"


class Hits(list[Hit]):
    """Hits, best first: a list in everything, and a table with the parts of each score in Jupyter."""

    def _repr_html_(self) -> str:
        """Every piece of text is escaped: articles are not trusted with markup."""
        if not self:
            return "<p>no passage found</p>"
        names = [name for name in _PARTS if any(name in hit.parts for hit in self)]
        head = "".join(f"<th {_CELL} title='{html.escape(_PARTS[name])}'>{name}</th>" for name in names)
        rows = "".join(
            f"<tr><td {_CELL}>{rank}</td><td {_CELL}><b>{hit.score:.2f}</b></td>{_numbers(hit.parts, names)}"
            f"<td {_CELL} lang='{hit.passage.language}'>{_described(hit)}</td></tr>"
            for rank, hit in enumerate(self, start=1)
        )
        return (
            f"<table><thead><tr><th {_CELL}></th><th {_CELL}>score</th>{head}<th {_CELL}>passage</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def _numbers(parts: Mapping[str, float], names: list[str]) -> str:
    return "".join(f"<td {_CELL}>{f'{parts[name]:.2f}' if name in parts else ''}</td>" for name in names)


def _described(hit: Hit) -> str:
    """Title, source and date, then the text with its line ends."""
    about = " · ".join(part for part in (hit.article.source, hit.article.date, hit.passage.heading) if part)
    text = "<br>".join(html.escape(line) for line in hit.passage.text.splitlines())
    return f"<b>{html.escape(hit.article.title)}</b> {html.escape(about)}<br>{text}"
