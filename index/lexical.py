"""The word index: BM25 over the terms of every passage, in a folder that is read through a memory map.

`bm25s` lives here and nowhere else. Passages are known by their ids; their text is not kept, their terms are, so that
an update reads only what is new. Knows nothing of vectors, of articles, or of how two rankings are fused.
"""

import json
import math
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index import words
from index.errors import StoreError

if TYPE_CHECKING:
    from index.dictionary import Group

# Measured on four sets in two languages: passages are short, so a second mention of a term says little (low k1).
_K1 = 0.8
_B = 0.7
_MOST_TERMS = 4096  # of a question: what comes after is not looked up
_LAYOUT = 1  # of the files in the folder
_ABOUT = "words.json"
_TERMS = "passage_terms.npy"  # int32, the term ids of the first passage, then of the second, ...
_STARTS = "passage_starts.npy"  # int64, where each passage begins in it, and where the last one ends


class LexicalIndex:
    """An open word index: `scores` for fusion, `search` for the best. May be used from any thread."""

    def __init__(self, folder: Path, passage_ids: Sequence[str], bm25: Any) -> None:
        """`bm25` is None when no passage has a term."""
        self.folder = folder
        self.passage_ids = tuple(passage_ids)
        self._bm25 = bm25
        self._vocabulary: dict[str, int] = bm25.vocab_dict if bm25 is not None else {}
        by_id = sorted(range(len(self.passage_ids)), key=self.passage_ids.__getitem__)
        self._rank = np.empty(len(by_id), dtype=np.int64)  # the place of each passage when ids are sorted
        self._rank[by_id] = np.arange(len(by_id))

    @classmethod
    def build(
        cls,
        folder: Path,
        passage_ids: Sequence[str],
        texts: Iterable[str],
        *,
        previous: "LexicalIndex | None" = None,
    ) -> "LexicalIndex":
        """`write`, and the index open."""
        cls.write(folder, passage_ids, texts, previous=previous)
        return cls.open(folder)

    @staticmethod
    def write(
        folder: Path,
        passage_ids: Sequence[str],
        texts: Iterable[str],
        *,
        previous: "LexicalIndex | None" = None,
    ) -> None:
        """Makes the index of `texts` (one for each id: `Passage.embedded_text`) and puts it in place of `folder`.

        A passage that `previous` holds is not read again: its terms are taken over, since a passage's id stands for
        its text. The folder is whole or as it was: all is written beside it, flushed, and renamed.
        """
        flat, starts, vocabulary = _numbered(passage_ids, texts, previous)
        new = folder.with_name(f".{folder.name}.new-{os.getpid()}")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            if vocabulary:
                _scored(flat, starts, vocabulary).save(new)
            np.save(new / _TERMS, flat)
            np.save(new / _STARTS, starts)
            about = {"layout": _LAYOUT, "tokens": words.VERSION, "passages": len(passage_ids), "terms": len(vocabulary)}
            (new / _ABOUT).write_text(json.dumps({**about, "passage_ids": list(passage_ids)}), encoding="utf-8")
            _replace(folder, new)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    @classmethod
    def open(cls, folder: Path) -> "LexicalIndex":
        """The index in `folder`. Raises StoreError when it is missing, damaged or made by another version."""
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            versions = (about["layout"], about["tokens"])
            if versions != (_LAYOUT, words.VERSION):
                raise StoreError(
                    f"the word index in {str(folder)!r} has version {versions[0]}.{versions[1]}, this Kotae writes "
                    f"{_LAYOUT}.{words.VERSION}: rebuild it with `kotae index --rebuild`"
                )
            passage_ids = about["passage_ids"]
            if len(passage_ids) != about["passages"]:
                raise ValueError(f"{len(passage_ids)} ids for {about['passages']} passages")
            bm25 = _opened(folder, about["passages"], about["terms"]) if about["terms"] else None
            return cls(folder, passage_ids, bm25)
        except FileNotFoundError as error:
            raise StoreError(
                f"there is no whole word index in {str(folder)!r} ({Path(error.filename or '').name!r} is missing): "
                "run `kotae index --rebuild`"
            ) from error
        except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError) as error:
            raise _damaged(folder, error) from error

    def __len__(self) -> int:
        return len(self.passage_ids)

    def scores(self, question: str) -> NDArray[np.float32]:
        """BM25 of every passage, 0.0 where no term meets: float32, shape (len(self),), ordered as `passage_ids`."""
        terms = words.question_terms(question)[:_MOST_TERMS]
        term_ids = [i for term in terms if (i := self._vocabulary.get(term)) is not None]
        if self._bm25 is None or not term_ids:
            return np.zeros(len(self), dtype=np.float32)
        return np.asarray(self._bm25.get_scores_from_ids(term_ids), dtype=np.float32)

    def translated(self, groups: "Sequence[Group]", rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """BM25 of a question's words in translation, for the passages at `rows` (sorted), 0.0 elsewhere.

        A group is one term, held by the passages that hold all terms of one of its translations (Pirkola, SIGIR
        1998): idf counts the passages of `rows` that do, tf is the best translation's, and within one that of its
        rarest term there. Float32, shape (len(self),).
        """
        total = np.zeros(len(self), dtype=np.float32)
        best = np.zeros(len(self), dtype=np.float32)
        wanted = np.zeros(len(self), dtype=bool)
        wanted[rows] = True
        for group in groups:
            met = []
            for terms in group.translations:
                found, frequency = self._holding(terms)
                if len(found):
                    best[found] = np.maximum(best[found], frequency)
                    met.append(found)
            if met:
                holding = np.unique(np.concatenate(met))
                here = holding[wanted[holding]]
                total[here] += _idf(len(here), len(rows)) * best[here]
                best[holding] = 0.0
        return total

    def _holding(self, terms: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The passages that hold all of `terms`, and BM25's share of term frequency: the least of any term."""
        found, frequency = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float32)
        term_ids = [term_id for term in terms if (term_id := self._vocabulary.get(term)) is not None]
        if self._bm25 is None or len(term_ids) < len(terms):
            return found, frequency
        data, passages, starts = (self._bm25.scores[name] for name in ("data", "indices", "indptr"))
        lists = [slice(int(starts[term_id]), int(starts[term_id + 1])) for term_id in term_ids]
        for number, part in enumerate(sorted(lists, key=lambda one: one.stop - one.start)):
            share = np.asarray(data[part] / _idf(part.stop - part.start, len(self)), dtype=np.float32)
            if number == 0:
                found, frequency = np.asarray(passages[part], dtype=np.intp), share
            else:
                found, here, there = np.intersect1d(found, passages[part], assume_unique=True, return_indices=True)
                frequency = np.minimum(frequency[here], share[there])
            if not len(found):
                break
        return found, frequency

    def search(self, question: str, k: int) -> list[tuple[str, float]]:
        """The best (passage id, BM25 score), at most `k`, best first, ties by id. Only passages that hold a term."""
        scores = self.scores(question)
        found = np.flatnonzero(scores > 0)
        if 0 < k < len(found):
            at_least = np.partition(scores[found], -k)[-k]
            found = found[scores[found] >= at_least]
        best = found[np.lexsort((self._rank[found], -scores[found]))][: max(k, 0)]
        return [(self.passage_ids[i], float(scores[i])) for i in best]

    def terms(self) -> dict[str, list[str]]:
        """The terms of each passage by its id, as they were when it was read. Raises StoreError when damaged."""
        spelled = list(self._vocabulary)
        flat, starts = self.numbered_terms()
        bounds = starts.tolist()
        return {
            passage_id: [spelled[i] for i in flat[bounds[n] : bounds[n + 1]].tolist()]
            for n, passage_id in enumerate(self.passage_ids)
        }

    def numbered_terms(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The terms of all passages as numbers of the vocabulary, and where each passage begins, and the last ends.

        Raises StoreError when damaged.
        """
        try:
            flat = np.load(self.folder / _TERMS, allow_pickle=False)
            starts = np.load(self.folder / _STARTS, allow_pickle=False)
            fits = (
                (flat.dtype, starts.dtype, flat.ndim, starts.shape) == (np.int32, np.int64, 1, (len(self) + 1,))
                and (starts[0], starts[-1]) == (0, len(flat))
                and bool(np.all(np.diff(starts) >= 0))
                and (not len(flat) or 0 <= flat.min() <= flat.max() < len(self._vocabulary))
            )
        except (OSError, ValueError, IndexError, EOFError) as error:
            raise _damaged(self.folder, error) from error
        if not fits:
            raise _damaged(self.folder, ValueError("its files do not belong together"))
        return flat, starts


def _idf(holding: int, passages: int) -> float:
    """Lucene's: ln(1 + (N - n + 1/2) / (n + 1/2)), as bm25s has it in its scores."""
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))


