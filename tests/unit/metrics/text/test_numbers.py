import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.text.numbers import number_in, numeric_close, numeric_diff
from shadowbench.scores import Direction
from tests.compared import alike


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The answer is 42.", 42),
        ("It costs $1,234,567.89 in all", 1_234_567.89),
        ("about -3.5e-2 K", -0.035),
        ("about \u22127 °C", -7),
        ("from 2024-05", 5),
        ("f(x)-3", 3),
        ("5-3", 3),
        ("= .5", 0.5),
        ("12,34", 34),  # no group of three: two numbers
        ("1,234,5678", 5678),
        ("答案是42。", 42),
        ("١٢", 12),
        ("H2O and v3 of gpt4", None),
        ("1.2.3", 1.2),
        ("none at all", None),
        ("10" * 400, None),  # more than a float holds
        ("1e99999", None),
    ],
)
def test_the_last_number_of_a_text(text: str, number: float | None) -> None:
    assert number_in(text, "last") == number


def test_another_number_may_be_meant() -> None:
    assert number_in("3 of 4", "first") == 3
    assert number_in("3 of 4", "only") is None
    assert number_in("3, that is 3.0", "only") == 3


def test_the_difference_is_relative_to_both() -> None:
    assert alike(numeric_diff, "is 90", "is 110") == pytest.approx(0.1)
    assert alike(numeric_diff, "0", "0.0") == 0
    assert alike(numeric_diff, "-1", "1") == 1
    assert alike(numeric_diff, "1e308", "-1e308") == 1
    assert numeric_diff[0].direction is Direction.LOWER


def test_close_is_within_either_tolerance() -> None:
    assert alike(numeric_close, "1000001", "1000000") == 1
    assert alike(numeric_close, "1000002", "1000000") == 0
    assert alike(numeric_close, "1.04", "1", relative=0.05) == 1
    assert alike(numeric_close, "0.04", "0", absolute=0.05) == 1
    assert alike(numeric_close, "first 3, then 4", "3", which="first") == 1


def test_without_a_number_there_is_no_value() -> None:
    assert alike(numeric_diff, "none", "3") == "no_number"
    assert alike(numeric_close, "3", "none") == "no_number"


def test_a_tolerance_below_zero_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="0 or above"):
        numeric_close[1].options({"absolute": -1})


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_that_was_written_is_read(number: float) -> None:
    assert number_in(f"so it is {number!r}", "last") == number


@given(st.integers(-(10**12), 10**12))
def test_groups_of_three_are_one_number(number: int) -> None:
    assert number_in(f"{number:,} in all", "only") == number


@pytest.mark.parametrize(
    "text", ["1" * 100_000, "1," * 50_000, "1,234" * 20_000, "," * 100_000, "1e" * 50_000, "-" * 100_000]
)
def test_no_text_takes_long(text: str) -> None:
    number_in(text, "last")
