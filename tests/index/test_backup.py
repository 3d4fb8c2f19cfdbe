"""An index as one archive: the same on the other side, and nothing of an archive that is not as it was written."""

import hashlib
import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from index import packed
from index.backup import export_index, import_index
from index.build import undo_index, update_index
from index.collection import Collection
from index.errors import EmbedderMismatch, NoIndex, StoreError
from index.home import Home
from index.manifest import Manifest
from tests.doubles import LetterEmbedder, write


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Articles of a folder, and one that came in through the page."""
    made = Home(tmp_path / "home")
    write(made.uploads, up="aab ccc.")
    update_index(made, LetterEmbedder(), [write(tmp_path / "articles", one="aaa. bb.", two="bbb.", drei="ああ。")])
    update_index(made, LetterEmbedder(), [made.uploads])
    return made


@pytest.fixture
def archive(home: Home, tmp_path: Path) -> Path:
    export_index(home, tmp_path / "a.zip")
    return tmp_path / "a.zip"


def found(home: Home) -> list[list[tuple[str, float, float]]]:
    """What 200 questions find, with the scores of both legs."""
    collection = Collection(home, LetterEmbedder())
    questions = [f"{'a' * (n % 7)}{'b' * (n % 5)} {'c' * (n % 3)} {'ああいう'[: n % 4]}x" for n in range(200)]
    hits = [collection.now().candidates(collection.asked(q, "ja"), 5).found for q in questions]
    collection.close()
    return [[(hit.passage_id, round(hit.similarity, 5), round(hit.words, 5)) for hit in some] for some in hits]


def rest(folder: Path) -> list[str]:
    """What lies in a home, but for the writer's lock."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("writer"))


def test_the_index_on_the_other_side_finds_the_same_and_embeds_nothing(home: Home, tmp_path: Path) -> None:
    made = export_index(home, tmp_path / "a.zip")
    assert (made.articles, made.passages, made.uploads) == (4, 4, 1)
    assert made.size == (tmp_path / "a.zip").stat().st_size
    other, embedder = Home(tmp_path / "other"), LetterEmbedder()
    done = import_index(other, tmp_path / "a.zip", embedder)
    assert (done.added, done.embedded, done.articles, done.passages) == (4, 0, 4, 4)
    assert [text for text in embedder.embedded if text.startswith(("ONE", "TWO", "DREI", "UP"))] == []
    assert found(other) == found(home)
    assert rest(other.folder) == ["CURRENT", "generations", "uploads"]


def test_uploads_travel_and_the_next_run_on_the_other_side_goes_on_from_them(
    home: Home, archive: Path, tmp_path: Path
) -> None:
    other = Home(tmp_path / "other", "moved")
    import_index(other, archive, LetterEmbedder())
    (tmp_path / "articles").rename(tmp_path / "not here")
    manifest = Manifest.open(other.live / "manifest.sqlite3")
    assert manifest.places()["up"] == (str(other.uploads), str(other.uploads / "up.md"))
    assert manifest.places()["one"] == (str(tmp_path / "articles"), str(tmp_path / "articles" / "one.md"))
    manifest.close()
    write(other.uploads, more="aac.")
    done = update_index(other, LetterEmbedder(), [])
    assert (done.added, done.removed, done.kept, done.articles) == (1, 0, 3, 5)
    assert sorted(path.name for path in home.uploads.iterdir()) == ["up.md"]


def test_an_archive_takes_the_place_of_an_index_only_when_told_to_and_can_be_undone(
    archive: Path, tmp_path: Path
) -> None:
    other = Home(tmp_path / "other")
    write(other.uploads, mine="ccc.")
    update_index(other, LetterEmbedder(), [other.uploads])
    with pytest.raises(StoreError, match=r"^there is an index in '.*': import into another .* with `--replace`$"):
        import_index(other, archive, LetterEmbedder())
    assert import_index(other, archive, LetterEmbedder(), replacing=True).articles == 4
    assert [path.name for path in (other.folder / "uploads.before").iterdir()] == ["mine.md"]
    assert (undo_index(other).articles, other.live_name) == (1, "000001")


