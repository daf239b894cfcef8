"""The calendar's ends."""

import math
from datetime import UTC, datetime

import pytest

from shadowbench.report.moments import END, FIRST, on_the_calendar


def test_whatever_is_on_the_calendar_can_be_written_as_a_date() -> None:
    assert datetime.fromtimestamp(FIRST, UTC) == datetime(1, 1, 1, tzinfo=UTC)
    assert datetime.fromtimestamp(END - 1, UTC) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert on_the_calendar(FIRST) and on_the_calendar(0.0) and on_the_calendar(END - 1)


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf, -1e300, FIRST - 1, END, 1e18])
def test_what_is_beyond_is_told_apart(at: float) -> None:
    assert not on_the_calendar(at)