def _damaged(folder: Path, error: Exception) -> StoreError:
    return StoreError(f"the word index in {str(folder)!r} is damaged ({error}): run `kotae index --rebuild`")


def _numbered(
    passage_ids: Sequence[str], texts: Iterable[str], previous: LexicalIndex | None
) -> tuple[NDArray[np.int32], NDArray[np.int64], dict[str, int]]:
    """`numbered_terms` of these passages, and the vocabulary; what `previous` holds is taken over as numbers.

    A term has the number of its first occurrence, so the same passages always give the same files, and a term that no
    passage holds any more is gone.
    """
    vocabulary: dict[str, int] = {}
    held: dict[str, NDArray[np.int32]] = {}
    if previous is not None:
        vocabulary = dict(previous._vocabulary)
        flat, starts = previous.numbered_terms()
        bounds = starts.tolist()
        held = {one: flat[bounds[n] : bounds[n + 1]] for n, one in enumerate(previous.passage_ids)}
    parts: list[NDArray[np.int32]] = []
    for passage_id, text in zip(passage_ids, texts, strict=True):
        part = held.get(passage_id)
        if part is None:
            terms = words.terms(text)
            part = np.array([vocabulary.setdefault(term, len(vocabulary)) for term in terms], dtype=np.int32)
        parts.append(part)
    together = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
    first = np.full(len(vocabulary), len(together), dtype=np.int64)
    first[together[::-1]] = np.arange(len(together))[::-1]  # of several the last is kept: the first occurrence
    order = np.argsort(first, kind="stable")[: int(np.count_nonzero(first < len(together)))]
    renumbered = np.zeros(len(vocabulary), dtype=np.int32)
    renumbered[order] = np.arange(len(order), dtype=np.int32)
    spelled = list(vocabulary)
    ends = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return renumbered[together], ends, {spelled[old]: new for new, old in enumerate(order.tolist())}


