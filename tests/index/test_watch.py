"""A real folder, followed."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from index.errors import ArticleError
from index.watch import changes


def told(paths: list[Path], ignored: Path, act: Callable[[], object]) -> bool:
    """Whether a change is told after `act`: it is done once the watch has begun; the next beat says there was none."""
    stop = threading.Event()
    watching: Iterator[bool] = changes(paths, ignored, stop)
    assert next(watching) is False
    act()
    found = next(watching)
    stop.set()
    return found


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.watch._BEAT", 600)
    monkeypatch.setattr("index.watch._QUIET", 100)


def test_a_file_that_comes_changes_moves_or_goes_is_told_once_it_is_quiet(tmp_path: Path) -> None:
    home, folder = tmp_path / "a" / "home", tmp_path / "a"
    home.mkdir(parents=True)
    (folder / "sub").mkdir()
    stop = threading.Event()
    watching = changes([folder], home, stop)
    assert next(watching) is False
    file = folder / "sub" / "one.md"
    for act in (
        lambda: [file.write_text("a" * n) for n in range(50)],
        lambda: file.with_suffix(".meta.yaml").write_text("title: T"),
        lambda: file.rename(folder / "two.md"),
        lambda: (folder / "two.md").unlink(),
    ):
        act()
        assert next(watching) is True
        assert next(watching) is False
    stop.set()


def test_hidden_files_and_the_home_itself_are_not_told(tmp_path: Path) -> None:
    home, folder = tmp_path / "a" / "home", tmp_path / "a"
    home.mkdir(parents=True)

    def act() -> None:
        (home / "CURRENT").write_text("000001")
        (folder / ".one.md.swp").write_text("x")
        (folder / "~$one.docx").write_text("x")

    assert told([folder], home, act) is False


def test_a_folder_of_the_home_that_is_named_is_followed_and_the_rest_of_the_home_is_not(tmp_path: Path) -> None:
    home = tmp_path / "a" / "home"
    uploads = home / "uploads"
    (uploads / ".incoming-1").mkdir(parents=True)
    for name, wanted in (("CURRENT", False), ("uploads/.incoming-1/x.md", False), ("uploads/x.md", True)):
        assert told([tmp_path / "a", uploads], home, partial(home.joinpath(name).write_text, "x")) is wanted


def test_a_single_file_is_followed_though_an_editor_replaces_it_and_its_neighbours_are_not(tmp_path: Path) -> None:
    file = tmp_path / "one.md"
    file.write_text("a")

    def replace() -> None:
        (tmp_path / "new").write_text("b")
        (tmp_path / "new").rename(file)

    assert told([file], tmp_path / "home", lambda: (tmp_path / "two.md").write_text("b")) is False
    assert told([file], tmp_path / "home", replace) is True
    assert told([file], tmp_path / "home", lambda: (tmp_path / "one.meta.yaml").write_text("title: T")) is True


def test_a_path_that_is_not_there_is_an_article_error(tmp_path: Path) -> None:
    with pytest.raises(ArticleError, match=r"^there is nothing at '.*/none': check the path$"):
        next(changes([tmp_path / "none"], tmp_path))
