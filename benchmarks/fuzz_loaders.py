"""Fuzzes the readers of files, guided by the branches that each input reaches.

    pip install atheris
    python benchmarks/fuzz_loaders.py [--minutes 10] [--corpus build/fuzz] [--input FILE]

The first byte of an input names the kind, the rest is the file, or one part of a packed one, which is then packed
again: a damaged archive hardly ever comes past its checksums. Marked-up files go through what the reader's process
does with them, text and rows through `read_articles`. Reading must end within `SECONDS`, in bounded memory, with
articles or a reason in one line. Inputs that reach something new stay in the corpus, so the next run goes on from
them; one that fails ends the run and stays there as `crash-*`, `timeout-*` or `oom-*`: `--input` reads it once more.
Reasons that begin "cannot be read" (a library met what it did not expect) are printed the first time.
"""

import argparse
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

SECONDS = 20  # for one input of at most LARGEST bytes
LARGEST = 20_000  # bytes of an input
MEMORY = 3000  # MB of this process
# Besides the readers: the Python that they lean on. What is in C is run, but says nothing of its branches.
INSTRUMENTED = ("index", "email", "zipfile", "yaml")
PARTS = (
    (".docx", "word/document.xml"),
    (".docx", "word/styles.xml"),
    (".epub", "META-INF/container.xml"),
    (".epub", "OPS/book.opf"),
    (".epub", "OPS/text/c0.xhtml"),
)
PLAIN = {
    ".md": "---\ntitle: 題\ndate: 2025-11-03\n---\n# 見出し\n\n本文。".encode(),
    ".txt": "本文。".encode("cp932"),
    ".jsonl": '{"id": "a", "text": "本文", "date": "令和7年"}\n{"text": 1}'.encode(),
    ".csv": '見出し,本文,公開日\n題,"本文\n""引用""",2025-11-03\n'.encode(),
    ".tsv": b"id\ttext\nx\ta\n",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--corpus", type=Path, default=Path("build/fuzz"), help="folder of inputs, read and added to")
    parser.add_argument("--input", type=Path, default=None, help="read this input alone, outside the fuzzer")
    options = parser.parse_args()
    if options.input:
        read_one(options.input.read_bytes(), kinds(Path(tempfile.mkdtemp())))
        return
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris (it has wheels for Linux)")
    with tempfile.TemporaryDirectory() as folder:
        with atheris.instrument_imports(include=list(INSTRUMENTED)):
            readers = kinds(Path(folder))
            samples = seeds()
            for sample in samples:
                read_one(sample, readers)  # loads what each kind loads when it is first met
        options.corpus.mkdir(parents=True, exist_ok=True)
        for number, sample in enumerate(samples):
            (options.corpus / f"seed-{number}").write_bytes(sample)
        settings = {
            "max_total_time": round(60 * options.minutes), "max_len": LARGEST, "timeout": SECONDS,
            "rss_limit_mb": MEMORY, "artifact_prefix": f"{options.corpus}/", "print_final_stats": 1,
        }  # fmt: skip
        arguments = [sys.argv[0], *(f"-{name}={value}" for name, value in settings.items()), str(options.corpus)]
        atheris.Setup(arguments, lambda data: read_one(data, readers))
        atheris.Fuzz()


def kinds(folder: Path) -> list[Callable[[bytes], None]]:
    """What reads an input of each kind; `folder` is for files of text and rows. Each raises for what must not be."""
    from tests.test_fuzz import SAMPLES

    return [
        *(partial(marked, suffix) for suffix in sorted(SAMPLES)),
        *(partial(in_archive, suffix, SAMPLES[suffix], part) for suffix, part in PARTS),
        *(partial(plain, folder / f"fuzz{suffix}") for suffix in PLAIN),
    ]


def seeds() -> list[bytes]:
    """One whole input of each kind, in the order of `kinds`."""
    from tests.test_fuzz import SAMPLES

    contents = [SAMPLES[suffix] for suffix in sorted(SAMPLES)]
    for suffix, part in PARTS:
        with zipfile.ZipFile(io.BytesIO(SAMPLES[suffix])) as archive:
            contents.append(archive.read(part))
    return [bytes([kind]) + content for kind, content in enumerate([*contents, *PLAIN.values()])]


def read_one(data: bytes, readers: list[Callable[[bytes], None]]) -> None:
    """Reads an input: the kind, then the content."""
    if data:
        readers[data[0] % len(readers)](data[1:])


def marked(suffix: str, data: bytes) -> None:
    """What the reader's process does with a file, without its limits."""
    from index.reader import MEMORY as ALLOWED
    from index.reader import _answer

    answers = io.BytesIO()
    _answer(answers, suffix, data, ALLOWED)
    *found, end = map(json.loads, answers.getvalue().splitlines())
    assert end["kind"] == "end"
    assert {one["kind"] for one in found} <= {"article", "passed"}
    assert "\n" not in end["refused"]
    if end["refused"].startswith("cannot be read ("):
        tell(suffix, end["refused"])


def plain(path: Path, data: bytes) -> None:
    """Reads a file of text or rows as the index does."""
    from index.errors import ArticleError
    from index.read import LocatedArticle, read_articles

    path.write_bytes(data)
    with suppress(ArticleError):
        for found in read_articles(path):
            if isinstance(found, LocatedArticle):
                found.article.text.encode("utf-8", "strict")
            else:
                assert "\n" not in found.reason


def in_archive(suffix: str, sample: bytes, part: str, data: bytes) -> None:
    """Reads the sample with this in the place of one of its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            new.writestr(info.filename, data if info.filename == part else old.read(info))
    marked(suffix, made.getvalue())


_told: set[tuple[str, str]] = set()


def tell(suffix: str, reason: str) -> None:
    """Prints a reason the first time that its kind of error is met."""
    what = (suffix, reason.partition(":")[0])
    if what not in _told:
        _told.add(what)
        print(f"{suffix} {reason}", flush=True)


if __name__ == "__main__":
    main()
