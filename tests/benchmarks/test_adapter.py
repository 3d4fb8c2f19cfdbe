"""What the adapter is trained on: the product's own prompts, and nothing that is measured."""

import re

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from benchmarks import adapter_stories
from benchmarks.adapter import Piece, Prompts, packed
from benchmarks.adapter_data import _holds
from benchmarks.adapter_model import Adapted, Adapter, _name
from benchmarks.adapter_news import TEXTS, news
from benchmarks.adapter_stories import stories, story_examples
from benchmarks.splits import for_training, measured
from index.article import Article
from rag import prompt
from rag.evidence import Excerpt, Sentence
from rag.grounding import ungrounded
from rag.prompt import answer_messages, probe_messages

ANSWERED = (
    "fact", "figure", "date", "reason", "list", "two facts", "comparison", "yes or no", "change", "later", "name"
)  # fmt: skip
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


class Characters:
    """A tokenizer with a token for each character, and a chat template in one line for each message."""

    def apply_chat_template(self, messages, *, add_generation_prompt, tokenize):
        assert add_generation_prompt
        assert not tokenize
        return "".join(f"<{m['role']}>{m['content']}</>\n" for m in messages) + "<assistant>"

    def __call__(self, text, *, add_special_tokens):
        assert not add_special_tokens
        return {"input_ids": [ord(character) for character in text]}


def test_no_question_or_passage_is_both_measured_and_trained_on():
    rows = [
        {
            "id": f"{language}{answerable}{number}",
            "lang": language,
            "answerable": answerable,
            "passage_ids": [f"set-{number // 50:04}-{number // 5:03}"],
        }
        for language in ("ja", "en")
        for answerable in (True, False)
        for number in range(600)
    ]
    for name in ("jsquad", "squad2", "nomiracl"):
        asked, trained = measured(name, rows), for_training(name, rows)
        assert asked
        assert trained
        assert not {row["id"] for row in asked} & {row["id"] for row in trained}
        if name != "nomiracl":  # there each question brings its own ten passages
            assert not {row["passage_ids"][0] for row in asked} & {row["passage_ids"][0] for row in trained}
        assert measured(name, rows) == asked


def test_an_example_is_token_for_token_what_the_product_asks(monkeypatch):
    prompts, tokenizer = Prompts(Characters()), Characters()
    monkeypatch.setattr(prompt, "shown", lambda excerpt, _: excerpt)
    for example in news(40, seed=2):
        piece, beginning = prompts.piece(example), prompts.beginning(example.language)
        for ending, messages in ((piece.probe, probe_messages), (piece.ask, answer_messages)):
            asked = messages(example.question, list(example.excerpts), example.language)
            text = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
            assert "".join(map(chr, beginning + piece.excerpts + piece.question + ending)) == text


def test_what_is_packed_looks_at_the_beginning_and_at_itself_alone():
    one = Piece(excerpts=[10], question=[11], probe=[12], ask=[13, 14], answer=[15, 16], answerable=True)
    beside = Piece(excerpts=[10], question=[17], probe=[18], ask=[19], answer=[], answerable=False)
    two = Piece(excerpts=[20], question=[], probe=[21], ask=[22], answer=[], answerable=False)
    step = packed([1, 2], [one, beside, two])
    assert step.ids.tolist() == [1, 2, 10, 11, 12, 13, 14, 15, 17, 18, 20, 21]
    assert step.positions.tolist() == [0, 1, 2, 3, 4, 4, 5, 6, 3, 4, 2, 3]
    assert [step.ids[place].item() for place, _ in step.probes] == [12, 18, 21]
    assert [answerable for _, answerable in step.probes] == [True, False, False]
    ((place, answer),) = step.answers
    assert (step.ids[place].item(), answer) == (14, [15, 16])
    seen = {
        step.ids[i].item(): step.ids[torch.nonzero(step.visible[i]).flatten()].tolist() for i in range(len(step.ids))
    }
    assert seen[12] == [1, 2, 10, 11, 12]
    assert seen[15] == [1, 2, 10, 11, 13, 14, 15]
    assert seen[18] == [1, 2, 10, 17, 18]
    assert seen[21] == [1, 2, 20, 21]


def test_answers_of_made_up_news_stand_in_them_and_the_rest_have_none():
    examples = news(300, seed=3)
    kinds = {example.origin for example in examples}
    assert len(kinds) == 9
    assert {example.language for example in examples} == {"ja", "en"}
    for example in examples:
        assert example.answerable == bool(example.answer)
        assert "{" not in "".join((example.question, example.answer, *example.excerpts))
        if example.answerable:
            assert not ungrounded(example.answer, "\n".join(example.excerpts), given=example.question), example
    assert news(300, seed=3) == examples


