"""Questions in, answers with sources out. Knows nothing of web pages or terminals."""

from rag.answer import Answer, Citation
from rag.chatbot import Chatbot, answer
from rag.retrieve import Filters, Hit
from rag.settings import Settings

__all__ = ["Answer", "Chatbot", "Citation", "Filters", "Hit", "Settings", "answer"]
