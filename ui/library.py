"""The articles that come in through the page: kept in HOME/uploads and indexed like any other folder. Knows no HTML.

A file is on the disk before it is indexed, under a name that no other upload can take at the same time, and indexing
reads the whole folder: with two tabs at once nothing is lost, the later run takes in what the earlier one missed.
"""

import os
import re
import tempfile
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.article import Article
from index.build import IndexReport
from index.catalogue import Entry, text_digest
from index.errors import ArticleError, IndexBusy
from index.formats import SUFFIXES
from index.progress import Progress, ProgressCallback
from index.read import FileNote, read_articles
from ui.turns import Keeper

LARGEST_FILE = 32 * 1024 * 1024  # bytes of one upload
REASONS = 5  # parts of a file of which it is said why they were refused
PATIENCE = 120.0  # seconds to wait for another writer

_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


@dataclass(frozen=True, kw_only=True)
class Received:
    """What became of one file. `titles` of the articles in it; `duplicate_of` names the article with the same text.

    `refused` says why parts of it became no article, the first of them.
    """

    name: str
    titles: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    renamed: bool = False
    duplicate_of: str = ""
    problem: str = ""

    @property
    def kept(self) -> bool:
        """Whether it is in the folder now."""
        return not self.problem and not self.duplicate_of


class Library:
    """Adds and removes uploads. Methods may be called from any thread."""

    def __init__(self, bot: Keeper) -> None:
        self._bot = bot
        self._folder = bot.settings.place.uploads
        self._writing = threading.Lock()

    def receive(self, name: str, data: bytes) -> Received:
        """Keeps a file after reading it as the index will. Nothing is searchable before `index`."""
        name = fitting(name)
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=self._folder) as incoming:
            path = Path(incoming, name)
            try:
                path.write_bytes(data)
                articles, refused = _read(path)
            except (ArticleError, OSError) as error:
                return Received(name=name, problem=str(error).replace(f"{incoming}{os.sep}", ""))
            with self._writing:
                received = self._keep(path, articles)
            reasons = tuple(reason.replace(f"{incoming}{os.sep}", "") for reason in refused[:REASONS])
            return replace(received, refused=reasons)

    def index(self, progress: ProgressCallback) -> IndexReport:
        """Makes what is in the folder searchable. Waits for other writers up to PATIENCE, then raises IndexBusy."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self._bot.index([self._folder], progress=progress)
            except IndexBusy:
                if time.monotonic() > until:
                    raise
                progress(Progress(label="wait"))
                time.sleep(0.3)

    def remove(self, article_id: str, progress: ProgressCallback) -> str:
        """Takes an uploaded article out, and says its title. Raises ArticleError for one that was not uploaded here."""
        entries = {entry.id: entry for entry in self._bot.articles()}
        entry = entries.get(article_id)
        if entry is None:
            raise ArticleError(f"there is no article {article_id!r}: reload the list")
        if not self.owns(entry):
            raise ArticleError(
                f"{entry.title!r} was indexed from {entry.path!r}, not uploaded here: "
                "move that file away and run `kotae index` again"
            )
        if len(entries) == 1:
            raise ArticleError(f"{entry.title!r} is the only article: add another one before you remove it")
        others = [other.title for other in entries.values() if other.path == entry.path and other.id != entry.id]
        if others:
            raise ArticleError(
                f"{entry.title!r} is one of {len(others) + 1} articles in {Path(entry.path).name!r}: "
                "upload the file without it under another name, then remove this one's file by hand"
            )
        Path(entry.path).unlink(missing_ok=True)
        self.index(progress)
        return entry.title

    def owns(self, entry: Entry) -> bool:
        """Whether the article came in through the page."""
        return Path(entry.root) == self._folder

    def _keep(self, path: Path, articles: Sequence[Article]) -> Received:
        """Moves a file that can be read into the folder, unless its text or its ids are there already."""
        known = self._bot.articles()
        titles = {entry.text_digest: entry.title for entry in known}
        titles.update(self._unindexed(known))
        same = [titles.get(text_digest(article.text)) for article in articles]
        if all(same):
            return Received(name=path.name, duplicate_of=str(same[0]))
        taken = {entry.id: entry.title for entry in known}
        stem, renamed = path.stem, False
        for number in range(2, 1000):
            own = articles[0].id == path.stem and len(articles) == 1
            clash = next((article.id for article in articles if article.id in taken), "")
            if clash and not own:
                return Received(
                    name=path.name, problem=f"the id {clash!r} belongs to {taken[clash]!r}: give the article another id"
                )
            if not clash:
                try:
                    os.link(path, self._folder / path.name)
                    return Received(name=path.name, titles=tuple(a.title for a in articles), renamed=renamed)
                except FileExistsError:
                    pass
            renamed = True
            path = path.rename(path.with_name(f"{stem} ({number}){path.suffix}"))
            articles = _articles(path)
        raise ArticleError(f"{stem!r} is there a thousand times: choose another name")

    def _unindexed(self, known: Sequence[Entry]) -> dict[str, str]:
        """Digest -> title of what another tab has just uploaded and nobody has indexed yet."""
        paths = {entry.path for entry in known}
        found = {}
        for path in self._folder.iterdir():
            if path.suffix.lower() in SUFFIXES and str(path) not in paths and path.is_file():
                found.update({text_digest(article.text): article.title for article in _articles(path)})
        return found


def _articles(path: Path) -> list[Article]:
    return _read(path)[0]


def _read(path: Path) -> tuple[list[Article], list[str]]:
    """What the index will read from the file, and why it will not read the rest. Raises ArticleError for nothing."""
    read = list(read_articles(path))
    articles = [found.article for found in read if not isinstance(found, FileNote)]
    reasons = [found.reason for found in read if isinstance(found, FileNote)]
    if not articles:
        raise ArticleError(reasons[0] if reasons else f"there is no text in {path.name!r}")
    return articles, reasons


def fitting(name: str) -> str:
    """A file name that every system takes, with the suffix it came with; no folder, not hidden, not too long."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    stem, dot, suffix = _UNFIT.sub(" ", name).strip(" .").rpartition(".")
    stem, suffix = (stem, suffix) if dot else (suffix, "")
    stem = " ".join(stem.split()) or "article"
    while len(stem.encode()) > 150:
        stem = stem[:-1]
    return f"{stem}.{suffix[:20].lower()}" if suffix else stem
