"""The confidence sequence of bounded values that has a formula: for bands over time, where each point is a look.

A little wider than `betting`, and there for all n at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.betting import predictable_stakes
from shadowbench.stats.columns import FloatArray, column
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method

_MOST = 0.5  # stake


@dataclass(frozen=True, slots=True)
class Band:
    """The interval after each value, (n,) each; an earlier one stays true."""

    low: FloatArray
    high: FloatArray


def band(values: ArrayLike, *, bounds: tuple[float, float], level: float = 0.95) -> Band:
    """The predictable empirical Bernstein sequence (Waudby-Smith & Ramdas 2024, theorem 2) of the mean of independent values,
    in the order in which they came. Raises ValueError for values out of bounds."""
    raw = column(values)
    least, most = bounds
    if len(raw) and not (least <= raw.min() and raw.max() <= most):
        raise ValueError(f"values must lie between {least} and {most}")
    x = (raw - least) / (most - least)
    so_far = (0.5 + np.cumsum(x)) / (np.arange(len(x)) + 2)
    found = of_unit(x, np.concatenate([[0.5], so_far])[: len(x)], alpha=1 - level)
    return Band(least + (most - least) * found.low, least + (most - least) * found.high)


def of_unit(x: FloatArray, expected: FloatArray, *, alpha: float) -> Band:
    """The band of values in [0, 1]. `expected`: what each was expected to be, from those before it; the better the guess, the
    narrower the band, and true whatever the guess."""
    stakes = np.minimum(predictable_stakes(x, alpha), _MOST)
    at_stake = np.cumsum(stakes)
    centre = np.cumsum(stakes * x) / at_stake
    paid = np.cumsum((x - expected) ** 2 * (-np.log1p(-stakes) - stakes))
    half = (math.log(2 / alpha) + paid) / at_stake
    return Band(np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0))


def bernstein(values: ArrayLike, *, bounds: tuple[float, float], level: float = 0.95) -> Estimate:
    """The band after the last value. Refused without values."""
    x = column(values)
    found = band(x, bounds=bounds, level=level)
    n, method = len(x), Method.BERNSTEIN_SEQUENCE
    if not n:
        return Estimate(method=method, level=level, n=0, clusters=0, reason=Refused.TOO_FEW)
    mean = float(x.mean())
    return Estimate(
        method=method, level=level, n=n, clusters=n, value=mean,
        low=min(float(found.low[-1]), mean), high=max(float(found.high[-1]), mean),
    )  # fmt: skip
