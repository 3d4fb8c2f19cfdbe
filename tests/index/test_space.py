import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.errors import StoreError
from index.home import Home
from index.space import USUAL, USUAL_CENTRED, USUAL_PLAIN, Moments, Space, Spread, Vector, measure, typical
from index.typical import TYPICAL_QUESTIONS
from tests.doubles import LetterEmbedder, letters

DRAW = np.random.default_rng(7)


def unit(rows: np.ndarray) -> Vector:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


JA = unit(DRAW.normal(size=(500, 6)) + [3, 0, 0, 0, 0, 0])
EN = unit(DRAW.normal(size=(70, 6)) + [0, 3, 0, 0, 0, 0])
QUESTIONS = Space(
    plain={}, centred={}, questions={"ja": JA[:9].mean(axis=0), "en": EN[:9].mean(axis=0)}, usual_plain=0.5
)


def slices(rows: Vector) -> Iterator[Vector]:
    for start in range(0, len(rows), 64):
        yield rows[start : start + 64]


@pytest.fixture(scope="module")
def space() -> Space:
    return measure({"ja": lambda: slices(JA), "en": lambda: slices(EN)}, QUESTIONS)  # type: ignore[arg-type]


@pytest.mark.parametrize(("language", "rows"), [("ja", JA), ("en", EN)])
def test_the_spread_along_any_direction_is_that_of_all_vectors(space: Space, language: str, rows: Vector) -> None:
    centred = unit(rows - rows.mean(axis=0))
    for direction in unit(DRAW.normal(size=(20, 6))):
        for moments, all_of_them in ((space.plain, rows), (space.centred, centred)):
            spread = moments[language].spread(direction)  # type: ignore[index]
            scores = all_of_them.astype(np.float64) @ direction
            assert spread.mean == pytest.approx(scores.mean(), abs=1e-6)
            assert spread.deviation == pytest.approx(scores.std(), abs=1e-6)


def test_the_moments_are_numpys_own(space: Space) -> None:
    assert space.plain["ja"].mean == pytest.approx(JA.astype(np.float64).mean(axis=0))
    assert space.plain["ja"].covariance == pytest.approx(np.cov(JA.astype(np.float64).T, bias=True))


def test_centred_vectors_have_unit_length_and_lack_what_their_language_shares(space: Space) -> None:
    centred = space.centre_passages(JA, "ja")
    assert centred.dtype == np.float32
    assert np.linalg.norm(centred, axis=1) == pytest.approx(np.ones(500), abs=1e-6)
    assert centred == pytest.approx(unit(JA - JA.mean(axis=0)), abs=1e-5)
    question = space.centre_question(JA[0], "ja")
    assert question.shape == (6,)
    assert np.linalg.norm(question) == pytest.approx(1.0, abs=1e-6)


def test_a_vector_that_is_all_that_its_language_shares_becomes_zero_and_not_nan(space: Space) -> None:
    one = measure({"ja": lambda: iter([JA[:1]])}, QUESTIONS)  # type: ignore[arg-type]
    assert one.centre_passages(JA[:1], "ja").tolist() == [[0.0] * 6]
    assert one.plain["ja"].spread(JA[0]) == Spread(mean=pytest.approx(1.0), deviation=pytest.approx(0.0, abs=1e-4))
    assert space.centre_question(QUESTIONS.questions["en"], "en").tolist() == [0.0] * 6


def test_a_deviation_that_rounding_made_negative_is_zero() -> None:
    moments = Moments(mean=np.ones(2), covariance=-1e-18 * np.eye(2))
    assert moments.spread(np.array([1, 0], dtype=np.float32)) == Spread(mean=1.0, deviation=0.0)


def test_what_all_questions_share_is_the_mean_over_the_typical_ones() -> None:
    means = typical(LetterEmbedder()).questions
    for language, questions in TYPICAL_QUESTIONS.items():
        assert means[language] == pytest.approx(np.mean([letters(question) for question in questions], axis=0))


