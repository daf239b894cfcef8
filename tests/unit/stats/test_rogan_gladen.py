from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.stats.estimates import Refused
from shadowbench.stats.rogan_gladen import Judged, labels_of_right, rogan_gladen, rogan_gladen_difference

FIRST = Judged(rate=0.7, n=200, specificity=0.7, wrong=50, sensitivity=0.9, right=50)
SECOND = Judged(rate=0.45, n=500, specificity=0.85, wrong=100, sensitivity=0.88, right=100)


def test_the_reference_values() -> None:
    found = rogan_gladen(FIRST)
    assert found.low is not None and found.high is not None
    assert found.value == pytest.approx(0.666667, abs=1e-6)
    assert (found.low + found.high) / 2 == pytest.approx(0.673346, abs=1e-6)
    assert found.se == pytest.approx(0.084287, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.508146, 0.838546), abs=1e-6)
    other = rogan_gladen(SECOND)
    assert other.value == pytest.approx(0.410959, abs=1e-6)
    assert (other.low, other.high) == pytest.approx((0.315791, 0.499570), abs=1e-6)


def test_the_bias_of_the_raw_judge_turns_where_it_was_told_to() -> None:
    """With q0 = 0.7 and q1 = 0.9 the judge's rate is right at 0.75, too high below, too low above."""
    for truth, sign in ((0.5, 1), (0.75, 0), (0.9, -1)):
        rate = truth * 0.9 + (1 - truth) * 0.3
        assert round(rate - truth, 9) * sign >= 0 and (sign != 0 or rate == pytest.approx(truth))
        assert rogan_gladen(replace(FIRST, rate=rate)).value == pytest.approx(truth)


def test_a_judge_no_better_than_chance_and_one_with_few_labels_are_refused() -> None:
    assert rogan_gladen(replace(FIRST, specificity=0.2, sensitivity=0.7)).reason is Refused.WEAK_JUDGE
    assert rogan_gladen(replace(FIRST, specificity=0.55, sensitivity=0.55)).reason is Refused.WEAK_JUDGE
    assert rogan_gladen(replace(FIRST, wrong=9, right=10)).reason is Refused.FEW_LABELS
    assert rogan_gladen(replace(FIRST, wrong=4, right=100)).reason is Refused.FEW_LABELS
    assert rogan_gladen(replace(FIRST, specificity=0.9, wrong=10, right=10)).reason is None
    assert rogan_gladen(replace(FIRST, n=0)).reason is Refused.TOO_FEW
    with pytest.raises(ValueError, match="shares"):
        replace(FIRST, rate=1.2)


def test_the_difference_needs_both_sides() -> None:
    found = rogan_gladen_difference(FIRST, SECOND)
    assert found.value == pytest.approx(0.666667 - 0.410959, abs=1e-6)
    assert found.low is not None and found.high is not None and found.low < found.value < found.high
    narrower = rogan_gladen_difference(FIRST, SECOND, correlation=0.5)
    assert narrower.half_width is not None and found.half_width is not None
    assert narrower.half_width < found.half_width
    weak = replace(FIRST, specificity=0.2, sensitivity=0.7)
    assert rogan_gladen_difference(FIRST, weak).reason is Refused.WEAK_JUDGE


def test_labels_go_where_the_judge_errs_more() -> None:
    even = Judged(rate=0.5, n=1000, specificity=0.8, wrong=10, sensitivity=0.8, right=10)
    assert labels_of_right(even, 100) == 50
    assert labels_of_right(replace(even, sensitivity=0.6), 100) > 50


shares = st.floats(0, 1)


@given(shares, shares, shares, st.integers(5, 200), st.integers(15, 200))
def test_the_interval_lies_between_zero_and_one_and_knows_more_with_more(
    rate: float, specificity: float, sensitivity: float, wrong: int, right: int
) -> None:
    judged = Judged(rate=rate, n=300, specificity=specificity, wrong=wrong, sensitivity=sensitivity, right=right)
    found = rogan_gladen(judged)
    if found.reason:
        return
    assert found.low is not None and found.value is not None and found.high is not None and found.se is not None
    assert 0 <= found.low <= found.high <= 1 and 0 <= found.value <= 1
    more = rogan_gladen(replace(judged, n=3000, wrong=wrong * 10, right=right * 10))
    assert more.se is not None and more.se < found.se


@pytest.mark.parametrize("truth", [0.2, 0.4, 0.9])
def test_intervals_cover_what_they_promise_where_the_judge_alone_does_not(truth: float) -> None:
    rng, runs, covered, raw = np.random.default_rng(1), 500, 0, 0
    for _ in range(runs):
        rate = rng.binomial(400, truth * 0.85 + (1 - truth) * 0.25) / 400
        judged = Judged(
            rate=rate, n=400, specificity=rng.binomial(60, 0.75) / 60, wrong=60,
            sensitivity=rng.binomial(60, 0.85) / 60, right=60,
        )  # fmt: skip
        covered += not rogan_gladen(judged).excludes(truth)
        raw += abs(rate - truth) < 1.96 * math.sqrt(rate * (1 - rate) / 400)
    assert covered / runs >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / runs)
    assert raw / runs < 0.9


def test_differences_cover_what_they_promise() -> None:
    """The judge is harder on the candidate's style: its raw difference is wrong."""
    rng, runs, covered = np.random.default_rng(2), 400, 0
    errors = ((0.7, 0.8, 0.7), (0.6, 0.7, 0.9))  # true share, specificity, sensitivity of the judge
    for _ in range(runs):
        sides = [
            Judged(
                rate=rng.binomial(500, t * q1 + (1 - t) * (1 - q0)) / 500, n=500,
                specificity=rng.binomial(80, q0) / 80, wrong=80, sensitivity=rng.binomial(80, q1) / 80, right=80,
            )
            for t, q0, q1 in errors
        ]  # fmt: skip
        covered += not rogan_gladen_difference(*sides).excludes(0.1)
    assert covered / runs >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / runs)
