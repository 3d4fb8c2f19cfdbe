"""What a made-up article says of a thing: sums, shares, dates and the like, as a writer of that language puts them.

Numbers with a counter, which the other language words in another way, come in both languages. Knows no article.
"""

import random
from calendar import month_name
from collections.abc import Callable

from index.article import Language

Both = tuple[str, str]  # in Japanese and in English
Value = str | Both  # as the article writes it, or in both languages


def _money(drawn: random.Random, language: Language, _: int) -> str:
    if language == "ja":
        return drawn.choice(
            [
                f"{drawn.randint(2, 960)}億円",
                f"{drawn.randint(2, 99)}億{drawn.randint(1, 9)}000万円",
                f"{drawn.randint(2, 900)}億ドル",
                f"{drawn.randint(10, 990)}万ユーロ",
                f"約{drawn.randint(2, 9)}兆円",
                f"{drawn.randint(1000, 9900)}万円",
            ]
        )
    return drawn.choice(
        [
            f"${drawn.randint(2, 990)} million",
            f"${drawn.randint(1, 60)}.{drawn.randint(1, 9)} billion",
            f"¥{drawn.randint(2, 90)} billion",
            f"£{drawn.randint(3, 900)} million",
        ]
    )


def _price(drawn: random.Random, language: Language, _: int) -> str:
    if language == "ja":
        small = f"{drawn.randint(2, 98) * 50}円"
        return drawn.choice([small, small, small, f"{drawn.randint(1, 9)}万{drawn.choice([2, 5, 8])}000円"])
    return drawn.choice(
        [f"${drawn.randint(2, 400)}", f"¥{drawn.randint(11, 99) * 100:,}", f"£{drawn.randint(3, 90)}.50"]
    )


def _percent(drawn: random.Random, language: Language, _: int) -> str:
    share = drawn.choice([f"{drawn.randint(2, 89)}", f"{drawn.randint(1, 60)}.{drawn.randint(1, 9)}"])
    return f"{share}%" if language == "ja" else drawn.choice([f"{share}%", f"{share} percent"])


def _counted(counter: str, unit: str, least: int, most: int) -> Callable[[random.Random, Language, int], Value]:
    """Numbers with a counter; the English texts have the unit themselves where `unit` is ""."""

    def value(drawn: random.Random, _: Language, __: int) -> Both:
        number = drawn.randint(least, most)
        number -= number % (1000 if number >= 10_000 else 10 if number > 300 else 1)
        japanese = f"{number}" if number < 10_000 else f"{number // 10_000}万{number % 10_000 or ''}"
        return f"{japanese}{counter}", f"{number:,} {unit}".strip()

    return value


def _day(drawn: random.Random, language: Language, year: int) -> str:
    month, day = drawn.randint(1, 12), drawn.randint(1, 28)
    return f"{year}年{month}月{day}日" if language == "ja" else f"{month_name[month]} {day}, {year}"


def _month(drawn: random.Random, language: Language, year: int) -> str:
    month = drawn.randint(1, 12)
    return f"{year}年{month}月" if language == "ja" else f"{month_name[month]} {year}"


def _month_later(drawn: random.Random, language: Language, year: int) -> str:
    return _month(drawn, language, year + 2)


def _length(drawn: random.Random, language: Language, _: int) -> str:
    metres, kilometres = drawn.choice([drawn.randint(120, 980), drawn.randint(1100, 4800)]), drawn.randint(2, 48)
    if language == "ja":
        return drawn.choice([f"{metres}メートル", f"{kilometres}キロメートル"])
    return drawn.choice([f"{metres:,} metres", f"{kilometres} kilometres"])


def _weight(drawn: random.Random, language: Language, _: int) -> str:
    weight = f"{drawn.randint(2, 19)}.{drawn.randint(1, 9)}"
    return f"{weight}キログラム" if language == "ja" else f"{weight} kilograms"


def _years(drawn: random.Random, language: Language, _: int) -> str:
    return f"{drawn.randint(2, 30)}年間" if language == "ja" else f"{drawn.randint(2, 30)} years"


def _hour(drawn: random.Random, language: Language, _: int) -> str:
    return f"午前{drawn.randint(6, 11)}時" if language == "ja" else f"{drawn.randint(6, 11)} a.m."


def _age(drawn: random.Random, _: Language, __: int) -> Both:
    decade = drawn.choice([20, 30, 40, 50, 60])
    return f"{decade}代", f"people in their {decade}s"


# By the name that adapter_news.yaml uses.
VALUES: dict[str, Callable[[random.Random, Language, int], Value]] = {
    "money": _money,
    "price": _price,
    "percent": _percent,
    "people": _counted("人", "", 40, 60_000),
    "households": _counted("世帯", "households", 500, 40_000),
    "units": _counted("台", "", 1_000, 90_000),
    "day": _day,
    "month": _month,
    "month_later": _month_later,
    "length": _length,
    "weight": _weight,
    "years": _years,
    "hour": _hour,
    "age": _age,
}
