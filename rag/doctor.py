"""Looks whether everything that Kotae needs is there and agrees, without changing anything; repairs when asked to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.article import LANGUAGES, Language
from index.build import IndexReport, repair_index
from index.embed import Elsewhere
from index.errors import KotaeError, StoreError
from index.fingerprint import check_fingerprint
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.progress import ProgressCallback, nobody
from index.server import Server
from index.server_store import open_store
from index.space import Space
from index.store import PassageStore, lost
from index.vectors import VECTORS, check_vectors
from rag.chatbot import open_embedder
from rag.model import describe_models
from rag.settings import Settings

_AGAIN = "make them again with `kotae doctor --repair`, or `kotae index --rebuild`"
_EMBEDDER = "the one the index was built with"
_SLICE = 1000  # vectors read at a time
_DRIFT = 1e-3  # how far a vector in Chroma may be from the manifest's: it stores them scaled to unit length


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at: `ok`, and in one line what was seen or what is wrong and how to mend it."""

    name: str
    ok: bool
    message: str


def repair(settings: Settings, progress: ProgressCallback = nobody) -> IndexReport:
    """Makes the index anew beside the damaged one, from what is left of it (see `index.build.repair_index`)."""
    home = settings.place
    if not home.names():
        home.live  # noqa: B018  (says that there is nothing to repair)
    return repair_index(home, open_embedder(settings, progress), progress=progress)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, models first. Reads, never repairs; loads no model."""
    for model in describe_models(settings):
        yield Finding(name=f"model {model.name}", ok=model.ready, message=model.source)
    home = settings.place
    if home.server:
        where = f"{home.server.url} answers, tenant {home.server.tenant!r}, database {home.server.database!r}"
        yield _attempt("chroma server", where, home.server.check)
    try:
        folder = home.live
    except KotaeError as error:
        yield Finding(name="index", ok=False, message=str(error))
        return
    try:
        manifest = Manifest.open(folder / "manifest.sqlite3")
        articles, passages = manifest.count()
        ids = manifest.passage_ids()
    except KotaeError as error:
        yield Finding(name="manifest", ok=False, message=str(error))
        return
    yield Finding(name="index", ok=passages > 0, message=f"{articles} articles, {passages} passages in {folder}")
    yield _attempt("embedder", _EMBEDDER, lambda: _check_embedder(manifest, settings))
    yield _attempt("manifest", "every article and vector can be read", lambda: _check_manifest(manifest))
    fine = f"every passage has its vector{f' on {home.server}' if home.server else ''}"
    yield _attempt("chroma", fine, lambda: _check_chroma(folder, manifest, ids, home.server))
    yield _attempt("words", "every passage is in the word index", lambda: _check_words(folder, ids))
    yield _attempt("space", "the shape of the vectors is known", lambda: Space.open(folder / "space.npz"))
    passage_ids = [passage_id for passage_id, _ in ids]
    yield _attempt(
        "vectors",
        "the copies that searches compare are the manifest's",
        lambda: check_vectors(folder / VECTORS, passage_ids, manifest.vectors),
    )
    manifest.close()


def _attempt(name: str, fine: str, check: Callable[[], object]) -> Finding:
    """What is wrong, or what the check has to say in words, `fine` where it has nothing."""
    try:
        said = check()
    except KotaeError as error:
        return Finding(name=name, ok=False, message=str(error))
    return Finding(name=name, ok=True, message=said if isinstance(said, str) else fine)


def _check_embedder(manifest: Manifest, settings: Settings) -> str:
    embedder = open_embedder(settings)
    check_fingerprint(manifest, embedder)
    return f"{_EMBEDDER}, {embedder.about()}" if isinstance(embedder, Elsewhere) else _EMBEDDER


def _check_manifest(manifest: Manifest) -> None:
    manifest.check()
    dimension = manifest.fingerprint.get("dimension", "")
    manifest.check_vectors(int(dimension) if dimension.isdigit() else 0)


def _check_chroma(folder: Path, manifest: Manifest, ids: Sequence[tuple[str, Language]], server: Server | None) -> None:
    """Every vector can be found, none is there that should not be, and each is the manifest's."""
    store = open_store(folder, server)
    try:
        for language in LANGUAGES:
            expected = {passage_id for passage_id, of in ids if of == language}
            held = store.count(language)
            reached = store.reachable(max(held, len(expected)), language)
            missing = max(len(lost(expected - set(manifest.unlinked), reached, manifest.vectors)), len(expected) - held)
            strange = max(len(reached - expected), held - len(expected))
            if missing:
                raise StoreError(
                    f"{missing} of {len(expected)} {language!r} vectors cannot be found in {store.place}: {_AGAIN}"
                )
            if strange:
                raise StoreError(f"{strange} {language!r} vectors in {store.place} are of no passage: {_AGAIN}")
            wrong = sum(_changed(store, manifest, sorted(expected), language))
            if wrong:
                raise StoreError(
                    f"{wrong} of {len(expected)} {language!r} vectors in {store.place} are not those that were "
                    f"written: {_AGAIN}"
                )
    finally:
        store.close()


def _changed(store: PassageStore, manifest: Manifest, ids: Sequence[str], language: Language) -> Iterator[int]:
    """For each slice, how many vectors differ from the manifest's; a damaged manifest is found elsewhere."""
    for start in range(0, len(ids), _SLICE):
        some = ids[start : start + _SLICE]
        held = store.vectors(some, language)
        try:
            written = manifest.vectors(some)
        except StoreError:
            continue
        yield sum(
            one not in held or held[one].shape != vector.shape or bool(abs(held[one] - vector).max() > _DRIFT)
            for one, vector in zip(some, written, strict=True)
        )


def _check_words(folder: Path, ids: Sequence[tuple[str, Language]]) -> None:
    words = LexicalIndex.open(folder / "words")
    words.terms()
    if list(words.passage_ids) != [passage_id for passage_id, _ in ids]:
        raise StoreError(
            f"the word index in {str(folder)!r} holds other passages than the manifest: run `kotae index --rebuild`"
        )
