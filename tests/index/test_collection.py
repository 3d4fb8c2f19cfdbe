import gc
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.article import LANGUAGES, Language
from index.build import update_index
from index.collection import Collection
from index.errors import EmbedderMismatch, NoIndex, StoreError
from index.generation import Candidate, Candidates
from index.home import Home
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.space import USUAL, Spread, typical
from index.store import PassageStore
from tests.doubles import LetterEmbedder, article, letters, write

ENGLISH = {"e1": "aaa.", "e2": "aab.", "e3": "bbb bb.", "e4": "ccc."}
JAPANESE = {"j1": "あああ。", "j2": "ああい。", "j3": "いいい。", "j4": "ううう。"}
EMBEDDED = {id: f"{id.upper()}\n{text}" for id, text in (ENGLISH | JAPANESE).items()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("collection")
    home = Home(folder / "home")
    update_index(home, LetterEmbedder(), [write(folder / "articles", **ENGLISH, **JAPANESE)])
    return home


@pytest.fixture
def collection(home: Home) -> Iterator[Collection]:
    opened = Collection(home, LetterEmbedder())
    yield opened
    opened.close()


def candidates(
    collection: Collection, question: str, language: Language, pool: int, allowed: Sequence[str] | None = None
) -> Candidates:
    return collection.now().candidates(collection.asked(question, language), pool, allowed)


def of_articles(found: tuple[Candidate, ...]) -> dict[str, Candidate]:
    return {candidate.passage_id.split("#")[0]: candidate for candidate in found}


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def centred(id: str) -> np.ndarray:
    """The vector of an article's passage without what its language shares."""
    own = ENGLISH if id in ENGLISH else JAPANESE
    return unit(letters(EMBEDDED[id]) - np.mean([letters(EMBEDDED[other]) for other in own], axis=0))


def test_passages_that_the_graph_does_not_lead_to_are_compared_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    update_index(home, LetterEmbedder(), [write(tmp_path / "articles", **ENGLISH)])
    monkeypatch.setattr(PassageStore, "search", lambda *_: [])
    manifest = Manifest.open(home.live / "manifest.sqlite3", writable=True)
    ids = {id.split("#")[0]: id for id, _ in manifest.passage_ids()}
    manifest.note_unlinked([ids["e3"], ids["e4"]])
    manifest.close()
    opened = Collection(home, LetterEmbedder())
    assert sorted(of_articles(candidates(opened, "zzz", "en", 10).found)) == ["e3", "e4"]
    opened.close()


@pytest.mark.parametrize(("question", "language"), [("aa", "en"), ("ああ", "ja")])
def test_a_passage_in_the_questions_language_is_compared_as_embedded_and_another_centred(
    collection: Collection, question: str, language: Language
) -> None:
    found = candidates(collection, question, language, 10)
    same = ENGLISH if language == "en" else JAPANESE
    without = unit(letters(question) - typical(LetterEmbedder()).questions[language])
    expected = {
        id: letters(EMBEDDED[id]) @ letters(question) if id in same else centred(id) @ without for id in EMBEDDED
    }
    assert {id: one.similarity for id, one in of_articles(found.found).items()} == pytest.approx(expected, abs=1e-5)
    for of in LANGUAGES:
        values = [value for id, value in expected.items() if id in (ENGLISH if of == "en" else JAPANESE)]
        spread = found.similarity[of]
        space = typical(LetterEmbedder())
        usual = space.usual_plain if of == language else space.usual_centred
        variance = (len(values) * np.var(values) + USUAL * usual**2) / (len(values) + USUAL)
        assert (spread.mean, spread.deviation) == pytest.approx((np.mean(values), variance**0.5), abs=1e-5)


def test_the_words_of_every_passage_count_and_so_do_those_that_hold_none(collection: Collection, home: Home) -> None:
    found = candidates(collection, "bbb", "en", 10)
    words = of_articles(found.found)
    index = LexicalIndex.open(home.live / "words")
    scores = dict(zip(index.passage_ids, index.scores("bbb"), strict=True))
    assert {c.passage_id: c.words for c in found.found} == pytest.approx(scores)
    assert words["e3"].words > 0 == words["e1"].words
    english = [one.words for one in found.found if one.language == "en"]
    assert found.words["en"] == Spread(mean=pytest.approx(np.mean(english)), deviation=pytest.approx(np.std(english)))
    assert found.words["ja"] == Spread(mean=0.0, deviation=0.0)


def test_an_index_that_was_made_before_vectors_lay_beside_it_finds_the_same(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    update_index(home, LetterEmbedder(), [write(tmp_path / "articles", **ENGLISH, **JAPANESE)])
    found = []
    for _ in range(2):
        opened = Collection(home, LetterEmbedder())
        found.append(candidates(opened, "aab", "en", 10))
        opened.close()
        for name in ("vectors.npy", "files.json"):
            (home.live / name).unlink(missing_ok=True)
    assert found[0] == found[1]


def test_with_a_filter_each_leg_is_limited_too(collection: Collection) -> None:
    allowed = collection.now().select(article_ids=["e1", "e2", "e3", "j1"])
    found = of_articles(candidates(collection, "aaaa bbb", "en", 1, allowed).found)
    assert sorted(found) == ["e2", "e3", "j1"]


def test_a_passage_that_only_chroma_knows_is_an_error_that_names_the_way_out(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    update_index(home, LetterEmbedder(), [write(tmp_path / "articles", **ENGLISH)])
    store = PassageStore.open(home.live / "chroma")
    store.put(["nobody#0"], letters("aaa")[None], "en")
    manifest = Manifest.open(home.live / "manifest.sqlite3")
    store.remove([id for id, _ in manifest.passage_ids()][:1], "en")
    manifest.close()
    store.close()
    opened = Collection(home, LetterEmbedder())
    with pytest.raises(StoreError, match=r"Chroma finds 'nobody#0', which .*`kotae doctor --repair`$"):
        candidates(opened, "aaa", "en", 10)
    opened.close()


def test_candidates_are_sorted_by_id_within_their_language_and_the_same_in_every_run(collection: Collection) -> None:
    runs = [candidates(collection, "aab", "en", 10) for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]
    for of in LANGUAGES:
        ids = [candidate.passage_id for candidate in runs[0].found if candidate.language == of]
        assert ids == sorted(ids)


def test_the_pool_limits_each_leg_in_each_language(collection: Collection) -> None:
    # aab is the most similar to it; of its words only bbb stands anywhere.
    found = of_articles(candidates(collection, "aaaa bbb", "en", 1).found)
    assert [id for id in sorted(found) if id in ENGLISH] == ["e2", "e3"]
    assert len(found) == 3
    assert len(candidates(collection, "aa", "en", 1000).found) == 8


def test_only_the_passages_allowed_are_compared_while_the_spread_stays_that_of_all(collection: Collection) -> None:
    everything = candidates(collection, "aa", "en", 10)
    allowed = collection.now().select(article_ids=["e4", "j1"])
    some = candidates(collection, "aa", "en", 1, [*allowed, "unknown"])
    assert {c for c in everything.found if c.passage_id in allowed} == set(some.found)
    assert (some.similarity, some.words) == (everything.similarity, everything.words)
    assert candidates(collection, "aa", "en", 10, []).found == ()


def test_the_twin_of_a_passage_is_the_one_most_alike_in_the_other_language(collection: Collection) -> None:
    ids = {id.split("#")[0]: id for id in collection.now().select()}
    alike = {en: {ja: float(centred(en) @ centred(ja)) for ja in JAPANESE} for en in ENGLISH}
    expected = {en: max(of, key=of.__getitem__) for en, of in alike.items() if max(of.values()) >= 0.9}
    for ja in JAPANESE:
        best = max(ENGLISH, key=lambda en: alike[en][ja])
        if alike[best][ja] >= 0.9:
            expected[ja] = best
    assert 0 < len(expected) < 8
    found = collection.now().twins(list(ids.values()), 0.9)
    assert {one.split("#")[0]: other.split("#")[0] for one, other in found.items()} == expected
    assert collection.now().twins([ids["e1"], ids["e2"]], -1.0) == {}


def test_likeness_compares_a_question_with_sentences_and_embeds_each_sentence_once(home: Home) -> None:
    embedder = LetterEmbedder()
    collection = Collection(home, embedder)
    assert collection.likeness("aa", "en", [], "en") == []
    same = collection.likeness("aa", "en", ["aaa", "ccc", "aaa"], "en")
    assert same == pytest.approx([letters(text) @ letters("aa") for text in ("aaa", "ccc", "aaa")], abs=1e-5)
    mean = np.mean([letters(EMBEDDED[id]) for id in JAPANESE], axis=0)
    without = unit(letters("aa") - typical(LetterEmbedder()).questions["en"])
    foreign = collection.likeness("aa", "en", ["ああ", "うう"], "ja")
    assert foreign == pytest.approx([unit(letters(text) - mean) @ without for text in ("ああ", "うう")], abs=1e-5)
    collection.likeness("cc", "en", ["aaa", "ccc"], "en")
    assert embedder.embedded == ["aaa", "ccc", "ああ", "うう"]
    collection.close()


def test_articles_and_passages_are_read_by_id(collection: Collection) -> None:
    [id] = collection.now().select(article_ids=["e1"])
    assert collection.passages([id])[id].text == "aaa."
    assert collection.articles(["e1", "nope"]) == {"e1": article("e1", "aaa.")}
    assert collection.count() == (8, 8)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_a_reader_sees_a_new_generation_without_opening_again_and_lets_go_of_the_old_one(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "articles"
    update_index(home, LetterEmbedder(), [write(folder, one="aaa.")])
    collection = Collection(home, LetterEmbedder())

    for number in range(5):
        update_index(home, LetterEmbedder(), [write(folder, **{f"n{number}": "bbb."})])
        assert collection.count() == (number + 2, number + 2)
        assert len(candidates(collection, "aa", "en", 100).found) == number + 2
    gc.collect()
    links = [Path(os.readlink(link)) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    held = {link.relative_to(home.folder).parts[1] for link in links if link.is_relative_to(home.folder)}
    assert held == {home.live_name} == {"000006"}
    collection.close()


def test_readers_in_threads_are_undisturbed_by_a_writer(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "articles"
    update_index(home, LetterEmbedder(), [write(folder, one="aaa.", zwei="ああ。")])
    collection, stop = Collection(home, LetterEmbedder()), threading.Event()
    errors: list[BaseException] = []
    sizes: set[int] = set()

    def read() -> None:
        try:
            while not stop.is_set():
                sizes.add(len(candidates(collection, "aa", "en", 100).found))
        except BaseException as error:  # noqa: BLE001  (any is what the test looks for)
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(5):
        update_index(home, LetterEmbedder(), [write(folder, **{f"n{number}": "bbb."})])
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sizes <= {2, 3, 4, 5, 6, 7}
    assert len(candidates(collection, "aa", "en", 100).found) == 7
    collection.close()


def test_an_index_that_writers_take_away_while_it_is_opened_is_opened_in_its_new_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, folder, opened = Home(tmp_path / "home"), tmp_path / "articles", PassageStore.open
    update_index(home, LetterEmbedder(), [write(folder, one="aaa.")])

    def late(path: Path) -> PassageStore:
        monkeypatch.setattr(PassageStore, "open", opened)
        for number in range(2):
            update_index(home, LetterEmbedder(), [write(folder, **{f"n{number}": "bbb."})])
        assert not path.exists()
        return opened(path)

    monkeypatch.setattr(PassageStore, "open", late)
    collection = Collection(home, LetterEmbedder())
    assert collection.count() == (3, 3)
    collection.close()


READER = """
import sys, threading
from pathlib import Path
from index.collection import Collection
from index.home import Home
from tests.doubles import LetterEmbedder
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
least = 0
while not ended.is_set():
    collection = Collection(Home(Path(sys.argv[1])), LetterEmbedder())
    found = len(collection.now().candidates(collection.asked("aa", "en"), 100).found)
    assert found >= max(least, 2), (found, least)
    if not least:
        print("reading", flush=True)
    least = found
    collection.close()
print(least, flush=True)
"""


def test_processes_that_open_the_index_while_it_is_written_always_find_a_whole_one(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "articles"
    update_index(home, LetterEmbedder(), [write(folder, one="aaa.", zwei="ああ。")])
    command = [sys.executable, "-c", READER, str(home.folder)]
    root = Path(__file__).parents[2]
    readers = [subprocess.Popen(command, cwd=root, stdin=-1, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    for reader in readers:
        assert reader.stdout
        assert reader.stdout.readline() == "reading\n"
    for number in range(25):
        update_index(home, LetterEmbedder(), [write(folder, **{f"n{number}": "bbb."})])
    for reader in readers:
        said, complaint = reader.communicate(timeout=60)
        assert not complaint, complaint
        assert reader.returncode == 0
        assert 2 < int(said) <= 27


def test_an_index_of_one_language_or_of_no_passage_can_be_searched(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    update_index(home, LetterEmbedder(), [write(tmp_path / "articles", one="ああ。")])
    collection = Collection(home, LetterEmbedder())
    assert [c.language for c in candidates(collection, "aa", "en", 10).found] == ["ja"]
    assert collection.likeness("ああ", "ja", ["aa"], "en") == pytest.approx([letters("aa") @ letters("ああ")])
    collection.close()


def test_nothing_to_open_is_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match=r"make one with `kotae index PATH`$"):
        Collection(Home(tmp_path), LetterEmbedder())


def test_an_index_of_another_embedder_is_refused(home: Home) -> None:
    with pytest.raises(EmbedderMismatch, match=r"built with 'letters', but the embedder is 'other' .*--rebuild`"):
        Collection(home, LetterEmbedder(name="other", digest="other"))


@pytest.mark.parametrize("part", ["manifest.sqlite3", "chroma/chroma.sqlite3", "words/words.json", "space.npz"])
@pytest.mark.parametrize("damage", ["gone", "empty", "text"])
def test_damage_to_any_part_is_a_store_error_that_names_the_way_out(tmp_path: Path, part: str, damage: str) -> None:
    home = Home(tmp_path / "home")
    update_index(home, LetterEmbedder(), [write(tmp_path / "articles", one="aaa.")])
    path = home.live / part
    path.unlink() if damage == "gone" else path.write_bytes({"empty": b"", "text": b"damaged " * 999}[damage])
    with pytest.raises(StoreError, match="`kotae index --rebuild"):
        Collection(home, LetterEmbedder())


@pytest.mark.parametrize("part", ["words", "space.npz", "vectors.npy"])
def test_a_part_of_another_index_is_refused(tmp_path: Path, part: str) -> None:
    home, other = Home(tmp_path / "home"), Home(tmp_path / "other")
    update_index(home, LetterEmbedder(), [write(tmp_path / "articles", one="aaa.")])
    update_index(other, LetterEmbedder(), [write(tmp_path / "others", two="bbb.", drei="ああ。")])
    old = home.live / part
    old.rename(tmp_path / "old")
    (other.live / part).rename(old)
    with pytest.raises(StoreError, match=r"other passages than the manifest: run `kotae index --rebuild`$"):
        Collection(home, LetterEmbedder())


def test_every_file_that_is_gone_or_cut_is_named_when_the_index_is_opened(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    rows = [{"id": f"r{n}", "text": "a" * (n % 40 + 1) + "b" * (n // 40 + 1)} for n in range(1100)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    update_index(home, LetterEmbedder(), [tmp_path / "rows.jsonl"])
    noted = json.loads((home.live / "files.json").read_text())
    assert {name.rpartition("/")[2] for name in noted} >= {"manifest.sqlite3", "words.json", "data_level0.bin"}
    for name, size in noted.items():
        path = home.live / name
        path.rename(tmp_path / "aside")
        with pytest.raises(StoreError, match=r"`kotae index --rebuild"):
            Collection(home, LetterEmbedder())
        if size:
            path.write_bytes((tmp_path / "aside").read_bytes()[:-1])
            with pytest.raises(StoreError, match=rf"{re.escape(path.name)}.* holds [0-9,]+ bytes of [0-9,]+"):
                Collection(home, LetterEmbedder())
        (tmp_path / "aside").rename(path)
    (home.live / "files.json").unlink()  # an index of an earlier version
    Collection(home, LetterEmbedder()).close()
    (home.live / "files.json").write_text("[]")
    with pytest.raises(StoreError, match="'files.json' cannot be read"):
        Collection(home, LetterEmbedder())


def test_vectors_that_are_missing_are_noticed_when_the_index_is_opened(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    update_index(home, LetterEmbedder(), [write(tmp_path / "articles", one="aaa.", two="bbb.")])
    store = PassageStore.open(home.live / "chroma")
    store.remove(sorted(store.reachable(2, "en"))[:1], "en")
    store.close()
    with pytest.raises(StoreError, match=r"holds 1 'en' vectors for 2 passages: repair it with `kotae doctor --"):
        Collection(home, LetterEmbedder())