def test_news_about_others_do_not_name_what_is_asked_about():
    names = [name for kind in ("company", "city") for name in TEXTS["names"][kind]]
    examples = [example for example in news(300, seed=4) if example.origin == "news: another name"]
    assert len(examples) > 10
    for example in examples:
        asked = [name for name in names if name[example.language == "en"] in example.question]
        assert asked
        assert not any(form in text for text in example.excerpts for name in asked for form in name), example


def test_an_answer_is_held_where_a_sentence_has_it_as_it_stands_or_as_it_is_read():
    article = Article(id="a", title="T", text="It cost 380億ドル.", language="en", source="", date="")
    excerpt = Excerpt(number=1, article=article, sentences=(Sentence(article=article, start=0, end=14, score=1.0),))
    assert _holds([excerpt], ["380億ドル"], "en")
    assert _holds([excerpt], ["$38 billion"], "en")
    assert not _holds([excerpt], ["$39 billion"], "en")


def test_a_packed_sequence_gives_what_each_example_gives_alone():
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=64,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    model = Qwen2ForCausalLM(config).eval().requires_grad_(False)
    adapter = Adapter(model, first=1, rank=2, alpha=4.0)
    assert len(adapter.parameters) == 2 * 2 * 7
    for parameter in adapter.parameters:
        torch.nn.init.normal_(parameter)
    one, two, three = (
        Piece(excerpts=[10], question=[11], probe=[12], ask=[13, 14], answer=[15, 16], answerable=True),
        Piece(excerpts=[10], question=[17, 18], probe=[12], ask=[13], answer=[19], answerable=True),
        Piece(excerpts=[20, 21], question=[22], probe=[23], ask=[24], answer=[25], answerable=True),
    )
    step = packed([1, 2, 3], [one, two, three])
    together = adapter.hidden(step.ids, step.positions, step.visible)
    for (place, _), (start, _), piece in zip(step.probes, step.answers, (one, two, three), strict=True):
        for at, tokens in ((place, piece.probe), (start, piece.ask)):
            read = torch.tensor([[1, 2, 3, *piece.excerpts, *piece.question, *tokens]])
            torch.testing.assert_close(together[at], model.model(read).last_hidden_state[0, -1], rtol=1e-4, atol=1e-5)
    loss = together.square().mean()
    loss.backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in adapter.parameters)


def test_an_adapter_that_was_not_trained_changes_nothing():
    torch.manual_seed(2)
    matrix = torch.nn.Linear(8, 4)
    states = torch.randn(3, 8)
    torch.testing.assert_close(Adapted(matrix, rank=2, alpha=4.0)(states), matrix(states))


def test_tensors_of_llama_cpp_have_their_names_in_torch():
    assert _name("blk.3.attn_q.weight") == "model.layers.3.self_attn.q_proj.weight"
    assert _name("blk.27.ffn_norm.weight") == "model.layers.27.post_attention_layernorm.weight"
    assert _name("token_embd.weight") == "model.embed_tokens.weight"
    with pytest.raises(ValueError, match="'rope_freqs.weight', which no Qwen 2 model has"):
        _name("rope_freqs.weight")


def test_stories_are_told_and_asked_in_both_languages():
    some = stories()
    kinds = {question["kind"] for story in some for question in story["questions"]}
    assert kinds == {*ANSWERED, "missing"}
    for story in some:
        labels = [label for article in story["articles"] for label in article["sentences"]]
        assert len(labels) == len(set(labels))
        texts = [article["title"] for article in story["articles"]]
        texts += [text for article in story["articles"] for text in article["sentences"].values()]
        for question in story["questions"]:
            texts += [question["ask"], *([question["answer"]] if question["kind"] != "missing" else [])]
            assert ("answer" in question, "from" in question) == (question["kind"] != "missing",) * 2
            assert {*question.get("from", ())} <= {*labels}, question
        for text in texts:
            assert set(text) == {"ja", "en"}, text
            assert not JAPANESE.search(text["en"]), text


def test_a_story_answers_what_is_read_of_it_and_nothing_else(tmp_path, monkeypatch):
    some = stories()[:4]
    monkeypatch.setattr(adapter_stories, "stories", lambda: some)
    examples = story_examples(tmp_path, seed=1)
    assert {example.answerable for example in examples} == {True, False}
    answers = {answer: question for story in some for question, answer in _answers(story)}
    for example in examples:
        assert example.answerable == bool(example.answer)
        if example.answerable:
            assert example.question == answers[example.answer]["ask"][example.language]
            assert example.answer == answers[example.answer]["answer"][example.language]
    asked = [(example.excerpts, example.question) for example in examples]
    assert len(set(asked)) == len(asked)
    assert len(some) < len({excerpts for excerpts, _ in asked}) <= 2 * len(some)  # one reading of either telling


def _answers(story):
    return [(q, text) for q in story["questions"] for text in q.get("answer", {}).values()]
