"""From one question's outcome to its row: every metric, and what was wrong in words. Pure; asks nothing and nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from index.article import Article, Language
from rag.answer import Message
from rag.facts import facts_stated, figures_right, language_right, names_right
from rag.gold import GoldQuestion
from rag.grounding import ungrounded
from rag.metrics import average_precision, hit_at, ndcg_at, recall_at, reciprocal_rank
from rag.overlap import best, chrf, exact_match, f1
from rag.places import Span, best_per_article, covers, found_by_rank, is_placed

DEPTH = 10  # passages searched for
KS = (1, 3, 5, 10)

Metrics = dict[str, float | None]  # None where a metric says nothing about the question


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question with what came of it. `outcome` is as the journal keeps it (see `rag/evaluate.py`)."""

    id: str
    question: str
    language: Language
    pair: str  # language of the question and of the articles with the answer: "ja-en"; "" where there are none
    question_type: str
    is_impossible: bool
    reference: str
    expected: tuple[tuple[str, str], ...]  # (article id, text) of each gold passage
    outcome: Mapping[str, Any]
    metrics: Metrics
    history: tuple[Message, ...] = ()
    wrong: tuple[str, ...] = field(default=())  # codes, worded in rag/report_texts.py

    def to_dict(self) -> dict[str, Any]:
        """Only JSON types."""
        return {**self.__dict__, "expected": [list(pair) for pair in self.expected], "wrong": list(self.wrong),
                "history": list(self.history)}  # fmt: skip


def score(gold: GoldQuestion, outcome: Mapping[str, Any], articles: Mapping[str, Article]) -> Row:
    """The row of one question. `outcome` holds "found" (spans that search found), and "answer" where one was asked."""
    metrics: Metrics = {}
    if outcome.get("found") is not None:
        metrics |= retrieval_metrics(gold, [Span(*span) for span in outcome["found"]], articles)
    wrong: list[str] = []
    if outcome.get("error"):
        metrics |= {"right": 0.0, "failed": 1.0}
        wrong.append("failed")
    elif outcome.get("answer") is not None:
        metrics |= _answer_metrics(gold, outcome["answer"], articles)
        wrong += _what_was_wrong(gold, outcome["answer"], metrics, articles)
    elif metrics.get("hit@5", metrics.get("article_hit@5")) == 0.0:
        wrong.append("not_found")
    return Row(
        id=gold.id,
        question=gold.question,
        language=gold.language,
        pair=language_pair(gold, articles),
        question_type=gold.question_type,
        is_impossible=gold.is_impossible,
        reference=gold.reference,
        expected=tuple((passage.article_id, passage.text) for passage in gold.passages),
        outcome=outcome,
        metrics=metrics,
        history=gold.history,
        wrong=tuple(wrong),
    )


def language_pair(gold: GoldQuestion, articles: Mapping[str, Article]) -> str:
    """ "ja-en" for a Japanese question about English articles; "ja-both" where the answer needs both languages."""
    languages = {articles[p.article_id].language for p in gold.passages if p.article_id in articles}
    if not languages or gold.is_impossible:
        return ""
    return f"{gold.language}-{languages.pop() if len(languages) == 1 else 'both'}"


def retrieval_metrics(gold: GoldQuestion, found: list[Span], articles: Mapping[str, Article]) -> Metrics:
    """By passage (a hit is a span that covers a gold passage) and by article. Empty for an impossible question.

    Recall counts gold passages. For the metrics of the order, gold passages that one hit covers together are one.
    """
    if gold.is_impossible or not gold.passages:
        return {}
    metrics: Metrics = {}
    if any(passage.text for passage in gold.passages):
        by_rank = found_by_rank(found, gold.passages, articles)
        missed = [p for p in gold.passages if not any(p in new for new in by_rank)]
        gains = [max((passage.grade for passage in new), default=0.0) for new in by_rank]
        ideal = [gain for gain in gains if gain] + [passage.grade for passage in missed]
        metrics |= _ranking("", gains, ideal, [len(new) for new in by_rank], len(gold.passages))
        # Where a gold passage is not in its article any more, the article decides: its text may well be lost.
        metrics["placed"] = sum(is_placed(passage, articles) for passage in gold.passages) / len(gold.passages)
    grades = best_per_article(gold.passages)
    if grades:
        order = list(dict.fromkeys(span.article_id for span in found))
        gains = [grades.get(article_id, 0.0) for article_id in order]
        metrics |= _ranking("article_", gains, list(grades.values()), [int(g > 0) for g in gains], len(grades))
    return metrics


def _ranking(prefix: str, gains: list[float], ideal: list[float], counts: list[int], total: int) -> Metrics:
    metrics: Metrics = {f"{prefix}hit@{k}": hit_at(gains, k) for k in KS}
    metrics |= {f"{prefix}recall@{k}": recall_at(counts, total, k) for k in (5, DEPTH)}
    metrics[f"{prefix}mrr"] = reciprocal_rank(gains[:DEPTH])
    metrics[f"{prefix}ndcg@{DEPTH}"] = ndcg_at(gains, ideal, DEPTH)
    metrics[f"{prefix}map"] = average_precision(gains[:DEPTH], len(ideal))
    return metrics


