"""Every number against a second implementation, a published convention, or a sum done by hand."""

import math
import random
import re
import statistics
from collections.abc import Callable

import pytest

from rag.facts import Stated, facts_stated, figures_right, language_right, names_right
from rag.gold import GoldPassage, GoldQuestion
from rag.intervals import difference_interval, mean_interval
from rag.metrics import (
    area_under,
    average_precision,
    coverage_error,
    hit_at,
    ndcg_at,
    percentile,
    recall_at,
    reciprocal_rank,
    reliability,
)
from rag.overlap import chrf, exact_match, f1
from rag.places import Span, covers, found_by_rank
from rag.scoring import retrieval_metrics, score
from tests.rag.gold_cases import DEAL, GOLD, INDEXED, POWER, passage

# ---- ranked lists


def second_opinion(ranking: list[str], grades: dict[str, float], k: int) -> dict[str, float]:
    """The five metrics from a ranking of ids and its judgements, written apart from rag/metrics.py."""
    relevant = {doc for doc, grade in grades.items() if grade > 0}
    cut = ranking[:k]
    first = [1 / (i + 1) for i in range(len(ranking)) if ranking[i] in relevant]
    dcg = sum(grades.get(cut[i], 0) * math.log(2) / math.log(i + 2) for i in range(len(cut)))
    best = sorted(grades.values())[::-1][:k]
    idcg = sum(best[i] * math.log(2) / math.log(i + 2) for i in range(len(best)))
    precisions = [
        len(relevant & set(ranking[: i + 1])) / (i + 1) for i in range(len(ranking)) if ranking[i] in relevant
    ]
    return {
        "hit": 1.0 if relevant & set(cut) else 0.0,
        "recall": len(relevant & set(cut)) / len(relevant) if relevant else 0.0,
        "rr": max(first, default=0.0),
        "ndcg": dcg / idcg if idcg else 0.0,
        "ap": sum(precisions) / len(relevant) if relevant else 0.0,
    }


def test_ranking_metrics_agree_with_a_second_implementation_on_a_thousand_cases() -> None:
    chance = random.Random(5)
    for _ in range(1000):
        corpus = [f"d{n}" for n in range(chance.randint(1, 40))]
        grades = {doc: float(chance.choice([0, 1, 1, 2, 3])) for doc in corpus if chance.random() < 0.3}
        ranking = chance.sample(corpus, chance.randint(0, len(corpus)))
        k = chance.randint(1, 15)
        gains = [grades.get(doc, 0.0) for doc in ranking]
        total = sum(grade > 0 for grade in grades.values())
        ours = {
            "hit": hit_at(gains, k),
            "recall": recall_at([int(gain > 0) for gain in gains], total, k),
            "rr": reciprocal_rank(gains),
            "ndcg": ndcg_at(gains, list(grades.values()), k),
            "ap": average_precision(gains, total),
        }
        assert ours == pytest.approx(second_opinion(ranking, grades, k), abs=1e-9)


