"""Where articles are split and passages embedded: nearly all the time that indexing takes. Here: in this process.

`index/cluster.py` does the same on many machines. An engine writes nothing; what it gives is the same whatever it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Passage
from index.embed import TextEmbedder
from index.split import split_article

Block = Sequence[str]  # texts embedded together: what is lost at most when an engine is stopped


class Engine(Protocol):
    """What the writer of an index asks."""

    def split(self, articles: Sequence[Article], passage_tokens: int) -> Iterator[list[Passage]]:
        """The passages of each article, in the order of the articles."""

    def embed(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, NDArray[np.float32]]]:
        """Each block with its vectors (float32, rows of unit length), in the order in which they are ready."""


class LocalEngine:
    """Splits and embeds in this process, one block after the other."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder

    def split(self, articles: Sequence[Article], passage_tokens: int) -> Iterator[list[Passage]]:
        """The passages of each article, in the order of the articles."""
        for article in articles:
            yield split_article(article, self._embedder.count_tokens, passage_tokens)

    def embed(self, blocks: Iterable[Block]) -> Iterator[tuple[Block, NDArray[np.float32]]]:
        """Each block with its vectors, in order."""
        for block in blocks:
            yield block, self._embedder.embed_passages(block)