def _answer_metrics(gold: GoldQuestion, answer: Mapping[str, Any], articles: Mapping[str, Article]) -> Metrics:
    text, answered = str(answer["text"]), bool(answer["answered"])
    metrics: Metrics = {
        "answered": float(answered),
        "failed": 0.0,
        "declining_precision": None if answered else float(gold.is_impossible),
        "declining_recall": float(not answered) if gold.is_impossible else None,
        "language_right": float(language_right(text, gold.language)),
    }
    if answered:
        metrics["grounded"] = float(not invented(gold, text, answer["citations"], articles))
        metrics |= _citation_metrics(gold, answer["citations"], articles)
    if gold.is_impossible:
        metrics["right"] = float(not answered)
        return metrics
    facts = facts_stated(text, gold.required) if answered else [False] * len(gold.required)
    if facts:
        metrics["facts"] = sum(facts) / len(facts)
        metrics["facts_right"] = float(all(facts))
        metrics["right"] = float(all(facts) and metrics.get("grounded") == 1.0)
    references = list(dict.fromkeys((*gold.answers, gold.reference) if gold.reference else gold.answers))
    if references:
        metrics["exact"] = best(partial(exact_match, language=gold.language), text, references) if answered else 0.0
        metrics["f1"] = best(partial(f1, language=gold.language), text, references) if answered else 0.0
        metrics["chrf"] = best(chrf, text, references) if answered else 0.0
    if gold.reference and answered:
        given = _question_with_history(gold)
        metrics["figures"] = figures_right(text, gold.reference, given)
        metrics["names"] = names_right(text, gold.reference, given)
    return metrics


def invented(
    gold: GoldQuestion, text: str, citations: Sequence[Mapping[str, Any]], articles: Mapping[str, Article]
) -> list[str]:
    """The figures of an answer that stand nowhere: not in what the gold set gives for its question, not in the
    articles that it names, not in a verbatim quote of the answer."""
    evidence = [_question_with_history(gold), gold.reference, *gold.answers]
    evidence += [form for forms in gold.required for form in forms] + [passage.text for passage in gold.passages]
    named = dict.fromkeys(passage.article_id for passage in gold.passages)
    evidence += [f"{a.title}\n{a.date}\n{a.text}" for a in (articles.get(id) for id in named) if a]
    evidence += [str(citation["quote"]) for citation in citations if is_verbatim(citation, articles)]
    return [figure.text for figure in ungrounded(text, "\n".join(evidence))]


def _citation_metrics(
    gold: GoldQuestion, citations: list[Mapping[str, Any]], articles: Mapping[str, Article]
) -> Metrics:
    """Quotes that are verbatim; for an answerable question, citations of a gold passage or of a required fact
    elsewhere (the same fact often stands in two articles), and gold passages that are cited."""
    spans = [Span(str(c["article_id"]), int(c["start"]), int(c["end"])) for c in citations]
    metrics: Metrics = {}
    if spans:
        valid = [is_verbatim(c, articles) for c in citations]
        metrics["quotes_valid"] = sum(valid) / len(valid)
    if gold.is_impossible or not gold.passages:
        return metrics
    if spans:
        right = [
            any(covers(span, passage, articles) for passage in gold.passages)
            or any(facts_stated(str(citation["quote"]), gold.required))
            for span, citation in zip(spans, citations, strict=True)
        ]
        metrics["citation_precision"] = sum(right) / len(right)
    cited = [any(covers(span, passage, articles) for span in spans) for passage in gold.passages]
    metrics["citation_recall"] = sum(cited) / len(cited)
    return metrics


def is_verbatim(citation: Mapping[str, Any], articles: Mapping[str, Article]) -> bool:
    """Whether the quote is exactly what its article holds at its place."""
    article = articles.get(str(citation["article_id"]))
    quote = str(citation["quote"])
    return article is not None and bool(quote) and article.text[citation["start"] : citation["end"]] == quote


def _what_was_wrong(
    gold: GoldQuestion, answer: Mapping[str, Any], metrics: Metrics, articles: Mapping[str, Article]
) -> list[str]:
    wrong = []
    if gold.is_impossible:
        if answer["answered"]:
            wrong.append("answered_impossible")
    else:
        spans = [Span(*span) for span in answer["hits"]]
        found = [p for p in gold.passages if any(covers(span, p, articles) for span in spans)]
        if gold.passages and not found:
            wrong.append("not_found")
        if not answer["answered"]:
            wrong.append("declined")
        elif metrics.get("facts_right") == 0.0:
            wrong.append("facts_missing")
        if metrics.get("citation_precision") == 0.0:
            wrong.append("cited_elsewhere")
        if metrics.get("right") == 1.0:
            wrong = []
    if metrics.get("grounded") == 0.0:
        wrong.append("ungrounded")
    if metrics.get("quotes_valid", 1.0) != 1.0:
        wrong.append("quote_not_verbatim")
    if metrics["language_right"] == 0.0:
        wrong.append("language")
    return wrong


def _question_with_history(gold: GoldQuestion) -> str:
    return "\n".join([*(turn["content"] for turn in gold.history), gold.question])
