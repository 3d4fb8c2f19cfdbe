"""Reads the sets of a folder, and opens an index over their passages. Knows no question and no measure."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from index.build import update_index
from index.home import Home
from rag import Chatbot, Settings
from rag.chatbot import open_embedder


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def as_articles(passages: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Each passage of a set as an article of its own."""
    return ({"id": p["id"], "title": p.get("title", ""), "text": p["text"], "language": p["lang"]} for p in passages)


def open_bot(homes: Path, name: str, articles: "Path | Iterable[dict[str, Any]]") -> Chatbot:
    """A chatbot over the index `name` in `homes`, made of `articles` (a path, or rows) where there is none yet."""
    settings = Settings.from_environment(home=homes / name)
    home = Home(settings.home)
    if not home.live_name:
        source = articles if isinstance(articles, Path) else homes / f"{name}.jsonl"
        if not isinstance(articles, Path):
            homes.mkdir(parents=True, exist_ok=True)
            source.write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in articles), "utf-8")
        update_index(home, open_embedder(settings), [source])
    return Chatbot.open(settings=settings)