def test_an_archive_made_with_another_embedder_is_refused(archive: Path, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    with pytest.raises(EmbedderMismatch, match=r"a.zip' was made with 'letters', but the embedder is 'other'"):
        import_index(other, archive, LetterEmbedder(name="other", digest="other"))
    assert rest(other.folder) == []


def test_nothing_is_exported_where_nothing_is_and_no_file_is_written_over(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="there is no index in"):
        export_index(Home(tmp_path / "empty"), tmp_path / "b.zip")
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(StoreError, match=r"^there is something at '.*b.zip': remove it, or name another archive$"):
        export_index(home, tmp_path / "b.zip")
    assert (tmp_path / "b.zip").read_text() == "mine"
    with pytest.raises(StoreError, match=r"^cannot write '.*/no/c.zip': No such file or directory$"):
        export_index(home, tmp_path / "no" / "c.zip")


def test_a_full_disk_leaves_no_archive_and_no_index(
    home: Home, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.packed.os.replace", full)
    with pytest.raises(StoreError, match=r"^cannot write '.*b.zip': No space left on device$"):
        export_index(home, tmp_path / "b.zip")
    assert [path.name for path in tmp_path.glob("*b.zip*")] == []
    monkeypatch.undo()
    monkeypatch.setattr("index.packed._copy", full)
    with pytest.raises(StoreError, match=r"^cannot unpack '.*a.zip': No space left on device$"):
        import_index(Home(tmp_path / "other"), archive, LetterEmbedder())
    assert rest(tmp_path / "other") == []
    monkeypatch.undo()
    monkeypatch.setattr("index.packed.shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(StoreError, match=r"^'.*a.zip' unpacks to [0-9,]+ bytes, and 1,000 are free: make room$"):
        import_index(Home(tmp_path / "other"), archive, LetterEmbedder())


def _data_of(info: zipfile.ZipInfo, archive: bytes) -> range:
    """Where the archive holds the bytes of a file; the last may have bits that mean nothing."""
    name_length, extra_length = struct.unpack_from("<HH", archive, info.header_offset + 26)
    start = info.header_offset + 30 + name_length + extra_length
    return range(start, start + info.compress_size - 1)


def test_a_byte_that_changed_anywhere_is_found_and_nothing_is_left_of_it(archive: Path, tmp_path: Path) -> None:
    whole, other = archive.read_bytes(), Home(tmp_path / "other")
    with zipfile.ZipFile(archive) as read:
        content = {name: read.read(name) for name in read.namelist()}
        data = [_data_of(info, whole) for info in read.infolist()]
    said = set[bool]()
    for place in range(0, len(whole), len(whole) // 150):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        try:
            facts = packed.unpack(archive, tmp_path / "out", lambda _: True, lambda *_: None)
        except StoreError as error:
            said.add(str(archive) in str(error) and not (tmp_path / "out").exists())
            continue
        # Harmless: what was unpacked is as it was. That can only be around the files, in a time stamp, say.
        assert not any(place in one for one in data)
        for name in facts["files"]:
            assert (tmp_path / "out" / name).read_bytes() == content[name]
        packed.shutil.rmtree(tmp_path / "out")
    assert said == {True}
    for size in range(0, len(whole), len(whole) // 20):
        archive.write_bytes(whole[:size])
        with pytest.raises(StoreError, match=r"^'.*a.zip' is (damaged|no archive)"):
            import_index(other, archive, LetterEmbedder())
    assert rest(other.folder) == []


def made(held: dict[str, bytes], *, link: str = "", **facts: object) -> bytes:
    """An archive as another program would make one: `held` listed truly, unless `facts` say otherwise."""
    listed = {name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in held.items()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if name == link:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, data)
        archive.writestr("kotae.json", json.dumps({"kotae": 1, "files": listed, **facts}))
    return content.getvalue()


def plain_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.txt", "x")
    return content.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "leads out": (lambda: made({"uploads/../../up.md": b"x"}), "holds 'uploads/../../up.md', which no archive"),
    "absolute": (lambda: made({"/etc/passwd": b"x"}), "holds '/etc/passwd', which no archive"),
    "a drive": (lambda: made({"uploads/C:x": b"x"}), "holds 'uploads/C:x', which no archive"),
    "backslashes": (lambda: made({"uploads/..\\..\\x": b"x"}), "which no archive of Kotae's does"),
    "another file": (lambda: made({"CURRENT": b"000009"}), "holds 'CURRENT', which no archive"),
    "chroma": (lambda: made({"chroma/chroma.sqlite3": b"x"}), "holds 'chroma/chroma.sqlite3', which no archive"),
    "a link": (lambda: made({"uploads/a": b"/etc"}, link="uploads/a"), "holds 'uploads/a', which no archive"),
    "two of one name": (lambda: made({"uploads/a": b"x", "uploads/A": b"y"}), "two files in it have one name"),
    "a bomb": (lambda: made({"manifest.sqlite3": bytes(8 * 2**20)}), "would grow 200 times and more"),
    "not listed": (lambda: made({"uploads/a": b"x"}, files={}), "is damaged ('uploads/a' is not listed)"),
    "missing": (
        lambda: made({}, files={"uploads/a": {"size": 1, "sha256": ""}}),
        "is damaged ('uploads/a' is missing)",
    ),
    "no list": (lambda: made({}, files=[1]), "does not list its files"),
    "another version": (lambda: made({}, kotae=2), "has version 2, this Kotae reads 1"),
    "another zip": (plain_zip, "is no archive that Kotae made (its 'kotae.json' is missing or damaged)"),
    "no zip": (lambda: b"text", "is damaged, or no archive that Kotae made"),
    "no manifest": (lambda: made({"uploads/a": b"x"}), "holds no articles"),
    "no database": (lambda: made({"manifest.sqlite3": b"x" * 5000}), "is damaged"),
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_archive_made_to_do_harm_is_refused_by_name_and_leaves_nothing(hostile: str, tmp_path: Path) -> None:
    content, reason = HOSTILE[hostile]
    (tmp_path / "evil.zip").write_bytes(content())
    with pytest.raises(StoreError, match="evil.zip") as caught:
        import_index(Home(tmp_path / "in" / "home"), tmp_path / "evil.zip", LetterEmbedder())
    assert reason in str(caught.value)
    assert rest(tmp_path / "in" / "home") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.zip", "in"]


def test_an_archive_whose_sizes_lie_is_refused(tmp_path: Path) -> None:
    true = made({"uploads/a": b"abcdefgh"})
    lying = true.replace((8).to_bytes(4, "little"), (7).to_bytes(4, "little"))
    (tmp_path / "evil.zip").write_bytes(lying)
    with pytest.raises(StoreError, match=r"evil\.zip' is damaged"):
        import_index(Home(tmp_path / "home"), tmp_path / "evil.zip", LetterEmbedder())


def test_a_damaged_index_is_not_exported(home: Home, tmp_path: Path) -> None:
    path = home.live / "manifest.sqlite3"
    path.write_bytes(path.read_bytes().replace(b"aab ccc.", b"aab ccd."))
    with pytest.raises(StoreError, match="article 'up' is not as it was written"):
        export_index(home, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()
