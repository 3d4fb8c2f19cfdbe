"""`kotae eval`: asks the questions of a gold set and reports how good the answers were. Holds no logic of its own.

Exit status: 0 done, 1 a KotaeError or questions that could not be asked, 2 wrong usage, 3 a metric fell.
"""

import argparse
import json
import math
import sys
from pathlib import Path

from index.errors import KotaeError
from ui.arguments import open_bot
from ui.terminal import ProgressLine, say

EXIT_USAGE = 2
EXIT_FELL = 3


class EvalError(KotaeError):
    """Options that do not go together."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae eval`, without --home."""
    parser.add_argument(
        "gold", type=Path, nargs="?", metavar="GOLD", help="JSONL, CSV, SQuAD or JSQuAD JSON, or a BEIR folder"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the report (default: reports/NAME)")
    parser.add_argument("--json", action="store_true", help="print the scorecard as one JSON object")
    parser.add_argument("--retrieval-only", action="store_true", help="measure search alone; ask no chat model")
    parser.add_argument("--baseline", type=Path, metavar="REPORT", help="an earlier report to compare with")
    parser.add_argument("--limit", type=_count, default=0, metavar="N", help="only the first N questions")
    parser.add_argument("--sample", type=_count, default=0, metavar="N", help="only N questions, drawn with --seed")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="for --sample (default: 0)")
    parser.add_argument("--parallel", type=_count, default=0, metavar="N", help="questions asked at the same time")
    parser.add_argument(
        "--tolerance", action="append", type=_tolerance, metavar="METRIC=X",
        help="with --baseline: end with status 3 when METRIC falls by more than X (default: right, hit@5, ndcg@10, "
        "article_hit@5 and placed by 0.02)",
    )  # fmt: skip
    parser.add_argument(
        "--judge", action="store_true",
        help="let a chat model judge the answers too, in a column of its own (KOTAE_JUDGE_MODEL, else the chat model)",
    )  # fmt: skip
    parser.add_argument(
        "--from-feedback", type=Path, metavar="OUT",
        help="ask nothing: write what readers thought of answers to OUT as gold rows to review (JSONL)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from rag.compare import compare
    from rag.evaluate import evaluate
    from rag.gold import choose, read_gold
    from rag.judge import ModelJudge
    from rag.report import write_report
    from rag.scorecard import ReportError, Scorecard
    from rag.stored import remember_report

    if options.from_feedback:
        return _export(options)
    if options.gold is None:
        say("usage: kotae eval GOLD [options], or kotae eval --from-feedback OUT", to=sys.stderr)
        return EXIT_USAGE
    if options.judge and options.retrieval_only:
        raise EvalError("--judge has no answers to judge with --retrieval-only: leave one of them out")
    gold = choose(read_gold(options.gold), sample=options.sample, seed=options.seed, limit=options.limit)
    out = options.out or Path("reports", options.gold.stem + ("-retrieval" if options.retrieval_only else ""))
    if options.tolerance and not options.baseline:
        raise EvalError("--tolerance needs a report to compare with: name it with --baseline")
    baseline = Scorecard.read(options.baseline) if options.baseline else None
    if options.baseline and _folder(options.baseline) == out.resolve():
        raise EvalError(f"the report in {str(out)!r} is the baseline and would be overwritten: name another --out")
    try:
        with ProgressLine() as progress:
            bot = open_bot(options, progress)
            scorecard = evaluate(
                bot, gold, retrieval_only=options.retrieval_only, journal=out / "journal.jsonl",
                workers=options.parallel, judge=ModelJudge(bot.settings) if options.judge else None,
                name=options.gold.name, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        say(f"kotae: what was asked is kept in {out}: the same command goes on from there", to=sys.stderr)
        raise
    comparison = (
        compare(scorecard, baseline, dict(options.tolerance) if options.tolerance else None) if baseline else None
    )
    pages = write_report(out, scorecard, comparison)
    try:
        remember_report(bot.settings.home, out)
    except ReportError as error:  # a home that only others may write: the report is whole all the same
        say(f"kotae: the chat window will not list this report: {error}", to=sys.stderr)
    if options.json:
        content = scorecard.to_dict() | ({"comparison": comparison.to_dict()} if comparison else {})
        say(json.dumps(content, ensure_ascii=False, indent=2))
    else:
        say(scorecard.to_markdown() + (f"\n{comparison.to_markdown()}" if comparison else ""))
    say(f"kotae: the report is {pages}", to=sys.stderr)
    for fall in comparison.fell if comparison else ():
        say(f"kotae: {fall.metric} fell by {fall.by:.3f}, more than {fall.tolerance:g}", to=sys.stderr)
    if scorecard.errors:
        say(f"kotae: {scorecard.errors} questions could not be asked: run the same command again", to=sys.stderr)
        return 1
    return EXIT_FELL if comparison and comparison.fell else 0


def _export(options: argparse.Namespace) -> int:
    from rag.feedback import export_gold
    from rag.settings import Settings

    settings = Settings.from_environment(home=options.home, collection=options.collection)
    count = export_gold(settings.home, options.from_feedback, settings.collection)
    say(f"{count} gold rows in {options.from_feedback}: do what their field `review` says, then delete that field")
    return 0


def _folder(report: Path) -> Path:
    return (report if report.is_dir() else report.parent).resolve()


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)


def _tolerance(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        allowed = float(value)
    except ValueError:
        allowed = math.nan
    if not name.strip() or not allowed >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not METRIC=X with X from 0, for example right=0.02")
    return name.strip(), allowed
