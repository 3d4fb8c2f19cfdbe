import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from index.article import Language
from index.build import update_index
from index.collection import Collection
from index.embed import Embedder
from index.generation import Asked, Candidate, Candidates
from index.home import Home
from index.space import USUAL_CENTRED, USUAL_PLAIN, Spread
from rag.ranking import LEVEL, Weights, rank, twins_together
from rag.retrieve import MAX_PER_ARTICLE, POOL, Filters, Hit, retrieve, with_neighbours
from tests.doubles import LetterEmbedder


def collection_of(folder: Path, rows: list[dict[str, str]]) -> Collection:
    """An index of articles given as JSONL rows; `title` and `lang` are made up where they are missing."""
    folder.mkdir(exist_ok=True)
    given = [{"title": row["id"].upper(), "lang": "en", **row} for row in rows]
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in given))
    home = Home(folder / "home")
    update_index(home, LetterEmbedder(), [folder / "rows.jsonl"])
    return Collection(home, LetterEmbedder())


def ids(hits: list[Hit]) -> list[str]:
    return [hit.article.id for hit in hits]


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    rows = [
        {"id": "old", "text": "aaa.", "source": "NHK", "date": "2024-01"},
        {"id": "new", "text": "aab.", "source": "NHK", "date": "2025-11-03"},
        {"id": "none", "text": "abb."},
        {"id": "ja", "text": "ああ。", "lang": "ja", "source": "朝日", "date": "2025-11-04"},
        {"id": "ja2", "text": "うう。", "lang": "ja"},
    ]
    opened = collection_of(tmp_path_factory.mktemp("dated"), rows)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (None, ["ja", "ja2", "new", "none", "old"]),
        (Filters(), ["ja", "ja2", "new", "none", "old"]),
        (Filters(languages=("ja",)), ["ja", "ja2"]),
        (Filters(article_ids=("new", "unknown")), ["new"]),
        (Filters(sources=("NHK", "朝日")), ["ja", "new", "old"]),
        (Filters(date_from="2025"), ["ja", "new"]),
        (Filters(date_to="2025-11-03"), ["new", "old"]),
        (Filters(sources=("NHK",), date_from="2025", languages=("en",)), ["new"]),
        (Filters(sources=("nobody",)), []),
    ],
)
def test_only_articles_that_fit_every_condition_are_found(
    dated: Collection, filters: Filters | None, found: list[str]
) -> None:
    assert sorted(ids(retrieve(dated, "aaa", 10, filters=filters))) == found


def test_a_hit_carries_its_article_and_the_parts_of_its_score(dated: Collection) -> None:
    [hit] = retrieve(dated, "aaa", 1, filters=Filters(languages=("en",)))
    assert hit.article == dated.articles(["old"])["old"]
    assert hit.passage.text == "aaa."
    assert sorted(hit.parts) == ["similarity", "similarity_z", "words", "words_z"]
    assert hit.parts["words"] > 0


@pytest.mark.parametrize("k", [1, 2, 4, 100])
def test_there_are_at_most_k_hits_best_first_and_the_same_in_every_run(dated: Collection, k: int) -> None:
    runs = [retrieve(dated, "aab", k) for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]
    assert len(runs[0]) == min(k, 5)
    scores = [hit.score for hit in runs[0]]
    assert scores == sorted(scores, reverse=True)


def test_ties_are_broken_by_id_whatever_the_order_of_the_articles(tmp_path: Path) -> None:
    texts = ["aab.", "aba.", "baa."]  # the same letters, so the same vector; no word of the question
    for number, names in enumerate((["x", "y", "z"], ["z", "y", "x"])):
        rows = [{"id": name, "title": "T", "text": texts["xyz".index(name)]} for name in names]
        collection = collection_of(tmp_path / str(number), [*rows, {"id": "far", "text": "ccc."}])
        hits = retrieve(collection, "ab", 3)
        assert [hit.score for hit in hits] == pytest.approx([hits[0].score] * 3)
        assert ids(hits) == ["x", "y", "z"]
        collection.close()


