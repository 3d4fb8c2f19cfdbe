"""The command line: `kotae index | ask | search | chat | users | eval | models | doctor`. Holds no logic of its own.

Results go to standard output, everything else to standard error. Exit status: 0 done, 1 a KotaeError, 2 wrong usage.
"""

import argparse
import datetime
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.errors import KotaeError
from index.progress import Progress, ProgressCallback
from rag.language import ASKED
from rag.settings import Settings
from ui.index_report import say_report
from ui.terminal import ProgressLine, say, say_json

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except KotaeError as error:
        say(f"kotae: {' '.join(str(error).split())}", to=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        say("kotae: stopped", to=sys.stderr)
        return EXIT_INTERRUPTED
    except OSError as error:
        # Python would flush and complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # there, the reader (head, less) has seen enough
            say(f"kotae: {error}", to=sys.stderr)
        return EXIT_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kotae", description="Answers questions from your own articles, in Japanese and English."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, summary: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary)
        made.add_argument("--home", metavar="DIR", help="folder of the index and its state (default: KOTAE_HOME)")
        made.set_defaults(run=run)
        return made

    index = command("index", _index, "Read articles and make them searchable.")
    index.add_argument("paths", nargs="*", type=_path, metavar="PATH", help="folders, or files of a kind that is read")
    index.add_argument("--json", action="store_true", help="print the report, every file in it, as one JSON object")
    index.add_argument("--rebuild", action="store_true", help="make the index anew instead of bringing it up to date")

    ask = command("ask", _ask, "Answer a question, with the sentences behind the answer.")
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--lang", choices=ASKED, default="auto", help="language of the answer (default: the question's)")
    ask.add_argument("--json", action="store_true", help="print the answer as one JSON object")
    _add_filters(ask)

    search = command("search", _search, "Show the passages found for a question, and why.")
    search.add_argument("question", metavar="QUESTION")
    search.add_argument("-k", type=_positive, default=10, metavar="N", help="how many (default: 10)")
    search.add_argument("--json", action="store_true", help="print a JSON list")
    _add_filters(search)

    chat = command("chat", _chat, "Open the chat window.")
    chat.add_argument("--host", default="127.0.0.1", metavar="H", help="address to serve on (default: 127.0.0.1)")
    chat.add_argument("--port", type=_port, default=7860, metavar="P", help="port to serve on (default: 7860)")
    chat.add_argument("--users", type=_path, metavar="FILE", help="who may use it: a file that `kotae users` writes")
    chat.add_argument("--proxy-header", default="", metavar="NAME", help="header in which a proxy names the user")
    chat.add_argument(
        "--proxy-from", action="append", default=[], metavar="IP", help="address of that proxy (default: this machine)"
    )
    chat.add_argument("--root-path", default="", metavar="PATH", help="path under which a proxy shows the page")
    chat.add_argument("--tls-cert", type=_path, metavar="FILE", help="certificate to serve https with (PEM)")
    chat.add_argument("--tls-key", type=_path, metavar="FILE", help="its key (PEM)")

    users = command("users", _users, "Add a user of the chat window to a file, or change a password.")
    users.add_argument("file", type=_path, metavar="FILE")
    users.add_argument("name", metavar="NAME")

    from ui.eval_command import add_arguments, run

    add_arguments(command("eval", run, "Measure answers against a gold set of questions."))

    models = command("models", _models, "List the models: where each comes from, its size, licence and digest.")
    models.add_argument("--verify", action="store_true", help="read every file again and compare the digests")
    models.add_argument("--prepare", action="store_true", help="put the models in place now instead of at first use")

    doctor = command("doctor", _doctor, "Check that models and index are whole.")
    doctor.add_argument("--repair", action="store_true", help="make a damaged index anew from what is left of it")
    doctor.add_argument("--json", action="store_true", help="print a JSON list")
    return parser


def _add_filters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which articles to look in")
    group.add_argument("--article", action="append", default=[], metavar="ID", help="only this one (may be repeated)")
    group.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="only from this source (repeatable)"
    )
    group.add_argument("--articles-in", action="append", default=[], choices=("ja", "en"), help="only in this language")
    group.add_argument(
        "--from", dest="date_from", type=_date, default="", metavar="DATE", help="dated then or later (2025-11-03)"
    )
    group.add_argument(
        "--to", dest="date_to", type=_date, default="", metavar="DATE", help="dated then or earlier (2025-11)"
    )


def _index(options: argparse.Namespace) -> int:
    from index.build import update_index
    from index.home import Home
    from rag.chatbot import open_embedder

    settings = Settings.from_environment(home=options.home)
    with ProgressLine() as progress:
        embedder = open_embedder(settings, progress)
        report = update_index(Home(settings.home), embedder, options.paths, rebuild=options.rebuild, progress=progress)
    say_report(report, settings.home, as_json=options.json)
    return 0


def _ask(options: argparse.Namespace) -> int:
    from rag.answer import Answer, Found

    with ProgressLine() as progress:
        bot = _open(options, progress)
        for event in bot.stream(options.question, options.lang, filters=_filters(options)):
            if isinstance(event, Found):
                progress.note("reading the passages found")
            elif isinstance(event, Answer):
                answer = event
            else:
                progress.note("writing")
    if options.json:
        say_json(answer.to_dict())
    else:
        say(str(answer))
        for hit in () if answer.answered else answer.hits[:3]:
            say(f"\n- {hit.article.title}\n  {' '.join(hit.passage.text.split())}")
    for warning in answer.warnings:
        say(f"kotae: {warning}" if answer.failure else f"note: {warning}", to=sys.stderr)
    return EXIT_ERROR if answer.failure else 0


def _search(options: argparse.Namespace) -> int:
    with ProgressLine() as progress:
        bot = _open(options, progress)
        hits = bot.search(options.question, options.k, filters=_filters(options))
    if options.json:
        say_json([hit.to_dict() for hit in hits])
        return 0
    if not hits:
        say("nothing found")
    for number, hit in enumerate(hits, start=1):
        parts = ", ".join(f"{name} {value:.3f}" for name, value in hit.parts.items())
        date = f", {hit.article.date}" if hit.article.date else ""
        say(f"{number}. {hit.article.title} ({hit.article.id}{date})")
        say(f"   score {hit.score:.3f} = {parts}")
        say(f"   {' '.join(hit.passage.text.split())}")
    return 0


def _chat(options: argparse.Namespace) -> int:
    from index.home import Home
    from ui.page_settings import LOOPBACK, PageSettings
    from ui.server import serve

    settings = PageSettings(
        host=options.host,
        port=options.port,
        users=options.users,
        proxy_header=options.proxy_header,
        proxy_from=tuple(options.proxy_from) or LOOPBACK,
        root_path=options.root_path,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
    )
    Home(Settings.from_environment(home=options.home).home).live  # noqa: B018  (raises NoIndex before anything is served)
    address: list[str] = []
    with ProgressLine() as line:

        def open_bot(report: Any) -> Any:
            def progress(step: Any) -> None:
                if address:  # not before: what is wrong with the settings is known before the first step
                    say(f"Kotae is at {address.pop()} (Ctrl-C ends it)")
                line(step)
                report(step)

            bot = _open(options, progress)
            progress(Progress(label="loading the models"))
            bot.warm_up()
            return bot

        serve(open_bot, settings, ready=address.append)
    return 0


def _users(options: argparse.Namespace) -> int:
    import getpass

    from ui.users import add_user

    password = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    add_user(options.file, options.name, password)
    say(f"{options.name} may use the chat window now: `kotae chat --users {options.file}`")
    return 0


def _models(options: argparse.Namespace) -> int:
    from rag.chatbot import open_dictionary, open_embedder
    from rag.model import describe_models, open_chat_model

    settings = Settings.from_environment(home=options.home)
    with ProgressLine() as progress:
        if options.prepare:
            open_embedder(settings, progress)
            open_dictionary(settings, progress)
            open_chat_model(settings, progress)
        described = describe_models(settings, recompute=options.verify, progress=progress)
    for model in described:
        say(f"{model.name} ({model.kind})")
        say(f"  {'ready' if model.ready else 'not ready'}: {model.source}")
        say(f"  from {model.origin}")
        say(f"  {model.size / 1e6:,.1f} MB, licence {model.licence}, SHA-256 {model.digest or 'unknown'}")
    return 0 if all(model.ready for model in described) or not options.verify else EXIT_ERROR


def _doctor(options: argparse.Namespace) -> int:
    from rag.doctor import examine, repair

    settings = Settings.from_environment(home=options.home)
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


def _open(options: argparse.Namespace, progress: ProgressCallback) -> Any:
    from rag.chatbot import Chatbot

    return Chatbot.open(options.home, progress=progress)


def _filters(options: argparse.Namespace) -> Any:
    from rag.retrieve import Filters

    return Filters(
        languages=tuple(options.articles_in),
        article_ids=tuple(options.article),
        sources=tuple(options.source),
        date_from=options.date_from,
        date_to=options.date_to,
    )


def _path(text: str) -> Path:
    if not text:  # an unset variable in a script: Path("") would be the current folder
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(text)


def _date(text: str) -> str:
    """A date as articles have it: 2025, 2025-11 or 2025-11-03; "" where none was given."""
    if not text:
        return ""
    parts = text.split("-")
    try:
        if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
            datetime.date(int(parts[0]), *(int(part) for part in [*parts[1:], "01", "01"][:2]))
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a date: write it as 2025-11-03, 2025-11 or 2025")


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535; 0 takes any free one)")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
