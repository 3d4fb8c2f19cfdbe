"""Articles to a live index: read, compare, split, embed, store, switch. Knows nothing of questions.

Everything is read before anything is written, and written beside the live index before it takes its place: whatever
fails on the way leaves the index as it was.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import words
from index.article import LANGUAGES, Article, Language, Passage
from index.embed import TextEmbedder
from index.errors import ArticleError, EmbedderMismatch, NoIndex, StoreError
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.progress import Progress, ProgressCallback, nobody
from index.read import LocatedArticle, has_articles, read_articles
from index.space import Space, Vector, measure, question_means
from index.split import SPLITTER_VERSION, split_article
from index.store import PassageStore

PASSAGE_TOKENS = 256  # of the embedder, without title and heading: four to eight sentences (docs/results.md)
_BATCH = 1024  # passages embedded, then written, at a time: bounds the memory


@dataclass(frozen=True, kw_only=True)
class IndexReport:
    """What an indexing run did. `articles` and `passages` count the whole index afterwards; `seconds` of wall time.

    `replaced` names articles whose id came from another file before: (id, the file before, the file now).
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


@dataclass(frozen=True)
class _Located:
    """An article to be in the index: from which of the paths that were asked for, and from which file."""

    root: Path
    located: LocatedArticle

    @property
    def article(self) -> Article:
        return self.located.article


def update_index(
    home: Home,
    embedder: TextEmbedder,
    paths: Sequence[Path],
    *,
    rebuild: bool = False,
    passage_tokens: int = PASSAGE_TOKENS,
    progress: ProgressCallback = nobody,
) -> IndexReport:
    """Makes the index hold the articles under `paths`; articles once read from there and gone since are dropped.

    Articles of other paths stay. Without `paths`, those of earlier runs are read again. `rebuild` makes the index
    anew, of these paths only. Raises ArticleError, EmbedderMismatch, IndexBusy, StoreError; then nothing has changed.
    """
    began = time.monotonic()
    with home.writing(), ExitStack() as opened:
        roots = list(dict.fromkeys(_real(path) for path in paths)) or _known_roots(home)
        # The last upload may be taken out again; any other folder without articles is a mistake.
        wanted = _read([root for root in roots if root != home.uploads or has_articles(root)], progress)
        live = Manifest.open(home.live / "manifest.sqlite3") if home.live_name and not rebuild else None
        if live:
            opened.callback(live.close)
            check_fingerprint(live, embedder)
        outdated = live is not None and not _fingerprint(embedder, passage_tokens).items() <= live.fingerprint.items()
        if live and outdated and paths:  # cut differently now: everything is read again, not only what was named
            others = [Path(root) for root in live.roots() if Path(root) not in roots]
            wanted = {**_read(others, progress), **wanted}
            roots += others
        fresh = live is None or outdated
        changes = _compare(live, wanted, roots, fresh=fresh)
        if not changes:
            articles, passages = live.count() if live else (0, 0)
            return changes.report(embedded=0, articles=articles, passages=passages, seconds=time.monotonic() - began)
        folder = home.begin(copy_live=not fresh)
        try:
            with _Writer(folder, embedder, passage_tokens, progress, live=live, fresh=fresh) as writer:
                embedded = writer.apply(changes)
                articles, passages = writer.finish()
            home.publish(folder)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"cannot write the index in {str(home.folder)!r}: {error}: it is as it was") from error
        finally:
            home.discard(folder)
    return changes.report(embedded=embedded, articles=articles, passages=passages, seconds=time.monotonic() - began)


@dataclass(frozen=True, kw_only=True)
class _Changes:
    """What must be done to an index so that it holds what is wanted."""

    new: tuple[_Located, ...]  # to be split, embedded and stored
    moved: tuple[_Located, ...]  # unchanged, read from elsewhere
    gone: tuple[str, ...]
    added: int
    unchanged: int
    replaced: tuple[tuple[str, str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.moved or self.gone)

    def report(self, *, embedded: int, articles: int, passages: int, seconds: float) -> IndexReport:
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
        )


def _compare(live: Manifest | None, wanted: dict[str, _Located], roots: Sequence[Path], *, fresh: bool) -> _Changes:
    before = live.digests() if live else {}
    places = live.places() if live else {}
    asked = {str(root) for root in roots}
    new = [item for key, item in wanted.items() if fresh or before.get(key) != item.article.digest]
    moved, replaced = [], []
    for key, item in wanted.items():
        place = (str(item.root), str(item.located.path))
        if key in places and places[key] != place:
            moved.append(item)
            if places[key][1] != place[1]:
                replaced.append((key, places[key][1], place[1]))
    return _Changes(
        new=tuple(new),
        moved=tuple(moved),
        gone=tuple(key for key, (root, _) in places.items() if root in asked and key not in wanted),
        added=sum(item.article.id not in before for item in new),
        unchanged=len(wanted) - len(new),
        replaced=tuple(replaced),
    )


