"""Against scipy.stats, which the package does not import for the time that takes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shadowbench.stats import distributions as ours

chances = st.floats(0.001, 0.999)


@given(chances, st.integers(1, 500), chances)
def test_binomials(level: float, n: int, p: float) -> None:
    least = ours.binomial_quantile(level, n, p)  # scipy's ppf is one off where the level is reached exactly
    assert stats.binom.cdf(least, n, p) >= level * (1 - 1e-9)
    assert least == 0 or stats.binom.cdf(least - 1, n, p) < level
    k = n // 3
    assert ours.binomial_cdf(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p))
    assert ours.binomial_cdf(-1, n, p) == 0.0


@given(st.floats(-5, 5), chances, st.floats(1, 200))
def test_normal_and_t(x: float, p: float, df: float) -> None:
    assert ours.normal_cdf(x) == pytest.approx(stats.norm.cdf(x))
    assert ours.t_cdf(x, df) == pytest.approx(stats.t.cdf(x, df), abs=1e-12)
    assert ours.t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-6, abs=1e-9)
    assert ours.normal_cdfs(np.array([x, -x])).sum() == pytest.approx(1)


@given(st.floats(0.01, 40), st.integers(1, 30), chances)
def test_chi_square(x: float, df: int, p: float) -> None:
    assert ours.chi2_tail(x, df) == pytest.approx(stats.chi2.sf(x, df))
    assert ours.chi2_quantile(p, df) == pytest.approx(stats.chi2.ppf(p, df))


@given(st.floats(0.01, 60), st.floats(1, 30), st.floats(2, 8), st.floats(0.1, 3))
def test_pearsons_third_type(x: float, mean: float, spread: float, skew: float) -> None:
    found = ours.pearson3_tail(x, mean, spread**2, skew * spread**3)
    assert found == pytest.approx(stats.pearson3.sf(x, skew, loc=mean, scale=spread), abs=1e-9)
    assert ours.pearson3_tail(x, mean, 2 * mean, 8 * mean) == pytest.approx(stats.chi2.sf(x, mean))


@pytest.mark.parametrize(("level", "n", "p", "k"), [(0.5, 7, 0.5, 3), (0.5, 1, 0.5, 0), (0.025, 72, 0.95, 64)])
def test_a_level_that_is_reached_exactly_is_reached(level: float, n: int, p: float, k: int) -> None:
    assert ours.binomial_quantile(level, n, p) == k


def test_kolmogorov_and_beta() -> None:
    assert ours.kolmogorov_tail(1.358) == pytest.approx(stats.kstwobign.sf(1.358))
    a, b = np.array([0.5, 3.0]), np.array([2.0, 0.5])
    assert ours.beta_tail(0.3, a, b) == pytest.approx(stats.beta.sf(0.3, a, b))
    assert np.exp(ours.log_beta(a, b)) == pytest.approx([4 / 3, 16 / 15])


def test_sigmoid_does_not_overflow() -> None:
    assert ours.sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]


def test_nothing_imports_scipy_stats() -> None:
    """Half a second for every gate that runs."""
    modules = (
        "betting, bradley_terry, drift, looks, margins, power, prediction_powered, quantiles, two_samples, win_rates"
    )
    code = f"import sys; from shadowbench.stats import {modules}; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
