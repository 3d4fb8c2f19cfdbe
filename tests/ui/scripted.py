"""A bot whose every word is known beforehand, and the articles it finds."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.article import Article, Language, Passage
from index.build import IndexReport
from index.catalogue import Entry, entry
from index.errors import StoreError
from index.progress import Progress, ProgressCallback, nobody
from rag.answer import Answer, Citation, Found, Message, Piece
from rag.language import Asked
from rag.retrieve import Filters, Hit
from rag.settings import Settings


def article(id: str, title: str, text: str, language: Language = "ja", source: str = "試験の記事") -> Article:
    return Article(id=id, title=title, language=language, source=source, date="2025-11-03", text=text)


def hit(of: Article, quote: str, score: float = 1.0) -> Hit:
    """The line of an article that holds `quote`, as a hit."""
    at = of.text.index(quote)
    start = of.text.rfind("\n", 0, at) + 1
    end = of.text.find("\n", at) % (len(of.text) + 1)
    passage = Passage(
        article_id=of.id,
        start=start,
        end=end,
        text=of.text[start:end],
        title=of.title,
        heading="",
        language=of.language,
    )
    return Hit(passage=passage, article=of, score=score, parts={"similarity": 0.87, "words": 3.1})


def citation(number: int, of: Article, quote: str) -> Citation:
    start = of.text.index(quote)
    return Citation(
        number=number,
        article_id=of.id,
        title=of.title,
        source=of.source,
        quote=quote,
        start=start,
        end=start + len(quote),
    )


DEAL = article(
    "deal",
    "OpenAIがAmazonと380億ドルのクラウド契約",
    "要約\n"
    "OpenAIとAmazonは、2025年11月3日に、380億ドル規模の7年間のクラウドコンピューティング契約を締結したと発表しました。"
    "この契約発表後、Amazonの株価は4%上昇しました。\n"
    "展開スケジュール\n"
    "すべての容量は2026年末までに展開される予定であり、2027年以降もさらに拡張可能です。",
)
POWER = article(
    "power",
    "Data centers and the grid",
    "Summary\nAI data centers could use 12% of US electricity by 2028, a report says.\nThe share was 4.4% in 2023.",
    "en",
    "A report written for the tests",
)
HITS = (hit(DEAL, "380億ドル規模"), hit(POWER, "12% of US"), hit(DEAL, "2026年末"))
QUOTE = "380億ドル規模の7年間のクラウドコンピューティング契約を締結した"


def deal_answer(question: str) -> Answer:
    return Answer(
        question=question,
        text="契約額は**380億ドル**で、期間は7年間です[1]。\n\n- すべての容量は2026年末までに展開されます[2]。",
        language="ja",
        answered=True,
        citations=(citation(1, DEAL, QUOTE), citation(2, DEAL, "すべての容量は2026年末までに展開される予定")),
        hits=HITS,
        timings={"search": 0.04, "total": 2.3},
    )


@dataclass
class ScriptedBot:
    """Finds at once, then writes its answer in pieces, `pause` seconds before each; remembers what it was asked.

    `answers` gives another answer, or an error to raise, for a question.
    """

    pause: float = 0.02
    answers: dict[str, Answer | Exception] = field(default_factory=dict)
    asked: list[tuple[str, Asked, tuple[Message, ...]]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    hold: threading.Event | None = None  # when given, the model says nothing until it is set
    article_count: int = 2
    model_name: str = "scripted-model"
    settings: Settings = field(default_factory=lambda: Settings(home=Path("/nowhere"), models=Path("/nowhere")))

    shelf: tuple[Article, ...] = (DEAL, POWER)
    filters: list[Filters | None] = field(default_factory=list)
    beside: dict[str, "ScriptedBot"] = field(default_factory=dict)  # the other collections of the home

    @property
    def collections(self) -> list[str]:
        return ["default", *self.beside]

    def of(self, collection: str) -> "ScriptedBot":
        return self.beside[collection]

    def articles(self) -> list[Entry]:
        return [entry(one) for one in self.shelf[: self.article_count]]

    def article(self, article_id: str) -> Article | None:
        return next((one for one in self.shelf if one.id == article_id), None)

    def index(self, paths: Sequence[Path] = (), *, progress: ProgressCallback = nobody) -> IndexReport:
        progress(Progress(label="wait"))
        raise StoreError(f"this bot's articles never change, not by {paths}")

    def stream(
        self,
        question: str,
        language: Asked = "auto",
        history: Sequence[Message] = (),
        *,
        filters: Filters | None = None,
    ) -> Iterator[Found | Piece | Answer]:
        self.asked.append((question, language, tuple(history)))
        self.filters.append(filters)
        answer = self.answers.get(question) or deal_answer(question)
        if isinstance(answer, Exception):
            raise answer
        yield Found(question=question, hits=answer.hits)
        try:
            if self.hold:
                self.hold.wait(20)
            for start in range(0, len(answer.text), 4):
                time.sleep(self.pause)
                yield Piece(text=answer.text[start : start + 4])
        except GeneratorExit:
            self.closed.set()
            raise
        yield answer
