"""How names in kanji are read, by table and by rule: 藤井亮太 is Ryota Fujii, and never Takuya Nagata.

The chat model guesses readings, so an English answer gets people's names in Latin letters before it reads them, and a
name that it writes all the same is compared with all that the kanji of the evidence can be read as. Knows no table
itself (`index/readings.py`) and nothing of katakana (`rag/sounds.py`). Where the table knows several readings of a
name, that of most known people is taken: it may be another for this one.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from index.readings import Reading
from rag.common_words import OFFICES
from rag.sounds import romanised, short

Readings = Callable[[str], Sequence[Reading]]


def no_readings(_name: str) -> Sequence[Reading]:
    """Where there is no table."""
    return ()


_RUN = re.compile(r"[\u3005\u3400-\u9fffヶ]+")
_MIXED_RUN = re.compile(r"[\u3005\u3041-\u30fc\u3400-\u9fff]+")  # with kana between the kanji
# What follows the name of a person, and what ends a run of kanji that begins with one.
_CALLED = re.compile(r"さん|ちゃん|[(（](?:\d{1,3}|[０-９]{1,3})(?:歳)?[)）]")
_OFFICE = re.compile(rf"(?:[現元前新故両]|次期|代理)?(?:{OFFICES})$")
_KNOWN_WELL = 10  # people known of a surname from which a full name needs no title beside it
_KNOWN = 2  # from which a surname may stand alone: 日本 is one, too
_LONGEST = 4  # kanji of one part of a name
_TRIED = 2000  # ways to read a run for one word, at most


def people_in(text: str, readings: Readings) -> dict[str, str]:
    """The people whom a Japanese text names in kanji, as written -> in Latin letters: 藤井亮太 -> Ryota Fujii.

    A person is told by a title, an age or, for a common surname, by a given name; once named in full, by the surname.
    """
    people: dict[str, str] = {}
    for match in _RUN.finditer(text):
        run, office = _without_office(match[0])
        titled = bool(office) or _CALLED.match(text, match.end()) is not None
        cut = _cut(run, readings, titled=titled)
        if cut:
            family = _latin(run[:cut], "s", readings)
            people[run] = f"{_latin(run[cut:], 'g', readings)} {family}"
            if cut > 1:
                people.setdefault(run[:cut], family)
        elif titled and (surname := _surname(run, readings)):
            people.setdefault(run, surname)
    return people


def with_latin_names(text: str, people: Mapping[str, str]) -> str:
    """The text with these people in Latin letters: 藤井亮太(28)が -> Ryota Fujii(28)が."""

    def written(match: re.Match[str]) -> str:
        run, office = _without_office(match[0])
        return people[run] + office if run in people else match[0]

    return _RUN.sub(written, text) if people else text


def may_be_read(word: str, text: str, readings: Readings) -> bool:
    """Whether kanji of `text`, with the kana between them, can be read as the Latin word."""
    wanted = _sound(word)
    runs = (run for run in dict.fromkeys(_MIXED_RUN.findall(text)) if _RUN.search(run))
    return any(_reads(wanted, run, readings) for run in runs)


def _without_office(run: str) -> tuple[str, str]:
    office = _OFFICE.search(run)
    return (run[: office.start()], office[0]) if office and office.start() else (run, "")


def _surname(run: str, readings: Readings) -> str:
    """A surname that stands alone, in Latin letters; of one kanji it could be any word."""
    family = _best(run, "s", readings) if len(run) > 1 else None
    return spelled(family.latin) if family and family.count >= _KNOWN else ""


def _cut(run: str, readings: Readings, *, titled: bool) -> int:
    """Where the given name begins in the name of a person; 0 where the run is none.

    Both parts are known as such, the surname of a known person; without a title it is a common one.
    """
    if len(run) == 2 and (not titled or _surname(run, readings)):  # 田原, rather than a given name of one kanji
        return 0
    found: list[tuple[float, int, bool]] = []
    for cut in range(max(1, len(run) - _LONGEST), min(len(run), _LONGEST + 1)):
        family, own = _best(run[:cut], "s", readings), _best(run[cut:], "g", readings)
        if family and own and family.count and (own.count or len(run) > 3):
            told = titled or (family.count >= _KNOWN_WELL and own.count > 0)
            found.append((math.log1p(family.count) + math.log1p(own.count), cut, told))
    _, cut, told = max(found, default=(0.0, 0, False))
    return cut if told else 0


def _latin(name: str, kind: str, readings: Readings) -> str:
    best = _best(name, kind, readings)
    return spelled(best.latin) if best else ""


def _best(name: str, kind: str, readings: Readings) -> Reading | None:
    return max((one for one in readings(name) if one.kind == kind), key=lambda one: one.count, default=None)


def spelled(latin: str) -> str:
    """As newspapers write it: ryouta is Ryota, inoue stays Inoue, matsuura stays Matsuura."""
    plain = re.sub(r"o(?:u(?!e$)|o)", "o", re.sub(r"(?<!ts)uu", "u", latin))
    return plain.capitalize()


def _reads(wanted: str, run: str, readings: Readings) -> bool:
    """Whether a part of the run can be read as `wanted` (see `_sound`), piece by piece."""
    left = _TRIED
    for start in range(len(run)):
        open_ways = [(start, wanted)]
        while open_ways and left:
            left -= 1
            place, rest = open_ways.pop()
            for length, sound in _pieces(run, place, readings):
                if rest == sound:
                    return True
                if rest.startswith(sound):
                    open_ways.append((place + length, rest[len(sound) :]))
    return False


def _pieces(run: str, place: int, readings: Readings) -> Iterator[tuple[int, str]]:
    """What the run's next kana, or its next few kanji, sound like: with how many characters that is."""
    if not _RUN.match(run, place):
        for length in (1, 2):  # りょ is one syllable
            if place + length <= len(run) and (sound := _sound(romanised(run[place : place + length]))):
                yield length, sound
        return
    for length in range(1, _LONGEST + 1):
        part = run[place : place + length]
        if len(part) == length and _RUN.fullmatch(part):
            yield from ((length, sound) for sound in _sounds(readings(part)))


def _sounds(found: Iterable[Reading]) -> set[str]:
    return {sound for one in found if (sound := _sound(one.latin or romanised(one.kana)))}


_UNVOICED = str.maketrans("gzjdbpfv", "kssthhhh")


@lru_cache(maxsize=4096)
def _sound(letters: str) -> str:
    """Latin letters without what Japanese changes where words meet, or spellings differ in: voice, length, doubling."""
    plain = short(letters.casefold())
    for spelling, sound in (("sh", "s"), ("ch", "t"), ("ts", "t"), ("m", "n")):
        plain = plain.replace(spelling, sound)
    return re.sub(r"(.)\1", r"\1", plain.translate(_UNVOICED))
