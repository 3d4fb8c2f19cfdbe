"""The articles of a home as a list: titles, places and sizes, not their texts. Knows nothing of search."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from index.article import Article, Language
from index.home import Home
from index.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One article of the list. `characters` of text; `root` is the path that was asked for, `path` the file."""

    id: str
    title: str
    language: Language
    source: str
    date: str
    characters: int
    text_digest: str
    root: str = ""
    path: str = ""


def catalogue(home: Home) -> tuple[Entry, ...]:
    """Every article of the live index, newest date first, then by title. Read once for each generation."""
    return _of_generation(home.live, home.live_name)


def entry(article: Article, place: tuple[str, str] = ("", "")) -> Entry:
    """The line of the list for an article."""
    return Entry(
        id=article.id,
        title=article.title,
        language=article.language,
        source=article.source,
        date=article.date,
        characters=len(article.text),
        text_digest=text_digest(article.text),
        root=place[0],
        path=place[1],
    )


def text_digest(text: str) -> str:
    """Equal for texts that differ in white space only: the same article saved twice."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=4)
def _of_generation(folder: Path, _name: str) -> tuple[Entry, ...]:
    manifest = Manifest.open(folder / "manifest.sqlite3")
    try:
        places: Mapping[str, tuple[str, str]] = manifest.places()
        entries = [entry(article, places.get(article.id, ("", ""))) for article in manifest.all_articles()]
    finally:
        manifest.close()
    return tuple(sorted(entries, key=_order))


def _order(one: Entry) -> tuple[list[int], str, str]:
    return [-ord(character) for character in one.date] or [0], one.title, one.id
