import pytest

from rag.confidence import ADAPTED, MIN_CONFIDENCE, Signals, confidence, signals
from rag.evidence import Excerpt, Sentence
from tests.doubles import article

ARTICLE = article("a", "Aaa bbb. Ccc.")


def test_the_likeliest_sentence_of_all_excerpts_counts() -> None:
    first, second = (
        Excerpt(number=n, article=ARTICLE, sentences=(Sentence(article=ARTICLE, start=0, end=8, score=score),))
        for n, score in ((1, -2.0), (2, 1.5))
    )
    assert signals([first, second], 0.8) == Signals(yes=0.8, best=1.5)


def test_confidence_is_the_logistic_function_of_the_weighed_signals() -> None:
    assert confidence(Signals(yes=0.5, best=0.0)) == pytest.approx(0.1722, abs=1e-4)  # 1 / (1 + e^1.57)


def test_the_adapted_model_is_believed_sooner() -> None:
    assert confidence(Signals(yes=0.5, best=0.0), ADAPTED) == pytest.approx(0.6985, abs=1e-4)  # 1 / (1 + e^-0.84)
    doubtful, surely_not = (confidence(Signals(yes=yes, best=3.0), ADAPTED) for yes in (0.25, 0.12))
    assert doubtful > MIN_CONFIDENCE > surely_not
    assert confidence(Signals(yes=0.12, best=3.0)) < MIN_CONFIDENCE


@pytest.mark.parametrize("best", [-5.0, 0.0, 5.0])
def test_confidence_grows_with_the_probe_and_with_the_evidence_and_stays_a_probability(best: float) -> None:
    values = [confidence(Signals(yes=yes, best=best)) for yes in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert values == sorted(values)
    assert 0.0 < values[0] < values[-1] < 1.0
    assert confidence(Signals(yes=0.6, best=best + 1)) > confidence(Signals(yes=0.6, best=best))


def test_a_sure_probe_over_good_evidence_is_answered_and_a_doubtful_one_over_bad_evidence_is_not() -> None:
    assert confidence(Signals(yes=0.9, best=1.0)) > MIN_CONFIDENCE > confidence(Signals(yes=0.5, best=-1.0))