def test_a_hit_is_credited_by_its_place_so_another_splitter_changes_nothing() -> None:
    wanted = GoldPassage(article_id="deal", text="期間は7年間である。")
    start = DEAL.text.index(wanted.text)
    whole = Span("deal", 0, len(DEAL.text))
    half = Span("deal", start, start + len(wanted.text) // 2 + 1)
    touching = Span("deal", start - 10, start + 2)
    assert [covers(span, wanted, INDEXED.articles) for span in (whole, half, touching)] == [True, True, False]
    assert not covers(Span("power", 0, 80), wanted, INDEXED.articles)
    assert covers(half, GoldPassage(article_id="", text=wanted.text), INDEXED.articles)
    assert not covers(touching, GoldPassage(article_id="", text=wanted.text), INDEXED.articles)
    assert covers(touching, GoldPassage(article_id="deal"), INDEXED.articles)
    moved = GoldPassage(article_id="deal", text="この文は記事から消えた。")
    assert covers(touching, moved, INDEXED.articles)


def test_white_space_may_differ_between_gold_and_article() -> None:
    wrapped = GoldPassage(article_id="power", text="Data centers use 12%\n   of the power.")
    assert covers(Span("power", 0, 30), wrapped, INDEXED.articles)


def test_a_passage_found_twice_counts_once() -> None:
    wanted = GoldPassage(article_id="deal", text="期間は7年間である。")
    spans = [Span("deal", 0, len(DEAL.text))] * 2
    assert found_by_rank(spans, [wanted], INDEXED.articles) == [[wanted], []]


def test_retrieval_metrics_of_two_passages_found_at_the_second_and_third_rank() -> None:
    texts = ["両社は380億ドルの契約を結んだ。", "株価は4%上昇した。"]
    question = GoldQuestion(
        id="x", question="?", language="ja", passages=tuple(GoldPassage(article_id="deal", text=t) for t in texts)
    )
    lines = [passage(POWER, "The share was 4.4% in 2023."), *(passage(DEAL, text) for text in texts)]
    metrics = retrieval_metrics(question, [Span(p.article_id, p.start, p.end) for p in lines], INDEXED.articles)
    assert metrics["hit@1"] == 0.0
    assert metrics["hit@3"] == metrics["recall@5"] == 1.0
    assert metrics["mrr"] == 0.5
    assert metrics["map"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert metrics["ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3)))
    assert (metrics["article_mrr"], metrics["article_recall@5"]) == (0.5, 1.0)
    assert metrics["placed"] == 1.0


def test_a_passage_that_its_article_does_not_hold_any_more_is_counted() -> None:
    texts = ["両社は380億ドルの契約を結んだ。", "この文は記事にない。"]
    question = GoldQuestion(
        id="x", question="?", language="ja", passages=tuple(GoldPassage(article_id="deal", text=t) for t in texts)
    )
    metrics = retrieval_metrics(question, [Span("deal", 0, len(DEAL.text))], INDEXED.articles)
    assert (metrics["placed"], metrics["recall@5"]) == (0.5, 1.0)


def test_passages_that_one_hit_covers_together_are_one_for_the_order() -> None:
    texts = ["両社は380億ドルの契約を結んだ。", "株価は4%上昇した。"]
    question = GoldQuestion(
        id="x", question="?", language="ja", passages=tuple(GoldPassage(article_id="deal", text=t) for t in texts)
    )
    metrics = retrieval_metrics(question, [Span("deal", 0, len(DEAL.text))], INDEXED.articles)
    assert metrics["ndcg@10"] == metrics["map"] == metrics["recall@5"] == 1.0


# ---- wording. JSQuAD: lower case, no 。 at the end, white space runs as one space; every character counts.

F1_BY_HAND: list[tuple[str, str, float]] = [
    ("小笠原諸島", "小笠原諸島", 1.0),
    ("小笠原諸島。", "小笠原諸島", 1.0),  # 。 at the end goes
    ("小笠原", "小笠原諸島", 6 / 8),  # 3 of 3, 3 of 5
    ("諸島小笠原", "小笠原諸島", 1.0),  # order does not count
    ("北海道", "小笠原諸島", 0.0),
    ("", "小笠原諸島", 0.0),
    ("", "", 1.0),
    ("。", "", 1.0),
    ("OpenAI", "openai", 1.0),  # 6 letters, lower case
    ("OpenAI社", "OpenAI", 12 / 13),  # 6 of 7, 6 of 6
    ("ああ", "あ", 2 / 3),  # the second あ finds no partner
    ("ああい", "あいい", 4 / 6),  # 2 of 3, 2 of 3
    ("7年間", "7年", 4 / 5),
    ("\uff17", "7", 0.0),  # a full-width digit is another character
    ("4%", "4パーセント", 2 / 8),  # 1 of 2, 1 of 6
    ("2025年11月3日", "11月3日", 10 / 15),  # 5 of 10, 5 of 5
    ("東京 都", "東京都", 6 / 7),  # a space counts
    ("東京  都", "東京 都", 1.0),  # but two are one
    ("A、B", "A,B", 4 / 6),  # marks count
    ("380億ドル。。", "380億ドルです", 12 / 14),  # 6 of 6, 6 of 8
]


@pytest.mark.parametrize(("answer", "reference", "expected"), F1_BY_HAND)
def test_japanese_f1_by_the_convention_of_jsquad(answer: str, reference: str, expected: float) -> None:
    assert f1(answer, reference, "ja") == pytest.approx(expected, abs=1e-12)
    assert exact_match(answer, reference, "ja") <= expected


def test_there_are_twenty_cases_by_hand() -> None:
    assert len(F1_BY_HAND) == 20


@pytest.mark.parametrize(
    ("answer", "reference", "expected", "exact"),
    [
        ("The $38 billion deal.", "38 billion deal", 1.0, 1.0),  # articles and punctuation go
        ("a red house", "the red houses", 0.5, 0.0),  # "red" of two words each
        ("Amazon", "Microsoft", 0.0, 0.0),
        ("the", "an", 1.0, 1.0),
        ("three of the four", "three", 0.5, 0.0),  # 1 of 3, 1 of 1
    ],
)
def test_english_f1_by_the_convention_of_squad(answer: str, reference: str, expected: float, exact: float) -> None:
    assert f1(answer, reference, "en") == pytest.approx(expected)
    assert exact_match(answer, reference, "en") == exact


def test_wording_metrics_agree_with_a_second_implementation_on_a_thousand_cases() -> None:
    chance = random.Random(6)
    for _ in range(1000):
        japanese = chance.random() < 0.5
        alphabet = (
            ["あ", "い", "漢", "字", "A", "b", "7", "。", " "] if japanese else ["the ", "cat ", "a ", "Dog. ", "7 "]
        )
        ours, theirs = ("".join(chance.choices(alphabet, k=chance.randint(0, 14))) for _ in range(2))
        assert f1(ours, theirs, "ja" if japanese else "en") == pytest.approx(
            second_f1(ours, theirs, japanese), abs=1e-9
        )
        assert chrf(ours, theirs) == pytest.approx(second_chrf(ours, theirs), abs=1e-9)


def second_f1(a: str, b: str, japanese: bool) -> float:
    def cut(text: str) -> list[str]:
        if japanese:
            return list(re.sub(r"\s+", " ", re.sub("。+$", "", text.lower())).strip())
        words = re.sub(r"[^\w\s]|_", "", text.lower()).split()
        return [word for word in words if word not in ("a", "an", "the")]

    left, right = cut(a), cut(b)
    if not left or not right:
        return float(left == right)
    rest, same = list(right), 0
    for token in left:
        if token in rest:
            rest.remove(token)
            same += 1
    return 2 * same / (len(left) + len(right))


def second_chrf(a: str, b: str) -> float:
    a, b = re.sub(r"\s", "", a), re.sub(r"\s", "", b)
    shares = []
    for n in range(1, min(6, len(a), len(b)) + 1):
        left, right = ([text[i : i + n] for i in range(len(text) - n + 1)] for text in (a, b))
        same = sum(min(left.count(gram), right.count(gram)) for gram in set(left))
        shares.append((same / len(left), same / len(right)))
    if not shares:
        return 0.0
    p, r = (sum(side) / len(shares) for side in zip(*shares, strict=True))
    return 5 * p * r / (4 * p + r) if p + r else 0.0


def test_the_curve_and_percentiles_agree_with_a_second_implementation_on_a_thousand_cases() -> None:
    chance = random.Random(7)
    for _ in range(1000):
        answers = [(chance.randint(0, 5) / 5, chance.random() < 0.6) for _ in range(chance.randint(1, 30))]
        asked = len(answers) + chance.randint(0, 10)
        curve = coverage_error(answers, asked)
        for point in curve:
            kept = [right for confidence, right in answers if confidence >= point.threshold]
            assert point.coverage == pytest.approx(len(kept) / asked, abs=1e-9)
            assert point.error == pytest.approx(1 - sum(kept) / len(kept), abs=1e-9)
        assert [point.threshold for point in curve] == sorted({one for one, _ in answers}, reverse=True)
        values = [chance.random() for _ in range(chance.randint(2, 30))]
        share = chance.randint(1, 99)
        cut = statistics.quantiles(values, n=100, method="inclusive")[share - 1]
        assert percentile(values, share / 100) == pytest.approx(cut, abs=1e-9)


def test_chrf_by_hand() -> None:
    assert chrf("abc", "abc") == 1.0
    assert chrf("abc", "xyz") == chrf("", "abc") == 0.0
    # n=1: 2 of 3 and 2 of 3; n=2: 1 of 2 and 1 of 2; n=3: 0 of 1. Means 7/18 on both sides.
    assert chrf("abx", "abc") == pytest.approx(7 / 18)
    # n=1: 2/2, 2/4; n=2: 1/1, 1/3; n=3 has no n-gram in the answer. P 1, R 5/12, F2 = 5 P R / (4 P + R).
    assert chrf("a b", "abcd") == pytest.approx(5 * (5 / 12) / (4 + 5 / 12))


# ---- facts


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("The deal is worth $38 billion.", "380億ドル"),
        ("契約額は380億ドルです。", "$38 billion"),
        ("on November 3, 2025", "2025年11月3日"),
        ("2025年11月3日に発表", "11月3日"),
        ("a seven-year deal", "7年"),
        ("about twenty days", "20"),
        ("by the end of 2026", "2026年末"),
        ("from 41 to 26 drivers", "41人"),
        ("No, they are separate.", "No"),
        ("違います。いいえ、別の会社です", "いいえ"),
        ("オーウェン・トラスク氏です[1]。", "Owen Trask"),
        ("Trask runs it", "トラスク"),
        ("solder-paste", "solder paste"),
        ("ＡＷＳです", "AWS"),
        ("**380 億ドル**です", "380億ドル"),
        ("米国です", "US"),
    ],
)
def test_a_fact_is_found_in_either_notation(text: str, form: str) -> None:
    assert Stated(text).says(form)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("138億ドルです", "38億ドル"),
        ("14 people", "4"),
        ("4.2 people", "4"),
        ("1,400", "400"),
        ("20 million", "20"),
        ("2億", "2"),
        ("4 people", "4%"),
        ("November", "No"),
        ("There is no link.", "No"),
        ("in 2026", "2026年末"),
        ("十七年", "七年"),
        ("1. 概要", "1"),
        ("答えです[1]", "1"),
        ("パソコンです", "Owen Trask"),
        ("GB2000", "GB200"),
    ],
)
def test_a_fact_is_not_found_where_something_else_stands(text: str, form: str) -> None:
    assert not Stated(text).says(form)


