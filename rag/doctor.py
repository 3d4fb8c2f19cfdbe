"""Looks whether everything that Kotae needs is there and agrees, without changing anything."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.article import LANGUAGES, Language
from index.errors import KotaeError, StoreError
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.space import Space
from index.store import PassageStore
from index.writer import check_fingerprint
from rag.chatbot import open_embedder
from rag.model import describe_models
from rag.settings import Settings

_SLICE = 1000  # vectors read at a time


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at: `ok`, and in one line what was seen or what is wrong and how to mend it."""

    name: str
    ok: bool
    message: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, models first. Reads, never repairs; loads no model."""
    for model in describe_models(settings):
        yield Finding(name=f"model {model.name}", ok=model.ready, message=model.source)
    home = Home(settings.home)
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
    yield _attempt(
        "embedder", "the one the index was built with", lambda: check_fingerprint(manifest, open_embedder(settings))
    )
    yield _attempt("manifest", "every article and vector can be read", lambda: _check_manifest(manifest, ids))
    yield _attempt("chroma", "every passage has its vector", lambda: _check_chroma(folder, ids))
    yield _attempt("words", "every passage is in the word index", lambda: _check_words(folder, ids))
    yield _attempt("space", "the shape of the vectors is known", lambda: Space.open(folder / "space.npz"))
    manifest.close()


def _attempt(name: str, fine: str, check: Callable[[], object]) -> Finding:
    try:
        check()
    except KotaeError as error:
        return Finding(name=name, ok=False, message=str(error))
    return Finding(name=name, ok=True, message=fine)


def _check_manifest(manifest: Manifest, ids: Sequence[tuple[str, Language]]) -> None:
    digests = manifest.digests()
    for article in manifest.all_articles():
        if article.digest != digests[article.id]:
            raise StoreError(
                f"the manifest {str(manifest.path)!r} is damaged (article {article.id!r} is not as it was written): "
                "make the index again with `kotae index --rebuild PATH`"
            )
    for start in range(0, len(ids), _SLICE):
        manifest.vectors([passage_id for passage_id, _ in ids[start : start + _SLICE]])


def _check_chroma(folder: Path, ids: Sequence[tuple[str, Language]]) -> None:
    store = PassageStore.open(folder / "chroma")
    try:
        for language in LANGUAGES:
            expected = {passage_id for passage_id, of in ids if of == language}
            missing = expected - store.reachable(len(expected), language)
            if missing:
                raise StoreError(
                    f"{len(missing)} of {len(expected)} {language!r} vectors cannot be found in {str(store.folder)!r}: "
                    "make them again with `kotae index --rebuild`"
                )
    finally:
        store.close()


def _check_words(folder: Path, ids: Sequence[tuple[str, Language]]) -> None:
    words = LexicalIndex.open(folder / "words")
    words.terms()
    if list(words.passage_ids) != [passage_id for passage_id, _ in ids]:
        raise StoreError(
            f"the word index in {str(folder)!r} holds other passages than the manifest: run `kotae index --rebuild`"
        )
