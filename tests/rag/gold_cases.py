"""Articles, gold questions and a bot whose every answer is known beforehand.

As a program it evaluates them into a folder, so that a test can kill it: `python -m tests.rag.gold_cases OUT PAUSE`.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.article import Article, Passage
from index.errors import ChatModelError
from rag.answer import Answer, Citation, Found, Message, Piece
from rag.gold import GoldPassage, GoldQuestion
from rag.language import Asked
from rag.places import Indexed
from rag.retrieve import Hit
from rag.settings import Settings

DEAL = Article(
    id="deal",
    title="大型契約",
    language="ja",
    source="",
    date="2025-11-03",
    text="両社は380億ドルの契約を結んだ。\n期間は7年間である。\n株価は4%上昇した。",
)
POWER = Article(
    id="power",
    title="Power",
    language="en",
    source="",
    date="",
    text="Data centers use 12% of the power.\nThe share was 4.4% in 2023.\nOwen Trask wrote the report.",
)
INDEXED = Indexed(digest="one", articles={"deal": DEAL, "power": POWER})


def gold(id: str, question: str, answers: Sequence[str], of: Article, context: str) -> GoldQuestion:
    return GoldQuestion(
        id=id,
        question=question,
        language="ja" if any("ぁ" <= letter <= "ん" for letter in question) else "en",
        reference=answers[0],
        answers=tuple(answers),
        required=(tuple(answers),),
        passages=(GoldPassage(article_id=of.id, text=context),),
        question_type="figure",
    )


GOLD = (
    gold("q1", "契約の金額は?", ["380億ドル"], DEAL, "両社は380億ドルの契約を結んだ。"),
    gold("q2", "契約の期間は?", ["7年"], DEAL, "期間は7年間である。"),
    gold("q3", "How much did the shares rise?", ["4%"], DEAL, "株価は4%上昇した。"),
    gold("q4", "誰が報告書を書いた?", ["Owen Trask", "トラスク"], POWER, "Owen Trask wrote the report."),
    gold("q5", "What share of the power do data centers use?", ["12%"], POWER, "Data centers use 12% of the power."),
    GoldQuestion(id="q6", question="契約の担当者は誰?", language="ja", is_impossible=True, question_type="near_miss"),
    GoldQuestion(id="q7", question="Who won the cup?", language="en", is_impossible=True, question_type="unanswerable"),
)


def passage(of: Article, line: str) -> Passage:
    start = of.text.index(line)
    return Passage(
        article_id=of.id,
        start=start,
        end=start + len(line),
        text=line,
        title=of.title,
        heading="",
        language=of.language,
    )


def hit(of: Article, line: str, similarity: float = 0.8) -> Hit:
    return Hit(passage=passage(of, line), article=of, score=similarity, parts={"similarity": similarity})


LINES = [(article, line) for article in (DEAL, POWER) for line in article.text.split("\n")]
FULL = [hit(of, line) for of, line in LINES]
RIGHT = {
    "q1": ("380億ドルです[1]。", 0),
    "q2": ("7年間です[1]。", 1),
    "q3": ("They rose 4% [1].", 2),
    "q4": ("オーウェン・トラスク氏です[1]。", 5),
    "q5": ("12% of the power [1].", 3),
}


@dataclass
class ScriptedBot:
    """Answers each gold question rightly, from the line it stands in, and declines the others.

    `text` gives other answers by question id (None declines), `fails` raises for one, `passages` is how many of the
    lines it reads, from the one with the answer on.
    """

    pause: float = 0.0
    text: dict[str, str | None] = field(default_factory=dict)
    fails: set[str] = field(default_factory=set)
    passages: int = 6
    asked: list[str] = field(default_factory=list)
    log: Path | None = None
    questions: Sequence[GoldQuestion] = GOLD
    settings: Settings = field(default_factory=lambda: Settings(home=Path("nowhere"), models=Path("nowhere")))

    def search(self, question: str, k: int = 10) -> list[Hit]:
        at = RIGHT.get(self._base(question), ("", 0))[1]
        order = FULL[at + 1 :] + FULL[: at + 1]  # the right line comes last
        return (order if self.passages < 6 else [FULL[at], *order[:-1]])[: min(k, self.passages)]

    def stream(
        self, question: str, language: Asked = "auto", history: Sequence[Message] = ()
    ) -> Iterator[Found | Piece | Answer]:
        del language, history
        self.asked.append(question)
        if self.log:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(question + "\n")
        time.sleep(self.pause)
        id = self._base(question)
        if id in self.fails:
            raise ChatModelError("the endpoint is down")
        hits = tuple(self.search(question, 6))
        yield Found(question=question, hits=hits)
        text, at = RIGHT.get(id, ("", 0))
        text = self.text.get(id, text or None) or ""
        of, line = LINES[at]
        found = passage(of, line)
        quoted = Citation(
            number=1, article_id=of.id, title=of.title, source="", quote=line, start=found.start, end=found.end
        )
        spoken = next(one.language for one in self.questions if one.question == question)
        yield Answer(
            question=question,
            text=text or {"ja": "見つかりませんでした。", "en": "The articles do not say."}[spoken],
            language=spoken,
            answered=bool(text),
            citations=(quoted,) if text else (),
            hits=hits,
            timings={"first_piece": 0.5, "total": 1.5} if text else {"total": 0.25},
        )

    def _base(self, question: str) -> str:
        """The id of the question, without what `many` put behind it."""
        return next(one.id for one in self.questions if one.question == question).split("-")[0]


def many(times: int) -> tuple[GoldQuestion, ...]:
    """The gold questions again and again, each under an id and a wording of its own."""
    from dataclasses import replace

    return tuple(
        replace(one, id=f"{one.id}-{number}", question=f"{one.question} ({number})")
        for number in range(times)
        for one in GOLD
    )


if __name__ == "__main__":
    from rag.evaluate import evaluate
    from rag.report import write_report

    out, questions = Path(sys.argv[1]), many(6)
    bot = ScriptedBot(pause=float(sys.argv[2]), log=out / "asked", questions=questions)
    out.mkdir(exist_ok=True)
    write_report(out, evaluate(bot, questions, journal=out / "journal.jsonl", indexed=INDEXED))
