"""Distributions by the names that the formulas use, over scipy.special.

Not scipy.stats: that takes most of a second to import, and a gate in CI has only these few to ask for. The normal quantile is
in proportions.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from shadowbench.stats.columns import FloatArray


def normal_cdf(z: float) -> float:
    """P(Z ≤ z)."""
    return float(special.ndtr(z))


def normal_cdfs(z: FloatArray) -> FloatArray:
    """P(Z ≤ z) for many."""
    return np.asarray(special.ndtr(z), dtype=np.float64)


def t_cdf(t: float, df: float) -> float:
    """P(T ≤ t) of Student's t."""
    return float(special.stdtr(df, t))


def t_quantile(p: float, df: float) -> float:
    """t with P(T ≤ t) = p."""
    return float(special.stdtrit(df, p))


def chi2_tail(x: float, df: float) -> float:
    """P(X > x) of χ²."""
    return float(special.chdtrc(df, x))


def pearson3_tail(x: float, mean: float, variance: float, third: float) -> float:
    """P(X > x) of Pearson's type III, a gamma distribution in another place, with this mean, variance and third central moment
    > 0. χ² with k degrees of freedom is that of k, 2k, 8k."""
    shape = 4 * variance**3 / third**2
    at = shape + (x - mean) * 2 * variance / third
    return float(special.gammaincc(shape, max(0.0, at)))


def chi2_quantile(p: float, df: float) -> float:
    """x with P(X ≤ x) = p."""
    return float(special.chdtri(df, 1 - p))


def kolmogorov_tail(x: float) -> float:
    """P(K > x) of Kolmogorov's limit distribution."""
    return float(special.kolmogorov(x))


def log_beta(a: FloatArray, b: FloatArray) -> FloatArray:
    """ln B(a, b)."""
    return np.asarray(special.betaln(a, b), dtype=np.float64)


def beta_tail(x: float, a: FloatArray, b: FloatArray) -> FloatArray:
    """P(X > x) of Beta(a, b)."""
    return np.asarray(special.betainc(b, a, 1 - x), dtype=np.float64)


def binomial_cdf(k: int, n: int, p: float) -> float:
    """P(X ≤ k)."""
    return float(special.bdtr(k, n, p)) if k >= 0 else 0.0


def binomial_quantile(level: float, n: int, p: float) -> int:
    """The least k with P(X ≤ k) ≥ level."""
    enough = level * (1 - 1e-12)  # 1/2 is reached at 1/2, whatever rounding says
    k = min(n, max(0, math.ceil(special.bdtrik(level, n, p)))) if level > (1 - p) ** n else 0
    while k > 0 and binomial_cdf(k - 1, n, p) >= enough:
        k -= 1
    while k < n and binomial_cdf(k, n, p) < enough:
        k += 1
    return k


def sigmoid(x: FloatArray) -> FloatArray:
    """1/(1 + e^(−x)), without overflow."""
    return np.asarray(special.expit(x), dtype=np.float64)
