"""The embedder on a machine of a cluster. Runs there, so its models lie where that machine's own settings say."""

from dataclasses import replace

from index.embed import TextEmbedder
from rag.chatbot import open_embedder
from rag.settings import Settings


def open_on_node(name: str) -> TextEmbedder:
    """The embedder `name`, with one thread: the cluster starts one for each core."""
    return open_embedder(replace(Settings.from_environment(), embedder=name, embed_url="", threads=1))
