"""The core with a scripted model where an exact reply or a fault is needed, and with the real one beside it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from index.embed import Embedder
from index.errors import ChatModelError, NoIndex, QuestionError
from rag import Answer, Chatbot, Filters, Settings
from rag.answer import Found, Piece
from rag.local_model import LlamaChatModel
from rag.texts import DECLINED, EVASIVE, MENDED, NO_MODEL, QUOTED_INSTEAD

DEAL = "OpenAIとAmazonの契約額はいくらで、期間は何年ですか?"
DEAL_IN_ENGLISH = "How much is OpenAI's cloud deal with Amazon worth, and for how long?"


class ScriptedModel(BaseChatModel):
    """Says `pieces` one by one; finds the answer in the excerpts with probability `yes`."""

    pieces: tuple[str, ...] = ()
    yes: float = 0.99
    fails: bool = False
    heard: list[list[BaseMessage]] = []  # noqa: RUF012  (pydantic copies it for each model)
    closed: list[bool] = []  # noqa: RUF012

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del stop, run_manager, kwargs
        self.heard.append(messages)
        import math

        tops = [
            {"token": "yes", "logprob": math.log(self.yes)},
            {"token": "no", "logprob": math.log(1 - self.yes)},
        ]
        message = AIMessage(content="yes", response_metadata={"logprobs": {"content": [{"top_logprobs": tops}]}})
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        del stop, run_manager, kwargs
        self.heard.append(messages)
        try:
            for piece in self.pieces:
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if self.fails:
                raise ChatModelError("the model fell over")
        finally:
            self.closed.append(True)


@pytest.fixture(scope="module")
def bot(seeds_home: Path, models_folder: Path, embedder: Embedder) -> Iterator[Chatbot]:
    del embedder  # loaded once for the session
    opened = Chatbot.open(settings=Settings(home=seeds_home, models=models_folder))
    yield opened
    opened.close()


def scripted(bot: Chatbot, *pieces: str, yes: float = 0.99, fails: bool = False) -> ScriptedModel:
    model = ScriptedModel(pieces=pieces, yes=yes, fails=fails)
    bot.__dict__["chat_model"] = model
    return model


def check_quotes(answer: Answer) -> None:
    for citation in answer.citations:
        article = next(hit.article for hit in answer.hits if hit.article.id == citation.article_id)
        assert article.text[citation.start : citation.end] == citation.quote
        assert f"[{citation.number}]" in answer.text


def test_a_stream_gives_the_passages_first_then_pieces_then_the_checked_answer(bot: Chatbot) -> None:
    scripted(bot, "契約額は", "380億ドル", "です。")
    events = list(bot.stream(DEAL))
    assert [type(event) for event in events] == [Found, Piece, Piece, Piece, Answer]
    found, answer = events[0], events[-1]
    assert isinstance(found, Found)
    assert isinstance(answer, Answer)
    assert found.hits == answer.hits
    assert answer.text == "契約額は380億ドルです[1]。"
    assert (answer.language, answer.answered, answer.warnings) == ("ja", True, ())
    assert "380億ドル規模の7年間" in answer.citations[0].quote
    check_quotes(answer)


def test_the_model_declines_when_it_does_not_find_the_answer_and_is_not_asked_to_write(bot: Chatbot) -> None:
    model = scripted(bot, "made up", yes=0.01)
    answer = bot.answer("What is the capital of Mars?")
    assert (answer.text, answer.answered, answer.citations) == (DECLINED["en"], False, ())
    assert answer.hits
    assert len(model.heard) == 1


def test_a_figure_that_stands_in_no_source_is_replaced_by_a_quote_and_said_so(bot: Chatbot) -> None:
    scripted(bot, "It is worth $380 billion.")
    answer = bot.answer(DEAL_IN_ENGLISH)
    assert "380 billion" not in answer.text
    assert "$380 billion" in answer.warnings[0]
    assert len(answer.citations) == 1
    check_quotes(answer)


def test_what_no_passage_can_tell_is_declined_without_asking_the_model(bot: Chatbot) -> None:
    model = scripted(bot, "made up")
    answer = bot.answer(
        "OpenAIとAmazonの契約は何曜日に更新されますか", filters=Filters(article_ids=("lumio-3-air-purifier-notes",))
    )
    assert (answer.text, answer.answered, answer.confidence) == (DECLINED["ja"], False, 0.0)
    assert model.heard == []


def test_an_answer_of_another_kind_is_replaced_by_a_sentence_that_gives_it(bot: Chatbot) -> None:
    scripted(bot, "It runs for seven years.")
    answer = bot.answer("How much is OpenAI's cloud deal with Amazon worth?")
    assert "380億ドル" in answer.citations[0].quote
    assert answer.warnings == (f"{EVASIVE['en']} {QUOTED_INSTEAD['en']}",)
    check_quotes(answer)


def test_a_wrong_currency_is_put_right_and_said_so(bot: Chatbot) -> None:
    scripted(bot, "It is worth €38 billion.")
    answer = bot.answer("How much is OpenAI's cloud deal with Amazon worth?")
    assert answer.text.startswith("It is worth $38 billion [1]")
    assert MENDED["en"].format(written="€38 billion", own="$38 billion") in answer.warnings
    check_quotes(answer)


def test_an_answer_without_words_is_replaced_by_a_quote(bot: Chatbot) -> None:
    scripted(bot, " ")
    answer = bot.answer(DEAL)
    assert len(answer.citations) == 1
    check_quotes(answer)


def test_closing_the_stream_stops_the_model(bot: Chatbot) -> None:
    model = scripted(bot, "one ", "two ", "three ")
    stream = bot.stream(DEAL_IN_ENGLISH)
    while not isinstance(next(stream), Piece):
        pass
    assert model.closed == []
    stream.close()  # type: ignore[attr-defined]  # a generator
    assert model.closed == [True]


def test_a_draft_that_fails_its_check_is_written_once_more_from_less_and_says_so(bot: Chatbot) -> None:
    model = scripted(bot, "契約額は480億ドルです。")
    drafts = iter([("契約額は480億ドルです。",), ("契約額は380億ドルです。",)])
    original = ScriptedModel._stream

    def one_after_another(self: ScriptedModel, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        self.pieces = next(drafts)
        return original(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ScriptedModel, "_stream", one_after_another)
        answer = bot.answer(DEAL)
    assert (answer.text, answer.answered) == ("契約額は380億ドルです[1]。", True)
    assert "480億ドル" in answer.warnings[0]
    assert len(str(model.heard[-1][-1].content)) < len(str(model.heard[-2][-1].content))
    check_quotes(answer)


def test_a_model_that_says_that_the_articles_do_not_say_is_believed(bot: Chatbot) -> None:
    scripted(bot, "The excerpts do not state the price.")
    answer = bot.answer(DEAL_IN_ENGLISH)
    assert (answer.answered, answer.text, answer.citations) == (False, DECLINED["en"], ())


def test_without_a_model_the_passages_are_shown_and_the_reason_is_said(bot: Chatbot) -> None:
    scripted(bot, fails=True)
    answer = bot.answer(DEAL)
    assert (answer.answered, answer.text, answer.failure) == (False, NO_MODEL["ja"], "the model fell over")
    assert answer.warnings == ("the model fell over",)
    assert answer.hits


def test_a_model_that_fails_in_the_middle_is_an_error_not_half_an_answer(bot: Chatbot) -> None:
    scripted(bot, "契約額は", fails=True)
    with pytest.raises(ChatModelError, match="the model fell over"):
        bot.answer(DEAL)


def test_the_answers_language_follows_the_question_or_the_wish(bot: Chatbot) -> None:
    scripted(bot, "7年間です。")
    assert bot.answer(DEAL_IN_ENGLISH).language == "en"
    assert bot.answer(DEAL_IN_ENGLISH, "ja").language == "ja"
    assert bot.answer(DEAL).language == "ja"


HISTORY = [
    {"role": "user", "content": "OpenAIとAmazonは何を発表しましたか。"},
    {"role": "assistant", "content": "380億ドルの契約です。"},
]


def test_a_follow_up_is_asked_as_a_question_that_stands_alone_when_the_rewrite_can_be_trusted(bot: Chatbot) -> None:
    alone = "OpenAIとAmazonは380億ドルの契約をいつ発表しましたか。"
    model = scripted(bot, alone)
    found = [event for event in bot.stream("それはいつですか。", history=HISTORY) if isinstance(event, Found)]
    assert [event.standalone for event in found] == ["", alone]
    assert {hit.passage.id for hit in found[0].hits[:5]} <= {hit.passage.id for hit in found[1].hits}
    answer = bot.answer("それはいつですか。", history=HISTORY)
    assert (answer.question, answer.standalone) == ("それはいつですか。", alone)
    assert answer.to_dict()["standalone"] == alone
    assert f"質問: {alone}" in str(model.heard[-1][-1].content)


def test_a_follow_up_whose_rewrite_cannot_be_trusted_is_asked_with_the_conversation(bot: Chatbot) -> None:
    model = scripted(bot, "2025年11月3日です。")
    answer = bot.answer("それはいつですか。", history=HISTORY)
    assert answer.standalone == ""
    assert "standalone" not in answer.to_dict()
    assert "000_bc0131da60b046de" in [hit.article.id for hit in answer.hits[:2]]
    assert "380億ドルの契約です。" in str(model.heard[-1][-1].content)


def test_a_question_that_stands_alone_is_asked_without_the_conversation(bot: Chatbot) -> None:
    model = scripted(bot, "18人です。")
    bot.answer("海鳴市の自動運転バスの定員は何人ですか?", history=HISTORY)
    assert not any("380億ドルの契約です。" in str(message.content) for heard in model.heard for message in heard)


def test_a_follow_up_to_the_longest_question_can_be_asked(bot: Chatbot) -> None:
    scripted(bot, "380億ドルです。")
    assert bot.answer("いくら?", history=[{"role": "user", "content": "あ" * 4000}]).hits


@pytest.mark.parametrize(
    ("question", "message"),
    [("", "the question is empty"), (" \n ", "the question is empty"), ("あ" * 10_000, "has 10,000 characters")],
)
def test_questions_that_cannot_be_asked_are_refused_before_anything_is_loaded(
    bot: Chatbot, question: str, message: str
) -> None:
    with pytest.raises(QuestionError, match=message):
        bot.answer(question)


def test_an_unknown_answer_language_is_refused(bot: Chatbot) -> None:
    with pytest.raises(QuestionError, match="the language is 'fr': use one of auto, ja, en"):
        bot.answer("What?", "fr")  # type: ignore[arg-type]  # what a notebook may send


def test_no_index_is_said_before_any_model_is_prepared(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="kotae index PATH"):
        Chatbot.open(settings=Settings(home=tmp_path / "home", models=tmp_path / "models"))
    assert not (tmp_path / "models").exists()


def test_filters_limit_what_is_found(bot: Chatbot) -> None:
    hits = bot.search("北星電機の買収額", 5, filters=Filters(languages=["en"]))
    assert {hit.article.language for hit in hits} == {"en"}


def test_the_search_is_a_langchain_retriever_too(bot: Chatbot) -> None:
    documents = bot.as_retriever(3).invoke(DEAL)
    hits = bot.search(DEAL, 3)
    assert [document.page_content for document in documents] == [hit.passage.text for hit in hits]
    first = documents[0].metadata
    assert (first["article_id"], first["score"]) == (hits[0].article.id, hits[0].score)
    assert hits[0].article.text[first["start"] : first["end"]] == documents[0].page_content


def test_an_answer_shows_escaped_in_a_notebook_and_prints_its_quotes(bot: Chatbot) -> None:
    scripted(bot, "380億ドルです<script>alert(1)</script>。")
    answer = bot.answer(DEAL)
    assert "<script>" not in answer._repr_html_()
    assert "「OpenAIとAmazonは、2025年11月3日" in str(answer)
    assert json.loads(json.dumps(answer.to_dict())) == answer.to_dict()


@pytest.mark.parametrize(
    ("question", "language", "facts"),
    [
        (DEAL, "ja", [("380億ドル",), ("7年", "七年")]),
        (DEAL_IN_ENGLISH, "en", [("$38 billion",), ("7 year", "7-year", "seven")]),
    ],
)
def test_the_real_model_answers_the_deal_in_both_languages_with_a_true_quote(
    bot: Chatbot, chat_model: LlamaChatModel, question: str, language: str, facts: list[tuple[str, ...]]
) -> None:
    bot.__dict__["chat_model"] = chat_model
    answer = bot.answer(question)
    assert (answer.answered, answer.language) == (True, language)
    for fact in facts:
        assert any(form in answer.text for form in fact), answer.text
    assert "380億ドル規模の7年間" in answer.citations[0].quote
    check_quotes(answer)


def test_the_real_model_declines_what_no_article_says(bot: Chatbot, chat_model: LlamaChatModel) -> None:
    bot.__dict__["chat_model"] = chat_model
    answer = bot.answer("Could you recommend a good hotel in Kyoto?")
    assert (answer.answered, answer.text) == (False, DECLINED["en"])
