"""What kind of figure, date or time a question asks for, and whether a text gives one.

Knows how both languages ask: いくら, 何年間, "how many", "when". Does not know what the figure is of, nor whether it is
the right one.
"""

import re
from collections.abc import Collection
from decimal import Decimal

from index.figures import Figure, figure_keys, figure_terms, find_figures
from rag.weekdays import named_days

# The kinds of `index.figures.Figure`, those that one way of asking may be answered with, and "weekday".
_NUMBERS = frozenset({"count", "number", "measure", "ordinal", "ratio", "percent"})
_TIMES = frozenset({"date", "period", "time", "duration", "weekday"})
_MONEY = frozenset({"money"})
_NO_PRICE = re.compile(r"面積|長さ|高さ|深さ|重さ|重量|速度|温度|気温|距離|容量|体積|割合|率|占め")
_COUNTERS = (
    "人|名|社|台|個|件|回|軒|頭|匹|校|隻|戸|枚|基|機|便|本|冊|世帯|種類|店舗?|拠点"
    "|[かカヶヵケ箇](?:所|国|店)|ヘクタール|キロ|メートル|トン"
)
_COUNTED = re.compile(rf"何(?P<counter>{_COUNTERS})(?![会準種族関団体派])")
_WAYS: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"何曜|\b(?:what|which) (?:day of the week|weekday)\b", re.IGNORECASE), frozenset({"weekday"})),
    (
        re.compile(
            r"何(?:年間|[かカヶヵケ箇]月|週間|日間|時間|分間|秒)"
            r"|\bhow many (?:\w+ )?(?:years|months|weeks|days|hours|minutes|seconds)\b",
            re.IGNORECASE,
        ),
        _TIMES | {"count", "number"},
    ),
    (
        re.compile(
            r"何(?:[%\uff05割]|パーセント)|\b(?:what|which) (?:share|percentage|percent|per cent|proportion)\b",
            re.IGNORECASE,
        ),
        frozenset({"percent", "ratio"}),
    ),
    (
        re.compile(
            r"いくら(?!でも|か(?![か。?\uff1f]|$))|何[千百万億兆]?(?:円|ドル|ユーロ|ポンド)"
            r"|\bhow much (?:[\w'’.&-]{1,40} ){0,8}"
            r"(?:costs?|pays?|paid|spend|spent|invest(?:ed)?|worth|charged?|earn(?:ed)?)\b"
            r"|\bhow much money\b|\bwhat (?:is|was|are|were|will be) the (?:[\w'’-]{1,40} ){0,4}"
            r"(?:price|fare|fee|cost|salary|subsidy|allowance|budget)\b"
            r"|(?:費用|料金|価格|定価|値段|運賃|家賃|予算|[金限総]額)は?[?\uff1f]?$",
            re.IGNORECASE,
        ),
        _MONEY,
    ),
    (re.compile(rf"{_COUNTED.pattern}|いくつ(?![かも])|\bhow many\b", re.IGNORECASE), _NUMBERS),
    (
        re.compile(
            r"いつ(?!も|か|の間)|何[年月日時](?!間)"
            r"|\b(?:what|which|whose|in what) (?:year|date|month|time|day)\b"
            r"|(?:^|[.?!;:] ?|\b(?:and|since|until|till|by|exactly|just) )when\b"
            r"(?!.{0,200}, (?:what|who|which|how|where)\b)"
            r"|\bwhen (?:is|are|was|were|do|does|did|will|would|can|could|has|have|had|should)\b",
            re.IGNORECASE,
        ),
        _TIMES,
    ),
)
# What speaks of an amount, or of a time, without asking in one of these ways.
_AMOUNT = re.compile(
    r"いくら|いくつ|何[%\uff05割人社台個件本回軒頭階倍度種円か万億キメトヘカヶ校名基隻戸枚点]|金額|総額|費用|価格|料金|額は|割合|面積"
    r"|どれ(?:くらい|ぐらい|だけ|ほど)|どの(?:くらい|ぐらい|程度)|[人件台]数"
    r"|\bhow (?:many|much|long|old|far|often|big|large|high|fast|deep|wide|tall|heavy)\b"
    r"|\bwhat (?:share|percentage|percent|proportion|price|fee|fare|sum|amount|size)\b"
    r"|\b(?:number of|costs?|worth)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"いつ|何[年月日時曜]|期間|期限|日付|時期|日程"
    r"|\bwhen\b|\b(?:what|which) (?:year|date|day|month|time)\b|\bhow long\b|\bdeadline\b",
    re.IGNORECASE,
)

