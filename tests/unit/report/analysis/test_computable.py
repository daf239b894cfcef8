"""Numbers that are out of all range are none, and those next to nothing are nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.report.analysis.computable import LARGEST, OUT_OF_RANGE, SMALLEST, bound_in_range, computable, in_range
from shadowbench.report.analysis.measuring import measured
from shadowbench.report.policy import Against, Claim, Looks, Policy, Statistic, Watching
from tests.unit.report.analysis.invented import a_log, an_arm, coded, of_sides, scored
from tests.unit.report.analysis.measures import compared

NAN = np.nan


def test_what_is_larger_than_can_be_computed_with_is_missing_for_that_reason() -> None:
    values, why = computable(np.array([1.0, 1e308, -1e200, NAN]), coded([None, None, None, "late"]))
    np.testing.assert_equal(values, [1.0, NAN, NAN, NAN])
    assert [why.texts[code] if code >= 0 else None for code in why.codes] == [None, OUT_OF_RANGE, OUT_OF_RANGE, "late"]


def test_traces_are_zero() -> None:
    values, why = computable(np.array([1e-320, -1e-51, SMALLEST, LARGEST]), coded([None] * 4))
    assert values.tolist() == [0.0, 0.0, SMALLEST, LARGEST]
    assert why.texts == ()


def test_ordinary_numbers_are_left_as_they_are() -> None:
    given, words = np.array([0.0, 1.0, -3.5, NAN]), coded([None, None, None, "late"])
    values, why = computable(given, words)
    assert values is given
    assert why is words
    assert in_range(given) is given


def test_where_nobody_asks_why() -> None:
    np.testing.assert_equal(in_range(np.array([1e-300, 2.0, 1e300])), [0.0, 2.0, NAN])


@pytest.mark.parametrize(("bound", "found"), [(None, None), (1.0, 1.0), (1e308, None), (-1e308, None)])
def test_a_bound_out_of_range_is_none(bound: float | None, found: float | None) -> None:
    assert bound_in_range(bound) == found


EXTREMES = [0.0, 5e-324, 1e-320, 1e-300, 1e-9, 1.0, 1e9, 1e300, 1.7e308]


@settings(deadline=None, max_examples=40)
@given(
    sides=st.lists(st.tuples(*[st.sampled_from([*EXTREMES, *(-x for x in EXTREMES)])] * 2), min_size=1, max_size=8),
    times=st.sampled_from([1, 30]),
    ends=st.sampled_from([(None, None), (0.0, 1.0), (-1e308, 1e308)]),
    looks=st.sampled_from(list(Looks)),
)
def test_whatever_was_scored_or_paid_is_compared_or_says_why_not(
    sides: list[tuple[float, float]], times: int, ends: tuple[float | None, float | None], looks: Looks
) -> None:
    """As comparisons get it from a log; warnings are errors here."""
    ours, theirs = np.array(sides * times).T
    n = len(ours)
    metric = of_sides("quality", low=ends[0], high=ends[1])
    log = a_log(
        n, scores={metric: scored(ours, theirs)}, candidate_cost_usd=np.abs(ours), production_cost_usd=np.abs(theirs),
        candidate_cost_reason=coded([None] * n), production_cost_reason=coded([None] * n),
    )  # fmt: skip
    for claim in (
        Claim(measure="quality", margin=0.1),
        Claim(measure="quality", against=Against.BOUND, bound=0.5),
        Claim(measure="cost", margin=0.1, relative=True),
        Claim(measure="cost", margin=0.1, relative=True, statistic=Statistic.TOTAL),
    ):
        policy = Policy(primary=(claim,), watching=Watching(looks=looks))
        found = compared(measured(log, an_arm(n), claim.measure), policy)
        deciding = found.effect.deciding
        assert found.reason or deciding.reason or (deciding.low is not None and deciding.high is not None)
        assert not any(x is not None and np.isnan(x) for x in (deciding.value, deciding.low, deciding.high))
        assert found.still_needed is None or found.still_needed.pairs >= policy.requires.pairs
