"""News that never was: short articles in either language, with questions, some of which they do not answer.

    python -m benchmarks.adapter_news [N]     prints N of them

What they teach is to take the figure of the thing that is asked about, across both languages, and to say no where
another firm, another year or another detail is asked for. Texts and names: adapter_news.yaml.
"""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.adapter_example import Example, as_read
from benchmarks.adapter_values import VALUES, Both, Value
from index.article import LANGUAGES, Article, Language
from rag.checks import answerable_kind
from rag.evidence import Excerpt, Sentence
from rag.figures import rewrite

TEXTS: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
# How often each kind of question is drawn.
_KINDS = {
    "plain": 26,
    "two facts": 10,
    "missing fact": 20,
    "another name": 9,
    "another year": 7,
    "yes or no": 8,
    "comparison": 8,
    "later article": 8,
    "others beside it": 10,
}
_MEASURED = ("money", "price", "percent", "people", "households", "units", "length", "weight", "years")


def news(count: int, seed: int) -> list[Example]:
    """`count` examples; no question comes twice."""
    drawn = random.Random(seed)
    examples: dict[str, Example] = {}
    while len(examples) < count:
        example = _Scene(drawn).example()
        if example:
            examples.setdefault(example.question, example)
    return list(examples.values())


@dataclass(frozen=True)
class _Text:
    """An article, its sentences, and what each of its facts says."""

    article: Article
    sentences: tuple[Sentence, ...]
    values: Mapping[str, Value]