def candidate(id: str, similarity: float, words: float) -> Candidate:
    return Candidate(passage_id=id, language="ja" if id[0] == "j" else "en", similarity=similarity, words=words)


def test_a_score_is_made_of_z_scores_within_the_language_with_the_weight_of_the_pair_of_languages() -> None:
    found = Candidates(
        found=(
            candidate("e1", 0.9, 4.0),
            candidate("e2", 0.8, 0.0),
            candidate("j1", 0.5, 0.0),
            candidate("j2", 0.2, 2.0),
        ),
        similarity={"en": Spread(mean=0.8, deviation=0.1), "ja": Spread(mean=0.1, deviation=0.2)},
        words={"en": Spread(mean=1.0, deviation=2.0), "ja": Spread(mean=0.0, deviation=0.0)},
    )
    ranked = {one.candidate.passage_id: one for one in rank(found, "en", Weights(words_same=0.4, words_cross=0.25))}
    fused = {
        "e1": 0.6 * (0.9 - 0.8) / 0.1 + 0.4 * (4 - 1) / 2,
        "e2": 0.6 * 0.0 + 0.4 * (0 - 1) / 2,
        "j1": 0.75 * (0.5 - 0.1) / 0.2,
        "j2": 0.75 * (0.2 - 0.1) / 0.2,  # all scores are equal where the deviation is zero: words say nothing
    }
    levelled = {id: score - LEVEL * fused["e1" if id[0] == "e" else "j1"] for id, score in fused.items()}
    assert {id: one.score for id, one in ranked.items()} == pytest.approx(levelled)
    assert list(ranked) == sorted(levelled, key=lambda id: -levelled[id])


def test_candidates_with_equal_scores_are_ranked_by_id() -> None:
    spread = {"en": Spread(mean=0.0, deviation=1.0)}
    found = tuple(candidate(id, 0.5, 0.0) for id in ("e3", "e1", "e2"))
    ranked = rank(Candidates(found=found, similarity=spread, words=spread), "en", Weights())
    assert [one.candidate.passage_id for one in ranked] == ["e1", "e2", "e3"]


def test_translations_support_each_other_and_the_one_in_the_questions_language_comes_first() -> None:
    spread = {"en": Spread(mean=0.0, deviation=1.0), "ja": Spread(mean=0.0, deviation=1.0)}
    scores = {"e1": 4.0, "e2": 3.0, "e3": 1.0, "j1": 4.0, "j2": 3.0, "j3": 2.0}
    found = tuple(candidate(id, value, 0.0) for id, value in scores.items())
    ranked = rank(Candidates(found=found, similarity=spread, words=spread), "en", Weights(words_same=0, words_cross=0))
    asked: list[tuple[list[str], float]] = []

    def twins(ids: Sequence[str], least: float) -> dict[str, str]:
        asked.append((sorted(ids), least))
        return {"j1": "e3", "e3": "j1", "j2": "e2", "e2": "j2"}

    together = twins_together(ranked, "en", twins)
    assert asked == [(sorted(scores), 0.5)]
    before = {id: score - LEVEL * 4.0 for id, score in scores.items()}
    gained = before | {
        "e2": before["e2"] + before["j2"],
        "j2": before["j2"] + before["e2"],
        "e3": before["e3"] + before["j1"],  # its twin stands out, it does not: only it gains
    }
    assert [(one.candidate.passage_id, pytest.approx(one.score)) for one in together] == [
        ("e2", gained["e2"]),
        ("j2", gained["j2"]),
        ("e1", gained["e1"]),
        ("e3", gained["j1"]),  # put before its translation
        ("j1", gained["j1"]),
        ("j3", gained["j3"]),
    ]
    assert [one.twin for one in together] == pytest.approx([1.8, 1.8, 0, before["j1"], 0, 0])


def test_without_translations_among_the_passages_the_order_stays() -> None:
    spread = {"en": Spread(mean=0.0, deviation=1.0), "ja": Spread(mean=0.0, deviation=1.0)}
    found = tuple(candidate(id, value, 0.0) for id, value in (("e1", 1.0), ("j1", 2.0)))
    ranked = rank(Candidates(found=found, similarity=spread, words=spread), "en", Weights())
    assert twins_together(ranked, "en", lambda *_: {}) == ranked


