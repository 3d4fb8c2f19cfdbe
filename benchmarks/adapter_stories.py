"""Stories in both languages, read as the product reads them: each told in one of them and asked about in both.

    python -m benchmarks.adapter_stories WORK     prints the examples; WORK keeps the indexes

What is read for one question of a story is asked about by others of it, too: near misses, as readers make them, and
cheap to train on (`benchmarks.adapter.packed`). A question is answerable where every sentence that its answer needs is
read; it is not where the story lacks the answer, and where what is read lacks its figures or names. Texts:
stories/*.yaml.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.adapter_example import Example, as_read
from benchmarks.adapter_reading import read
from benchmarks.sets import open_bot
from index.article import LANGUAGES, Language
from rag import Chatbot
from rag.checks import answerable_kind, check
from rag.evidence import GAP, Excerpt, Sentence

WIDER = (4.0, 8.0)  # log-odds; of most stories more is read than for one question, so that others can be answered
IN_PARTS = ("later", "comparison", "change", "list", "two facts", "yes or no")  # other sentences may answer a part
ASKED = (4, 3)  # questions of a story that are answered, and that are not

Story = dict[str, Any]
Label = tuple[int, str]  # the number of a story, and its name of a sentence


def stories() -> list[Story]:
    """All stories of benchmarks/stories."""
    files = sorted((Path(__file__).parent / "stories").glob("*.yaml"))
    return [story for file in files for story in yaml.safe_load(file.read_text("utf-8"))]


def story_examples(homes: Path, seed: int) -> list[Example]:
    """Each story over both of its tellings, each in a language that is drawn; the two indexes are kept in `homes`."""
    drawn, some = random.Random(seed), stories()
    told = [Told(homes, some, first) for first in range(len(LANGUAGES))]
    return [
        example
        for number, story in enumerate(some)
        for telling in told
        for example in _asked(telling, number, story["questions"], drawn)
    ]


class Told:
    """An index of the stories, told in each language by turns, the first story in `LANGUAGES[first]`."""

    def __init__(self, homes: Path, some: Sequence[Story], first: int) -> None:
        self._labels: dict[tuple[str, int], Label] = {}
        rows = []
        for number, story in enumerate(some):
            language = LANGUAGES[(number + first) % len(LANGUAGES)]
            for place, article in enumerate(story["articles"]):
                id, text, between = f"story-{number}-{place}", "", " " if language == "en" else ""
                for label, sentence in article["sentences"].items():
                    start = len(text)
                    text += (between if text else "") + sentence[language]
                    self._labels |= {(id, at): (number, label) for at in range(start, len(text))}
                title, date = article["title"][language], str(article["date"])
                rows.append({"id": id, "title": title, "text": text, "language": language, "date": date})
        self.bot: Chatbot = open_bot(homes, f"stories-{first}", rows)

    def labels(self, sentence: Sentence) -> set[Label]:
        """The sentences of a story that a sentence of the product has something of."""
        return {self._labels[sentence.article.id, at] for at in range(sentence.start, sentence.end)}


def _asked(told: Told, story: int, questions: Sequence[Any], drawn: random.Random) -> Iterator[Example]:
    """What is read for one of the questions, with as many questions as are ASKED, if there are, of either kind."""
    language: Language = drawn.choice(LANGUAGES)
    first = drawn.choice([question for question in questions if question["kind"] != "missing"])
    excerpts = read(told.bot, first["ask"][language], language, gap=drawn.choice([GAP, *WIDER]))
    labels = {label for excerpt in excerpts for sentence in excerpt.sentences for label in told.labels(sentence)}
    answered: list[Example] = []
    unanswered: list[Example] = []
    for question in [first, *drawn.sample(questions, len(questions))]:
        asked, answer = question["ask"][language], question.get("answer", {}).get(language, "")
        missing = _new(told.bot, answer, asked, language, excerpts) if answer else (asked,)
        held = {(story, label) for label in question.get("from", ())} <= labels
        if not answerable_kind(asked, excerpts):  # the model would not be asked
            continue
        if answer and held and not missing:
            answered.append(_example(question["kind"], asked, language, excerpts, answer))
        elif not answer or (missing and not held and question["kind"] not in IN_PARTS):
            unanswered.append(_example("missing" if not answer else "not read", asked, language, excerpts))
    for some, most in ((answered, ASKED[0]), (unanswered, ASKED[1])):
        yield from list(dict.fromkeys(some))[:most]


def _new(bot: Chatbot, answer: str, asked: str, language: Language, excerpts: Sequence[Excerpt]) -> tuple[str, ...]:
    """The figures and names of an answer that nothing that is read has."""
    if not excerpts:
        return (answer,)
    draft = check(answer, asked, language, excerpts, bot._collection.likeness, bot._collection.readings)
    return (*draft.invented, *draft.doubtful)


def _example(kind: str, asked: str, language: Language, excerpts: Sequence[Excerpt], answer: str = "") -> Example:
    return Example(
        origin=f"stories: {kind}",
        question=asked,
        language=language,
        excerpts=as_read(excerpts, language),
        answerable=bool(answer),
        answer=answer,
    )


if __name__ == "__main__":
    examples = story_examples(Path(sys.argv[1]), seed=1)
    for example in examples:
        print(f"{example.origin} ({example.language})", *example.excerpts, sep="\n")
        print(f"{example.question}\n-> {example.answer or 'not stated'}\n")
    print(Counter((example.origin, example.language) for example in examples))
