import pytest

from index.figures import figure_terms
from rag.asked import asked_counter, asked_kinds, gives_asked, holds_asked, likely_kinds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("契約額はいくらですか。", "money"),
        ("いくらかかりましたか?", "money"),
        ("修理代はいくらか。", "money"),
        ("修理代はいくらか\uff1f", "money"),
        ("上限額は\uff1f", "money"),
        ("何億円を投じますか", "money"),
        ("How much did the town pay for it?", "money"),
        ("What is the regular fare?", "money"),
        ("何%値上がりした?", "percent"),
        ("何\uff05値上がりした?", "percent"),
        ("What share of the voters agreed?", "percent"),
        ("契約は何年間ですか", "duration"),
        ("For how many years does it run?", "duration"),
        ("社員は何人ですか", "count"),
        ("何カ国が署名した?", "count"),
        ("何人以上が参加しましたか", "count"),
        ("How many people live there?", "count"),
        ("開業はいつ?", "date"),
        ("何年にできましたか", "date"),
        ("When did it open?", "date"),
        ("It opened, and when?", "date"),
        ("In what year was it built?", "date"),
        ("定休日は何曜日ですか", "weekday"),
        ("Which day of the week is it closed?", "weekday"),
    ],
)
def test_what_a_question_asks_for(question: str, kind: str) -> None:
    assert kind in asked_kinds(question)
    assert asked_kinds(question) == likely_kinds(question)


@pytest.mark.parametrize(
    "question",
    [
        "社長は誰ですか",
        "いくらか減りましたか",
        "いくらでも借りられますか",
        "いくつかの国が署名した条約は?",
        "何社会と呼ばれますか",
        "いつも混んでいるのはどこ?",
        "面積はいくらですか",
        "Who said so when the city asked?",
        "When prices rose, what did the town do?",
        "How much water is lost?",
        "",
    ],
)
def test_no_kind_is_asked_for(question: str) -> None:
    assert asked_kinds(question) == frozenset()
    assert gives_asked("anything", question)


def test_who_only_speaks_of_an_amount_or_a_time_likely_asks_for_it() -> None:
    assert "money" in likely_kinds("工事の費用は?")
    assert "date" in likely_kinds("What is the deadline?")
    assert likely_kinds("誰が作りましたか") == frozenset()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("契約額はいくらですか。", "380億ドルです。"),
        ("運賃はいくら?", "無料です。"),
        ("How much does a ticket cost?", "It is free."),
        ("契約は何年間ですか", "2030年までです。"),
        ("How many people were hurt?", "No one was hurt."),
        ("What share agreed?", "Half of them."),
        ("When did it open?", "1883"),
        ("When did it open?", "In the 19th century."),
        ("When did it open?", "Last spring, after the flood."),
        ("開業はいつ?", "来月です。"),
        ("定休日は何曜日ですか", "水曜です。"),
        ("What weekday is it?", "Tuesday."),
    ],
)
def test_an_answer_that_gives_it(question: str, answer: str) -> None:
    assert gives_asked(answer, question)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("契約額はいくらですか。", "1.1ギガワットで、約95万世帯です。"),
        ("For how many years does it run?", "For more than $1 trillion."),
        ("How many batteries were there in June?", "There were 800 million yen worth of batteries in June."),
        ("比率を何%に高めますか", "循環させる仕組みがなければ、次の10年は戦えない。"),
        ("2024年の完走者は何人?", "2024年に完走しました。"),
        ("定休日は何曜日ですか", "3日です。"),
    ],
)
def test_an_answer_of_another_kind(question: str, answer: str) -> None:
    assert not gives_asked(answer, question)


def test_what_the_question_gives_is_no_answer() -> None:
    given = figure_terms("Did 40 people come?")
    assert not holds_asked("40 people", {"count"}, given)
    assert holds_asked("40 people of 95 people", {"count"}, given)


def test_the_counter_of_a_question() -> None:
    assert [asked_counter(q) for q in ("風車は何基建つ?", "何カ所ですか", "何人以上?", "いくつ?", "How many?")] == [
        "基",
        "カ所",
        "人",
        "",
        "",
    ]
