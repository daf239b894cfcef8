"""Numbers are told with the digits that mean something, the unit that fits, and a dash where there is none."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.words.numbers import (
    ABSENT,
    between,
    count,
    duration,
    interval,
    moment,
    number,
    p_value,
    rough,
    share,
    shares,
    waiting,
)
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (1.234, "s", "1.23 s"),
        (0.012, "s", "12 ms"),
        (0.00034, "s", "340 µs"),
        (0.9999, "s", "1 s"),  # not 1000 ms
        (0.0, "s", "0 s"),
        (75.0, "s", "75 s"),
        (-0.25, "s", "−250 ms"),
        (0.0012, "USD", "$0.0012"),
        (0.5, "USD", "$0.50"),
        (1234.5, "USD", "$1,234"),
        (-2.0, "USD", "−$2"),
        (-0.031, "", "−0.031"),
        (0.03149, "", "0.0315"),
        (12345.0, "tokens", "12,345 tokens"),
        (1.2e-12, "", "1.20e−12"),
        (math.inf, "s", "∞ s"),
        (math.nan, "s", ABSENT),
        (None, "s", ABSENT),
    ],
)
def test_one_value(value: float | None, unit: str, told: str) -> None:
    assert number(value, unit) == told


def test_a_plus_is_told_where_it_is_asked_for() -> None:
    assert [number(value, signed=True) for value in (0.5, -0.5, 0.0)] == ["+0.5", "−0.5", "0"]


@pytest.mark.parametrize(
    ("numbers", "unit", "told"),
    [
        ((-0.031, -0.052, -0.010), "", "−0.031 [−0.052, −0.010]"),
        ((0.62, 0.58, 0.66), "", "0.62 [0.58, 0.66]"),
        ((0.00034, 0.00031, 0.000372), "s", "340 [310, 372] µs"),
        ((0.9, 0.5, 1.4), "s", "0.9 [0.5, 1.4] s"),
        ((0.0012, 0.0010, 0.0014), "USD", "$0.00120 [$0.00100, $0.00140]"),
        ((5.0, 3.0, math.inf), "s", "5.00 [3.00, ∞] s"),
        ((1.2, 1.2, 1.2), "", "1.20 [1.20, 1.20]"),
        ((0.0, 0.0, 0.0), "", "0 [0, 0]"),
        ((0.0001, -0.04, 0.04), "", "0.00 [−0.04, 0.04]"),
        ((-0.0001, -0.04, 0.04), "", "0.00 [−0.04, 0.04]"),  # what rounds to nothing has no sign
    ],
)
def test_a_value_with_its_interval(numbers: tuple[float, float, float], unit: str, told: str) -> None:
    assert between(*numbers, unit) == told


def estimate(value: float | None, reason: Refused | None = None) -> Estimate:
    return Estimate(method=Method.CLUSTER_T, level=0.95, n=9, clusters=9, value=value, reason=reason)


def test_an_estimate_with_its_interval() -> None:
    known = Estimate(method=Method.CLUSTER_T, level=0.95, n=9, clusters=9, value=0.5, low=0.25, high=0.75)
    assert interval(known, "s", signed=True) == "+500 [+250, +750] ms"


def test_without_an_interval_it_says_why() -> None:
    assert interval(estimate(0.31, Refused.TOO_FEW)) == "0.31 (no interval: too few pairs or clusters)"
    assert interval(estimate(None, Refused.CENSORED), "s") == (
        "– (no interval: the bound lies beyond what was waited for)"
    )
    assert interval(estimate(0.31)) == "0.31 (no interval)"


_NUMBERS = st.floats(-1e9, 1e9)


@given(_NUMBERS, st.sampled_from(["", "s", "USD", "tokens"]))
def test_numbers_have_true_minus_signs_and_three_digits_are_right(value: float, unit: str) -> None:
    told = number(value, unit)
    assert "-" not in told
    if unit in ("", "tokens") and "e" not in told:
        read = float(told.replace("−", "-").replace(",", "").split(" ")[0])
        assert math.isclose(read, value, rel_tol=0.005, abs_tol=1e-9)


@given(_NUMBERS, st.floats(1e-6, 1e6), st.sampled_from(["", "s", "USD"]))
def test_the_three_numbers_of_an_interval_have_the_same_decimals(middle: float, half: float, unit: str) -> None:
    told = between(middle, middle - half, middle + half, unit)
    numbers = re.findall(r"[\d,]+(?:\.\d+)?", told.replace(", ", " "))
    assert len({len(each.partition(".")[2]) for each in numbers}) == 1
    assert "-" not in told


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (0.5, "p = 0.50"),
        (0.049, "p = 0.049"),
        (0.0009, "p < 0.001"),
        (0.0, "p < 0.001"),
        (1.0, "p = 1.00"),
        (None, ABSENT),
    ],
)
def test_p(p: float | None, told: str) -> None:
    assert p_value(p) == told


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.48, "48 %"),
        (0.004, "0.4 %"),
        (0.9997, "99.97 %"),
        (0.012, "1.2 %"),
        (-0.03, "−3 %"),
        (1.5, "150 %"),
        (None, ABSENT),
        (math.nan, ABSENT),
    ],
)
def test_a_share(part: float | None, told: str) -> None:
    assert share(part) == told


@given(st.floats(1e-9, 1 - 1e-9))
def test_what_is_not_all_is_not_told_as_all_and_something_not_as_nothing(part: float) -> None:
    assert share(part) not in ("0 %", "100 %")


def test_a_share_with_its_interval() -> None:
    assert shares(0.48, 0.45, 0.51) == "48 % [45 %, 51 %]"
    assert shares(0.48, 0.475, 0.485) == "48.0 % [47.5 %, 48.5 %]"
    assert shares(0.48, None, None) == "48 %"


def test_how_many() -> None:
    assert [count(1, "pair"), count(1234, "pair"), count(2, "copy", "copies")] == ["1 pair", "1,234 pairs", "2 copies"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(3.2 * 86400, "3.2 d"), (5 * 3600, "5 h"), (750.0, "12 min"), (4.5, "4.5 s"), (0.0, "0 s"), (None, ABSENT)],
)
def test_how_long(seconds: float | None, told: str) -> None:
    assert duration(seconds) == told


def test_when() -> None:
    assert [moment(0.9), moment(1_761_523_200.0), moment(None)] == [
        "1970-01-01T00:00:00Z",
        "2025-10-27T00:00:00Z",
        ABSENT,
    ]


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (7, "7"),
        (99, "99"),
        (100, "100"),
        (101, "110"),
        (6_701, "6,800"),
        (995_000, "1 million"),
        (54_100_000, "55 million"),
    ],
)
def test_what_is_estimated_has_two_digits(n: int, told: str) -> None:
    assert rough(n) == told


def test_nobody_foresees_more_than_a_year() -> None:
    assert [waiting(days) for days in (0.5, 365, 365.1, 13_835)] == [
        "12 h",
        "365 d",
        "more than a year",
        "more than a year",
    ]


def test_an_interval_as_wide_as_numbers_go_is_told() -> None:
    assert between(0.0, 0.0, 1.0786158809173897e308).endswith("]")