def test_required_facts_one_by_one() -> None:
    required = [["380億ドル", "380億米ドル"], ["7年"], ["AWS"]]
    assert facts_stated("AWSとの契約、$38 billion", required) == [True, False, True]


def test_figures_and_names_of_the_reference_that_the_question_does_not_give() -> None:
    assert figures_right("$38 billion, seven years", "380億ドル、7年間", "いくら?") == 1.0
    assert figures_right("380億ドル", "380億ドル、7年間", "いくら?") == 0.5
    assert figures_right("", "2025年に始まった", "2025年に何が始まった?") is None
    assert names_right("マイクロソフトです", "The provider was Microsoft.", "Who?") == 1.0
    assert names_right("It is OpenAI", "The deal is with OpenAI and Oracle.", "With whom?") == 0.5
    assert names_right("yes", "It is so.", "Is it?") is None


@pytest.mark.parametrize(
    ("text", "wanted", "right"),
    [
        ("380億ドルです", "ja", True),
        ("OpenAI [1]", "ja", True),
        ("The deal is large", "ja", False),
        ("契約は大きい", "en", False),
        ("$38 billion", "en", True),
        ("42", "ja", True),
    ],
)
def test_the_language_of_an_answer(text: str, wanted: str, right: bool) -> None:
    assert language_right(text, "ja" if wanted == "ja" else "en") is right


