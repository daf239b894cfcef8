"""Sign flips: if the sides were alike, each cluster's difference might as well have come with the other sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.clusters import Clusters, clusters_of
from shadowbench.stats.columns import FloatArray, column, weights_of
from shadowbench.stats.estimates import Evidence, Refused, Tail
from shadowbench.stats.methods import Method

EXACT_UPTO = 20  # clusters: about a million ways to flip them, all of which are counted
_BLOCK = 4_000_000  # signs held at once
_ROUNDING = 1e-9  # sums that are equal but for rounding count as equal


def sign_flip(
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Clusters | None = None,
    weights: ArrayLike | None = None,
    tail: Tail = Tail.BOTH,
    resamples: int = 10_000,
) -> Evidence:
    """Whether differences are symmetric about zero (Fisher 1935). Exact up to EXACT_UPTO clusters that are not zero; above,
    p = (1 + #)/(1 + B) of B random flips (Phipson & Smyth 2010). Refused where all differences are zero."""
    x = column(values)
    groups = clusters_of(clusters, len(x))
    sums = groups.totals(weights_of(weights, len(x)) * x)
    moving = sums[sums != 0]
    total = float(sums.sum())
    evidence = Evidence(method=Method.SIGN_FLIP, n=len(x), clusters=groups.count, tail=tail)
    if not len(moving):
        return replace(evidence, reason=Refused.NO_VARIATION)
    if len(moving) <= EXACT_UPTO:
        p = float(as_extreme(_all_sums(moving), total, tail).mean())
    else:
        p = (1 + _random_hits(moving, total, tail, rng, resamples)) / (1 + resamples)
    return replace(evidence, statistic=total, p=p)


def as_extreme(sums: FloatArray, total: float, tail: Tail) -> FloatArray:
    """1 for each sum that speaks against the null hypothesis at least as loudly as the total, else 0."""
    slack = _ROUNDING * max(abs(total), float(np.abs(sums).max(initial=0.0)))
    if tail is Tail.BOTH:
        return np.asarray(np.abs(sums) >= abs(total) - slack, dtype=np.float64)
    return np.asarray(sums >= total - slack if tail is Tail.GREATER else sums <= total + slack, dtype=np.float64)


def _all_sums(moving: FloatArray) -> FloatArray:
    sums = np.zeros(1)
    for each in moving:
        sums = np.concatenate([sums + each, sums - each])
    return sums


def _random_hits(moving: FloatArray, total: float, tail: Tail, rng: np.random.Generator, resamples: int) -> int:
    hits = 0
    step = max(1, _BLOCK // len(moving))
    for start in range(0, resamples, step):
        flips = rng.integers(0, 2, size=(min(step, resamples - start), len(moving)), dtype=np.int8)
        hits += int(as_extreme((2.0 * flips - 1.0) @ moving, total, tail).sum())
    return hits
