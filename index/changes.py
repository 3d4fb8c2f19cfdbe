"""What must be done to an index so that it holds what was read, and what became of it. Writes nothing."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.article import Article
from index.manifest import Manifest
from index.place import place
from index.read import FileNote, LocatedArticle


@dataclass(frozen=True, kw_only=True)
class IndexReport:
    """What an indexing run did. `articles` and `passages` count the whole index afterwards; `seconds` of wall time.

    `replaced` names articles whose id came from another file before: (id, the file before, the file now).
    `notes` are the files that gave no article, and why; `kept` articles of such files stay as they were read before.
    """

    added: int
    changed: int
    removed: int
    unchanged: int
    embedded: int
    articles: int
    passages: int
    seconds: float
    replaced: tuple[tuple[str, str, str], ...] = field(default=())
    notes: tuple[FileNote, ...] = field(default=())
    kept: int = 0


@dataclass(frozen=True)
class Located:
    """An article to be in the index: from which of the paths that were asked for, and from which file."""

    root: Path
    located: LocatedArticle

    @property
    def article(self) -> Article:
        return self.located.article


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What must be done to an index so that it holds what is wanted."""

    new: tuple[Located, ...]  # to be split, embedded and stored
    moved: tuple[Located, ...]  # unchanged, read from elsewhere
    gone: tuple[str, ...]
    added: int
    unchanged: int
    kept: int
    replaced: tuple[tuple[str, str, str], ...]
    notes: tuple[FileNote, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.moved or self.gone)

    def report(self, *, embedded: int, articles: int, passages: int, seconds: float) -> IndexReport:
        """The report, when all of it has been done."""
        return IndexReport(
            added=self.added,
            changed=len(self.new) - self.added,
            removed=len(self.gone),
            unchanged=self.unchanged,
            embedded=embedded,
            articles=articles,
            passages=passages,
            seconds=seconds,
            replaced=self.replaced,
            notes=self.notes,
            kept=self.kept,
        )


def compare(
    live: Manifest | None,
    wanted: Mapping[str, Located],
    roots: Sequence[Path],
    notes: Sequence[FileNote],
    *,
    fresh: bool,
) -> Changes:
    """What is new, moved and gone. Articles of files that could not be read this time stay as they are.

    `fresh`: everything is written anew; what is kept then comes from `live` too.
    """
    before = live.digests() if live else {}
    places = live.places() if live else {}
    file_digests = live.file_digests() if live else {}
    asked = {place(root) for root in roots}
    refused = {place(note.path) for note in notes if note.outcome == "refused"}
    missing = [key for key, (root, _) in places.items() if root in asked and key not in wanted]
    kept = {key for key in missing if _under(places[key][1], refused)}
    every = dict(wanted)
    if fresh and live:
        for key, article in live.articles(kept).items():
            root, path = places[key]
            located = LocatedArticle(article=article, path=Path(path), file_digest=file_digests[key])
            every[key] = Located(Path(root), located)
    new = [item for key, item in every.items() if fresh or before.get(key) != item.article.digest]
    moved, replaced = [], []
    for key, item in wanted.items():
        now = (place(item.root), place(item.located.path))
        if key in places and (places[key] != now or file_digests[key] != item.located.file_digest):
            moved.append(item)
            if places[key][1] != now[1]:
                replaced.append((key, places[key][1], now[1]))
    return Changes(
        new=tuple(new),
        moved=tuple(moved),
        gone=tuple(key for key in missing if key not in kept),
        added=sum(item.article.id not in before for item in new),
        unchanged=len(every) - len(new),
        kept=len(kept),
        replaced=tuple(replaced),
        notes=tuple(notes),
    )


def _under(path: str, refused: set[str]) -> bool:
    """Whether a file, or a folder that it lies in, is among those that could not be read."""
    while path not in refused:
        parent = os.path.dirname(path)
        if parent == path:
            return False
        path = parent
    return True
