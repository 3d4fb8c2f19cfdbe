"""Brings names together that are written in katakana on one side and in Latin letters on the other, without a model.

A word becomes a consonant skeleton ("artmn" for アルトマン and for Altman) in which sounds that Japanese does not tell
apart are one: l and r, b and v, s z sh j and soft g, t and ch, f and h. English spelling is ambiguous, so a Latin
word may have several keys; a katakana word has one. A short table adds well-known names that do not sound alike
(米国 and US). Loan words meet as well (サーバー and server). Knows words, not sentences; nothing of scores.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import islice, product

_LONGEST = 32  # letters; longer words are no names, and the time per word stays bounded
_MOST_KEYS = 12  # readings of one Latin word

_KATAKANA_ROWS = {
    "": "アイウエオヤユヨ", "k": "カキクケコヵヶ", "g": "ガギグゲゴ", "s": "サシスセソザジズゼゾヂヅ",
    "t": "タチツテト", "d": "ダデド", "n": "ナニヌネノン", "h": "ハヒフヘホ", "b": "バビブベボヴ", "p": "パピプペポ",
    "m": "マミムメモ", "r": "ラリルレロ", "w": "ワヰヱヲ",
}  # fmt: skip
_CONSONANT = {mora: consonant for consonant, row in _KATAKANA_ROWS.items() for mora in row}
_FRONT = frozenset("イキギシジチヂニヒビピミリィヰエケゲセゼテデネヘベペメレェヱヶ")  # moras with i or e

# Tried in order at each letter. Greek letters stand for spellings that are read in more than one way.
_RULES = (
    (r"^[aeiou]+|^y", "a"), (r"^kn", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^x", "s"), (r"^wh", "h"),
    (r"^w(?=o)", "ω"), (r"^w", "w"), (r"sch", "σ"), (r"[tsc]i(?=on|an|al|ou)", "s"), (r"ph", "h"), (r"th", "θ"),
    (r"tch", "t"), (r"ch(?=r)", "k"), (r"ch", "χ"), (r"ck", "k"), (r"cc(?=[eiy])", "ks"), (r"sc(?=[eiy])", "s"),
    (r"c(?=[eiy])", "s"), (r"c+", "k"), (r"qu?", "k"), (r"x", "ks"), (r"dg(?=[eiy])", "s"), (r"j", "s"),
    (r"gh(?=[aeiou])", "g"), (r"(?<=bur)gh", "g"), (r"gh", ""), (r"gn(?=e?$)", "n"), (r"g(?=[eiy])", "γ"),
    (r"ng(?=t)", "n"), (r"mb$", "m"), (r"mn$", "m"), (r"nm", "m"), (r"m(?=[pb])", "n"), (r"t[sz]", "τ"),
    (r"ds$", "δ"), (r"(?<=[aeiouy])r(?=e?s?$|[^aeiouy])", "ρ"), (r"(?:^|(?<=[aeiouy]))h(?=[aeiouy])", "h"),
    (r"[sz]", "s"), (r"[bv]", "b"), (r"f", "h"), (r"[lr]", "r"), (r"[dgkmnpt]", "="), (r".", ""),
)  # fmt: skip
_RULE = re.compile("|".join(f"({pattern})" for pattern, _ in _RULES))
_READINGS = {
    "ω": ("w", "a"), "σ": ("s", "sk"), "θ": ("s", "t"), "χ": ("t", "k", "s"), "γ": ("s", "g"), "τ": ("ts", "t"),
    "δ": ("s", "ds"), "ρ": ("r", ""),
}  # fmt: skip
# The kind of the first vowel, "i" for i and e, "o" for the others; a Latin "a" may be either (data, サム).
_FIRST_VOWEL = re.compile(r"(?<!^)y|[aeiou]r?|^y(?![aeiou])")
_VOWEL_MARK = {"a": "io", "e": "i", "i": "i", "y": "i"}
_DOUBLED = re.compile(r"([abd-z])\1+")

# One name a line: how Japanese writes it | how English writes it. General knowledge, for what does not sound alike.
_TABLE = """
アメリカ 米国 米軍 米政府 米大統領|US usa america american americans united-states
イギリス 英国 英政府 英首相|uk britain british great-britain united-kingdom
日本 日本人|japan japanese
中国 中国人|china chinese
韓国|south-korea south-korean
北朝鮮|north-korea north-korean dprk
台湾|taiwan taiwanese
香港|hong-kong
ドイツ 独政府|germany german germans
フランス 仏政府|france french
イタリア|italy italian italians
スペイン|spain spanish
ポルトガル|portugal portuguese
オランダ|netherlands dutch holland
スイス|switzerland swiss
ベルギー|belgium belgian
オーストリア|austria austrian
スウェーデン|sweden swedish
ノルウェー|norway norwegian
デンマーク|denmark danish
フィンランド|finland finnish
アイルランド|ireland irish
スコットランド|scotland scottish
ウェールズ|wales welsh
ポーランド|poland polish
チェコ|czech czech-republic
ハンガリー|hungary hungarian
ギリシャ ギリシア|greece greek
トルコ|turkey turkish
ロシア|russia russian russians
ソ連 ソビエト|soviet ussr soviet-union
ウクライナ|ukraine ukrainian
エジプト|egypt egyptian
サウジアラビア サウジ|saudi-arabia saudi
アラブ首長国連邦|uae united-arab-emirates
パレスチナ|palestine palestinian
イラク|iraq iraqi
キプロス|cyprus
インド|india indian
タイ|thailand thai
フィリピン|philippines filipino
ミャンマー|myanmar burma
モンゴル|mongolia mongolian
オーストラリア 豪州|australia australian
ニュージーランド|new-zealand
メキシコ|mexico mexican
カナダ|canada canadian
アルゼンチン|argentina
キューバ|cuba cuban
南アフリカ|south-africa
ヨーロッパ 欧州|europe european
欧州連合|EU european-union
アジア|asia asian
国連 国際連合|UN united-nations
世界保健機関|WHO world-health-organization
国際通貨基金|IMF international-monetary-fund
世界銀行|world-bank
北大西洋条約機構|nato
東京|tokyo
大阪|osaka
京都|kyoto
横浜|yokohama
名古屋|nagoya
神戸|kobe
札幌|sapporo
仙台|sendai
福岡|fukuoka
広島|hiroshima
長崎|nagasaki
福島|fukushima
沖縄|okinawa
北海道|hokkaido
九州|kyushu
四国|shikoku
富士山|mount-fuji mt-fuji
成田|narita
羽田|haneda
北京|beijing
上海|shanghai
平壌 ピョンヤン|pyongyang
ソウル|seoul
モスクワ|moscow
ローマ|rome roman
ウィーン|vienna
ミュンヘン|munich
ケルン|cologne
ジュネーブ ジュネーヴ|geneva
ベネチア ヴェネツィア|venice
アテネ|athens
エルサレム|jerusalem
ニューヨーク|new-york NY
ロサンゼルス|los-angeles
ワシントン|washington
カリフォルニア|california
ハワイ|hawaii
太平洋|pacific
大西洋|atlantic
地中海|mediterranean
トヨタ|toyota
日産|nissan
日立|hitachi
東芝|toshiba
三菱|mitsubishi
三井|mitsui
住友|sumitomo
任天堂|nintendo
富士通|fujitsu
楽天|rakuten
松下 パナソニック|panasonic matsushita
日本銀行 日銀|boj bank-of-japan
東京証券取引所 東証|tse tokyo-stock-exchange
連邦準備制度|Fed federal-reserve
共同通信|kyodo
時事通信|jiji
朝日新聞|asahi asahi-shimbun
読売新聞|yomiuri
毎日新聞|mainichi
日本経済新聞 日経|nikkei
ロイター|reuters
エヌビディア|nvidia
アイビーエム|ibm
オープンエーアイ|openai
ファーウェイ 華為|huawei
サムスン 三星|samsung
スペースエックス|spacex
ユーチューブ|youtube
国土交通省|mlit
経済産業省 経産省|meti
防衛省|ministry-of-defense
外務省|foreign-ministry
文部科学省 文科省|mext
厚生労働省 厚労省|mhlw
東京大学 東大|university-of-tokyo
京都大学 京大|kyoto-university
自民党 自由民主党|ldp liberal-democratic-party
民主党|democratic-party democrats democrat
共和党|republican republicans
共産党|communist-party communist
習近平|xi-jinping
金正恩|kim-jong-un
毛沢東|mao mao-zedong
スティーブン スティーヴン|stephen steven
月曜|monday
火曜|tuesday
水曜|wednesday
木曜|thursday
金曜|friday
土曜|saturday
日曜|sunday
"""
_ENTRIES = [line.split("|") for line in _TABLE.split("\n") if line]
# The first English name of an entry is its key, after an "=" that no skeleton contains. Capitals must be as written:
# US is not "us".
_LATIN_NAMES = {name: f"={en.split()[0].casefold()}" for _, en in _ENTRIES for name in en.split()}
_JAPANESE_NAMES = {name: f"={en.split()[0].casefold()}" for ja, en in _ENTRIES for name in ja.split()}
_KANJI_NAME = re.compile("|".join(sorted((n for n in _JAPANESE_NAMES if n[0] > "\u3400"), key=len, reverse=True)))
LONGEST_PHRASE = max(name.count("-") + 1 for name in _LATIN_NAMES)  # words
PHRASE_STARTS = frozenset(name.split("-")[0].casefold() for name in _LATIN_NAMES)


def katakana_keys(word: str) -> tuple[str, ...]:
    """The keys of one katakana word (no ・ inside): アルトマン -> ("artmn",), ドイツ -> ("dta", "=germany")."""
    skeleton = _of_katakana(word) if len(word) <= _LONGEST else ""
    named = _JAPANESE_NAMES.get(word)
    return tuple(key for key in (skeleton, named) if key)


def kanji_keys(run: str) -> tuple[str, ...]:
    """The table's keys for the names inside a run of kanji: 在日米国大使館 -> ("=us",)."""
    return tuple(_JAPANESE_NAMES[match[0]] for match in _KANJI_NAME.finditer(run))


