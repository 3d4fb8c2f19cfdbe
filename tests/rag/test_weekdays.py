import pytest

from rag.weekdays import ungrounded_weekdays


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("毎週水曜日です。", "Everyone comes in on Wednesdays."),
        ("It is closed on Monday.", "定休日は月曜です。"),
        ("It was a Monday.", "発表は2025年11月3日。"),
        ("2025年11月3日(月曜日)です。", "発表は11月3日。"),
        ("Open from Tuesday to Thursday.", "火〜木に開く。"),
        ("Closed on Monday and Friday.", "休みは月・金。"),
        ("On Sunday.", "18日\uff08土\uff09、19日\uff08日\uff09"),
        ("On Sunday.", "18日(土)と19日(日)に開く。"),
        ("Saturday and Sunday.", "土日と祝日は24便。"),
        ("Monday to Friday.", "平日は32便。"),
        ("土曜日も開く。", "It is open at the weekend."),
        ("水曜日", "Wed to Thu"),
        ("平日です。", ""),
    ],
)
def test_a_day_that_the_evidence_names_or_dates(answer: str, evidence: str) -> None:
    assert ungrounded_weekdays(answer, evidence) == []


@pytest.mark.parametrize(
    ("answer", "evidence", "made_up"),
    [
        ("金曜日と木曜日です。", "毎週水曜日は全員が出社する。", ["金曜日", "木曜日"]),
        ("On Friday, and on Fridays only.", "Tuesday is the shared day.", ["Friday", "Fridays"]),
        ("It was a Tuesday.", "発表は2025年11月3日。", ["Tuesday"]),
        ("On Saturday.", "She sat down; the weather was sunny.", ["Saturday"]),
        ("日曜日です。", "3月の日程、今日、2025年02月30日", ["日曜日"]),
    ],
)
def test_a_day_that_was_made_up(answer: str, evidence: str, made_up: list[str]) -> None:
    assert ungrounded_weekdays(answer, evidence) == made_up
