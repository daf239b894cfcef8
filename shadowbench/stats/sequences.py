"""Confidence sequences: intervals that hold at every look at once, so that one may watch and stop when one likes.

An ordinary 95 % interval is right at one look; of those who look at each new pair of a million, everybody sees it wrong once.
These multiply the standard error by more than z: by how much depends on the number of clusters, measured against the number
for which the sequence is tuned. Being tuned for another number costs width, never validity.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from shadowbench.stats.columns import FloatArray, column
from shadowbench.stats.estimates import Estimate, Evidence, Refused, around
from shadowbench.stats.methods import Method

PSEUDO = 3  # clusters added to the variance of bounded values
LEAST = 2  # clusters, or what they are worth: with fewer there is no standard error to speak of
FIRST_LOOK = 100  # clusters: the sequence is asymptotic, and earlier standard errors are too uncertain


def rho(tuned_for: float, *, alpha: float) -> float:
    """The mixture's parameter that makes the sequence nearly narrowest at `tuned_for` clusters of variance 1; for another
    variance give clusters × variance (Waudby-Smith et al. 2024)."""
    return math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1) / tuned_for)


def multiplier(information: ArrayLike, *, alpha: float) -> FloatArray:
    """What stands in for z: √((u + 1)/u · ln((u + 1)/α²)) at information u = clusters · variance · ρ²."""
    u = np.asarray(information, dtype=np.float64)
    return np.asarray(np.sqrt((u + 1) / u * np.log((u + 1) / alpha**2)))


def half_width(clusters: ArrayLike, variance: ArrayLike, rho: float, *, alpha: float) -> FloatArray:
    """√((nvρ² + 1)/(n²ρ²) · ln((nvρ² + 1)/α²)): around the running mean of n clusters with running variance v."""
    n, v = np.asarray(clusters, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    return np.asarray(np.sqrt(v / n) * multiplier(n * v * rho**2, alpha=alpha))


def critical_value(clusters: float, *, tuned_for: float, level: float) -> float:
    """What stands in for z after so many clusters, in an interval that is given by its standard error."""
    alpha = 1 - level
    return float(multiplier(clusters * rho(tuned_for, alpha=alpha) ** 2, alpha=alpha))


def asymptotic(estimate: Estimate, *, tuned_for: float, first_look: int = FIRST_LOOK) -> Estimate:
    """The interval of an estimate with a clustered standard error, wide enough for all looks at once (Waudby-Smith, Arbour,
    Sinha, Kennedy & Ramdas, Ann. Stat. 52(6), 2024, proposition 2.5, on the scale of the standard error). `tuned_for`: the
    number of clusters at which a decision is hoped for, fixed before the first look. Refused before `first_look` clusters, or
    clusters worth as many (`Estimate.worth`)."""
    if estimate.method is Method.ALL_ALIKE:
        return estimate  # holds at all looks: to be wrong once, the first so many clusters must all have been alike
    found = replace(estimate, method=Method.ASYMPTOTIC_SEQUENCE)
    if estimate.value is None or estimate.se is None or estimate.reason:
        return found
    if estimate.worth < first_look:
        return replace(found, low=None, high=None, reason=Refused.TOO_FEW)
    half = estimate.se * critical_value(estimate.clusters, tuned_for=tuned_for, level=estimate.level)
    return replace(found, low=estimate.value - half, high=estimate.value + half)


def steadied(estimate: Estimate, unit: float) -> Estimate:
    """The estimate with the standard error that it would have if `PSEUDO` more clusters had differed by `unit`: by as much as
    one cluster can move the mean at all, (range of values)/C for clusters worth C (`Clusters.worth`).

    Rare events come late. Before the first failures a standard error knows nothing of them, and an interval by it promises too
    much; who adds a few (Agresti & Caffo 2000) is right about rates near 0 and 1, and loses nothing where there are many. Also
    of values that are all alike. Refused as the estimate, else."""
    if estimate.value is None or estimate.worth < LEAST or unit <= 0:
        return estimate
    if estimate.reason not in (None, Refused.NO_VARIATION):
        return estimate
    se = math.sqrt((estimate.se or 0.0) ** 2 + PSEUDO * unit**2)
    method = Method.CLUSTER_T if estimate.method is Method.ALL_ALIKE else estimate.method
    found = around(
        estimate.value, se, method=method, level=estimate.level, n=estimate.n, clusters=estimate.clusters,
        df=estimate.worth - 1,
    )  # fmt: skip
    return replace(found, effective_n=estimate.effective_n, effective_clusters=estimate.effective_clusters)


def log_mixture_ratio(z: ArrayLike, information: ArrayLike) -> FloatArray:
    """ln Λ of the likelihood ratio, averaged over normal alternatives: Λ = (1 + u)^(−½) · e^(z²u/(2(1 + u))) (Robbins 1970);
    at information u = nτ²/v it is the mSPRT of Johari et al. (2022). Λ is an e-value: above 1/α with chance at most α, ever."""
    u, score = np.asarray(information, dtype=np.float64), np.asarray(z, dtype=np.float64)
    return np.asarray(score**2 * u / (2 * (1 + u)) - np.log1p(u) / 2)


def msprt(estimate: Estimate, *, tuned_for: float, null: float = 0.0, first_look: int = FIRST_LOOK) -> Evidence:
    """Evidence against the null value that counts at any look: p = min(1, 1/Λ), `statistic` is Λ. It is below α exactly
    where the asymptotic sequence excludes the null value."""
    found = Evidence(method=Method.MSPRT, n=estimate.n, clusters=estimate.clusters)
    if estimate.value is None or estimate.se is None or estimate.reason:
        return replace(found, reason=estimate.reason or Refused.NO_VARIATION)
    if estimate.worth < first_look:
        return replace(found, reason=Refused.TOO_FEW)
    z = (estimate.value - null) / estimate.se
    log_ratio = float(log_mixture_ratio(z, _information(estimate, tuned_for, 1 - estimate.level)))
    return replace(found, statistic=math.exp(min(log_ratio, 700.0)), p=math.exp(min(0.0, -log_ratio)))


def always_valid_p(e_values: ArrayLike) -> FloatArray:
    """What may be claimed after each look, from the e-values of all looks so far: min(1, 1/max E)."""
    return np.asarray(np.minimum(1.0, 1 / np.maximum.accumulate(np.maximum(column(e_values, infinite=True), 1e-300))))


def _information(estimate: Estimate, tuned_for: float, alpha: float) -> float:
    return estimate.clusters * rho(tuned_for, alpha=alpha) ** 2
