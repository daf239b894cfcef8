"""Marks and ends of axes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.charts.ticks import round_steps, span


def test_steps_are_one_two_five() -> None:
    assert round_steps(0.15, 6.0) == [0.2, 0.5, 1.0, 2.0, 5.0]


def test_over_many_decades_they_are_powers_of_ten() -> None:
    assert round_steps(0.001, 100.0) == [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]


def test_there_may_be_none() -> None:
    assert round_steps(2.1, 4.9) == []


@pytest.mark.parametrize(
    ("values", "around", "expected"),
    [
        ((), None, (0.0, 1.0)),
        ((None,), 0.0, (-1.0, 1.0)),
        ((1.0, 2.0), None, (0.94, 2.06)),
        ((1.0,), 0.0, (-0.06, 1.06)),
    ],
)
def test_everything_known_is_inside_with_some_room(
    values: tuple[float | None, ...], around: float | None, expected: tuple[float, float]
) -> None:
    assert span(values, around=around) == pytest.approx(expected)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.none(), max_size=5))
def test_an_axis_always_has_a_length(values: list[float | None]) -> None:
    low, high = span([None if v is None or abs(v) > 1e300 else v for v in values])
    assert low < high


@given(st.floats(1e-6, 1e6), st.floats(1.0, 1e6))
def test_steps_are_inside_and_few(low: float, factor: float) -> None:
    steps = round_steps(low, low * factor)
    assert all(low <= step <= low * factor for step in steps)
    assert len(steps) <= 14
