"""A share of a count, and where the true one may lie. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple


class Interval(NamedTuple):
    """From `low` to `high`, both included."""

    low: float
    high: float


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval (1927) of `successes` in `n`; both may be effective, thus no whole numbers.

    It holds what it promises also near 0 and 1, where the usual ± is an empty promise. Raises ValueError for n = 0.
    """
    _check(successes, n)
    z = normal_quantile(0.5 + confidence / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the formula says exactly 0 and 1; its arithmetic misses them by rounding.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Interval(low, high)


def clopper_pearson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Clopper and Pearson's exact interval (1934): never too short, for that often too long. Raises ValueError for n = 0."""
    from scipy.special import betaincinv

    _check(successes, n)
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return Interval(low, high)


def sign_test(one: int, other: int) -> float:
    """How likely a fair coin falls at least as unevenly as `one` : `other`, two-sided and exact; 1 where nothing was tossed.

    It is McNemar's exact test, too: of the pairs that changed, how many changed which way.
    """
    from scipy.special import bdtr

    if one < 0 or other < 0:
        raise ValueError(f"counts cannot be negative: {one}, {other}")
    return min(1.0, 2 * float(bdtr(min(one, other), one + other, 0.5)))


def normal_quantile(level: float) -> float:
    """Below which value a standard normal variable stays with this probability."""
    from scipy.special import ndtri

    if not 0 < level < 1:
        raise ValueError(f"a probability between 0 and 1 is needed, not {level}")
    return float(ndtri(level))


def _check(successes: float, n: float) -> None:
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"{successes} in {n} is no share")
