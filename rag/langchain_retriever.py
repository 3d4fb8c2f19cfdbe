"""Kotae's search as a LangChain retriever, for chains of the user's own. Knows nothing of answering."""

from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.retrieve import Filters, Hit

if TYPE_CHECKING:
    from rag.chatbot import Chatbot


class KotaeRetriever(BaseRetriever):
    """`invoke(question)` gives `k` LangChain documents, best first, with scores and offsets in their metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    bot: Any
    k: int = 10
    filters: Filters | None = None

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        del run_manager  # nothing here runs in steps
        bot: Chatbot = self.bot
        return [as_document(hit) for hit in bot.search(query, self.k, filters=self.filters)]


def as_document(hit: Hit) -> Document:
    """The passage's text, and all else that is known of it as metadata."""
    metadata = hit.to_dict()
    text = metadata.pop("text")
    return Document(page_content=text, metadata=metadata, id=metadata["passage_id"])