# What answers without a figure: nothing at all, nothing to pay, a part, or a time in words.
_NONE = re.compile(r"ゼロ|皆無|い(?:ない|ません)|なし|ありません|\b(?:none|no|zero|nobody|no one)\b", re.IGNORECASE)
_FREE = re.compile(r"無料|無償|ただ|\b(?:free|no charge|nothing)\b", re.IGNORECASE)
_PART = re.compile(
    r"半[分数]|過半|大半|すべて|全[員体部]|\b(?:half|third|quarter|most|majority|all|both)\b", re.IGNORECASE
)
_TIME_WORD = re.compile(
    r"[年月週日朝昼夜晩春夏秋冬昨今来翌期代戦頃後前時]|世紀|ごろ|まで"
    r"|\b(?:years?|months?|weeks?|days?|hours?|minutes?|today|yesterday|tomorrow|morning|evening|night|noon|midnight"
    r"|spring|summer|autumn|fall|winter|before|after|during|once|immediately|soon|annually|every|end)\b",
    re.IGNORECASE,
)


def asked_kinds(question: str) -> frozenset[str]:
    """The kinds of figure (`index.figures.Figure.kind`, "weekday") that may answer; empty where none is asked for."""
    for pattern, kinds in _WAYS:
        if pattern.search(question):
            return frozenset() if kinds == _MONEY and _NO_PRICE.search(question) else kinds
    return frozenset()


def likely_kinds(question: str) -> frozenset[str]:
    """As `asked_kinds`, and where a question only speaks of an amount or of a time (費用は, "deadline"): its kinds."""
    if kinds := asked_kinds(question):
        return kinds
    amount, time = _AMOUNT.search(question), _TIME.search(question)
    return (_NUMBERS | _MONEY | {"duration"} if amount else frozenset()) | (_TIMES if time else frozenset())


def asked_counter(question: str) -> str:
    """The counter that a Japanese question asks with: 基 for 何基建つ; "" where it asks with none."""
    match = _COUNTED.search(question)
    return match["counter"] if match else ""


def holds_asked(text: str, kinds: Collection[str], given: Collection[str]) -> bool:
    """Whether the text holds a figure of such a kind that is not among `given`, the question's figure terms."""
    if "weekday" in kinds and named_days(text):
        return True
    return any(_may_be(f, kinds) and not set(figure_keys(f)) <= set(given) for f in find_figures(text))


def gives_asked(answer: str, question: str) -> bool:
    """Whether an answer gives what the question asks for, if only in words (無料, "half", "last spring").

    True where no kind of figure is asked for.
    """
    kinds = asked_kinds(question)
    if not kinds or holds_asked(answer, kinds, figure_terms(question)):
        return True
    words = [_NONE]
    words += [_FREE] if kinds == _MONEY else []
    words += [_PART] if kinds & {"percent", "count"} else []
    words += [_TIME_WORD] if kinds >= _TIMES else []
    return any(pattern.search(answer) for pattern in words)


def _may_be(figure: Figure, kinds: Collection[str]) -> bool:
    """Whether the figure is of such a kind: "the 19th century" tells a time, and so does a bare 1883."""
    if figure.kind in kinds:
        return True
    year = figure.kind == "number" and isinstance(figure.value, Decimal) and 1000 <= figure.value < 2200
    return "date" in kinds and (year or figure.unit == "century")
