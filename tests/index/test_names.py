import pytest

from index.names import kanji_keys, katakana_keys, latin_keys, phrase_keys


def meet(katakana: str, latin: str) -> bool:
    known = {*latin_keys(latin.casefold()), *phrase_keys(latin)}
    return bool(known & set(katakana_keys(katakana)))


@pytest.mark.parametrize(
    ("katakana", "latin"),
    [
        ("アルトマン", "Altman"),
        ("アマゾン", "Amazon"),
        ("マイクロソフト", "Microsoft"),
        ("エヌビディア", "Nvidia"),
        ("グーグル", "Google"),
        ("ローレンス", "Lawrence"),
        ("バークレー", "Berkeley"),
        ("ロイター", "Reuters"),
        ("サム", "Sam"),
        ("エレナ", "Elena"),
        ("マーシュ", "Marsh"),
        ("トランプ", "Trump"),
        ("メルケル", "Merkel"),
        ("ジョンソン", "Johnson"),
        ("ウィリアムズ", "Williams"),
        ("ワシントン", "Washington"),
        ("マイケル", "Michael"),
        ("ミシェル", "Michelle"),
        ("チャールズ", "Charles"),
        ("キャサリン", "Catherine"),
        ("トーマス", "Thomas"),
        ("ジョージ", "George"),
        ("ヴァージニア", "Virginia"),
        ("シュレーダー", "Schröder"),
        ("ピッツバーグ", "Pittsburgh"),
        ("ケンブリッジ", "Cambridge"),
        ("ハンマー", "hammer"),
        ("サーバー", "server"),
        ("データ", "data"),
        ("クエリー", "query"),
        ("アクセス", "access"),
        ("コンピューター", "computers"),
        ("キャンペーン", "campaign"),
        ("アメリカ", "US"),
        ("ドイツ", "Germany"),
    ],
)
def test_a_katakana_name_meets_its_latin_spelling(katakana: str, latin: str) -> None:
    assert meet(katakana, latin)


@pytest.mark.parametrize(
    ("katakana", "latin"),
    [
        ("トランプ", "Biden"),
        ("アマゾン", "Altman"),
        ("サム", "Sims"),
        ("メルケル", "Macron"),
        ("グーグル", "Apple"),
        ("ロンドン", "Landing"),
        ("アメリカ", "us"),
        ("ドイツ", "France"),
        ("ジョー", "Joe"),  # one consonant is no key
    ],
)
def test_other_names_do_not_meet(katakana: str, latin: str) -> None:
    assert not meet(katakana, latin)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ("在日米国大使館", ("=us",)),
        ("日本銀行", ("=boj",)),
        ("日中", ()),
        ("東京都", ("=tokyo",)),
        ("経済", ()),
    ],
)
def test_names_are_found_inside_a_run_of_kanji(run: str, expected: tuple[str, ...]) -> None:
    assert kanji_keys(run) == expected


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("United-States", ("=us",)),
        ("united-states", ("=us",)),
        ("US", ("=us",)),
        ("us", ()),
        ("WHO", ("=who",)),
        ("who", ()),
        ("somewhere", ()),
    ],
)
def test_the_table_knows_phrases_and_keeps_acronyms_apart_from_words(phrase: str, expected: tuple[str, ...]) -> None:
    assert phrase_keys(phrase) == expected


@pytest.mark.parametrize("word", ["", "ー", "ッ", "ン", "・", "ア" * 100])
def test_a_word_without_sounds_or_far_too_long_has_no_katakana_key(word: str) -> None:
    assert katakana_keys(word) == ()


@pytest.mark.parametrize("word", ["", "a", "1999", "東京", "x" * 100])
def test_a_word_without_letters_or_far_too_long_has_no_latin_key(word: str) -> None:
    assert latin_keys(word) == ()


def test_the_readings_of_one_word_are_few() -> None:
    assert len(latin_keys("schthchgethchgiths")) <= 24
