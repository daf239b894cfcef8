"""Right is better, whatever the measure; each row fills its own scale."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.document.comparisons import Comparison, Scale
from shadowbench.report.html.orientation import Place, place
from shadowbench.report.policy import Against
from shadowbench.scores import Direction
from tests.unit.report.documents import ERRORS, JUDGE, LATENCY, TOKENS, effect, of_pair, sides


def _found(comparison: Comparison) -> Place:
    found = place(comparison)
    assert found is not None
    return found


def test_more_errors_are_on_the_left() -> None:
    found = _found(sides(ERRORS, 0.01, 0.09, effect(Scale.DIFFERENCE, 0.08, 0.03), margin=0.01))
    assert found.value is not None and found.value < 0
    assert found.low is not None and found.high is not None and found.low < found.value < found.high < 0


def test_a_faster_candidate_is_on_the_right_and_the_margin_is_a_factor() -> None:
    comparison = sides(LATENCY, 5.2, 2.6, effect(Scale.RATIO, 0.5, 0.15), margin=0.1, relative=True)
    found = _found(comparison)
    assert found.value is not None and found.margin is not None
    assert found.margin / found.value == pytest.approx(-math.log(1.1) / math.log(2))


def test_preferences_are_measured_from_one_half() -> None:
    found = _found(of_pair(JUDGE, 0.5, effect(Scale.PREFERENCE, 0.5, 0.03), margin=0.05))
    assert found.value == 0.0
    assert found.margin is not None and found.margin < 0


def test_what_has_a_bound_is_measured_from_it() -> None:
    comparison = sides(ERRORS, 0.0, 0.02, effect(Scale.LEVEL, 0.02, 0.003), bound=0.05)
    found = _found(replace(comparison, against=Against.BOUND))
    assert found.value is not None and found.value > 0
    assert found.margin is None


def test_a_level_without_a_bound_has_no_place() -> None:
    assert place(of_pair(JUDGE, 0.8, effect(Scale.LEVEL, 0.8, 0.01))) is None


def test_more_of_what_is_neither_better_nor_worse_is_on_the_right() -> None:
    assert TOKENS.direction is Direction.NEITHER
    found = _found(sides(TOKENS, 100.0, 120.0, effect(Scale.DIFFERENCE, 20.0, 5.0)))
    assert found.value is not None and found.value > 0


def test_noise_is_on_the_same_scale() -> None:
    comparison = sides(
        ERRORS, 0.01, 0.02, effect(Scale.DIFFERENCE, 0.01, 0.006), noise=effect(Scale.DIFFERENCE, 0.001, 0.003)
    )
    found = _found(comparison)
    assert found.noise_low is not None and found.noise_high is not None and found.low is not None
    assert found.noise_low < 0 < found.noise_high
    assert found.low < found.noise_low


@given(
    value=st.floats(-5, 5), half=st.floats(0.001, 5), margin=st.floats(0, 5), direction=st.sampled_from(list(Direction))
)
def test_everything_fits(value: float, half: float, margin: float, direction: Direction) -> None:
    comparison = sides(
        replace(ERRORS, direction=direction), 0.0, 0.0, effect(Scale.DIFFERENCE, value, half), margin=margin
    )
    found = _found(comparison)
    assert all(-1 <= x <= 1 for x in (found.value, found.low, found.high, found.margin) if x is not None)
