"""A turn grows from its question to its end, whoever stops it and however silent the model is."""

import asyncio
import threading
import time
from contextlib import aclosing

import pytest

from index.errors import ChatModelError
from tests.ui.scripted import HITS, ScriptedBot, deal_answer
from ui.turns import Places, Turn, history_of, take

START = Turn(number=1, question="q", model_name="m")


def grown(bot: ScriptedBot, question: str = "q", stop: threading.Event | None = None) -> list[Turn]:
    async def all_of_it() -> list[Turn]:
        start = Turn(number=1, question=question, model_name=bot.model_name)
        return [turn async for turn in take(bot, start, (), Places(1), stop or threading.Event())]

    return asyncio.run(all_of_it())


def eventually(true: threading.Event) -> bool:
    return true.wait(5)


def test_a_turn_searches_reads_writes_and_is_done() -> None:
    turns = grown(ScriptedBot(pause=0.06))
    stages = list(dict.fromkeys(turn.stage for turn in turns))
    assert stages == ["searching", "reading", "writing", "done"]
    assert turns[1].hits == HITS
    assert turns[-1].answer == deal_answer("q")
    written = [turn.written for turn in turns]
    assert written == sorted(written, key=len)


def test_an_error_ends_the_turn_and_is_kept() -> None:
    error = ChatModelError("the model is gone")
    assert grown(ScriptedBot(answers={"q": error}))[-1].error is error
    assert grown(ScriptedBot(answers={"q": ValueError("a bug")}))[-1].stage == "failed"


def test_stop_ends_a_turn_at_once_keeps_what_is_written_and_closes_the_stream() -> None:
    bot, stop = ScriptedBot(pause=0.1), threading.Event()

    async def stopped() -> Turn:
        began = 0.0
        async for turn in take(bot, START, (), Places(1), stop):
            if turn.written and not stop.is_set():
                stop.set()
                began = time.monotonic()
        assert time.monotonic() - began < 0.5
        return turn

    last = asyncio.run(stopped())
    assert last.stage == "stopped"
    assert deal_answer("q").text.startswith(last.written)
    assert last.written
    assert eventually(bot.closed)


def test_stop_does_not_wait_for_a_silent_model() -> None:
    silent = threading.Event()
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert grown(ScriptedBot(hold=silent), stop=stop)[-1].stage == "stopped"
    assert time.monotonic() - began < 1
    silent.set()


def test_a_closed_tab_closes_the_stream() -> None:
    bot = ScriptedBot(pause=0.05)

    async def left() -> None:
        async with aclosing(take(bot, START, (), Places(1), threading.Event())) as turns:
            async for turn in turns:
                if turn.written:
                    break

    asyncio.run(left())
    assert eventually(bot.closed)


def test_who_waits_is_told_the_same_again_so_that_a_closed_connection_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.turns.BEAT", 0.1)
    silent = threading.Event()

    async def waited() -> list[Turn]:
        turns: list[Turn] = []
        async with aclosing(take(ScriptedBot(hold=silent), START, (), Places(1), threading.Event())) as growing:
            async for turn in growing:
                turns.append(turn)
                if len(turns) == 5:
                    break
        return turns

    turns = asyncio.run(waited())
    silent.set()
    assert turns[-1] == turns[-2]
    assert turns[-1].stage == "reading"


def test_everyone_searches_at_once_and_waits_in_order_for_the_model() -> None:
    places, hold = Places(1), threading.Event()
    bots = [ScriptedBot(hold=hold), ScriptedBot(), ScriptedBot()]
    seen: list[list[Turn]] = [[], [], []]

    async def ask(who: int) -> None:
        async for turn in take(bots[who], START, (), places, threading.Event()):
            seen[who].append(turn)

    threads = [threading.Thread(target=lambda who=who: asyncio.run(ask(who))) for who in range(3)]
    for who, thread in enumerate(threads):
        thread.start()
        until = time.monotonic() + 5
        while not any(turn.stage == ("waiting" if who else "reading") for turn in seen[who]):
            assert time.monotonic() < until
            time.sleep(0.01)
    assert [turns[-1].hits for turns in seen] == [HITS] * 3
    assert [turns[-1].ahead for turns in seen] == [0, 1, 2]
    hold.set()
    for thread in threads:
        thread.join(10)
    assert [turns[-1].stage for turns in seen] == ["done"] * 3
    assert 1 in [turn.ahead for turn in seen[2]]


def test_the_history_is_the_last_turns_that_have_a_text() -> None:
    done = Turn(number=1, question="a", model_name="m", stage="done", answer=deal_answer("a"))
    empty = Turn(number=2, question="b", model_name="m", stage="failed", error=ValueError())
    stopped = Turn(number=3, question="c", model_name="m", stage="stopped", written="half")
    assert history_of([done, empty, stopped]) == [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": deal_answer("a").text},
        {"role": "user", "content": "c"},
        {"role": "assistant", "content": "half"},
    ]
    assert len(history_of([done] * 20)) == 12
