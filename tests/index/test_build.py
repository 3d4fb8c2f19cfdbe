import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index import build, fingerprint, words
from index.article import LANGUAGES, Language
from index.build import IndexReport, undo_index, update_index
from index.errors import ArticleError, EmbedderMismatch, NoIndex, StoreError
from index.fields import detect_language
from index.home import Home, collections
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.progress import Progress
from index.store import PassageStore
from index.typical import TYPICAL_QUESTIONS
from tests.doubles import LetterEmbedder, letters, write

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    return write(tmp_path / "articles", one="aaa.", two="bbb.", drei="ああ。")


@pytest.fixture
def indexed(home: Home, articles: Path) -> Home:
    update_index(home, LetterEmbedder(), [articles])
    return home


def report(of: IndexReport) -> dict[str, object]:
    """What the run did, without the time it took."""
    return {name: value for name, value in vars(of).items() if name != "seconds" and value}


def content(home: Home) -> dict[str, object]:
    """All that the live index holds, with what each part of it knows of the passages."""
    manifest = Manifest.open(home.live / "manifest.sqlite3")
    store = PassageStore.open(home.live / "chroma")
    ids = manifest.passage_ids()
    found: dict[str, object] = {
        "articles": {article.id: article.text for article in manifest.all_articles()},
        "places": manifest.places(),
        "passages": [id for id, _ in ids],
        "words": list(LexicalIndex.open(home.live / "words").passage_ids),
        "chroma": sorted(id for of in LANGUAGES for id in store.reachable(store.count(of), of)),
    }
    for id, passage in manifest.passages([id for id, _ in ids]).items():
        assert np.array_equal(manifest.vectors([id])[0], letters(passage.embedded_text))
        assert store.search(letters(passage.embedded_text), 1, passage.language)[0].similarity == pytest.approx(1.0)
    store.close()
    manifest.close()
    return found


def generations(home: Home) -> list[str]:
    return sorted(path.name for path in (home.folder / "generations").iterdir())


def test_the_first_run_indexes_everything_and_all_parts_agree(home: Home, articles: Path) -> None:
    seen: list[Progress] = []
    embedder = LetterEmbedder()
    done = update_index(home, embedder, [articles], progress=seen.append)
    assert report(done) == {"added": 3, "embedded": 3, "articles": 3, "passages": 3}
    assert sorted(embedder.embedded) == ["DREI\nああ。", "ONE\naaa.", "TWO\nbbb."]
    found = content(home)
    assert found["articles"] == {"one": "aaa.", "two": "bbb.", "drei": "ああ。"}
    assert found["passages"] == found["words"] == found["chroma"]
    assert Manifest.open(home.live / "manifest.sqlite3").fingerprint == {
        "embedder": "letters",
        "embedder_digest": "abc123",
        "dimension": "5",
        "splitter": fingerprint.SPLITTER_VERSION,
        "passage_tokens": str(build.PASSAGE_TOKENS),
        "words": str(words.VERSION),
        "manifest": "2",
    }
    assert [p for p in seen if p.label == "embed"] == [
        Progress(label="embed", done=0, total=3, unit="passages"),
        Progress(label="embed", done=3, total=3, unit="passages"),
    ]


def test_a_second_run_embeds_nothing_writes_nothing_and_does_not_load_the_model(indexed: Home, articles: Path) -> None:
    class Unloaded(LetterEmbedder):
        @property
        def dimension(self) -> int:
            raise AssertionError("loaded")

        @dimension.setter
        def dimension(self, value: int) -> None:
            pass

    before, embedder = content(indexed), Unloaded()
    done = update_index(indexed, embedder, [articles])
    assert report(done) == {"unchanged": 3, "articles": 3, "passages": 3}
    assert embedder.embedded == []
    assert content(indexed) == before
    assert generations(indexed) == ["000001"]


