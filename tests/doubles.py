"""Doubles whose results can be computed in the head, and short ways to write an article."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.article import Article, Language, Passage

LANGUAGE_MARK = 3.0


class LetterEmbedder:
    """Counts a, b, c (or あ, い, う), then marks the language: 5 dimensions, scaled to unit length.

    "aab" is (2, 1, 0, 0, 3) / length and ああい is (2, 1, 0, 3, 0) / length: alike but for the language, which counts
    more than any topic, as it does with a real embedder. One character is one token. `embedded` lists what it embedded;
    with `fails_after` it raises OSError when it has embedded that many.
    """

    def __init__(self, *, name: str = "letters", digest: str = "abc123", fails_after: int | None = None) -> None:
        self.name = name
        self.digest = digest
        self.dimension = 5
        self.max_tokens = 400
        self.embedded: list[str] = []
        self._fails_after = fails_after

    def embed_passages(self, texts: Iterable[str]) -> NDArray[np.float32]:
        rows = []
        for text in texts:
            if self._fails_after is not None and len(self.embedded) >= self._fails_after:
                raise OSError(28, "No space left on device")
            self.embedded.append(text)
            rows.append(letters(text))
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimension)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        return letters(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


def letters(text: str) -> NDArray[np.float32]:
    """The vector of a text: what `LetterEmbedder` says of it."""
    counts = [float(sum(text.count(letter) for letter in pair)) for pair in ("aあ", "bい", "cう")]
    japanese = any("\u3040" <= character <= "\u30ff" for character in text)
    vector = np.array([*counts, LANGUAGE_MARK * japanese, LANGUAGE_MARK * (not japanese)], dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def article(
    id: str = "x", text: str = "aab.", *, title: str = "", language: Language = "en", source: str = "", date: str = ""
) -> Article:
    return Article(id=id, title=title or id.upper(), language=language, source=source, date=date, text=text)


def passage(of: Article, start: int = 0, end: int | None = None, heading: str = "") -> Passage:
    """A slice of an article, all of it by default."""
    end = len(of.text) if end is None else end
    return Passage(
        article_id=of.id,
        start=start,
        end=end,
        text=of.text[start:end],
        title=of.title,
        heading=heading,
        language=of.language,
    )


def write(folder: Path, **texts: str) -> Path:
    """Files in `folder`, made if need be: `write(folder, one="aab.")` writes one.md with the title ONE."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        language = "ja" if any("\u3040" <= character <= "\u30ff" for character in text) else "en"
        front = f"---\nid: {name}\ntitle: {name.upper()}\nlanguage: {language}\n---\n"
        (folder / f"{name}.md").write_text(front + text, encoding="utf-8")
    return folder
