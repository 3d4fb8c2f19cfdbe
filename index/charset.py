"""Bytes to text, whatever Japanese or Western encoding they are in. Knows nothing of files.

In order: a byte order mark, the escapes of ISO-2022-JP, UTF-8 (long texts of other encodings are never valid UTF-8 by
chance), what the file itself declares, then whichever of Shift_JIS (CP932), EUC-JP, UTF-16 and Windows-1252 makes the
text that looks most like writing. Nothing is replaced or left out: bytes that fit no encoding are refused.
"""

import codecs
from functools import lru_cache

from index.errors import ArticleError

_MARKS: tuple[tuple[bytes, str], ...] = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(")
# Python's own names for what files call themselves; the wider codec where one encoding is a part of it.
_DECLARED = {"shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "ms_kanji": "cp932"}
_DECLARED |= {"windows-31j": "cp932", "iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252"}
_JAPANESE = ("cp932", "euc_jp", "euc_jis_2004")  # the last one for ① and the like, which plain EUC-JP lacks
_SAMPLE = 20_000  # characters from which a decoding is judged
_LEAST = 0.3  # a likelihood below this is no writing
_LEAST_WIDE = 0.5  # in UTF-16 any pair of bytes is a character, so more must speak for it
_TOO_FOREIGN = 0.25  # share of accented letters above which a text is not Western
_PUNCTUATION = frozenset("、。・「」『』（）！？ー〜～…―　【】〈〉《》：；，．％／＝＋－‐’“”‘")
_WESTERN = frozenset("’‘“”–—…€£©®°·«»§•™½¼¾²³¡¿")


def decode(data: bytes, declared: str = "") -> str:
    """The text of `data`, a byte order mark left out. `declared`: the encoding that the file names, if it does.

    Raises ArticleError with the reason when it is no text, or text in no encoding that is known.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            text = _strict(data[len(mark) :], codec)
            if text is None:
                raise ArticleError(f"is damaged: it begins as {codec.upper()} but does not go on so: save it anew")
            return _without_zeros(text)
    if b"\x00" not in data:
        if any(escape in data for escape in _ESCAPES):
            text = _iso_2022_jp(data)
            if text is not None:
                return text
        text = _strict(data, "utf-8")
        if text is not None:
            return text
        text = _strict(data, _DECLARED.get(declared.strip().lower(), declared.strip().lower()))
        if text is not None:
            return text
    best, likelihood = "", 0.0
    for codec in (*_JAPANESE, "utf-16-le", "utf-16-be", "cp1252"):
        wide = codec.startswith("utf-16")
        least = _LEAST_WIDE if wide else _LEAST
        if (wide and len(data) % 2) or (b"\x00" in data and not wide):
            continue
        text = _strict(data, codec)
        if text is not None and (found := _likelihood(text, codec)) > max(likelihood, least):
            best, likelihood = text, found
    if best:
        return _without_zeros(best)
    if b"\x00" in data:
        raise ArticleError("is not text (it holds zero bytes): convert it, or leave it out")
    raise ArticleError(
        f"is text in no encoding that Kotae knows (no UTF-8 from byte {_first_bad_byte(data)} on): save it as UTF-8"
    )


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):  # LookupError: there is no such encoding
        return None


def _iso_2022_jp(data: bytes) -> str | None:
    # JIS X 0213 holds what mail programs write under the escape of JIS X 0208: ①, ㈱ and the like.
    wider = data.replace(b"\x1b$B", b"\x1b$(Q")
    found = (_strict(data, "iso2022_jp_ext"), _strict(wider, "iso2022_jp_2004"))
    return next((text for text in found if text is not None), None)


def _without_zeros(text: str) -> str:
    if "\x00" in text:
        raise ArticleError("is not text (it holds zero characters): convert it, or leave it out")
    return text


def _first_bad_byte(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return len(data)


def _likelihood(text: str, codec: str) -> float:
    """How much a decoding looks like Japanese or Western writing: 1.0 is all kana, below 0.3 is none."""
    sample = text[:_SAMPLE]
    wide = codec.startswith("utf-16")
    judged = [character for character in sample if wide or ord(character) > 0x7F]
    if not judged:
        return 0.0
    if codec == "cp1252":
        if len(judged) > _TOO_FOREIGN * len(sample):
            return 0.0
        return 0.5 * sum(c.isalpha() or c in _WESTERN for c in judged) / len(judged)
    return sum(map(_weight, judged)) / len(judged)


@lru_cache(maxsize=65536)
def _weight(character: str) -> float:
    code = ord(character)
    if character in "\t\n\r" or 0x20 <= code < 0x7F:
        return 0.8
    if 0x3041 <= code <= 0x3093 or character in _PUNCTUATION:
        return 1.0
    if 0x30A1 <= code <= 0x30FC:
        return 0.9
    if 0xFF01 <= code <= 0xFF5E:
        return 0.7
    if 0x4E00 <= code <= 0x9FFF:
        row = (_encoded(character) or b"\xff")[0]
        return 0.65 if row < 0xD0 else 0.1  # JIS level 1 is everyday kanji
    if 0xFF61 <= code <= 0xFF9F:
        return -0.3  # what EUC-JP looks like when it is read as Shift_JIS
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xE000 <= code <= 0xF8FF or code >= 0x10000:
        return -2.0
    return 0.2


def _encoded(character: str) -> bytes | None:
    try:
        return character.encode("euc_jp")
    except UnicodeEncodeError:
        return None
