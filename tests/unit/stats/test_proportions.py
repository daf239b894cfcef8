"""Intervals of shares against published values and against statsmodels."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from shadowbench.stats.proportions import clopper_pearson, normal_quantile, sign_test, wilson

COUNTS = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.255289, 0.366210),
        (15, 148, 0.062386, 0.160487),
        (0, 20, 0.0, 0.161125),
        (1, 29, 0.006113, 0.171755),
    ],
)
def test_wilson_gives_newcombes_values(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-6)


def test_clopper_pearson_gives_newcombes_value() -> None:
    assert clopper_pearson(81, 263) == pytest.approx((0.252737, 0.367622), abs=1e-6)


@given(COUNTS, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_both_agree_with_statsmodels(counts: tuple[int, int], confidence: float) -> None:
    for ours, name in ((wilson, "wilson"), (clopper_pearson, "beta")):
        theirs = proportion_confint(*counts, alpha=1 - confidence, method=name)
        assert ours(*counts, confidence=confidence) == pytest.approx(theirs, abs=1e-9)


@given(COUNTS)
def test_an_interval_holds_the_share_and_stays_within_0_and_1(counts: tuple[int, int]) -> None:
    for interval in (wilson(*counts), clopper_pearson(*counts)):
        assert 0 <= interval.low <= counts[0] / counts[1] <= interval.high <= 1


@given(COUNTS)
def test_failures_are_the_mirror_image_of_successes(counts: tuple[int, int]) -> None:
    successes, n = counts
    low, high = wilson(successes, n)
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 5), (math.nan, 5)])
def test_what_is_no_share_is_refused(successes: float, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(successes, n)
    with pytest.raises(ValueError, match="is no share"):
        clopper_pearson(successes, n)  # type: ignore[arg-type]


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_sign_test_is_mcnemars(one: int, other: int) -> None:
    assert sign_test(one, other) == sign_test(other, one)
    assert sign_test(one, other) == pytest.approx(mcnemar([[0, one], [other, 0]], exact=True).pvalue)


def test_nothing_tossed_speaks_against_no_coin() -> None:
    assert sign_test(0, 0) == 1.0
    with pytest.raises(ValueError, match="negative"):
        sign_test(-1, 2)


def test_a_quantile_is_of_a_probability() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963985)
    with pytest.raises(ValueError, match="a probability between 0 and 1"):
        normal_quantile(1.0)
