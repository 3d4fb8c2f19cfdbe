"""The embedded chat model, the real one. Generations are a few tokens long."""

import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage

from index.errors import ChatModelBusy, ChatModelError, ChatModelTimeout, ModelError
from rag.llama_engine import Limits, Turns, engine
from rag.local_model import LlamaChatModel

LONG = "The quick brown fox jumps over the lazy dog near the river bank. " * 250  # some 3,300 tokens: 40 s of reading


def working() -> bool:
    return any(thread.name == "kotae-llama" for thread in threading.enumerate())


def seconds_until_free(most: float = 20.0) -> float:
    """How long the model still works: a token or a batch of 64, so 0.03 to 0.8 s where nothing else runs."""
    started = time.monotonic()
    while working():
        assert time.monotonic() - started < most, "the model goes on"
        time.sleep(0.01)
    return time.monotonic() - started


def limited(chat_model: LlamaChatModel, **seconds: float) -> LlamaChatModel:
    """The same engine, read with less patience."""
    return chat_model.model_copy(update={"limits": Limits(**seconds)})


def test_it_answers_in_japanese_piece_by_piece_and_tells_at_the_end_how_it_went(chat_model: LlamaChatModel) -> None:
    pieces = list(chat_model.stream([SystemMessage("一語で答えてください。"), HumanMessage("日本の首都はどこですか?")]))
    assert len(pieces) > 2
    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    assert "東京" in str(whole.text)
    assert whole.response_metadata["finish_reason"] == "stop"
    assert whole.response_metadata["timings"]["predicted_n"] >= 2
    assert isinstance(whole, AIMessageChunk)
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["input_tokens"] > 20


def test_the_same_question_again_reads_the_prompt_from_the_cache_and_gives_the_same_answer(
    chat_model: LlamaChatModel,
) -> None:
    # A prompt with one likely answer: read from the cache its probabilities differ in the second decimal, because
    # llama.cpp computes a single token in another way than many at once.
    first, second = (chat_model.invoke("What is the capital of Japan?", max_tokens=8) for _ in range(2))
    assert second.text == first.text
    assert second.response_metadata["timings"]["cache_n"] > 20
    assert second.response_metadata["timings"]["prompt_n"] <= 8


def test_the_number_of_tokens_stop_words_and_grammars_are_kept(chat_model: LlamaChatModel) -> None:
    count = HumanMessage("Count: 1, 2, 3,")
    short = chat_model.invoke([count], max_tokens=3)
    assert short.response_metadata["finish_reason"] == "length"
    assert short.response_metadata["timings"]["predicted_n"] == 3
    assert "6" not in chat_model.invoke([count], stop=["6"], max_tokens=30).text
    assert chat_model.invoke([count], grammar='root ::= "maybe"').text == "maybe"


def test_probabilities_of_the_first_token_are_told_on_request(chat_model: LlamaChatModel) -> None:
    reply = chat_model.invoke("Say yes.", max_tokens=1, logprobs=True, top_logprobs=5)
    (first,) = reply.response_metadata["logprobs"]["content"]
    assert len(first["top_logprobs"]) == 5
    assert all(top["logprob"] <= 0 for top in first["top_logprobs"])


def test_leaving_the_stream_frees_the_place_at_once(chat_model: LlamaChatModel) -> None:
    stream = chat_model.stream("Count from 1 to 500.", max_tokens=400)
    next(stream)
    assert working()
    stream.close()  # type: ignore[attr-defined]
    assert seconds_until_free() < 5.0  # the whole answer would take 12 s
    assert limited(chat_model, busy=1.0).invoke("Hi", max_tokens=1).text


def test_leaving_while_it_still_reads_the_prompt_frees_the_place_too(chat_model: LlamaChatModel) -> None:
    impatient = limited(chat_model, first_token=0.3)
    with pytest.raises(ChatModelTimeout, match=r"did not go on within 0.3 s and was stopped: ask for less text"):
        impatient.invoke(LONG)
    seconds_until_free()


def test_an_error_of_the_reader_stops_the_model_and_is_not_lost(chat_model: LlamaChatModel) -> None:
    def read() -> None:
        for _ in chat_model.stream("Count from 1 to 500.", max_tokens=400):
            raise LookupError("the reader failed")

    with pytest.raises(LookupError, match="the reader failed"):
        read()
    assert limited(chat_model, busy=3.0).invoke("Hi", max_tokens=1).text
    seconds_until_free()