class _Writer:
    """Brings one generation, not live yet, to a set of articles."""

    def __init__(
        self,
        folder: Path,
        embedder: TextEmbedder,
        passage_tokens: int,
        progress: ProgressCallback,
        *,
        live: Manifest | None,
        fresh: bool,
    ) -> None:
        self._folder = folder
        self._embedder = embedder
        self._passage_tokens = passage_tokens
        self._progress = progress
        self._earlier = live.path.parent if live else None  # the generation to take vectors and terms from
        self._questions = (
            Space.open(self._earlier / "space.npz").questions if self._earlier else question_means(embedder)
        )
        manifest = folder / "manifest.sqlite3"
        self._manifest = Manifest.create(manifest) if fresh else Manifest.open(manifest, writable=True)
        self._known = live or self._manifest
        if fresh:
            made = {**_fingerprint(embedder, passage_tokens), "dimension": str(embedder.dimension)}
            self._manifest.set_fingerprint(made)
        # Last, because Chroma keeps an engine for the path until it is closed.
        self._store = PassageStore.create(folder / "chroma") if fresh else PassageStore.open(folder / "chroma")

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()
        self._manifest.close()

    def apply(self, changes: _Changes) -> int:
        """Writes what is new or changed and removes what is gone. How many passages had to be embedded."""
        for item in changes.moved:
            self._manifest.move_article(item.article.id, item.root, item.located.path)
        for article_id in changes.gone:
            self._remove(self._manifest.passages_of(article_id))
            self._manifest.remove_article(article_id)
        return self._write(changes.new)

    def finish(self) -> tuple[int, int]:
        """Makes the word index and the space, checks that the parts agree. (articles, passages) are in it."""
        ids = self._manifest.passage_ids()
        for language in LANGUAGES:
            expected = sum(of == language for _, of in ids)
            if self._store.count(language) != expected:
                raise StoreError(
                    f"Chroma holds {self._store.count(language)} of {expected} {language!r} passages: "
                    "run `kotae index --rebuild`"
                )
        self._index_words([passage_id for passage_id, _ in ids])
        self._measure(ids)
        return self._manifest.count()

    def _index_words(self, ids: Sequence[str]) -> None:
        """Makes the word index; the passages of the earlier one are not read again."""

        def texts() -> Iterator[str]:
            for start in range(0, len(ids), _BATCH):
                some = ids[start : start + _BATCH]
                passages = self._manifest.passages(some)
                yield from (passages[passage_id].embedded_text for passage_id in some)

        folder = self._folder / "words"
        try:
            previous = LexicalIndex.open(self._earlier / "words") if self._earlier else None
            LexicalIndex.build(folder, ids, texts(), previous=previous)
        except StoreError:  # of another version, or damaged: everything is read again
            LexicalIndex.build(folder, ids, texts())

    def _measure(self, ids: Sequence[tuple[str, Language]]) -> None:
        """Writes the shape of the vectors beside them."""

        def slices(language: Language) -> Iterator[Vector]:
            of_language = [passage_id for passage_id, of in ids if of == language]
            for start in range(0, len(of_language), _BATCH):
                yield self._manifest.vectors(of_language[start : start + _BATCH])

        languages = {of for _, of in ids}
        measure({of: partial(slices, of) for of in sorted(languages)}, self._questions).save(self._folder / "space.npz")

    def _write(self, new: Sequence[_Located]) -> int:
        """Splits, embeds and stores `new`; passages that are already there keep their vectors. How many were not."""
        cut = self._split(new)
        total, done = sum(len(passages) for passages in cut), 0
        embedded = 0
        self._progress(Progress(label="embed", done=0, total=total, unit="passages"))
        for group in _groups(list(zip(new, cut, strict=True))):
            passages = [passage for _, some in group for passage in some]
            ids = list(self._known.passages([passage.id for passage in passages]))
            vectors = dict(zip(ids, self._known.vectors(ids), strict=True))
            fresh = [passage for passage in passages if passage.id not in vectors]
            made = self._embedder.embed_passages([passage.embedded_text for passage in fresh])
            vectors.update(zip([passage.id for passage in fresh], made, strict=True))
            embedded += len(fresh)
            for language in LANGUAGES:  # Chroma takes many at once far faster than an article at a time
                of_language = [passage.id for passage in passages if passage.language == language]
                self._store.put(of_language, self._matrix(of_language, vectors), language)
            for item, some in group:
                self._replace(item, some, vectors)
            done += len(passages)
            self._progress(Progress(label="embed", done=done, total=total, unit="passages"))
        return embedded

    def _replace(self, item: _Located, passages: Sequence[Passage], vectors: dict[str, NDArray[np.float32]]) -> None:
        kept = {passage.id for passage in passages}
        self._remove([old for old in self._manifest.passages_of(item.article.id) if old.id not in kept])
        matrix = self._matrix([passage.id for passage in passages], vectors)
        self._manifest.put_article(item.located, item.root, passages, matrix)

    def _matrix(self, ids: Sequence[str], vectors: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        rows = np.array([vectors[passage_id] for passage_id in ids], dtype=np.float32)
        return rows.reshape(len(ids), self._embedder.dimension)

    def _remove(self, passages: Sequence[Passage]) -> None:
        for language in LANGUAGES:
            self._store.remove([passage.id for passage in passages if passage.language == language], language)

    def _split(self, new: Sequence[_Located]) -> list[list[Passage]]:
        cut = []
        for number, item in enumerate(new, start=1):
            passages = split_article(item.article, self._embedder.count_tokens, self._passage_tokens)
            cut.append(list({passage.id: passage for passage in passages}.values()))
            if number % 50 == 0 or number == len(new):
                self._progress(Progress(label="split", done=number, total=len(new), unit="articles"))
        return cut


def _groups(
    pairs: Sequence[tuple[_Located, list[Passage]]],
) -> Iterator[list[tuple[_Located, list[Passage]]]]:
    """Whole articles of about _BATCH passages together."""
    group: list[tuple[_Located, list[Passage]]] = []
    size = 0
    for pair in pairs:
        group.append(pair)
        size += len(pair[1])
        if size >= _BATCH:
            yield group
            group, size = [], 0
    if group:
        yield group


def _real(path: Path) -> Path:
    """Absolute, without links. Raises ArticleError for a path that cannot be followed."""
    try:
        return path.expanduser().resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a circle of links, `~nobody`, a zero byte
        raise ArticleError(f"cannot follow the path {str(path)!r} ({error}): check it") from error


def _known_roots(home: Home) -> list[Path]:
    """The paths of earlier runs. Raises NoIndex when there were none."""
    if not home.live_name:
        raise NoIndex(f"there is no index in {str(home.folder)!r}: say what to index with `kotae index PATH`")
    manifest = Manifest.open(home.live / "manifest.sqlite3")
    try:
        return [Path(root) for root in manifest.roots()]
    finally:
        manifest.close()


def _read(roots: Sequence[Path], progress: ProgressCallback) -> dict[str, _Located]:
    """Id -> article under `roots`. Raises ArticleError naming both files when two articles have one id."""
    found: dict[str, _Located] = {}
    for root in roots:
        for located in read_articles(root):
            other = found.get(located.article.id)
            if other and (other.located.path != located.path or other.root == root):
                raise ArticleError(
                    f"two articles have the id {located.article.id!r}: {str(other.located.path)!r} and "
                    f"{str(located.path)!r}: give one of them another id"
                )
            found.setdefault(located.article.id, _Located(root, located))
            if len(found) % 100 == 0:
                progress(Progress(label="read", done=len(found), unit="articles"))
    progress(Progress(label="read", done=len(found), total=len(found), unit="articles"))
    return found


def _fingerprint(embedder: TextEmbedder, passage_tokens: int) -> dict[str, str]:
    """What must be the same for an index to be brought up to date. Asks for nothing that loads the embedder."""
    return {
        "embedder": embedder.name,
        "embedder_digest": embedder.digest,
        "splitter": SPLITTER_VERSION,
        "passage_tokens": str(passage_tokens),
        "words": str(words.VERSION),
    }


def check_fingerprint(manifest: Manifest, embedder: TextEmbedder) -> None:
    """Raises EmbedderMismatch unless the index was built with this very embedder."""
    made_with = manifest.fingerprint
    if made_with.get("embedder_digest") != embedder.digest:
        raise EmbedderMismatch(
            f"the index at {str(manifest.path.parent)!r} was built with {made_with.get('embedder', 'unknown')!r}, but "
            f"the embedder is {embedder.name!r} (digest {embedder.digest[:12]}): rebuild it with "
            "`kotae index --rebuild`, or set KOTAE_EMBEDDER to match"
        )
