"""What a report says in both languages. Knows only words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The same in Japanese and in English."""

    ja: str
    en: str


def _ranking(prefix: str, ja: str, en: str) -> dict[str, Words]:
    shown = {f"hit@{k}": Words(f"{k}位以内に的中", f"hit@{k}") for k in (1, 3, 5, 10)}
    shown |= {f"recall@{k}": Words(f"再現率@{k}", f"recall@{k}") for k in (5, 10)}
    shown |= {"mrr": Words("MRR", "MRR"), "ndcg@10": Words("nDCG@10", "nDCG@10"), "map": Words("MAP", "MAP")}
    return {f"{prefix}{name}": Words(f"{words.ja}{ja}", f"{words.en}{en}") for name, words in shown.items()}


# In the order in which reports show them.
METRICS: dict[str, Words] = {
    "right": Words("正答", "right"),
    "facts_right": Words("必要な事実がすべてある", "all facts stated"),
    "facts": Words("必要な事実の割合", "facts stated"),
    "grounded": Words("根拠のない数値がない", "no ungrounded figure"),
    "answered": Words("回答した", "answered"),
    "declining_precision": Words("辞退の適合率", "declining precision"),
    "declining_recall": Words("辞退の再現率", "declining recall"),
    "citation_precision": Words("引用の適合率", "citation precision"),
    "citation_recall": Words("引用の再現率", "citation recall"),
    "quotes_valid": Words("引用が原文どおり", "quotes verbatim"),
    "language_right": Words("回答の言語が正しい", "language right"),
    "figures": Words("数値の一致", "figures right"),
    "names": Words("固有名詞の一致", "names right"),
    "exact": Words("完全一致", "exact match"),
    "f1": Words("F1", "F1"),
    "chrf": Words("chrF", "chrF"),
    **_ranking("", "", ""),
    **_ranking("article_", "(記事)", " (article)"),
    "placed": Words("正解の箇所が記事にある", "passages in their articles"),
    "failed": Words("質問できなかった", "could not be asked"),
    "first_words": Words("最初の語まで", "to the first words"),
    "seconds": Words("回答の終わりまで", "to the end of the answer"),
}
HEADLINE = (
    "right", "declining_precision", "declining_recall", "citation_precision", "citation_recall", "hit@1", "hit@5",
    "ndcg@10", "article_hit@1", "article_hit@5",
)  # fmt: skip
PAIRS = ("ja-ja", "ja-en", "en-ja", "en-en", "ja-both", "en-both", "ja-", "en-")

WRONG: dict[str, Words] = {
    "failed": Words("質問できませんでした", "could not be asked"),
    "not_found": Words("正解の箇所が検索で見つかっていない", "search did not find the passage"),
    "declined": Words("答えがあるのに辞退した", "declined, though the articles say it"),
    "facts_missing": Words("必要な事実が欠けている", "a required fact is missing"),
    "ungrounded": Words("根拠のない数値がある", "states a figure that no reference holds"),
    "answered_impossible": Words("記事にないことに答えた", "answered what no article says"),
    "cited_elsewhere": Words("引用が正解の箇所ではない", "cites something else"),
    "quote_not_verbatim": Words("引用が原文どおりでない", "a quote is not verbatim"),
    "language": Words("回答の言語が違う", "answered in the wrong language"),
}

# Questions without an article in the answer belong to no pair.
ANSWERED_PAIR = {"ja-": "ja (答えなし / no answer)", "en-": "en (答えなし / no answer)", "-": "–"}

PAGE_TEXTS: dict[str, Words] = {
    "title": Words("Kotae 評価レポート", "Kotae evaluation report"),
    "interval": Words(
        "小さい数字は95%信頼区間(ブートストラップ法)と、その指標を計算できた質問の数です。",
        "Small figures: 95% bootstrap interval, and the number of questions that the metric applies to.",
    ),
    "interval_short": Words("95%区間", "95% interval"),
    "plots": Words("グラフ", "Plots"),
    "metrics": Words("すべての指標", "All metrics"),
    "by_pair": Words("質問の言語と記事の言語", "By language of question and article"),
    "by_type": Words("質問の種類別", "By question type"),
    "metric": Words("指標", "metric"),
    "mean": Words("平均", "mean"),
    "questions": Words("質問数", "questions"),
    "judge": Words("判定モデル(参考)", "judge (not a metric)"),
    "coverage": Words("回答率と誤答率", "Coverage against error"),
    "coverage_x": Words("回答した割合", "share answered"),
    "coverage_y": Words("誤答率", "error"),
    "reliability": Words("確信度と正答率", "Reliability"),
    "reliability_x": Words("確信度", "confidence"),
    "reliability_y": Words("正答率", "share right"),
    "latency": Words("回答までの時間", "Time to the whole answer"),
    "latency_x": Words("秒", "seconds"),
    "latency_y": Words("完了した割合", "share finished"),
    "type_plot": Words("質問の種類別", "By question type"),
    "pair_plot": Words("言語の組み合わせ別", "By language pair"),
    "compared": Words("ベースラインとの比較", "Against the baseline"),
    "difference": Words("差", "difference"),
    "tolerance": Words("許容", "tolerance"),
    "better": Words("新たに正答になった質問", "right now, wrong before"),
    "worse": Words("新たに誤答になった質問", "wrong now, right before"),
    "flipped": Words("以前は正答", "was right before"),
    "failures": Words("問題のあった回答と出典", "What went wrong, beside the sources"),
    "more": Words(
        "最初の一部だけを示します。残りは report.json にあります。", "Only the first are shown; report.json has all."
    ),
    "held": Words(
        "許容幅を超えて下がった指標はありません。", "No metric that is held fell by more than its tolerance."
    ),
    "rows": Words("すべての質問", "Every question"),
    "sort": Words("ボタンで並べ替えられます。", "The buttons put them in another order."),
    "order": Words("並べ替え", "Order"),
    "by_file": Words("元の順", "as in the gold set"),
    "by_right": Words("誤答から", "wrong first"),
    "by_rank": Words("検索の順位が低い順", "worst search first"),
    "by_confidence": Words("確信度が低い順", "least sure first"),
    "by_seconds": Words("遅い順", "slowest first"),
    "by_judge": Words("判定モデルの評価が低い順", "judge's worst first"),
    "question": Words("質問と回答", "Question and answer"),
    "seconds": Words("時間", "seconds"),
    "confidence": Words("確信度", "confidence"),
    "search_alone": Words("検索のみ", "search alone"),
    "agrees": Words("「正答」との一致率", "agrees with “right”"),
    "answer": Words("回答", "Answer"),
    "expected": Words("正解とその箇所", "Expected, and where it stands"),
    "about": Words("評価の条件", "What was evaluated"),
}
