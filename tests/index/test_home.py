import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import IndexBusy, NoIndex, StoreError
from index.home import Home


def publish(home: Home, text: str, *, copy_live: bool = False) -> Path:
    with home.writing():
        folder = home.begin(copy_live=copy_live)
        (folder / "sub").mkdir(exist_ok=True)
        (folder / "sub" / "file").write_text(text)
        home.publish(folder)
    return folder


def generations(home: Home) -> list[str]:
    return sorted(path.name for path in (home.folder / "generations").iterdir())


def test_a_home_without_an_index_says_how_to_make_one_and_is_not_created(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.live_name == ""
    with pytest.raises(NoIndex, match=r"^there is no index in '.*/home': make one with `kotae index PATH`$"):
        home.live  # noqa: B018
    assert not home.folder.exists()


def test_a_file_in_place_of_the_home_is_no_index_and_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    home = Home(tmp_path / "home")
    with pytest.raises(NoIndex, match="there is no index in"):
        home.live  # noqa: B018
    with pytest.raises(StoreError, match=r"^cannot write to '.*/home': File exists$"), home.writing():
        pass


def test_the_home_has_one_spelling(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert Home(tmp_path / "link" / ".." / tmp_path.name / "home").folder == Home(tmp_path / "home").folder


def test_a_generation_goes_live_when_it_is_published(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.writing():
        folder = home.begin(copy_live=False)
        assert home.live_name == ""
        home.publish(folder)
    assert home.live == folder == tmp_path / "generations" / "000001"


def test_a_copy_of_the_live_generation_does_not_touch_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = publish(home, "one")
    with home.writing():
        second = home.begin(copy_live=True)
        assert (second / "sub" / "file").read_text() == "one"
        (second / "sub" / "file").write_text("two")
        assert (home.live / "sub" / "file").read_text() == "one"
        home.publish(second)
    assert (home.live / "sub" / "file").read_text() == "two"
    assert (first / "sub" / "file").read_text() == "one"


def test_the_generation_before_is_kept_for_readers_and_older_ones_go(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for text in ("one", "two", "three"):
        publish(home, text)
    assert generations(home) == ["000002", "000003"]
    assert home.live_name == "000003"


def test_what_a_killed_writer_left_is_swept_and_its_number_used_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, "one")
    with home.writing():
        home.begin(copy_live=True)
    (tmp_path / "CURRENT.new").write_text("0000")
    assert generations(home) == ["000001", "000002"]
    with home.writing():
        folder = home.begin(copy_live=False)
        assert list(folder.iterdir()) == []
        home.publish(folder)
    assert home.live_name == "000002"


def test_a_discarded_generation_is_gone_and_the_live_one_cannot_be_discarded(tmp_path: Path) -> None:
    home = Home(tmp_path)
    live = publish(home, "one")
    with home.writing():
        home.discard(home.begin(copy_live=True))
        home.discard(live)
    assert generations(home) == ["000001"]


@pytest.mark.parametrize("name", ["000009", "../..", "nonsense", "/etc"])
def test_a_current_file_that_names_nothing_is_an_error_that_names_the_way_out(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path)
    publish(home, "one")
    (tmp_path / "CURRENT").write_text(name)
    with pytest.raises(
        StoreError,
        match=r"which is not there: repair it with `kotae doctor --repair`, or .*`kotae index --rebuild PATH`$",
    ):
        home.live  # noqa: B018


def test_a_current_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_bytes(b"\xff\xfe")
    with pytest.raises(StoreError, match="cannot read"):
        _ = Home(tmp_path).live_name


def test_after_a_damaged_current_file_a_new_generation_can_go_live(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, "one")
    (tmp_path / "CURRENT").write_text("nonsense")
    publish(home, "two")
    assert (home.live / "sub" / "file").read_text() == "two"


def test_a_full_disk_while_copying_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    publish(home, "one")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copy2", full)
    with (
        pytest.raises(
            StoreError, match=r"^cannot write to '.*': \[Errno 28\] No space left on device: the index is as it was$"
        ),
        home.writing(),
    ):
        home.begin(copy_live=True)
    assert generations(home) == ["000001"]


def test_a_database_that_a_reader_is_writing_to_is_copied_whole_and_without_its_journal(tmp_path: Path) -> None:
    # Chroma writes a few bytes whenever it opens a database.
    home = Home(tmp_path)
    with home.writing():
        first = home.begin(copy_live=False)
        with closing(sqlite3.connect(first / "db.sqlite3")) as made:
            made.execute("CREATE TABLE t (x)")
        home.publish(first)
    with closing(sqlite3.connect(first / "db.sqlite3")) as reader:
        reader.execute("INSERT INTO t VALUES (1)")
        assert (first / "db.sqlite3-journal").exists()
        with home.writing():
            second = home.begin(copy_live=True)
    assert sorted(path.name for path in second.iterdir()) == ["db.sqlite3", "files.json"]
    with closing(sqlite3.connect(second / "db.sqlite3")) as copy:
        assert copy.execute("SELECT count(*) FROM t").fetchall() == [(0,)]


HOLD = """
import sys, time
from pathlib import Path
from index.home import Home
with Home(Path(sys.argv[1])).writing():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_is_told_which_process_writes_and_may_write_when_that_is_killed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=-1, stdout=-1, text=True)
    assert other.stdout
    assert other.stdin
    assert other.stdout.readline() == "held\n"
    message = rf"^process {other.pid} is writing to '.*': wait for it to finish, or stop it$"
    with pytest.raises(IndexBusy, match=message), home.writing():
        pass
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    with home.writing():
        assert (tmp_path / "writer.pid").read_text() == str(os.getpid())


def test_a_second_writer_that_comes_before_the_first_has_noted_its_id_waits_for_the_note(tmp_path: Path) -> None:
    with Home(tmp_path).writing():
        (tmp_path / "writer.pid").write_text("999999999")  # of one that was killed
        noted = threading.Timer(0.2, lambda: (tmp_path / "writer.pid").write_text(str(os.getpid())))
        noted.start()
        with pytest.raises(IndexBusy, match=f"^process {os.getpid()} is writing"), Home(tmp_path).writing():
            pass
        noted.join()
    assert not (tmp_path / "writer.pid").exists()


def test_a_second_writer_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with Home(tmp_path).writing():
        (tmp_path / "writer.pid").write_text("")
        with pytest.raises(IndexBusy, match="^process unknown is writing"), Home(tmp_path).writing():
            pass
    with Home(tmp_path).writing():
        pass
