from __future__ import annotations

import math

import numpy as np
import pytest

from shadowbench.stats.estimates import Refused
from shadowbench.stats.quantile_sequences import radius, watch_quantile
from shadowbench.stats.quantiles import quantile


def test_the_reference_radius() -> None:
    away = radius(5000, 0.95, alpha=0.05)
    assert (0.95 - away, 0.95 + away) == pytest.approx((0.9352, 0.9648), abs=5e-5)


def test_the_interval_holds_the_ordinary_one() -> None:
    values = np.random.default_rng(1).lognormal(size=3000)
    watched, once = watch_quantile(values, 0.9), quantile(values, 0.9)
    assert watched.value == once.value
    assert watched.low is not None and once.low is not None and watched.low < once.low
    assert watched.high is not None and once.high is not None and watched.high > once.high


def test_bounds_that_were_not_seen_are_refused() -> None:
    assert watch_quantile([1.0], 0.5).reason is Refused.TOO_FEW
    assert watch_quantile(np.arange(300.0), 0.95).reason is Refused.TOO_FEW
    assert watch_quantile(np.arange(300.0), 0.95).value == 284.0
    censored = np.concatenate([np.arange(4700.0), np.full(300, np.inf)])
    assert watch_quantile(censored, 0.93).reason is Refused.CENSORED
    assert watch_quantile(censored, 0.5).reason is None
    assert watch_quantile(censored, 0.97).value is None


def test_false_alarms_under_continuous_looking() -> None:
    """The median of uniform values, at every n, by how many lie below one half."""
    chance, runs, n = np.random.default_rng(2), 1000, np.arange(20, 1500)
    below = np.cumsum(chance.random((runs, 1499)) < 0.5, axis=1)[:, 19:]
    away = np.array([radius(int(k), 0.5, alpha=0.05) for k in n])
    false = ((below < np.floor((0.5 - away) * n)) | (below >= np.ceil((0.5 + away) * n))).any(axis=1).mean()
    assert false <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / runs)