# ---- a whole row


def answered(text: str, quote: str = "両社は380億ドルの契約を結んだ。", at: int = 0) -> dict[str, object]:
    citation = {"article_id": "deal", "start": at, "end": at + len(quote), "quote": quote}
    return {"found": [], "answer": {"text": text, "answered": True, "citations": [citation], "hits": [["deal", 0, 17]]}}


DECLINED = {"found": [], "answer": {"text": "見つかりません。", "answered": False, "citations": [], "hits": []}}


def test_a_right_answer() -> None:
    row = score(GOLD[0], answered("380億ドルです[1]。"), INDEXED.articles)
    assert row.wrong == ()
    names = ("right", "facts_right", "grounded", "citation_precision", "citation_recall", "quotes_valid")
    assert [row.metrics[name] for name in names] == [1.0] * 6
    assert row.pair == "ja-ja"


@pytest.mark.parametrize(
    ("outcome", "wrong"),
    [
        (answered("390億ドルです。"), ("facts_missing", "ungrounded")),
        (answered("380億ドルで、期間は9年です。"), ("ungrounded",)),
        (DECLINED, ("not_found", "declined")),
        (answered("It is worth $38 billion."), ("language",)),
        (answered("380億ドルです。", quote="両社は390億ドルの契約を結んだ。"), ("quote_not_verbatim",)),
        ({"error": "ChatModelError: down"}, ("failed",)),
    ],
)
def test_what_was_wrong_is_named(outcome: dict[str, object], wrong: tuple[str, ...]) -> None:
    row = score(GOLD[0], outcome, INDEXED.articles)
    assert row.wrong == wrong
    assert row.metrics["right"] == float(not {"facts_missing", "ungrounded", "declined", "failed"} & set(wrong))


