"""Articles to a live index: read, compare, write beside, switch; or repair from what the index itself holds.

Everything is read before anything is written, and written beside the live index before it takes its place: whatever
fails on the way leaves the index as it was. A file that cannot be read stops nothing: the report names it, and its
articles stay as they were read before. Knows nothing of questions.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from index.changes import IndexReport, Located, compare
from index.embed import TextEmbedder
from index.engine import Engine
from index.errors import NoIndex, StoreError
from index.fingerprint import check_fingerprint, fingerprint_of, made_with
from index.gather import gather, nothing_known, nothing_read, real_path
from index.home import Home
from index.inventory import check_files
from index.manifest import Manifest
from index.progress import ProgressCallback, nobody
from index.read import FileNote, LocatedArticle, has_articles
from index.server_store import lies_there, sweep
from index.writer import Writer

__all__ = ["PASSAGE_TOKENS", "IndexReport", "repair_index", "update_index"]

PASSAGE_TOKENS = 256  # of the embedder, without title and heading: four to eight sentences (docs/results.md)
_MANIFEST = "manifest.sqlite3"


def update_index(
    home: Home,
    embedder: TextEmbedder,
    paths: Sequence[Path],
    *,
    rebuild: bool = False,
    passage_tokens: int = PASSAGE_TOKENS,
    engine: Engine | None = None,
    progress: ProgressCallback = nobody,
) -> IndexReport:
    """Makes the index hold the articles under `paths`; articles once read from there and gone since are dropped.

    Articles of other paths stay. Without `paths`, those of earlier runs are read again. `rebuild` makes the index
    anew, of these paths only. `engine` splits and embeds in place of this process. Raises ArticleError when a path
    does not exist or nothing could be read, EmbedderMismatch, IndexBusy, StoreError; then nothing has changed.
    """
    began = time.monotonic()
    if not paths:
        known_roots(home)  # raises NoIndex before a folder is made for the lock
    with home.writing(), ExitStack() as opened:
        live = Manifest.open(home.live / _MANIFEST) if home.live_name and not rebuild else None
        if live:
            opened.callback(live.close)
            check_fingerprint(live, embedder)
        known = live.articles_of_file if live else nothing_known
        roots = list(dict.fromkeys(real_path(path) for path in paths))
        if roots:
            wanted, notes = gather(_filled(home, roots), known, progress)
        else:
            roots = known_roots(home)
            wanted, notes = gather(_filled(home, roots), known, progress, earlier=True)
        outdated = live is not None and not (
            fingerprint_of(embedder, passage_tokens).items() <= live.fingerprint.items()
            and lies_there(live.path.parent, home.server)
        )
        if live and outdated and paths:  # all is written anew: everything is read again, not only what was named
            others = [Path(root) for root in live.roots() if Path(root) not in roots]
            more, more_notes = gather(others, known, progress, earlier=True)
            wanted, notes, roots = {**more, **wanted}, notes + more_notes, roots + others
        if not wanted and home.uploads not in roots:
            raise nothing_read(notes)
        fresh = live is None or outdated
        changes = compare(live, wanted, roots, notes, fresh=fresh)
        if not changes:
            articles, passages = live.count() if live else (0, 0)
            return changes.report(embedded=0, articles=articles, passages=passages, seconds=time.monotonic() - began)
        with _generation(home, copy_live=not fresh) as folder:
            with Writer(
                folder, embedder, passage_tokens, progress,
                live=live, fresh=fresh, spool=home.spool, server=home.server, engine=engine,
            ) as writer:  # fmt: skip
                embedded = writer.apply(changes)
                articles, passages = writer.finish()
            home.publish(folder)
    return changes.report(embedded=embedded, articles=articles, passages=passages, seconds=time.monotonic() - began)


def repair_index(
    home: Home,
    embedder: TextEmbedder,
    *,
    passage_tokens: int = PASSAGE_TOKENS,
    progress: ProgressCallback = nobody,
) -> IndexReport:
    """Makes the index anew beside the damaged one, from the best that is left of it, and switches to it.

    From its own manifest when that is whole: nothing is read or, with the same embedder, embedded again. Else from
    the articles themselves, where they lie, with the vectors of the generation before. The damaged generation is kept
    as the one before. Raises StoreError when neither is left.
    """
    began = time.monotonic()
    with home.writing(), ExitStack() as opened:
        whole = [manifest for name in home.names() if (manifest := _whole(home, name, embedder, opened))]
        live = next((manifest for manifest in whole if manifest.path.parent.name == home.noted_live()), None)
        notes: list[FileNote] = []
        if live:
            wanted = held(live)
        else:
            roots = home.roots() or list(dict.fromkeys(Path(root) for manifest in whole for root in manifest.roots()))
            wanted, notes = gather(roots, nothing_known, progress, earlier=True)
            for manifest in reversed(whole):  # what lies nowhere any more is taken from the generation before
                wanted = {**held(manifest), **wanted}
        if not wanted:
            raise StoreError(
                f"nothing is left of the index in {str(home.folder)!r} to repair it from: "
                "make it again with `kotae index --rebuild PATH`"
            )
        source = live or next(iter(whole), None)
        same = source if source and made_with(source.fingerprint, embedder) else None
        report = write_anew(home, embedder, wanted, same, notes=notes, passage_tokens=passage_tokens, progress=progress)
    return replace(report, seconds=time.monotonic() - began)


def write_anew(
    home: Home,
    embedder: TextEmbedder,
    wanted: Mapping[str, Located],
    source: Manifest | None,
    *,
    notes: Sequence[FileNote] = (),
    passage_tokens: int = PASSAGE_TOKENS,
    last: Callable[[], None] = lambda: None,
    progress: ProgressCallback = nobody,
) -> IndexReport:
    """Makes a generation of exactly these articles, with the vectors that `source` has. Call while `home.writing`.

    `last` is called when all is written, before it goes live. Raises StoreError; then nothing has changed.
    """
    began = time.monotonic()
    changes = compare(None, wanted, [], notes, fresh=True)
    with _generation(home, copy_live=False) as folder:
        with Writer(
            folder, embedder, passage_tokens, progress,
            live=source, fresh=True, spool=home.spool, server=home.server,
        ) as writer:  # fmt: skip
            embedded = writer.apply(changes)
            articles, passages = writer.finish()
        last()
        home.publish(folder)
    return changes.report(embedded=embedded, articles=articles, passages=passages, seconds=time.monotonic() - began)


def undo_index(home: Home) -> IndexReport:
    """Makes the index as it was before the last change live again; the report says what that changes.

    The index that was live goes when the next one is written. Raises NoIndex, IndexBusy, or StoreError when there is
    no earlier one or it is damaged.
    """
    began = time.monotonic()
    with home.writing():
        now, earlier = home.live, home.generation(home.earlier)
        check_files(earlier)
        after = Manifest.open(earlier / _MANIFEST)
        digests, (articles, passages) = after.digests(), after.count()
        after.close()
        before = _digests(now)
        home.go_back()
    shared = before.keys() & digests.keys()
    unchanged = sum(before[key] == digests[key] for key in shared)
    return IndexReport(
        added=len(digests) - len(shared),
        changed=len(shared) - unchanged,
        removed=len(before) - len(shared),
        unchanged=unchanged,
        embedded=0,
        articles=articles,
        passages=passages,
        seconds=time.monotonic() - began,
    )


def _digests(generation: Path) -> dict[str, str]:
    """Article id -> digest, {} where the manifest cannot be read any more."""
    try:
        manifest = Manifest.open(generation / _MANIFEST)
    except StoreError:
        return {}
    try:
        return manifest.digests()
    except StoreError:
        return {}
    finally:
        manifest.close()


@contextmanager
def _generation(home: Home, *, copy_live: bool) -> Iterator[Path]:
    """A folder for the next generation, gone again if it has not been published."""
    folder = home.begin(copy_live=copy_live)
    try:
        _sweep_server(home)  # what a killed writer left
        yield folder
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot write the index in {str(home.folder)!r}: {error}: it is as it was") from error
    finally:
        home.discard(folder)
        with suppress(StoreError):  # what stays now, the next writer removes
            _sweep_server(home)


def _sweep_server(home: Home) -> None:
    """Removes from a server what belongs to generations that are gone."""
    if home.server:
        sweep(home.folder, [home.generation(name) for name in home.names()], home.server)


def _whole(home: Home, name: str, embedder: TextEmbedder, opened: ExitStack) -> Manifest | None:
    """The manifest of a generation when all of it can be read, else None."""
    try:
        manifest = Manifest.open(home.generation(name) / _MANIFEST)
        opened.callback(manifest.close)
        manifest.check()
        size = manifest.fingerprint.get("dimension", "")
        if made_with(manifest.fingerprint, embedder):
            manifest.check_vectors(int(size) if size.isdigit() else 0)
    except (StoreError, OSError):
        return None
    return manifest


def held(manifest: Manifest) -> dict[str, Located]:
    """Every article as a manifest holds it."""
    places, digests = manifest.places(), manifest.file_digests()
    found: dict[str, Located] = {}
    for article in manifest.all_articles():
        root, path = places[article.id]
        located = LocatedArticle(article=article, path=Path(path), file_digest=digests[article.id])
        found[article.id] = Located(Path(root), located)
    return found


def known_roots(home: Home) -> list[Path]:
    """The paths of earlier runs. Raises NoIndex when there were none."""
    if not home.live_name:
        raise NoIndex(f"{home.missing}: say what to index with `kotae index PATH{home.option}`")
    if noted := home.roots():
        return noted
    manifest = Manifest.open(home.live / _MANIFEST)
    try:
        return [Path(root) for root in manifest.roots()]
    finally:
        manifest.close()


def _filled(home: Home, roots: Sequence[Path]) -> list[Path]:
    """Without the uploads when the last of them was taken out; any other folder without articles is a mistake."""
    return [root for root in roots if root != home.uploads or has_articles(root)]
