"""Text and metadata to an Article: the names that fields go by, and what their values may be. Knows no file format."""

import re
import reprlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from index.article import LANGUAGES, Article, Language
from index.errors import ArticleError
from index.extracted import MAX_TEXT, iso_date, language_of, one_line

FIELDS = ("id", "title", "language", "source", "date")
MAX_ID = 200  # characters; an id is shown in messages and stands in every passage id

# What the fields of an article are called in rows (JSONL, CSV), the first that is there wins.
NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        "id",
        "_id",
        "uuid",
        "guid",
        "key",
        "article_id",
        "doc_id",
        "番号",
        "記事番号",
        "記事id",
        "管理番号",
        "識別子",
    ),
    "title": (
        "title",
        "headline",
        "heading",
        "subject",
        "name",
        "question",
        "題名",
        "見出し",
        "タイトル",
        "表題",
        "件名",
    )
    + ("標題", "記事タイトル", "質問"),
    "language": ("language", "lang", "locale", "inlanguage", "言語"),
    "source": (
        "source",
        "publisher",
        "site",
        "site_name",
        "newspaper",
        "media",
        "url",
        "link",
        "出典",
        "媒体",
        "媒体名",
    )
    + ("情報源", "発行元", "掲載紙", "新聞社", "配信元"),
    "date": ("date", "published", "published_at", "publishedat", "datepublished", "publication_date", "pubdate")
    + ("pub_date", "publish_date", "created_at", "created", "timestamp", "日付", "公開日", "掲載日", "発行日", "配信日")
    + ("公開日時", "掲載日時", "日時", "年月日"),
    "text": ("text", "body", "content", "contents", "article", "article_body", "articlebody", "full_text", "answer")
    + ("description", "本文", "記事本文", "内容", "記事", "テキスト", "全文", "回答"),
}

_RANKS = {name: (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names)}
_LONGEST_NAME = 100  # a longer one is nobody's
_JAPANESE = re.compile("[\u3040-\u30ff\u3400-\u9fff]+")


def detect_language(text: str) -> Language:
    """ "ja" when at least one letter in ten is kana or kanji, else "en". Looks at the first 5,000 characters."""
    head = text[:5000]
    japanese = "".join(_JAPANESE.findall(head))
    if not japanese:
        return "en"
    if 10 * _letters(japanese[: len(head) // 8]) >= len(head):  # not all of head are letters
        return "ja"
    return "ja" if 10 * _letters(japanese) >= _letters(head) > 0 else "en"


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def mapped(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row under our names, whatever theirs: `本文`, `Body` and `text` are all the text."""
    given = {_plain(str(name)): value for name, value in row.items()}
    found: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    for name, value in given.items():
        field, rank = _RANKS.get(name, ("", 0))
        if field and value not in (None, "") and rank < ranks.get(field, len(NAMES[field])):
            found[field], ranks[field] = value, rank
    return found


def _plain(name: str) -> str:
    """The name without what people vary: case, width, spaces."""
    return _folded(name) if len(name) <= _LONGEST_NAME else ""


@lru_cache(1024)  # the rows of a file have the same names
def _folded(name: str) -> str:
    return normalize("NFKC", name).strip().casefold().replace(" ", "_")


def make_article(
    fields: Mapping[str, Any],
    text: str,
    where: str,
    *,
    default_id: str,
    default_title: str,
    pages: tuple[int, ...] = (),
) -> Article:
    """The article. `where` names its place in messages. Raises ArticleError for a value that cannot be used."""
    if not text.strip():
        raise ArticleError(f"{where} holds no text: remove it, or write the article")
    if len(text) > MAX_TEXT:
        raise ArticleError(f"{where} has {len(text):,} characters: split it into articles of at most {MAX_TEXT:,}")
    values = {name: _field(fields, name, where) for name in FIELDS}
    article_id = values["id"] or default_id
    if len(article_id) > MAX_ID:
        raise ArticleError(
            f"{where}: the id {short(article_id)} has {len(article_id)} characters: use {MAX_ID} at most"
        )
    title = values["title"] or default_title
    language = language_of(values["language"]) or detect_language(f"{title}\n{text}")
    if language not in LANGUAGES:
        raise ArticleError(f"{where}: field 'language' is {language!r}: use one of {', '.join(LANGUAGES)}")
    date = iso_date(values["date"]) if values["date"] else ""
    if date is None:
        raise ArticleError(f"{where}: field 'date' is {short(values['date'])}: write it as 2025-11-03, 2025-11 or 2025")
    return Article(
        id=article_id, title=title, language=language, source=values["source"], date=date, text=text, pages=pages
    )


def is_unicode(text: str) -> bool:
    """Whether `text` can be written as UTF-8: half of a surrogate pair, or a byte of a file name, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _field(fields: Mapping[str, Any], name: str, where: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise ArticleError(f"{where}: field {name!r} is {short(value)}: give one line of text")
    line = one_line(str(value))
    if not is_unicode(line) or "\x00" in line:
        raise ArticleError(f"{where}: field {name!r} is {short(line)}: remove the zero or half characters")
    return line


_SHORT = reprlib.Repr()  # never writes out what a few lines of YAML can stand for: billions of repeated lists
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2


def short(value: object) -> str:
    """The value as it may stand in a message of one line."""
    return _SHORT.repr(value)