class _Scene:
    """An event, who and what it is about, and in which languages it is told and asked about."""

    def __init__(self, drawn: random.Random) -> None:
        self._drawn = drawn
        self._event = drawn.choice(TEXTS["events"])
        self._names = _cast(drawn)
        self._asked: Language = drawn.choice(LANGUAGES)
        other: Language = "ja" if self._asked == "en" else "en"
        self._told: Language = drawn.choices((self._asked, other), (0.6, 0.4))[0]
        facts = list(self._event["facts"])
        drawn.shuffle(facts)
        self._facts = facts[: drawn.randint(2, min(4, len(facts)))]
        self._fact = drawn.choice(self._facts)
        self._text = self._tell(self._event, self._names, self._facts, self._told)
        self._beside: list[_Text] = []

    def example(self) -> Example | None:
        """A question of a kind that is drawn; None where this scene has none of that kind."""
        kind = self._drawn.choices(list(_KINDS), list(_KINDS.values()))[0]
        asked = getattr(self, "_" + kind.replace(" ", "_"))()
        if not asked:
            return None
        question, answer = asked
        if kind == "others beside it" or (
            kind in ("plain", "two facts", "missing fact") and self._drawn.random() < 0.45
        ):
            self._add_others(alike=kind == "others beside it")
        texts = [self._text, *self._beside]
        self._drawn.shuffle(texts)
        excerpts = [
            Excerpt(number=number, article=text.article, sentences=text.sentences)
            for number, text in enumerate(texts, start=1)
        ]
        if not answerable_kind(question, excerpts):  # the model would not be asked
            return None
        return Example(
            origin=f"news: {kind}",
            question=question,
            language=self._asked,
            excerpts=as_read(excerpts, self._asked),
            answerable=bool(answer),
            answer=answer,
        )

    # The kinds: question and answer, "" where the articles do not say.

    def _plain(self) -> Both:
        return self._question(self._fact), self._answer(self._fact)

    _others_beside_it = _plain

    def _two_facts(self) -> Both:
        facts = self._fact, self._drawn.choice([fact for fact in self._facts if fact != self._fact])
        between = " " if self._asked == "en" else ""
        return between.join(map(self._question, facts)), between.join(map(self._answer, facts))

    def _missing_fact(self) -> Both | None:
        rest = [fact for fact in self._event["facts"] if fact not in self._facts]
        return (self._question(self._drawn.choice(rest)), "") if rest else None

    def _another_name(self) -> Both | None:
        names = self._others()
        return (self._question(self._fact, names), "") if names else None

    def _another_year(self) -> Both:
        year = self._names["year"][0]
        earlier = str(int(year) - self._drawn.randint(2, 9))
        question = self._question(self._fact).replace(year, earlier)
        if earlier not in question:
            question = f"{earlier}年の{question}" if self._asked == "ja" else f"{question.rstrip('?')} in {earlier}?"
        return question, ""

    def _yes_or_no(self) -> Both | None:
        value = self._text.values[self._fact]
        if not any(character.isdigit() for character in value[0]):
            return None
        true = self._drawn.random() < 0.5
        claimed = value if true else self._value(self._event, self._fact, self._told)
        if (claimed == value) != true:
            return None
        claim, answer = (self._answer(self._fact, value).rstrip("。.") for value in (claimed, value))
        if self._asked == "ja":
            return f"{claim}か?", f"{'はい' if true else 'いいえ'}、{answer}。"
        return f"Is it true that {self._inside(claim)}?", f"{'Yes' if true else 'No'}, {self._inside(answer)}."

    def _comparison(self) -> Both | None:
        names = self._others()
        if (
            self._event["facts"][self._fact]["value"] not in _MEASURED
            or "other_company" in str(self._event)
            or not names
        ):
            return None
        there = self._tell(
            self._event, names, [self._fact, *(f for f in self._facts[:1] if f != self._fact)], self._told
        )
        self._beside.append(there)
        ours, theirs = (self._filled(self._event["subject"], of) for of in (self._names, names))
        here, beyond = (self._said(text.values[self._fact]) for text in (self._text, there))
        question = self._question(self._fact)
        if self._asked == "ja":
            return f"{question}{theirs}の場合は?", f"{ours}は{here}、{theirs}は{beyond}です。"
        return f"{question} And for {theirs}?", f"{_capital(ours)}: {here}; {theirs}: {beyond}."

    def _later_article(self) -> Both | None:
        value = self._text.values[self._fact]
        if not any(character.isdigit() for character in value[0]):
            return None
        later = self._tell(self._event, self._names, [self._fact], self._told, years_later=1)
        if later.values[self._fact] == value:
            return None
        self._beside.append(later)
        new, old = (self._said(text.values[self._fact]) for text in (later, self._text))
        day, before = (rewrite(_long(text.article.date), self._asked) for text in (later, self._text))
        if self._asked == "ja":
            return self._question(self._fact), f"{day}の記事によると{new}です。{before}の記事では{old}でした。"
        return self._question(
            self._fact
        ), f"According to the article of {day}, it is {new}; the one of {before} said {old}."

    # What they are made of.

    def _others(self) -> dict[str, Both]:
        """The names, with other firms and another town; {} where one was drawn again."""
        drawn = _cast(self._drawn)
        names = {**self._names, **{name: drawn[name] for name in ("company", "other_company", "city")}}
        return {} if any(names[name] == self._names[name] for name in ("company", "city")) else names

    def _add_others(self, *, alike: bool) -> None:
        """One or two more articles: the same fact about others, or anything else."""
        for _ in range(self._drawn.randint(1, 2)):
            alike = alike or self._drawn.random() < 0.6
            event = self._event if alike else self._drawn.choice(TEXTS["events"])
            if names := self._others():
                facts = list(event["facts"])
                self._drawn.shuffle(facts)
                facts.sort(key=lambda fact: fact != self._fact)
                told = self._drawn.choice((self._told, *LANGUAGES))
                self._beside.append(self._tell(event, names, facts[: self._drawn.randint(1, 2)], told))

    def _tell(
        self, event: Any, names: Mapping[str, Both], facts: Sequence[str], language: Language, years_later: int = 0
    ) -> _Text:
        """An article that tells these facts, perhaps with a sentence that says nothing."""
        values = {fact: self._value(event, fact, language) for fact in facts}
        texts = [self._filled(event["facts"][f]["sentence"], names, _in(values[f], language), language) for f in facts]
        if self._drawn.random() < 0.5:
            texts.insert(self._drawn.randint(0, len(texts)), self._drawn.choice(TEXTS["fillers"][language]))
        between = " " if language == "en" else ""
        year = int(names["year"][0]) + years_later
        article = Article(
            id=f"news-{id(texts)}",
            title=self._filled(event["title"], names, "", language),
            text=between.join(texts),
            language=language,
            source="",
            date=f"{year}-{self._drawn.randint(1, 12):02}-{self._drawn.randint(1, 28):02}",
        )
        sentences, start = [], 0
        for text in texts:
            sentences.append(Sentence(article=article, start=start, end=start + len(text), score=0.0))
            start += len(text) + len(between)
        return _Text(article, tuple(sentences), values)

    def _value(self, event: Any, fact: str, language: Language) -> Value:
        kind = event["facts"][fact]["value"]
        if kind in TEXTS["names"]:
            return tuple(self._drawn.choice(TEXTS["names"][kind]))
        return VALUES[kind](self._drawn, language, int(self._names["year"][0]))

    def _question(self, fact: str, names: Mapping[str, Both] | None = None) -> str:
        some = self._event["facts"][fact]["questions"][self._asked]
        return self._filled({self._asked: self._drawn.choice(some)}, names or self._names)

    def _answer(self, fact: str, value: Value | None = None) -> str:
        said = self._said(self._text.values[fact] if value is None else value)
        return self._filled(self._event["facts"][fact]["answer"], self._names, said)

    def _said(self, value: Value) -> str:
        """A value of an article, in the language of the answer."""
        if isinstance(value, tuple):
            return _in(value, self._asked)
        return value if self._told == self._asked else rewrite(value, self._asked)

    def _filled(
        self, texts: Mapping[str, str], names: Mapping[str, Both], value: str = "", language: Language | None = None
    ) -> str:
        language = language or self._asked
        words = {name: _in(word, language) for name, word in names.items()}
        return _capital(texts[language].format(value=value, **words)).replace("..", ".")

    def _inside(self, sentence: str) -> str:
        """An English sentence as it stands after other words: its first letter is small unless it begins a name."""
        first = sentence.split()[0]
        is_name = any(word[1].startswith(first.removesuffix("'s")) for word in self._names.values())
        return sentence if is_name else sentence[0].lower() + sentence[1:]


def _cast(drawn: random.Random) -> dict[str, Both]:
    """Who and what a scene is about; the year is the same in both languages."""
    names = {kind: tuple(drawn.choice(some)) for kind, some in TEXTS["names"].items()}
    names["other_company"] = tuple(
        drawn.choice([name for name in TEXTS["names"]["company"] if tuple(name) != names["company"]])
    )
    return {**names, "year": (str(drawn.randint(2019, 2026)),) * 2}


def _in(value: Value, language: Language) -> str:
    return value if isinstance(value, str) else value[0 if language == "ja" else 1]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _long(day: str) -> str:
    year, month, day = (str(int(part)) for part in day.split("-"))
    return f"{year}年{month}月{day}日"


def _lines(examples: Sequence[Example]) -> Iterator[str]:
    for example in examples:
        yield f"{example.origin} ({example.language})"
        yield from example.excerpts
        yield f"{example.question}\n-> {example.answer or 'not stated'}\n"


if __name__ == "__main__":
    print("\n".join(_lines(news(int(sys.argv[1]) if len(sys.argv) > 1 else 20, seed=1))))
