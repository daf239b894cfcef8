"""Tables are as wide as their headings, and numbers in them do not break."""

import pytest

from shadowbench.report.html.tables import Cell, estimated, p_in_column, parts, sized, table


def test_a_row_that_is_too_short_is_an_error() -> None:
    with pytest.raises(ValueError, match="a row of 'numbers' has not 2 cells"):
        table("numbers", ("a", "b"), [("1",)])


def test_an_interval_breaks_before_its_bracket_alone() -> None:
    assert parts("wins 44 % [36 %, 52 %]") == ["wins 44 %", "[36 %, 52 %]"]
    assert parts("–") == ["–"]


def test_why_there_is_no_interval_stands_below() -> None:
    assert estimated("+0.01 (no interval: too few)") == Cell(text="+0.01", small="no interval: too few")
    assert estimated("+0.01 [0, +0.02]") == Cell(text="+0.01 [0, +0.02]")


def test_a_row_says_what_it_rests_on() -> None:
    assert sized(1200, 1) == Cell(text="1,200", small="1 cluster", tone="size")
    assert sized(90, 61, "3 %, ") == Cell(text="90", small="3 %, 61 clusters", tone="size")


@pytest.mark.parametrize(("p", "expected"), [(0.0321, "0.032"), (1e-9, "< 0.001"), (None, "–")])
def test_a_column_of_p_does_not_repeat_its_heading(p: float | None, expected: str) -> None:
    assert p_in_column(p) == expected


def test_how_ties_count_stands_below_a_preference() -> None:
    assert estimated("preferred in 44 % [36 %, 52 %], ties half") == Cell(
        text="preferred in 44 % [36 %, 52 %]", small="ties half"
    )
    assert estimated("preferred in 50 %, ties half (no interval: too few)").small == "ties half; no interval: too few"