def test_a_space_is_read_back_as_it_was_saved(space: Space, tmp_path: Path) -> None:
    only = Space(plain={"ja": space.plain["ja"]}, centred={"ja": space.centred["ja"]}, questions=space.questions)
    for number, saved in enumerate((space, only)):
        saved.save(tmp_path / f"{number}.npz")
        read = Space.open(tmp_path / f"{number}.npz")
        assert (set(read.plain), set(read.centred)) == (set(saved.plain), set(saved.centred))
        for language in saved.plain:
            assert np.array_equal(read.plain[language].mean, saved.plain[language].mean)
            assert np.array_equal(read.centred[language].covariance, saved.centred[language].covariance)
        assert np.array_equal(read.questions["en"], saved.questions["en"])
        assert (read.usual_plain, read.usual_centred) == (saved.usual_plain, saved.usual_centred)
    assert (space.usual_plain, space.usual_centred) == (0.5, USUAL_CENTRED)


class Shifted:
    """The letters, with something that all vectors share: all cosines lie closer together."""

    def __init__(self, shared: float) -> None:
        self._shared = shared

    def embed_question(self, text: str) -> Vector:
        return unit(np.concatenate([letters(text), [self._shared]])[None])[0]


def test_what_deviation_is_usual_follows_the_embedders_own_spread() -> None:
    apart = {shared: typical(Shifted(shared)) for shared in (0.0, 1.0, 3.0, 100.0)}  # type: ignore[arg-type]
    for shared in (1.0, 3.0):
        assert apart[shared].usual_plain == pytest.approx(apart[0.0].usual_plain / (1 + shared**2))
        assert apart[shared].usual_centred == pytest.approx(apart[0.0].usual_centred)
    assert apart[100.0].usual_plain == pytest.approx(USUAL_PLAIN / 10)


def test_with_the_bundled_embedder_it_is_what_was_measured(seeds_home: Path) -> None:
    space = Space.open(Home(seeds_home).live / "space.npz")
    assert space.usual_plain == pytest.approx(USUAL_PLAIN, rel=0.02)
    assert space.usual_centred == pytest.approx(USUAL_CENTRED, rel=0.02)


def test_an_index_without_passages_has_an_empty_space() -> None:
    assert measure({}, QUESTIONS).plain == {}  # type: ignore[arg-type]


def test_whatever_the_damage_it_is_a_store_error_that_names_the_way_out(space: Space, tmp_path: Path) -> None:
    path = tmp_path / "space.npz"
    space.save(path)
    good, draw = path.read_bytes(), random.Random(3)
    messages = []
    for round_ in range(500):
        bad = bytearray(good[: draw.randrange(len(good))] if round_ % 2 else good)
        for _ in range(0 if round_ % 2 else 20):
            bad[draw.randrange(len(bad))] ^= draw.randrange(1, 256)
        path.write_bytes(bad)
        try:
            Space.open(path)
        except StoreError as error:
            messages.append(str(error))
    assert len(messages) > 450
    assert [m for m in messages if not m.endswith("): run `kotae index --rebuild`")] == []


def test_a_missing_space_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^'.*none.npz' is missing or damaged \(.*\): run `kotae index --rebuild`$"):
        Space.open(tmp_path / "none.npz")


def test_few_passages_are_spread_as_is_usual_and_many_as_observed() -> None:
    few, many = (Spread(mean=0.5, deviation=0.3).steadied(count, 0.1) for count in (0, 10**6))
    assert few == Spread(mean=0.5, deviation=pytest.approx(0.1))
    assert many == Spread(mean=0.5, deviation=pytest.approx(0.3, abs=1e-4))
    half = Spread(mean=0.5, deviation=0.3).steadied(USUAL, 0.1)
    assert half.deviation == pytest.approx(((0.3**2 + 0.1**2) / 2) ** 0.5)
