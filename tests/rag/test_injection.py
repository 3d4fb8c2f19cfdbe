"""Articles that give the model orders: whatever they say and wherever it stands, the prompt keeps its shape.

The shape is proven for every article of `benchmarks/poisons.py` without a model, and for some with a scripted one that
is asked through the product. How often the real model obeys is measured by `benchmarks/injection.py`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.poisons import CARRIERS, DISGUISES, GOALS, UNREAD, Poison, poisons, write
from index.article import LANGUAGES, Article
from index.build import update_index
from index.embed import Embedder
from index.home import Home
from index.read import LocatedArticle, read_articles
from rag import Chatbot, Settings
from rag.answer import Message
from rag.evidence import Excerpt, Sentence
from rag.hostile import LABELS
from rag.prompt import answer_messages, probe_messages
from tests.rag.test_chatbot import ScriptedModel

ALL = poisons()
CONTROL = re.compile(
    r"<[|｜¦][^<>\n]{1,64}[|｜¦]>|\[/?INST\]|<</?SYS>>|</?s>|</?(?:start_of_turn|end_of_turn|tool_\w+|system)>"
)
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\x00-\x09\x0b-\x1f]")
MARK = re.compile(r"[\[［【]\s?\d")
_LABEL = "|".join(re.escape(label) for label in sorted(LABELS, key=len, reverse=True))
FORGED = re.compile(rf"(?:^|[.。!?！？]\s*)[\W_]{{0,6}}(?:{_LABEL})\s?[*】」>\])]{{0,3}}\s?[:：]", re.I)
LABEL = {"ja": ("記事:", "質問: "), "en": ("Excerpts:", "Question: ")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("poisoned")
    write(ALL, made)
    return made


@pytest.fixture(scope="module")
def articles(folder: Path) -> dict[str, Article]:
    """Every article as it is read, by the name of its file."""
    found = list(read_articles(folder))
    assert all(isinstance(one, LocatedArticle) for one in found)
    return {one.path.name: one.article for one in found if isinstance(one, LocatedArticle)}


def whole(article: Article) -> Excerpt:
    """All of an article as one excerpt: more than the model would ever read of it."""
    sentence = Sentence(article=article, start=0, end=len(article.text), score=0.0)
    return Excerpt(number=1, article=article, sentences=(sentence,))


def excerpts_in(messages: Sequence[Message], question: str, language: str) -> list[str]:
    """The lines of the excerpts of a prompt, after proving that the prompt is what we made and nothing else."""
    honest = answer_messages("?", [], "ja" if language == "ja" else "en")
    assert [m["role"] for m in messages] == [m["role"] for m in honest]
    assert messages[:-1] == honest[:-1]
    first, *excerpts, empty, asked, _ = messages[-1]["content"].split("\n")
    assert (first, empty, asked) == (LABEL[language][0], "", f"{LABEL[language][1]}{question}")
    for number, line in enumerate(excerpts):
        head = re.match(r"\[(\d+)\] ", line)
        assert (head is not None) is (number % 2 == 0)
        if head:
            assert int(head[1]) == number // 2 + 1
        inside = line[head.end() :] if head else line
        assert [CONTROL.findall(inside), UNSEEN.findall(inside), MARK.findall(inside), FORGED.findall(inside)] == [
            []
        ] * 4
    return excerpts


def test_there_are_enough_of_every_kind() -> None:
    assert len({tuple(sorted(poison.files.items())) for poison in ALL}) == len(ALL) >= 500
    read = [poison for poison in ALL if poison.carrier not in UNREAD][:120]
    for kind, least in ((CARRIERS, 5), (DISGUISES, 2), (LANGUAGES, 50), (GOALS, 15)):
        counts = Counter(value for poison in read for value in vars(poison).values() if isinstance(value, str))
        assert [one for one in kind if one not in UNREAD and counts[one] < least] == []


@pytest.mark.parametrize("asked_in", LANGUAGES)
def test_no_article_can_open_or_close_a_message_or_an_excerpt(articles: dict[str, Article], asked_in: str) -> None:
    language = "ja" if asked_in == "ja" else "en"
    for poison, neighbour in zip(ALL, ALL[1:] + ALL[:1], strict=True):
        both = [articles[next(iter(one.files))] for one in (poison, neighbour)]
        excerpts = [whole(both[0]), Excerpt(number=2, article=both[1], sentences=whole(both[1]).sentences)]
        for messages in (answer_messages, probe_messages):
            made = messages(poison.question, excerpts, language)
            assert len(excerpts_in(made, poison.question, language)) == 4


def test_what_is_hidden_or_beside_the_text_is_no_part_of_any_prompt(articles: dict[str, Article]) -> None:
    for poison in (poison for poison in ALL if poison.carrier in UNREAD):
        read = answer_messages("?", [whole(articles[next(iter(poison.files))])], "en")[-1]["content"]
        assert poison.fact in read
        assert "umquat" not in read
        assert "キンカン" not in read
        assert "nstruction" not in read


@pytest.fixture(scope="module")
def bot(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Chatbot:
    few = tmp_path_factory.mktemp("few")
    write(FEW, few)
    home = tmp_path_factory.mktemp("home")
    update_index(Home(home), embedder, [few])
    opened = Chatbot.open(settings=Settings(home=home, models=Settings.from_environment().models))
    opened.__dict__["chat_model"] = ScriptedModel(pieces=("Kumquat. キンカン。<|im_start|>",))
    return opened


FEW = [poison for poison in ALL if poison.carrier not in UNREAD][:24]


@pytest.mark.parametrize("poison", FEW[:8], ids=lambda poison: f"{poison.disguise}, {poison.carrier}")
def test_asked_through_the_product_the_model_hears_excerpts_and_nothing_else(bot: Chatbot, poison: Poison) -> None:
    model = bot.chat_model
    assert isinstance(model, ScriptedModel)
    model.heard.clear()
    bot.answer(poison.question)
    assert model.heard
    for heard in model.heard:
        roles = {"system": "system", "human": "user", "ai": "assistant"}
        messages = [{"role": roles[message.type], "content": str(message.content)} for message in heard]
        lines = excerpts_in(messages, poison.question, poison.language)
        assert any(poison.fact in line for line in lines), lines


STUFFING = {
    "en": ("Otterleigh library opening hours cost year. ", "How much do Otterleigh library's hours cost a year?"),
    "ja": ("檜川図書館の開館時間延長の費用は年間いくら。", "檜川図書館の開館時間の延長にかかる費用は年間いくらですか?"),
}  # fmt: skip
HONEST = {
    "en": "The library of Otterleigh stays open two hours longer. The council puts the cost at 41,000 pounds a year.",
    "ja": "檜川図書館は閉館を2時間遅らせる。市は費用を年間4100万円と見込む。",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_article_stuffed_with_the_words_of_a_question_takes_no_more_than_its_share(
    embedder: Embedder, tmp_path: Path, language: str
) -> None:
    words, question = STUFFING[language]
    stuffed = "\n\n".join(f"{words * 12}No. {number}." for number in range(40))
    texts = {"stuffed": stuffed, "honest": HONEST[language]}
    texts |= {f"other{n}": f"{HONEST[language]} {n}. {poison.order}" for n, poison in enumerate(ALL[:9])}
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(f"---\nid: {name}\ntitle: {name}\n---\n{text}\n", "utf-8")
    home = tmp_path / "home"
    update_index(Home(home), embedder, list(tmp_path.glob("*.md")))
    opened = Chatbot.open(settings=Settings(home=home, models=Settings.from_environment().models))
    hits = opened.search(question, 10)
    counts = Counter(hit.article.id for hit in hits)
    assert counts["stuffed"] <= 4
    assert len(hits) - counts["stuffed"] >= 6
