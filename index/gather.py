"""Paths to articles: everything under them is read, the first of doubles is taken, what gave nothing is noted.

Knows nothing of what an index holds already but the articles of files that have not changed.
"""

from collections.abc import Sequence
from pathlib import Path

from index.article import Article
from index.changes import Located
from index.errors import ArticleError
from index.place import address_of, local, place
from index.progress import Progress, ProgressCallback
from index.read import FileNote, Known, LocatedArticle, read_articles


def real_path(path: Path) -> Path:
    """Absolute, without links. Raises ArticleError for a path that cannot be followed."""
    path = local(path)
    if address_of(path):
        return path
    try:
        return path.expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a circle of links, `~nobody`, a zero byte
        raise ArticleError(f"cannot follow the path {str(path)!r} ({error}): check it") from error


def nothing_known(*_: object) -> Sequence[Article]:
    """What a new index knows of any file."""
    return ()


def gather(
    roots: Sequence[Path], known: Known, progress: ProgressCallback, *, earlier: bool = False
) -> tuple[dict[str, Located], list[FileNote]]:
    """Id -> article under `roots`, and the files that gave none.

    `earlier`: the paths were named in earlier runs, so one that cannot be read is a note. Raises ArticleError else.
    """
    found: dict[str, Located] = {}
    notes: list[FileNote] = []
    for root in roots:
        try:
            for item in read_articles(root, known):
                if isinstance(item, FileNote):
                    notes.append(item)
                    continue
                other = found.get(item.article.id)
                if other and (other.located.path != item.path or other.root == root):
                    notes.append(_double(other.located, item))
                    continue
                found.setdefault(item.article.id, Located(root, item))
                if len(found) % 100 == 0:
                    progress(Progress(label="read", done=len(found), unit="articles"))
        except ArticleError as error:
            if not earlier:
                raise
            notes.append(FileNote(path=root, outcome="refused", reason=str(error)))
    if found:
        progress(Progress(label="read", done=len(found), total=len(found), unit="articles"))
    return found, list(dict.fromkeys(notes))


def _double(first: LocatedArticle, second: LocatedArticle) -> FileNote:
    reason = (
        f"two articles have the id {first.article.id!r}: {place(first.path)!r} and {place(second.path)!r}: "
        "the second is left out until one of them has another id"
    )
    return FileNote(path=second.path, outcome="refused", reason=reason)


def nothing_read(notes: Sequence[FileNote]) -> ArticleError:
    """The error that there is no article at all, with the first reason."""
    refused = [note for note in notes if note.outcome == "refused"]
    if len(refused) == 1:
        return ArticleError(refused[0].reason)
    return ArticleError(f"none of {len(refused)} files could be read; the first: {refused[0].reason}")