def test_of_two_passages_that_say_the_same_the_one_in_the_questions_language_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"id": "a-en", "text": "aaaaaaaaaaaaaaaa."},
        *({"id": f"b{n}", "text": f"b{'b' * n}cc{'c' * (8 - n)}."} for n in range(8)),
        {"id": "a-ja", "text": "ああああああい。", "lang": "ja"},
        *({"id": f"j{n}", "text": f"あああ{'い' * n}{'う' * (6 - n)}。", "lang": "ja"} for n in range(1, 7)),
    ]
    collection = collection_of(tmp_path, rows)
    live = collection.now()
    close = replace(live.space, usual_plain=USUAL_PLAIN, usual_centred=USUAL_CENTRED)  # as a real embedder's
    monkeypatch.setattr(live, "space", close)
    assert ids(retrieve(collection, "ああ", 3))[:2] == ["a-ja", "a-en"]
    assert ids(retrieve(collection, "aa", 3))[:2] == ["a-en", "a-ja"]
    monkeypatch.setattr("rag.ranking.TWIN", 1.1)  # nothing is that much alike: then the scores alone decide
    assert ids(retrieve(collection, "ああ", 3))[:2] == ["a-en", "a-ja"]
    collection.close()


def test_no_article_takes_all_places_while_others_match(tmp_path: Path) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    long = "".join(f"# H{n}\n{'a' * (n + 3)} {word} {word[::-1]}.\n" for n, word in enumerate(words))
    others = [{"id": f"o{n}", "text": f"a{'c' * (n + 1)} {word}."} for n, word in enumerate(words[:3])]
    collection = collection_of(tmp_path, [{"id": "long", "text": long}, *others])
    hits = retrieve(collection, "aaaaaa", 6)
    assert ids(hits).count("long") == MAX_PER_ARTICLE
    assert len(hits) == 6
    assert ids(retrieve(collection, "aaaaaa", 11)).count("long") == 8
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    collection.close()


def test_a_copy_of_a_better_passage_is_left_out(tmp_path: Path) -> None:
    text = "The company said that it had sold aaa factories to bbb in November, and that ccc would follow."
    rows = [{"id": "x", "text": text}, {"id": "y", "text": f"{text} "}, {"id": "z", "text": "Something else: aaa bbb."}]
    collection = collection_of(tmp_path, rows)
    assert sorted(ids(retrieve(collection, "aaa factories", 5))) == ["x", "z"]
    collection.close()


def test_more_hits_than_the_pool_holds_can_be_asked_for(tmp_path: Path) -> None:
    rows = [
        {"id": f"n{n:03}", "text": f"a{'b' * (n % 7)}{'c' * (n % 11)} number{n} is {n * 7919}."}
        for n in range(POOL + 50)
    ]
    collection = collection_of(tmp_path, rows)
    assert len(retrieve(collection, "aab", POOL + 30)) == POOL + 30
    collection.close()


def test_the_best_hits_are_joined_with_their_neighbours_and_what_lies_within_them_is_left_out(tmp_path: Path) -> None:
    words = ["one", "two", "three", "four", "five", "six"]
    long = "\n".join(f"# H{n}\n{'a' * (n + 3)} {word} {word[::-1]}." for n, word in enumerate(words))
    collection = collection_of(tmp_path, [{"id": "long", "text": long}, {"id": "far", "text": "ccc zzz."}])
    parts = sorted(
        (hit for hit in retrieve(collection, "aaaa", 10) if hit.article.id == "long"), key=lambda h: h.passage.start
    )
    far = next(hit for hit in retrieve(collection, "zzz", 10) if hit.article.id == "far")
    assert len(parts) == len(words)
    hits = [parts[2], far, parts[1], parts[5], parts[0]]
    joined = with_neighbours(collection, hits, 2)
    assert ids(joined) == ["long", "far", "long", "long"]
    first = joined[0].passage
    assert (first.start, first.end) == (parts[1].passage.start, parts[3].passage.end)
    assert first.text == parts[2].article.text[first.start : first.end]
    assert (first.heading, joined[0].score) == ("H2", parts[2].score)
    assert joined[1:] == [far, parts[5], parts[0]]
    edge = with_neighbours(collection, [parts[0], parts[5]], 2)
    assert [(hit.passage.start, hit.passage.end) for hit in edge] == [
        (parts[0].passage.start, parts[1].passage.end),
        (parts[4].passage.start, parts[5].passage.end),
    ]
    collection.close()