def _scored(flat: NDArray[np.int32], starts: NDArray[np.int64], vocabulary: dict[str, int]) -> Any:
    """The bm25s object with every term's score in every passage: what its own `index` makes, in far less time."""
    import bm25s  # 0.2 s: `kotae --help` must not pay for it

    passages, lengths = len(starts) - 1, np.diff(starts)
    # One number for a term in a passage; sorted, they stand as bm25s wants them: by term, then by passage.
    pairs = flat.astype(np.int64) * passages + np.repeat(np.arange(passages), lengths)
    pairs.sort()
    begins = np.flatnonzero(np.diff(pairs, prepend=-1))
    frequency = np.diff(begins, append=len(pairs)).astype(np.float32)
    term, passage = np.divmod(pairs[begins], passages)
    holding = np.bincount(term, minlength=len(vocabulary))
    idf = np.log(1 + (passages - holding + 0.5) / (holding + 0.5)).astype(np.float32)
    share = frequency / (_K1 * ((1 - _B) + _B * lengths[passage] / lengths.mean()) + frequency)
    bm25 = bm25s.BM25(k1=_K1, b=_B, method="lucene", backend="numpy")
    bm25.scores = {
        "data": (idf[term] * share).astype(np.float32),
        "indices": passage.astype(np.int32),
        "indptr": np.concatenate([[0], np.cumsum(holding)]).astype(np.int64),
        "num_docs": passages,
    }
    bm25.nonoccurrence_array = None
    bm25.vocab_dict = vocabulary
    bm25.unique_token_ids_set = set(vocabulary.values())
    return bm25


def _opened(folder: Path, passages: int, terms: int) -> Any:
    """The bm25s object in `folder`, its arrays mapped and checked. Raises ValueError when they do not fit."""
    import bm25s

    bm25 = bm25s.BM25.load(folder, mmap=True, load_corpus=False, allow_pickle=False)
    data, indices, starts = (bm25.scores[name] for name in ("data", "indices", "indptr"))
    fits = (
        len(bm25.vocab_dict) == terms == len(starts) - 1
        and bm25.scores["num_docs"] == passages
        and starts[0] == 0
        and starts[-1] == len(data) == len(indices)
        and bool(np.all(np.diff(starts) > 0))
        and 0 <= indices.min() <= indices.max() < passages
        and list(bm25.vocab_dict.values()) == list(range(terms))
    )
    if not fits:
        raise ValueError("its files do not belong together")
    return bm25


def _replace(folder: Path, new: Path) -> None:
    """Flushes `new` to the disk and gives it the name of `folder`."""
    for path in (*sorted(new.iterdir()), new):
        _flush(path)
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    _flush(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _flush(path: Path) -> None:
    """Makes a file or a folder survive a power loss; Windows cannot flush a folder and need not."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
