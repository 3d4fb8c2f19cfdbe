"""The units that figures may carry, in both languages: one table, and the patterns made from it.

Knows how a unit is written beside a number. Does not know numbers (`index/numerals.py`) or what is done with them.
"""

import re
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One unit: `ja` and `en` are the spellings that stand for it, the first of each is the one we write.

    `loose` are English nouns that are counted in this unit but say more than the counter (人 for "workers"): they
    give a figure its unit and stay outside its span. `times`: "two decades" is 20 years, 3割 is 30 percent.
    """

    name: str
    kind: str
    ja: str
    en: str = ""
    loose: str = ""
    times: str = ""


_TABLE = (
    Unit(name="%", kind="percent", ja="% パーセント 割:10", en="% percent per#cent pct"),
    Unit(name="point", kind="count", ja="ポイント %ポイント", en="points point percentage#points percentage#point"),
    Unit(name="JPY", kind="money", ja="円 日本円", en="yen jpy"),
    Unit(name="USD", kind="money", ja="ドル 米ドル", en="dollars dollar usd u.s.#dollars us#dollars u.s.#dollar"),
    Unit(name="AUD", kind="money", ja="豪ドル オーストラリアドル", en="australian#dollars aud"),
    Unit(name="CAD", kind="money", ja="カナダドル 加ドル", en="canadian#dollars cad"),
    Unit(name="HKD", kind="money", ja="香港ドル", en="hong#kong#dollars hkd"),
    Unit(name="TWD", kind="money", ja="台湾ドル", en="taiwan#dollars new#taiwan#dollars twd"),
    Unit(name="EUR", kind="money", ja="ユーロ", en="euros euro eur"),
    Unit(name="GBP", kind="money", ja="ポンド 英ポンド", en="pounds gbp pounds#sterling"),
    Unit(name="CNY", kind="money", ja="元 人民元", en="yuan renminbi cny rmb"),
    Unit(name="KRW", kind="money", ja="ウォン", en="won krw"),
    Unit(name="INR", kind="money", ja="ルピー", en="rupees rupee inr"),
    Unit(name="RUB", kind="money", ja="ルーブル", en="rubles roubles rub"),
    Unit(name="CHF", kind="money", ja="スイスフラン フラン", en="swiss#francs francs chf"),
    Unit(name="person", kind="count", ja="人 名 人分", en="people person persons",
         loose="employees workers jobs users passengers staff residents students soldiers troops victims deaths "
               "patients members children voters refugees migrants men women customers subscribers players "
               "participants protesters officers engineers researchers teachers pupils fans visitors tourists "
               "inhabitants citizens americans lives others followers adults girls boys dead"),
    Unit(name="company", kind="count", ja="社", en="companies company firms firm", loose="businesses startups banks"),
    Unit(name="household", kind="count", ja="世帯", en="households household", loose="families"),
    Unit(name="home", kind="count", ja="戸 軒 棟", en="homes home houses", loose="buildings apartments"),
    Unit(name="case", kind="count", ja="件", en="cases case",
         loose="incidents reports complaints infections accidents crimes lawsuits"),
    Unit(name="item", kind="count", ja="個 台 基 機", en="units unit pieces items piece item",
         loose="chips cars vehicles aircraft planes satellites servers phones gpus reactors missiles"),
    Unit(name="store", kind="count", ja="店 店舗", en="stores store shops shop", loose="outlets branches restaurants"),
    Unit(name="school", kind="count", ja="校", en="schools school", loose="universities"),
    Unit(name="country", kind="count", ja="か国 カ国 ヵ国 ヶ国 ケ国 国", en="countries country", loose="nations"),
    Unit(name="place", kind="count", ja="か所 カ所 ヵ所 ヶ所 箇所", en="places place", loose="sites locations"),
    Unit(name="seat", kind="count", ja="議席 席", en="seats seat"),
    Unit(name="vote", kind="count", ja="票", en="votes vote"),
    Unit(name="type", kind="count", ja="種類 種", en="types type kinds", loose="species varieties"),
    Unit(name="ship", kind="count", ja="隻 艘", en="ships ship", loose="vessels boats"),
    Unit(name="flight", kind="count", ja="便", en="flights flight"),
    Unit(name="time", kind="count", ja="回 倍", en="times time"),
    Unit(name="goal", kind="count", ja="得点", en="goals goal"),
    Unit(name="", kind="count", ja="つ 本 枚 度 匹 頭 羽 冊 部 点 両 杯 食 通 曲 話 州 県 都市 点目"),
    Unit(name="age", kind="count", ja="歳 才", en="years#old year#old years#of#age"),
    Unit(name="year", kind="duration", ja="年 年間 か年 カ年 ヵ年 ヶ年", en="years year yrs yr decades:10 decade:10"),
    Unit(name="month", kind="duration", ja="か月 カ月 ヵ月 ヶ月 ケ月 箇月 か月間 カ月間 ヵ月間 ヶ月間 ケ月間 箇月間",
         en="months month"),
    Unit(name="week", kind="duration", ja="週間 週", en="weeks week wks"),
    Unit(name="day", kind="duration", ja="日 日間 泊", en="days day", loose="nights"),
    Unit(name="hour", kind="duration", ja="時間", en="hours hour hrs hr"),
    Unit(name="minute", kind="duration", ja="分 分間", en="minutes minute mins min"),
    Unit(name="second", kind="duration", ja="秒 秒間", en="seconds second secs sec"),
    Unit(name="ton", kind="measure", ja="トン", en="tons ton tonnes tonne metric#tons"),
    Unit(name="kg", kind="measure", ja="キログラム kg ㎏", en="kilograms kilogram kg kilos"),
    Unit(name="g", kind="measure", ja="グラム", en="grams gram"),
    Unit(name="lb", kind="measure", ja="重量ポンド", en="lbs lb"),
    Unit(name="km", kind="measure", ja="キロメートル km ㎞", en="kilometers kilometer kilometres kilometre km kms"),
    Unit(name="km/h", kind="measure", ja="km/h", en="km/h kph kilometers#per#hour kilometres#per#hour kmh"),
    Unit(name="kilo", kind="measure", ja="キロ"),
    Unit(name="m", kind="measure", ja="メートル", en="meters meter metres metre m"),
    Unit(name="cm", kind="measure", ja="センチメートル センチ cm ㎝",
         en="centimeters centimeter centimetres centimetre cm"),
    Unit(name="mm", kind="measure", ja="ミリメートル ミリ mm ㎜", en="millimeters millimeter millimetres mm"),
    Unit(name="mile", kind="measure", ja="マイル", en="miles mile"),
    Unit(name="foot", kind="measure", ja="フィート", en="feet foot ft"),
    Unit(name="inch", kind="measure", ja="インチ", en="inches inch"),
    Unit(name="acre", kind="measure", ja="エーカー", en="acres acre"),
    Unit(name="ha", kind="measure", ja="ヘクタール", en="hectares hectare ha"),
    Unit(name="km2", kind="measure", ja="平方キロメートル 平方キロ km2 km² ㎢",
         en="square#kilometers square#kilometer square#kilometres km2 km²"),
    Unit(name="m2", kind="measure", ja="平方メートル m2 m² ㎡", en="square#meters square#meter square#metres m2 m²"),
    Unit(name="m3", kind="measure", ja="立方メートル m3", en="cubic#meters cubic#meter cubic#metres"),
    Unit(name="L", kind="measure", ja="リットル", en="liters liter litres litre"),
    Unit(name="barrel", kind="measure", ja="バレル", en="barrels barrel"),
    Unit(name="GW", kind="measure", ja="ギガワット GW", en="gigawatts gigawatt gw"),
    Unit(name="MW", kind="measure", ja="メガワット MW", en="megawatts megawatt mw"),
    Unit(name="kW", kind="measure", ja="キロワット kW", en="kilowatts kilowatt kw"),
    Unit(name="W", kind="measure", ja="ワット", en="watts watt"),
    Unit(name="GWh", kind="measure", ja="ギガワット時 GWh", en="gigawatt-hours gigawatt-hour gigawatt#hours gwh"),
    Unit(name="MWh", kind="measure", ja="メガワット時 MWh", en="megawatt-hours megawatt-hour megawatt#hours mwh"),
    Unit(name="kWh", kind="measure", ja="キロワット時 kWh", en="kilowatt-hours kilowatt-hour kilowatt#hours kwh"),
    Unit(name="TB", kind="measure", ja="テラバイト TB", en="terabytes terabyte tb"),
    Unit(name="GB", kind="measure", ja="ギガバイト GB", en="gigabytes gigabyte gb"),
    Unit(name="MB", kind="measure", ja="メガバイト MB", en="megabytes megabyte mb"),
    Unit(name="degree", kind="measure", ja="℃ °C", en="degrees#celsius degrees degree °c °"),
    Unit(name="century", kind="ordinal", ja="世紀"),
    Unit(name="anniversary", kind="ordinal", ja="周年"),
    Unit(name="", kind="ordinal", ja="番目 位 度目 回目 年目 人目 日目 か月目 カ月目 つ目 代目 件目 例目 周目 戦目"),
)  # fmt: skip

UNITS = {unit.name: unit for unit in _TABLE if unit.name}

# What stands after 数字+単位 and makes another word of it: 3年生, 5分の1, 1本化, 2次元, 6人部屋.
_NOT_JA = {
    "年": "生|制|代|式|版|号|物|齢|次|度",
    "人": "部屋|乗り|掛け|前の|組(?!織)|称",
    "日": "本|曜",
    "分": "の|散|類|野|析|担|割|裂|布|子|科|量",
    "本": "化|部|社|人|土|州|店|塁",
    "部": "屋|門|隊|品|分|長|員|作|構成|リーグ",
    "点": "灯|検|滴|差|数|火",
    "度": "目|数|合|々",
    "回": "戦|転|線|目|収|復|答|生|り|表|裏|忌",
    "社": "会|員|長|説|債",
    "国": "家|会|民|籍|立|道|際|語|連",
    "件": "名",
    "台": "風|湾|頭|車",
    "機": "関|種|構|能|械|動|体",
    "基": "準|本|地|金|礎|盤",
    "席": "巻",
    "校": "舎|長|時|則",
    "店": "長",
    "個": "人",
    "名": "古屋|簿|称|目|作|物|曲|前|所",
    "元": "々|年|号|化|首|大|老|最",
    "通": "り|行|信|過|常|話|学|貨|称|勤",
    "食": "品|料|事|物|堂",
    "話": "題|し",
    "週": "刊|末",
    "円": "形|滑|周|高|安|盤",
    "頭": "部|取|文字",
    "杯": "目",
    "戸": "籍|建|別",
    "軒": "家",
    "才": "能",
    "位": "置|相",
    "種": "目|子|牡|別",
    "両": "親|方|国|者|日",
    "つ": "め|け|き|い|か|な|ま|く|ぎ|の間に",
    "時間": "帯|割|目|外",
    "割": "れ|引|合|り当|当",
    "曲": "線|が",
    "県": "庁|警|立|道|民|議|内|外|知事",
    "州": "都|知事|立|議|法",
    "枚": "方|挙",
    "票": "差",
    "便": "利|所|宜",
}

_SYMBOLS = {
    "$": "USD",
    "us$": "USD",
    "u.s.$": "USD",
    "a$": "AUD",
    "au$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "hk$": "HKD",
}
_SYMBOLS |= {"nt$": "TWD", "¥": "JPY", "€": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "jp¥": "JPY", "cn¥": "CNY"}
_SYMBOLS |= {
    code.lower(): code for code in ("USD", "JPY", "EUR", "GBP", "CNY", "KRW", "AUD", "CAD", "HKD", "CHF", "INR")
}
_SYMBOLS |= {"rmb": "CNY"}
SYMBOL_OF = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "AUD": "A$", "CAD": "C$", "HKD": "HK$", "TWD": "NT$"}
SYMBOL_OF |= {"KRW": "₩", "INR": "₹"}


@dataclass(frozen=True, kw_only=True)
class UnitSpan:
    """A unit ending at `end`; the number before it is to be multiplied by `times`."""

    end: int
    unit: Unit
    times: Decimal = Decimal(1)
    loose: bool = False


def _spellings(field: str) -> dict[str, tuple[Unit, Decimal]]:
    spellings: dict[str, tuple[Unit, Decimal]] = {}
    for unit in _TABLE:
        for word in getattr(unit, field).split():
            name, _, times = word.replace("#", " ").partition(":")
            spellings.setdefault(name.lower(), (unit, Decimal(times or 1)))
    return spellings


def _either(words: "dict[str, tuple[Unit, Decimal]] | dict[str, str]") -> str:
    return "|".join(re.escape(word).replace(r"\ ", "[ -]") for word in sorted(words, key=len, reverse=True))


_JA, _EN, _LOOSE = _spellings("ja"), _spellings("en"), _spellings("loose")
_JA_WORDS = {w: u for w, u in _JA.items() if not (w.isascii() and w.isalpha())}
_JA_SUFFIX = re.compile(
    r" ?(?:百万(?=円|ドル|ユーロ))?(?:"
    + "|".join(
        re.escape(w) + (f"(?!{_NOT_JA[w]})" if w in _NOT_JA else "") for w in sorted(_JA_WORDS, key=len, reverse=True)
    )
    + ")"
)
_EN_SUFFIX = re.compile(rf"[ \n-]?(?P<unit>{_either(_EN)})(?![a-z0-9²])")
_NO_ADJECTIVE = "of|in|the|and|for|to|with|from|by|on|at|as|or|but|per|than|that|who|were|was|is|are"
_LOOSE_NOUN = re.compile(
    rf"[ \n](?:of (?:the )?)?(?:(?!(?:{_NO_ADJECTIVE})\b)[a-z][a-z.-]{{1,18}} ){{0,2}}"
    rf"(?P<noun>{_either(_LOOSE)}|{_either({w: u for w, u in _EN.items() if u[0].kind == 'count'})})(?![a-z0-9-])"
)
PREFIX_WORDS = "|".join(re.escape(symbol) for symbol in _SYMBOLS if symbol[0].isalpha())
PREFIX = re.compile(rf"(?P<symbol>{_either(_SYMBOLS)}) ?(?=\d)")


def currency_of(symbol: str) -> Unit:
    """The currency of a sign or code that `PREFIX` matched."""
    return UNITS[_SYMBOLS[symbol]]


def read_unit(folded: str, pos: int) -> UnitSpan | None:
    """The unit written directly after a number that ends at `pos`."""
    if match := _JA_SUFFIX.match(folded, pos):
        word = match[0].strip(" ")
        times = Decimal(1)
        if word.startswith("百万"):
            word, times = word[2:], Decimal(10**6)
        unit, own = _JA[word]
        return UnitSpan(end=match.end(), unit=unit, times=times * own)
    if match := _EN_SUFFIX.match(folded, pos):
        unit, times = _EN[match["unit"].replace("-", " ") if match["unit"] not in _EN else match["unit"]]
        return UnitSpan(end=match.end(), unit=unit, times=times)
    return None


def read_noun(folded: str, pos: int) -> UnitSpan | None:
    """The counted noun up to two words after a number ("25 million American homes"); `end` stays at the number."""
    if match := _LOOSE_NOUN.match(folded, pos):
        noun = match["noun"].replace("-", " ")
        unit, _ = _LOOSE.get(noun) or _EN[noun]
        return UnitSpan(end=pos, unit=unit, loose=True)
    return None