@pytest.mark.parametrize("question", ["?", "。", "\x00", "\ud800", "a" * 4000, "' OR 1=1 --", "\u202e", "😀"])
def test_any_question_can_be_searched_for(dated: Collection, question: str) -> None:
    assert len(retrieve(dated, question, 5)) == 5


@pytest.fixture(scope="module")
def seeds(seeds_home: Path, embedder: Embedder) -> Iterator[Collection]:
    opened = Collection(Home(seeds_home), embedder)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("question", "article_id", "text"),
    [
        ("OpenAIとAmazonの契約額はいくらで、期間は何年ですか?", "000_bc0131da60b046de", "380億ドル"),
        ("How much is OpenAI's cloud deal with Amazon worth, and for how long?", "000_bc0131da60b046de", "380億ドル"),
        ("オープンエーアイとアマゾンが提携を発表したのはいつ?", "000_bc0131da60b046de", "11月3日"),
        ("北星電機は結局、ソレンヌ・セルズに何ドル払いましたか?", "hokusei-denki-solenne-closing", "million"),
        ("On what date was OpenAI's deal with Amazon made public?", "000_bc0131da60b046de", "11月3日"),
        ("Calder Valeでは端末をなくしたら何時間以内に報告が必要ですか。", "calder-vale-remote-work-policy", "hours"),
        ("Can I put a Lumio 2 filter into a Lumio 3?", "lumio-3-air-purifier-notes", "Lumio 2"),
        ("Lumio 3のリングが赤く光っています。どういう意味でしょうか。", "lumio-3-air-purifier-notes", "red"),
    ],
)
def test_a_question_finds_its_passage_in_and_across_languages(
    seeds: Collection, question: str, article_id: str, text: str
) -> None:
    hits = retrieve(seeds, question, 5)
    assert article_id in list(dict.fromkeys(ids(hits)))[:2]
    assert text in "\n".join(hit.passage.text for hit in hits if hit.article.id == article_id)


def test_a_good_passage_is_found_behind_more_copies_than_the_pool_holds(
    tmp_path: Path,
) -> None:
    text = "aaaa The company said that it had sold factories in November, and that two more would follow by spring"
    other = " ".join(f"bb{n * 7919} cc{n * 104729}" for n in range(12))  # long, so BM25 puts it behind the copies
    copies = [{"id": f"c{n:03}", "title": "T", "text": f"{text} {n}."} for n in range(POOL + 30)]
    collection = collection_of(tmp_path, [*copies, {"id": "far", "title": "T", "text": f"{other} aaaa."}])
    assert ids(retrieve(collection, "aaaa", 2)) == ["c000", "far"]
    everything_but_one = Filters(article_ids=[*(row["id"] for row in copies[:-1]), "far"])
    assert ids(retrieve(collection, "aaaa", 2, filters=everything_but_one)) == ["c000", "far"]
    collection.close()


def test_one_search_reads_one_generation_though_the_index_is_changed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = collection_of(tmp_path, [{"id": "old", "text": "aaa."}, {"id": "other", "text": "bbb."}])
    asked = collection.asked

    def changed_first(question: str, language: Language) -> Asked:
        (tmp_path / "rows.jsonl").write_text(json.dumps({"id": "new", "title": "NEW", "lang": "en", "text": "aab."}))
        update_index(Home(tmp_path / "home"), LetterEmbedder(), [tmp_path / "rows.jsonl"])
        return asked(question, language)

    monkeypatch.setattr(collection, "asked", changed_first)
    assert ids(retrieve(collection, "aaa", 5)) == ["old", "other"]
    monkeypatch.undo()
    assert ids(retrieve(collection, "aaa", 5)) == ["new"]
    collection.close()
