"""A confidence sequence that is exact at every n, for values between known bounds: what nobody could win against by betting.

For each mean m that could be true, two gamblers bet on the values as they come, one that they lie above m, one below. If m
is true neither can get rich: means at which one of them did are excluded. No approximation, thus valid from the first
value, and wider than the asymptotic sequence.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.columns import FloatArray, column
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.methods import Method

_SHARE = 0.5  # of the wealth, which is at stake at most: nobody goes bankrupt
_STEPS = 40  # of bisection: ends are exact to 1e-12 of the range


def betting(values: ArrayLike, *, bounds: tuple[float, float], level: float = 0.95) -> Estimate:
    """The hedged betting sequence (Waudby-Smith & Ramdas, JRSS B 86(1), 2024) of the mean of independent values, in the order
    in which they came; for clusters give one value each. Refused without values. Raises ValueError for values out of bounds."""
    raw = column(values)
    low, high = bounds
    if len(raw) and not (low <= raw.min() and raw.max() <= high):
        raise ValueError(f"values must lie between {low} and {high}")
    n, method = len(raw), Method.BETTING_SEQUENCE
    if not n:
        return Estimate(method=method, level=level, n=0, clusters=0, reason=Refused.TOO_FEW)
    x = (raw - low) / (high - low)
    alpha = 1 - level
    stakes = predictable_stakes(x, alpha)
    ends = _least_mean(x, stakes, alpha), 1 - _least_mean(1 - x, stakes, alpha)
    return Estimate(
        method=method, level=level, n=n, clusters=n, value=float(raw.mean()),
        low=low + (high - low) * min(ends[0], float(x.mean())), high=low + (high - low) * max(ends[1], float(x.mean())),
    )  # fmt: skip


def predictable_stakes(x: FloatArray, alpha: float) -> FloatArray:
    """How much to bet on each value, from those before it alone: √(2 ln(2/α) / (t ln(1 + t) s²ₜ₋₁)), shape (n,)."""
    t = np.arange(1, len(x) + 1)
    means = (0.5 + np.cumsum(x)) / (t + 1)
    variances = (0.25 + np.cumsum((x - means) ** 2)) / (t + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    return np.asarray(np.sqrt(2 * math.log(2 / alpha) / (t * np.log(1 + t) * before)))


def log_wealth(x: FloatArray, stakes: FloatArray, mean: float) -> float:
    """Of who bets that values lie above the mean: Σ ln(1 + λₜ(xₜ − m)), with λ at most c/m. It falls as m grows."""
    held = np.minimum(stakes, _SHARE / mean) if mean > 0 else stakes
    return float(np.log1p(held * (x - mean)).sum())


def _least_mean(x: FloatArray, stakes: FloatArray, alpha: float) -> float:
    """The least mean at which the gambler, who starts with half of the money, has not got rich."""
    rich = math.log(2 / alpha)
    low, high = 0.0, 1.0
    if log_wealth(x, stakes, high) > rich:
        return high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if log_wealth(x, stakes, middle) > rich:
            low = middle
        else:
            high = middle
    return low