@lru_cache(maxsize=1 << 16)
def latin_keys(word: str) -> tuple[str, ...]:
    """The keys of one casefolded Latin word, or of several joined: "smith" -> ("sms", "smt").

    A plural is read without its "s" too.
    """
    letters = "".join(c for c in unicodedata.normalize("NFKD", word) if "a" <= c <= "z")
    if not 2 <= len(letters) <= _LONGEST:
        return ()
    keys = dict.fromkeys(_of_latin(letters))
    if letters.endswith("s") and not letters.endswith("ss"):
        keys |= dict.fromkeys(_of_latin(letters[:-1]))
    return tuple(keys)


def phrase_keys(phrase: str) -> tuple[str, ...]:
    """The table's key for Latin words as written, hyphens between them: "United-States" -> ("=us",)."""
    named = _LATIN_NAMES.get(phrase) or _LATIN_NAMES.get(phrase.casefold())
    return (named,) if named else ()


def _of_katakana(word: str) -> str:
    skeleton = ""
    front: bool | None = None
    for i, mora in enumerate(word):
        consonant = _CONSONANT.get(mora)
        small = word[i + 1 : i + 2]
        if front is None and mora not in "ンッー":
            front = (small if small in "ァィゥェォ" and small else mora) in _FRONT
        if consonant is None:  # ー, ッ and small vowels
            continue
        if i == 0 and not consonant:
            consonant = "w" if mora == "ウ" and small and small in "ィェォァ" else "a"
        elif consonant == "w" and i > 0:
            consonant = ""
        if consonant == "m" and skeleton.endswith("n"):
            skeleton = skeleton[:-1]
        skeleton += "" if consonant == "n" and skeleton.endswith("n") and word[i - 1] == "ン" else consonant
    return next(iter(_marked(skeleton, "i" if front else "o")), "")


def _of_latin(letters: str) -> list[str]:
    def sound(match: re.Match[str]) -> str:
        written = _RULES[(match.lastindex or 1) - 1][1]
        return match[0] if written == "=" else written

    vowel = _FIRST_VOWEL.search(letters)
    mark = _VOWEL_MARK.get(vowel[0], "o") if vowel else "o"
    spelled = _RULE.sub(sound, _DOUBLED.sub(r"\1", letters))
    choices = [_READINGS.get(symbol, (symbol,)) for symbol in spelled]
    skeletons = ("".join(reading) for reading in islice(product(*choices), _MOST_KEYS))
    return [key for skeleton in skeletons for key in _marked(skeleton, mark)]


def _marked(skeleton: str, marks: str) -> list[str]:
    """Two consonants alone say too little: they carry the kind of the first vowel. Fewer are no key."""
    if len(skeleton) > 2:
        return [skeleton]
    return [skeleton + mark for mark in marks] if len(skeleton) == 2 else []