def test_a_true_detail_of_the_article_beside_the_fact_is_not_made_up() -> None:
    row = score(GOLD[0], answered("380億ドルで、期間は7年です[1]。"), INDEXED.articles)
    assert (row.metrics["right"], row.wrong) == (1.0, ())
    assert score(GOLD[0], answered("380億ドルで、期間は8年です[1]。"), INDEXED.articles).metrics["right"] == 0.0


def test_an_impossible_question_is_right_when_declined() -> None:
    declined = score(GOLD[5], DECLINED, INDEXED.articles).metrics
    assert (declined["right"], declined["declining_precision"], declined["declining_recall"]) == (1.0, 1.0, 1.0)
    spoken = score(GOLD[5], answered("田中さんです。"), INDEXED.articles)
    assert (spoken.metrics["right"], spoken.metrics["declining_recall"]) == (0.0, 0.0)
    assert spoken.metrics["declining_precision"] is None
    assert spoken.wrong == ("answered_impossible",)


def test_a_citation_of_the_same_fact_elsewhere_is_right_but_is_no_recall() -> None:
    elsewhere = {"article_id": "power", "start": 0, "end": 9, "quote": "worth $38 billion"}
    outcome = {"answer": {"text": "380億ドル", "answered": True, "citations": [elsewhere], "hits": []}}
    metrics = score(GOLD[0], outcome, INDEXED.articles).metrics
    assert (metrics["citation_precision"], metrics["citation_recall"]) == (1.0, 0.0)


# ---- declining, time, intervals


def test_the_curve_of_coverage_against_error() -> None:
    curve = coverage_error([(0.9, True), (0.5, False), (0.7, True), (0.5, True)], questions=8)
    assert [(p.threshold, p.coverage, p.error) for p in curve] == [
        (0.9, 1 / 8, 0.0),
        (0.7, 2 / 8, 0.0),
        (0.5, 4 / 8, 0.25),
    ]
    assert area_under(curve) == pytest.approx((0.25 * 0 + 0.25 * 0.25) / 0.5)
    assert coverage_error([], questions=3) == []
    assert area_under([]) == 0.0


def test_reliability_bins_hold_equal_numbers() -> None:
    bins = reliability([(n / 10, n > 5) for n in range(10)], bins=2)
    assert [(round(b.confidence, 3), b.right, b.count) for b in bins] == [(0.2, 0.0, 5), (0.7, 0.8, 5)]
    assert [one.count for one in reliability([(0.5, True)], bins=8)] == [1]


def test_percentiles_are_interpolated() -> None:
    assert percentile([4.0, 1.0, 2.0, 3.0], 0.5) == 2.5
    assert percentile([1.0], 0.95) == 1.0
    assert math.isnan(percentile([], 0.5))


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    chance = random.Random(1)
    values = [float(chance.random() < 0.3) for _ in range(400)]
    interval = mean_interval(values)
    half = 1.96 * math.sqrt(interval.mean * (1 - interval.mean) / 400)
    assert interval == mean_interval(values)
    assert interval.low == pytest.approx(interval.mean - half, abs=0.008)
    assert interval.high == pytest.approx(interval.mean + half, abs=0.008)
    assert mean_interval(values * 10).high == pytest.approx(interval.mean + half / math.sqrt(10), abs=0.002)


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_a_paired_difference_is_clear_only_when_there_is_one(shift: float) -> None:
    chance = random.Random(2)
    before = [chance.random() for _ in range(200)]
    noise: Callable[[], float] = lambda: chance.gauss(0, 0.05)  # noqa: E731
    interval = difference_interval([(value + shift + noise(), value) for value in before])
    assert interval.excludes_zero is (shift > 0)
    assert interval.mean == pytest.approx(shift, abs=0.02)


def test_a_difference_without_values_is_no_number() -> None:
    assert math.isnan(difference_interval([(None, 1.0)]).mean)
    same = difference_interval([(1.0, 1.0), (None, None)])
    assert (same.mean, same.low, same.high, same.count) == (0.0, 0.0, 0.0, 1)
