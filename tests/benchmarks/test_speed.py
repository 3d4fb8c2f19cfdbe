"""The table that `benchmarks/speed.py` writes."""

from pathlib import Path

from benchmarks.speed import HEAD, MARKS, _rows, write


def test_a_row_has_both_values_and_their_ratio_where_both_are_there() -> None:
    both = [{"s": 3.0, "passages/s": 1234.5, "second run s": 0.0216}, {"s": 6.0, "passages/s": 0.0}]
    assert _rows("index", both) == [
        "| index | s | 3 | 6 | 0.50 |",
        "| index | passages/s | 1,234 | 0 |  |",
        "| index | second run s | 0.0216 |  |  |",
    ]


def test_rows_of_parts_that_were_not_measured_stay_and_so_does_the_text_around(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    page.write_text(f"before\n{MARKS[0]}\n{MARKS[1]}\nafter\n", "utf-8")
    write(page, ["| index | s | 1 | 2 | 0.50 |", "| start | s | 1 | 1 | 1.00 |"])
    write(page, ["| index | s | 3 | 3 | 1.00 |"])
    table = "\n".join([*HEAD, "| start | s | 1 | 1 | 1.00 |", "| index | s | 3 | 3 | 1.00 |"])
    assert page.read_text("utf-8") == f"before\n{MARKS[0]}\n\n{table}\n\n{MARKS[1]}\nafter\n"
