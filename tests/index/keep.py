"""Keeps an index as this version makes it, for the versions to come: `python -m tests.index.keep` (once a release).

Writes `fixtures/home-VERSION.zip`, a home folder as it lies on the disk, made with the double that counts letters (the
shape of real vectors alone would take 5 MB), and `fixtures/export-VERSION.zip`, an index of the same articles made
with the real embedder, as `kotae export` writes it. `test_fixtures.py` opens every one of them.
"""

import tempfile
import tomllib
import zipfile
from pathlib import Path

from index.backup import export_index
from index.build import update_index
from index.embed import Embedder
from index.home import Home
from rag.settings import DEFAULT_EMBEDDER, Settings
from tests.doubles import LetterEmbedder

FIXTURES = Path(__file__).parent / "fixtures"
# Our own words. What each is asked, and the article that must come first.
TEXTS = {
    "library.md": "---\ntitle: The town library\nlanguage: en\ndate: 2025-04-02\n---\n\n"
    "The town library opens at nine on weekdays and at ten on Saturdays. Cards are free for everyone.\n\n"
    "# Lending\n\nFive books may be taken home for three weeks.\n",
    "ferry.md": "---\ntitle: The ferry to the island\nlanguage: en\n---\n\n"
    "The ferry to the island takes forty minutes. A return ticket costs 1,800 yen.\n",
    "onsen.md": "---\ntitle: 町営温泉の改装\nlanguage: ja\ndate: 2025-06-10\n---\n\n"
    "町営温泉は六月十日に改装を終えた。入浴料は大人六百円、子どもは三百円である。\n\n"
    "# 営業時間\n\n朝十時から夜九時まで。\n",
    "tea.md": "---\ntitle: 新茶の収穫\nlanguage: ja\n---\n\n"
    "南の斜面では新茶の収穫が五月一日に始まった。今年は昨年より四日早い。\n",
}
ASKED = {
    ("How many books can I borrow?", "en"): "library",
    ("How long does the ferry take?", "en"): "ferry",
    ("町営温泉の改装はどこまで進みましたか?", "ja"): "onsen",
    ("新茶の収穫はいつ始まりましたか?", "ja"): "tea",
}


def main() -> None:
    """Writes both files."""
    version = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    FIXTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        articles, home, real = Path(folder) / "articles", Home(Path(folder) / "home"), Home(Path(folder) / "real")
        articles.mkdir()
        for name, text in TEXTS.items():
            (articles / name).write_text(text, "utf-8")
        update_index(home, LetterEmbedder(), [articles])
        update_index(real, Embedder.open(DEFAULT_EMBEDDER, Settings.from_environment().models), [articles])
        with zipfile.ZipFile(FIXTURES / f"home-{version}.zip", "w", zipfile.ZIP_DEFLATED) as kept:
            for path in sorted(home.folder.rglob("*")):
                if path.is_file() and not path.name.startswith("writer"):
                    kept.write(path, path.relative_to(home.folder))
        export = FIXTURES / f"export-{version}.zip"
        export.unlink(missing_ok=True)
        export_index(real, export)


if __name__ == "__main__":
    main()