def test_the_whole_answer_has_a_time_limit_of_its_own(chat_model: LlamaChatModel) -> None:
    with pytest.raises(ChatModelTimeout, match=r"did not go on within 0.5 s"):
        limited(chat_model, total=0.5).invoke("Count from 1 to 500.", max_tokens=400)
    seconds_until_free()


def test_a_prompt_longer_than_the_window_is_an_error_with_both_sizes(chat_model: LlamaChatModel) -> None:
    with pytest.raises(ChatModelError, match=r"the prompt has 50\d\d tokens and the chat model reads at most 4096"):
        chat_model.invoke("word " * 5000)
    seconds_until_free()


def test_a_request_that_llama_cpp_refuses_is_an_error_and_not_an_empty_answer(chat_model: LlamaChatModel) -> None:
    with pytest.raises(ChatModelError, match=r"refused the request: .*grammar"):
        chat_model.invoke("Hi", grammar="root ::= [")


def test_who_waits_too_long_for_the_place_is_told_so(chat_model: LlamaChatModel) -> None:
    stream = chat_model.stream("Count from 1 to 500.", max_tokens=400)
    next(stream)
    with pytest.raises(ChatModelBusy, match=r"busy for 0.2 s with 1 request\(s\) before this one: try again"):
        limited(chat_model, busy=0.2).invoke("Hi", max_tokens=1)
    stream.close()  # type: ignore[attr-defined]


def test_several_threads_get_their_answers_one_after_the_other(chat_model: LlamaChatModel) -> None:
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda word: chat_model.invoke("Hi", grammar=f'root ::= "{word}"').text, "abc"))
    assert answers == ["a", "b", "c"]
    seconds_until_free()


def test_places_are_given_in_the_order_of_asking() -> None:
    turns = Turns()
    first = turns.take(0)
    served: list[int] = []

    def wait(number: int) -> None:
        ticket = turns.take(5)
        served.append(number)
        turns.give_back(ticket)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        while len(turns._line) < number + 2:
            time.sleep(0.001)
    turns.give_back(first)
    for thread in threads:
        thread.join(5)
    assert served == [0, 1, 2, 3, 4]


def test_who_gives_up_waiting_does_not_keep_the_place_from_the_next() -> None:
    turns = Turns()
    first = turns.take(0)
    with pytest.raises(ChatModelBusy, match="busy for 0 s"):
        turns.take(0)
    turns.give_back(first)
    assert turns.take(0).is_set()


def test_template_tokens_in_a_message_are_read_as_text(chat_model: LlamaChatModel) -> None:
    def tokens(text: str) -> int:
        reply = chat_model.invoke([HumanMessage(text)], max_tokens=1)
        assert isinstance(reply, AIMessage)
        assert reply.usage_metadata is not None
        return reply.usage_metadata["input_tokens"]

    assert tokens("a <|im_end|> b") == tokens("a ‹im_end› b") > tokens("a b") + 2


def test_messages_and_options_that_it_does_not_know_are_refused(chat_model: LlamaChatModel) -> None:
    with pytest.raises(ChatModelError, match=r"reads no 'tool' messages"):
        chat_model.invoke([ToolMessage("x", tool_call_id="1")])
    with pytest.raises(ChatModelError, match=r"does not know \['top_k'\]: it knows \['cache_prompt'"):
        chat_model.invoke("x", top_k=3)


def test_its_port_is_on_loopback_and_answers_nobody_without_the_key(chat_model: LlamaChatModel) -> None:
    chat_model.load()
    opened = engine(chat_model.path, context_tokens=chat_model.context_tokens, threads=chat_model.threads)
    address = opened._server.listening_address
    assert address.startswith("http://127.0.0.1:")
    for path in ("/v1/models", "/props", "/slots", "/completion"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(urllib.request.Request(address + path, headers={"Origin": "http://example.com"}))


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"not a model at all", "is not a GGUF file"), (b"GGUF\x03\x00\x00\x00truncated", "llama.cpp cannot load")],
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=problem):
        LlamaChatModel(path=path).load()


_LEFT_IN_THE_MIDDLE = """
import sys
from pathlib import Path
from rag.local_model import LlamaChatModel
stream = LlamaChatModel(path=Path(sys.argv[1])).stream("Count from 1 to 500.", max_tokens=400)
next(stream)
print("said something")
"""


def test_a_program_that_ends_in_the_middle_of_an_answer_ends_quietly(chat_model: LlamaChatModel) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _LEFT_IN_THE_MIDDLE, str(chat_model.path)], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "said something\n", "")
