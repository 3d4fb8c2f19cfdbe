"""`kotae doctor`: says whether models and index are whole, and repairs the index. Holds no logic of its own."""

import argparse
import sys

from ui.arguments import settings_of
from ui.terminal import ProgressLine, say, say_json

EXIT_ERROR = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `kotae doctor`, without --home."""
    parser.add_argument("--repair", action="store_true", help="make a damaged index anew from what is left of it")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(options: argparse.Namespace) -> int:
    """Runs the command and returns its exit status."""
    from rag.doctor import examine, repair

    settings = settings_of(options)
    findings = list(examine(settings))
    damaged = [finding for finding in findings if not finding.ok and not finding.name.startswith("model ")]
    if options.repair and damaged:
        for finding in damaged:
            say(f"wrong {finding.name}: {finding.message}", to=sys.stderr)
        with ProgressLine() as progress:
            report = repair(settings, progress)
        say(
            f"repaired: {report.articles} articles, {report.passages} passages, {report.embedded} embedded again",
            to=sys.stderr,
        )
        findings = list(examine(settings))
    if options.json:
        say_json([{"name": f.name, "ok": f.ok, "message": f.message} for f in findings])
    else:
        for finding in findings:
            say(f"{'ok   ' if finding.ok else 'wrong'} {finding.name}: {finding.message}")
        if damaged and not options.repair:
            say("repair the index with `kotae doctor --repair`", to=sys.stderr)
    return 0 if all(finding.ok for finding in findings) else EXIT_ERROR