def test_a_changed_article_embeds_its_changed_passages_only(home: Home, tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", one="aaa.\n\n# Part\nbbb.\n", two="ccc.")
    update_index(home, LetterEmbedder(), [folder])
    write(folder, one="aaa.\n\n# Part\nbbbcc.\n")
    embedder = LetterEmbedder()
    done = update_index(home, embedder, [folder])
    assert report(done) == {"changed": 1, "unchanged": 1, "embedded": 1, "articles": 2, "passages": 3}
    assert embedder.embedded == ["ONE\nPart\nbbbcc."]
    found = content(home)
    assert found["articles"] == {"one": "aaa.\n\n# Part\nbbbcc.\n", "two": "ccc."}
    assert found["passages"] == found["words"] == found["chroma"]


def test_the_words_of_unchanged_passages_are_not_read_again(
    indexed: Home, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    terms = words.terms
    monkeypatch.setattr(words, "terms", lambda text: (read.append(text), terms(text))[1])
    write(articles, two="bbc.")
    update_index(indexed, LetterEmbedder(), [articles])
    assert read == ["TWO\nbbc."]
    assert [id.split("#")[0] for id, _ in LexicalIndex.open(indexed.live / "words").search("bbc aaa", 5)] == [
        "one",
        "two",
    ]


def test_an_article_that_changes_its_language_moves_to_the_other_collection(indexed: Home, articles: Path) -> None:
    (articles / "one.md").write_text("---\nid: one\ntitle: ONE\nlanguage: ja\n---\naaa.")
    update_index(indexed, LetterEmbedder(), [articles])
    store = PassageStore.open(indexed.live / "chroma")
    assert (store.count("ja"), store.count("en")) == (2, 1)
    store.close()


def test_what_is_gone_from_its_folder_is_dropped(indexed: Home, articles: Path) -> None:
    (articles / "two.md").unlink()
    embedder = LetterEmbedder()
    done = update_index(indexed, embedder, [articles])
    assert report(done) == {"removed": 1, "unchanged": 2, "articles": 2, "passages": 2}
    assert embedder.embedded == []
    found = content(indexed)
    assert found["articles"] == {"one": "aaa.", "drei": "ああ。"}
    assert found["passages"] == found["words"] == found["chroma"]


def test_articles_of_other_folders_stay(indexed: Home, tmp_path: Path) -> None:
    done = update_index(indexed, LetterEmbedder(), [write(tmp_path / "more", four="ccc.")])
    assert report(done) == {"added": 1, "embedded": 1, "articles": 4, "passages": 4}


def test_without_paths_all_folders_of_earlier_runs_are_read_again(
    indexed: Home, articles: Path, tmp_path: Path
) -> None:
    update_index(indexed, LetterEmbedder(), [write(tmp_path / "more", four="ccc.", five="ca.")])
    (articles / "one.md").unlink()
    write(tmp_path / "more", four="cccc.")
    done = update_index(indexed, LetterEmbedder(), [])
    assert report(done) == {"changed": 1, "removed": 1, "unchanged": 3, "embedded": 1, "articles": 4, "passages": 4}


def test_without_paths_and_without_an_index_there_is_nothing_to_do(home: Home) -> None:
    with pytest.raises(NoIndex, match=r"^there is no index in '.*': say what to index with `kotae index PATH`$"):
        update_index(home, LetterEmbedder(), [])


def test_an_unchanged_article_in_another_file_moves_and_says_so(indexed: Home, articles: Path, tmp_path: Path) -> None:
    (articles / "one.md").rename(articles / "uno.md")
    embedder = LetterEmbedder()
    done = update_index(indexed, embedder, [articles])
    moved = ("one", str(articles / "one.md"), str(articles / "uno.md"))
    assert report(done) == {"unchanged": 3, "articles": 3, "passages": 3, "replaced": (moved,)}
    assert embedder.embedded == []
    assert content(indexed)["places"]["one"] == (str(articles), str(articles / "uno.md"))  # type: ignore[index]
    done = update_index(indexed, LetterEmbedder(), [write(tmp_path / "other", one="ccc.")])
    taken = ("one", str(articles / "uno.md"), str(tmp_path / "other" / "one.md"))
    assert report(done) == {"changed": 1, "embedded": 1, "articles": 3, "passages": 3, "replaced": (taken,)}


def test_the_second_file_of_an_id_is_refused_with_both_names_and_the_rest_is_read(
    indexed: Home, articles: Path, tmp_path: Path
) -> None:
    (articles / "other.md").write_text("---\nid: one\n---\nccc.")
    (articles / "rows.jsonl").write_text('{"id": "j", "text": "ccc."}\n{"id": "j", "text": "aaa."}')
    more = write(tmp_path / "more", one="ccc.")
    done = update_index(indexed, LetterEmbedder(), [articles, more])
    assert content(indexed)["articles"] == {"one": "aaa.", "two": "bbb.", "drei": "ああ。", "j": "ccc."}
    assert [(note.path, note.outcome, note.reason) for note in done.notes] == [
        (
            second,
            "refused",
            f"two articles have the id '{id}': '{first}' and '{second}': "
            "the second is left out until one of them has another id",
        )
        for id, first, second in [
            ("one", articles / "one.md", articles / "other.md"),
            ("j", articles / "rows.jsonl", articles / "rows.jsonl"),
            ("one", articles / "one.md", more / "one.md"),
        ]
    ]


def test_a_file_that_cannot_be_read_stops_nothing_and_its_article_stays_as_it_was(
    indexed: Home, articles: Path
) -> None:
    (articles / "one.md").write_bytes(b"\x00\x01\x02")
    (articles / "two.md").write_text("bbbb.")
    done = update_index(indexed, LetterEmbedder(), [articles])
    assert (done.changed, done.kept, done.removed, len(done.notes)) == (1, 1, 0, 1)
    assert content(indexed)["articles"] == {"one": "aaa.", "two": "bbbb.", "drei": "ああ。"}
    again = update_index(indexed, LetterEmbedder(), [])
    assert (again.changed, again.kept, again.notes) == (0, 1, done.notes)
    (articles / "one.md").unlink()
    assert update_index(indexed, LetterEmbedder(), []).removed == 1


def test_a_folder_of_an_earlier_run_that_is_not_there_keeps_its_articles_and_is_named(
    indexed: Home, articles: Path, tmp_path: Path
) -> None:
    more = write(tmp_path / "more", four="ccc.")
    update_index(indexed, LetterEmbedder(), [more])
    articles.rename(tmp_path / "unplugged")
    write(more, five="cc.")
    done = update_index(indexed, LetterEmbedder(), [])
    assert (done.added, done.kept, done.articles) == (1, 3, 5)
    assert [note.reason for note in done.notes] == [f"there is nothing at '{articles}': check the path"]


def test_a_folder_and_a_file_in_it_may_both_be_named(home: Home, articles: Path) -> None:
    done = update_index(home, LetterEmbedder(), [articles, articles / "one.md", articles])
    assert report(done) == {"added": 3, "embedded": 3, "articles": 3, "passages": 3}


def test_rebuild_makes_the_index_anew_of_the_paths_named(indexed: Home, articles: Path, tmp_path: Path) -> None:
    update_index(indexed, LetterEmbedder(), [write(tmp_path / "more", four="ccc.")])
    embedder = LetterEmbedder()
    done = update_index(indexed, embedder, [articles], rebuild=True)
    assert report(done) == {"added": 3, "embedded": 3, "articles": 3, "passages": 3}
    assert len(embedder.embedded) == 3
    assert sorted(content(indexed)["articles"]) == ["drei", "one", "two"]  # type: ignore[arg-type, call-overload]


def test_another_embedder_is_refused_and_takes_over_by_a_rebuild(indexed: Home, articles: Path) -> None:
    other = LetterEmbedder(name="other", digest="def456")
    message = (
        r"^the index at '.*' was built with 'letters', but the embedder is 'other' \(digest def456\): rebuild it with "
        r"`kotae index --rebuild`, or set KOTAE_EMBEDDER to match$"
    )
    with pytest.raises(EmbedderMismatch, match=message):
        update_index(indexed, other, [articles])
    assert generations(indexed) == ["000001"]
    update_index(indexed, other, [], rebuild=True)
    assert Manifest.open(indexed.live / "manifest.sqlite3").fingerprint["embedder"] == "other"


@pytest.mark.parametrize("what", ["splitter", "words"])
def test_an_index_of_another_version_is_made_again_with_the_vectors_it_has(
    indexed: Home, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    update_index(indexed, LetterEmbedder(), [write(tmp_path / "more", four="ccc.")])
    (articles / "two.md").unlink()
    monkeypatch.setattr(*((fingerprint, "SPLITTER_VERSION", "99") if what == "splitter" else (words, "VERSION", 99)))
    embedder = LetterEmbedder()
    done = update_index(indexed, embedder, [tmp_path / "more"])
    assert report(done) == {"changed": 3, "removed": 1, "articles": 3, "passages": 3}
    assert embedder.embedded == []
    found = content(indexed)
    assert found["passages"] == found["words"] == found["chroma"]
    assert report(update_index(indexed, embedder, [articles])) == {"unchanged": 2, "articles": 3, "passages": 3}


def test_another_passage_size_cuts_again(home: Home, tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", one="aaa. bbb. ccc.")
    assert update_index(home, LetterEmbedder(), [folder]).passages == 1
    assert update_index(home, LetterEmbedder(), [folder], passage_tokens=4).passages == 3
    assert content(home)["articles"] == {"one": "aaa. bbb. ccc."}


def test_an_article_of_headings_alone_is_still_found(home: Home, tmp_path: Path) -> None:
    assert update_index(home, LetterEmbedder(), [write(tmp_path / "articles", one="# aaa\n## bbb\n")]).passages == 1


def test_ids_are_the_same_on_another_machine(home: Home, articles: Path, tmp_path: Path) -> None:
    update_index(home, LetterEmbedder(), [articles])
    other = Home(tmp_path / "elsewhere")
    update_index(other, LetterEmbedder(), [articles.rename(tmp_path / "moved")])
    assert content(home)["passages"] == content(other)["passages"]


@pytest.mark.parametrize("path", ["~nobody-of-this-name/x", "loop", "a\0b", "x" * 5000])
def test_a_path_that_cannot_be_followed_is_an_article_error(home: Home, tmp_path: Path, path: str) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ArticleError, match=r"^(cannot follow the path|there is nothing at) '"):
        update_index(home, LetterEmbedder(), [Path(path) if path.startswith("~") else tmp_path / path])
    assert home.live_name == ""


# Each step of a build in turn, and what is called there.
STEPS: dict[str, str] = {
    "lock": "filelock.FileLock.acquire",
    "copy": "shutil.copytree",
    "embed": "tests.doubles.LetterEmbedder.embed_passages",
    "chroma": "chromadb.api.models.Collection.Collection.upsert",
    "manifest": "index.manifest.Manifest.put_article",
    "words": "index.lexical.LexicalIndex.write",
    "space": "index.space.Space.save",
    "vectors": "index.writer.write_vectors",
    "roots": "index.home.Home.note_roots",
    "list": "index.home.note_files",
    "flush": "index.home._flush",
    "switch": "index.home.Home._switch",
}
FAULTS = [(28, "No space left on device"), (13, "Permission denied"), (5, "Input/output error")]


@pytest.mark.parametrize("fault", FAULTS, ids=["full", "permission", "read"])
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_step_leaves_the_old_index_and_names_its_cause_and_the_next_run_succeeds(
    indexed: Home, articles: Path, step: str, fault: tuple[int, str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        from chromadb.errors import InternalError

        raise InternalError(fault[1]) if step == "chroma" else OSError(*fault)

    before = content(indexed)
    write(articles, one="aac.", four="ccc.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(STEPS[step], fail)
        with pytest.raises(StoreError, match=fault[1]):
            update_index(indexed, LetterEmbedder(), [articles])
    assert content(indexed) == before
    assert generations(indexed) == ["000001"]
    done = update_index(indexed, LetterEmbedder(), [articles])
    assert report(done) == {"added": 1, "changed": 1, "unchanged": 2, "embedded": 2, "articles": 4, "passages": 4}
    found = content(indexed)
    assert found["passages"] == found["words"] == found["chroma"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_any_other_end_in_the_middle_leaves_the_old_index_too(
    indexed: Home, articles: Path, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(indexed)
    write(articles, four="ccc.")

    def stop(*_: object) -> None:
        raise error("stopped")

    monkeypatch.setattr(LetterEmbedder, "embed_passages", stop)
    with pytest.raises(error, match="stopped"):
        update_index(indexed, LetterEmbedder(), [articles])
    assert content(indexed) == before
    assert generations(indexed) == ["000001"]


WITH_LIMITS = """
import resource, sys
from pathlib import Path
from index.build import update_index
from index.errors import StoreError
from index.home import Home, collections
from tests.doubles import LetterEmbedder
for limit in map(int, sys.argv[3:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        update_index(Home(Path(sys.argv[1])), LetterEmbedder(), [Path(sys.argv[2])])
        print("done")
    except StoreError as error:
        print("StoreError", "\\n" in str(error))
"""


def test_a_file_that_cannot_grow_leaves_the_old_index(indexed: Home, articles: Path) -> None:
    before = content(indexed)
    write(articles, four="ccc.", five="aaa bbb. " * 20_000)
    limits = ["0", "4096", "100000", "200000", "400000"]
    command = [sys.executable, "-c", WITH_LIMITS, str(indexed.folder), str(articles), *limits]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.stdout.split("\n")[:-1] == ["StoreError False"] * len(limits), ran.stderr
    assert content(indexed) == before
    assert generations(indexed) == ["000001"]


SLOWLY = """
import sys, time
from pathlib import Path
from index.build import update_index
from index.home import Home, collections
from tests.doubles import LetterEmbedder

class Slow(LetterEmbedder):
    def embed_passages(self, texts):
        print("embedding", flush=True)
        time.sleep(60)

update_index(Home(Path(sys.argv[1])), Slow(), [Path(sys.argv[2])])
"""


def test_a_killed_run_leaves_the_old_index_and_the_next_one_sweeps_and_succeeds(indexed: Home, articles: Path) -> None:
    before = content(indexed)
    write(articles, one="aac.", four="ccc.")
    command = [sys.executable, "-c", SLOWLY, str(indexed.folder), str(articles)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "embedding\n"
        with pytest.raises(StoreError, match=rf"^process {other.pid} is writing to "):
            update_index(indexed, LetterEmbedder(), [articles])
        assert generations(indexed) == ["000001", "000002"]
        other.send_signal(signal.SIGKILL)
    assert content(indexed) == before
    assert update_index(indexed, LetterEmbedder(), [articles]).changed == 1
    assert content(indexed)["articles"] == {"one": "aac.", "two": "bbb.", "drei": "ああ。", "four": "ccc."}


def test_an_update_of_an_index_whose_words_and_space_are_damaged_mends_them(indexed: Home, articles: Path) -> None:
    for path in [*(indexed.live / "words").iterdir(), indexed.live / "space.npz", indexed.live / "vectors.npy"]:
        path.write_bytes(b"")
    write(articles, four="ccc.")
    update_index(indexed, LetterEmbedder(), [articles])
    found = content(indexed)
    assert found["passages"] == found["words"] == found["chroma"]


@pytest.mark.parametrize("part", ["manifest.sqlite3", "chroma/chroma.sqlite3"])
def test_an_update_of_a_damaged_index_is_refused_and_a_rebuild_mends_it(
    indexed: Home, articles: Path, part: str
) -> None:
    (indexed.live / part).write_bytes(b"damaged")
    write(articles, four="ccc.")
    with pytest.raises(StoreError, match="`kotae index --rebuild"):
        update_index(indexed, LetterEmbedder(), [articles])
    assert generations(indexed) == ["000001"]
    update_index(indexed, LetterEmbedder(), [articles], rebuild=True)
    assert len(content(indexed)["articles"]) == 4  # type: ignore[arg-type]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_typical_questions_are_pairs_of_different_questions_in_their_languages(language: Language) -> None:
    questions = TYPICAL_QUESTIONS[language]
    assert len(questions) == len(set(questions)) == len(TYPICAL_QUESTIONS["en"]) == 60
    assert {detect_language(question) for question in questions} == {language}


def as_version_1(manifest: Path) -> None:
    """The manifest as Kotae 0.1 wrote it: without pages, digests of files and the mark of the program."""
    connection = sqlite3.connect(manifest)
    connection.executescript(
        "DROP INDEX articles_by_path; ALTER TABLE articles DROP COLUMN pages; "
        "ALTER TABLE articles DROP COLUMN file_digest; DELETE FROM fingerprint WHERE name = 'manifest'; "
        "PRAGMA application_id = 0; PRAGMA user_version = 1;"
    )
    connection.close()


def test_an_index_of_version_1_opens_and_the_next_run_makes_it_anew_without_embedding(indexed: Home) -> None:
    before = content(indexed)
    as_version_1(indexed.live / "manifest.sqlite3")
    (indexed.live / "roots.json").unlink()
    assert content(indexed) == before
    embedder = LetterEmbedder()
    assert report(update_index(indexed, embedder, [])) == {"changed": 3, "articles": 3, "passages": 3}
    assert [text for text in embedder.embedded if text.startswith(("ONE", "TWO", "DREI"))] == []
    assert content(indexed) == before
    assert Manifest.open(indexed.live / "manifest.sqlite3").version == 2


def test_the_generation_before_can_be_returned_to_and_the_next_run_goes_on_from_there(
    indexed: Home, articles: Path
) -> None:
    before = content(indexed)
    write(articles, four="ccc.")
    update_index(indexed, LetterEmbedder(), [articles])
    assert report(undo_index(indexed)) == {"removed": 1, "unchanged": 3, "articles": 3, "passages": 3}
    assert indexed.live_name == "000001"
    assert content(indexed) == before
    with pytest.raises(StoreError, match="has no earlier generation to return to"):
        undo_index(indexed)
    assert update_index(indexed, LetterEmbedder(), [articles]).added == 1
    assert len(content(indexed)["articles"]) == 4  # type: ignore[arg-type]


def test_collections_of_one_home_know_nothing_of_each_other(indexed: Home, tmp_path: Path) -> None:
    other = Home(indexed.folder, "社内-1")
    update_index(other, LetterEmbedder(), [write(tmp_path / "more", four="ccc.")])
    assert (content(other)["articles"], len(content(indexed)["articles"])) == ({"four": "ccc."}, 3)  # type: ignore[arg-type]
    assert collections(indexed.folder) == ["default", "社内-1"]
    assert Home(indexed.folder, "default").folder == indexed.folder
    for name in ("..", "a/b", ".x", "x" * 61):
        with pytest.raises(StoreError, match="cannot name a collection"):
            Home(indexed.folder, name)
