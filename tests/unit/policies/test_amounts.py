"""Margins as people write them, and what they cannot mean."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.registry import METRICS
from shadowbench.policies.amounts import NEITHER, SHARES, UNITS, WORSE_ABOVE, Amount, bound_of, margin_of, read_amount
from shadowbench.report.analysis.values import OF_THE_LOG
from shadowbench.scores import Direction


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        (0.02, 0.02, ""),
        (3, 3.0, ""),
        ("0.02", 0.02, ""),
        ("2%", 2.0, "%"),
        ("0.5 %", 0.5, "%"),
        ("200 ms", 0.2, "s"),
        ("1.5s", 1.5, "s"),
        ("300µs", 300e-6, "s"),
        ("1e-3 USD", 0.001, "USD"),
        ("$0.001", 0.001, "USD"),
        ("50 tokens", 50.0, "tokens"),
        ("-1", -1.0, ""),
    ],
)
def test_what_is_written_is_a_number_and_its_unit(written: object, value: float, unit: str) -> None:
    found = read_amount(written)
    assert (found.value, found.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (True, "not a boolean"),
        ("lots", "must be a number such as"),
        ("", "must be a number such as"),
        ("$3 s", "must be a number such as"),
        ("3 parsecs", "there is no unit 'parsecs' here; known: %, s, ms"),
        ("3 S", "there is no unit 'S'"),
        (None, "must be a number such as"),
        ([1], "must be a number such as"),
        (float("nan"), "must be a finite number"),
        (float("inf"), "must be a finite number"),
        ("1e999", "must be a finite number"),
    ],
)
def test_what_is_no_number_is_told(written: object, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read_amount(written)


@pytest.mark.parametrize(
    ("written", "measure", "relative", "margin"),
    [
        (0.02, "helpfulness", False, 0.02),
        ("2%", "error_class", False, 0.02),
        ("10%", "latency", True, 0.1),
        (0.1, "latency", True, 0.1),
        ("200 ms", "latency", False, 0.2),
        (0.2, "ttft", False, 0.2),
        ("$0.001", "cost", False, 0.001),
        ("50 tokens", "output_tokens", False, 50.0),
        (0, "error_class", False, 0.0),
        (30, "word_count", False, 30.0),
    ],
)
def test_a_margin_is_in_its_measures_unit(written: object, measure: str, relative: bool, margin: float) -> None:
    assert margin_of(read_amount(written), measure, relative=relative) == pytest.approx(margin)


@pytest.mark.parametrize(
    ("written", "measure", "relative", "said"),
    [
        (-0.1, "latency", True, "is below zero: a margin says how much worse would still do"),
        ("10%", "latency", False, "percent of what? Say `relative: true`, or how many s"),
        ("200 ms", "latency", True, "is relative"),
        ("200 ms", "error_class", False, "is in s, and error_class is a share"),
        ("$3", "latency", False, "is in USD, and latency is measured in s"),
        (20, "latency", True, "allows 21 times as much; a tenth more is written 0.1 or 10%"),
        (5, "error_class", False, "allows everything: error_class goes from 0 to 1"),
        ("100%", "refusal_flip", False, "allows everything"),
    ],
)
def test_a_margin_that_cannot_be_meant_is_told(written: object, measure: str, relative: bool, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        margin_of(read_amount(written), measure, relative=relative)


def test_a_bound_is_a_value_of_the_candidate() -> None:
    assert bound_of(read_amount("2%"), "error_class") == 0.02
    assert bound_of(read_amount("3 s"), "latency") == 3.0
    assert bound_of(read_amount(-4), "sentiment") == -4.0
    with pytest.raises(ValueError, match="cannot be: error_class goes from 0 to 1"):
        bound_of(read_amount(2), "error_class")
    with pytest.raises(ValueError, match="percent of what"):
        bound_of(read_amount("2%"), "latency")


@given(st.floats(min_value=0, max_value=0.99, allow_nan=False))
def test_a_plain_number_is_the_margin(value: float) -> None:
    assert margin_of(Amount(value=value), "error_class", relative=False) == value


@given(st.text())
def test_whatever_is_written_is_an_amount_or_told(text: str) -> None:
    try:
        found = read_amount(text)
    except ValueError as error:
        assert str(error)
    else:
        assert math.isfinite(found.value)


def test_the_shares_and_units_are_those_of_the_metrics() -> None:
    declared = {found.plugin.name: found.plugin for found in METRICS.all_offered()}
    assert {name for name in SHARES if (declared[name].low, declared[name].high) != (0.0, 1.0)} == set()
    assert {name: declared[name].unit for name in UNITS} == dict(UNITS)
    assert set(OF_THE_LOG) <= UNITS.keys() | SHARES
    assert {name for name, metric in declared.items() if metric.direction is Direction.NEITHER} == NEITHER


def test_of_shares_it_is_known_which_way_is_worse() -> None:
    declared = {found.plugin.name: found.plugin for found in METRICS.all_offered()}
    assert {name for name in SHARES if declared[name].direction is Direction.LOWER} == WORSE_ABOVE
