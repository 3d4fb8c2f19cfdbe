"""A few people at once through every door, with the script that measures twenty."""

from benchmarks.load import run


def test_no_answer_is_lost_or_mixed_and_nobody_is_overtaken_or_kept_from_searching() -> None:
    told = run(clients=5, seconds=4, model_seconds=0.2)
    assert told.faults == []
    assert sum(told.answers.values()) == told.asked > 5
    assert max(told.answers.values()) - min(told.answers.values()) <= 1  # one place, given out in the order of asking
    assert told.places_seen >= {1, 2}
    assert len(told.while_blocked) == 5
    assert max(told.while_blocked) < 10
    assert told.refusal == "429 64 questions are waiting for the model already: ask again in a minute"
    assert told.served_again
