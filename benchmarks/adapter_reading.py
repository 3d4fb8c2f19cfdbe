"""What the product would show the model for a question, or would show if something were missing: for training."""

from collections.abc import Callable, Sequence

from index.article import Language
from rag import Chatbot
from rag.evidence import GAP, Excerpt, Sentence, choose, rank_sentences, with_people, worth_reading
from rag.language import question_language
from rag.retrieve import Filters

HITS = 10


def read(
    bot: Chatbot,
    question: str,
    language: Language,
    *,
    without: Sequence[str] = (),
    keep: Callable[[Sentence], bool] = lambda _: True,
    filters: Filters | None = None,
    gap: float = GAP,
) -> list[Excerpt]:
    """The excerpts, without some articles (their ids) and with such sentences alone as `keep` holds to."""
    hits = [hit for hit in bot.search(question, HITS, filters=filters) if hit.article.id not in without]
    asked, of = question_language(question), bot._collection
    ranked = rank_sentences(question, asked, worth_reading(question, hits), of.likeness, of.shared_words)
    excerpts = choose([sentence for sentence in ranked if keep(sentence)], gap=gap)
    return with_people(excerpts, of.readings) if language == "en" else excerpts
