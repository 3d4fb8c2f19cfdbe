"""The command line: `kotae` and its commands, of which the larger have files of their own. Holds no logic of its own.

Results go to standard output, everything else to standard error. Exit status: 0 done, 1 a KotaeError, 2 wrong usage.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from index.errors import KotaeError
from index.progress import Progress
from rag.settings import Settings
from ui.arguments import add_place, open_bot, path, port, settings_of
from ui.ask_command import add_ask_arguments, add_search_arguments, run_ask, run_search
from ui.doctor_command import add_arguments as add_doctor
from ui.doctor_command import run as run_doctor
from ui.eval_command import add_arguments as add_eval
from ui.eval_command import run as run_eval
from ui.index_command import add_arguments as add_index
from ui.index_command import run as run_index
from ui.move_commands import add_export_arguments, add_import_arguments, run_export, run_import
from ui.terminal import ProgressLine, say

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
        add_place(made, collection=name not in ("users", "models"))
        made.set_defaults(run=run)
        return made

    add_index(command("index", run_index, "Read articles and make them searchable."))
    add_ask_arguments(command("ask", run_ask, "Answer a question, with the sentences behind the answer."))
    add_search_arguments(command("search", run_search, "Show the passages found for a question, and why."))

    chat = command("chat", _chat, "Open the chat window.")
    chat.add_argument("--host", default="127.0.0.1", metavar="H", help="address to serve on (default: 127.0.0.1)")
    chat.add_argument("--port", type=port, default=7860, metavar="P", help="port to serve on (default: 7860)")
    chat.add_argument("--users", type=path, metavar="FILE", help="who may use it: a file that `kotae users` writes")
    chat.add_argument("--proxy-header", default="", metavar="NAME", help="header in which a proxy names the user")
    chat.add_argument(
        "--proxy-from", action="append", default=[], metavar="IP", help="address of that proxy (default: this machine)"
    )
    chat.add_argument("--root-path", default="", metavar="PATH", help="path under which a proxy shows the page")
    chat.add_argument("--tls-cert", type=path, metavar="FILE", help="certificate to serve https with (PEM)")
    chat.add_argument("--tls-key", type=path, metavar="FILE", help="its key (PEM)")

    users = command("users", _users, "Add a user of the chat window to a file, or change a password.")
    users.add_argument("file", type=path, metavar="FILE")
    users.add_argument("name", metavar="NAME")

    add_eval(command("eval", run_eval, "Measure answers against a gold set of questions."))

    models = command("models", _models, "List the models: where each comes from, its size, licence and digest.")
    models.add_argument("--verify", action="store_true", help="read every file again and compare the digests")
    models.add_argument("--prepare", action="store_true", help="put the models in place now instead of at first use")

    add_export_arguments(command("export", run_export, "Write an index as one archive, to keep or to move."))
    add_import_arguments(command("import", run_import, "Make an index of an archive that `kotae export` wrote."))
    add_doctor(command("doctor", run_doctor, "Check that models and index are whole."))
    return parser


def _chat(options: argparse.Namespace) -> int:
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
    settings_of(options).place.live  # noqa: B018  (raises NoIndex before anything is served)
    address: list[str] = []
    with ProgressLine() as line:

        def opened(report: Any) -> Any:
            def progress(step: Any) -> None:
                if address:  # not before: what is wrong with the settings is known before the first step
                    say(f"Kotae is at {address.pop()} (Ctrl-C ends it)")
                line(step)
                report(step)

            bot = open_bot(options, progress)
            progress(Progress(label="loading the models"))
            bot.warm_up()
            return bot

        serve(opened, settings, ready=address.append)
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


if __name__ == "__main__":
    sys.exit(main())
