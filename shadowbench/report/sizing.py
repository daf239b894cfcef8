"""How many clusters and pairs it takes to show something, however often one looks. Pure.

What is independent is the cluster, so it is clusters that are counted: an estimate of C clusters with standard error s has
cluster deviation s·√C, and C' of them have the standard error s·√(C/C'). Pairs follow by how many a cluster has.

Shown is a claim when its interval leaves out what must not be: with distance δ from the truth to that, and power 1 − β,

    once        C = ((z_{α/2}·σ₀ + z_{1−β}·σ)/δ)²
    planned     as many times more as O'Brien and Fleming's bounds take (`stats.looks.inflation`)
    any         the least C at which δ·√C ≥ m(C)·σ₀ + z_{1−β}·σ, m the multiplier of the confidence sequence, tuned for
                `watching.clusters`; it allows for a first look at 100 clusters. Earlier looks may end it sooner

σ₀ is the deviation if there is no difference, σ the one at δ; they differ for questions of yes or no (Connor 1987).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

from shadowbench.report.policy import Looks, Watching
from shadowbench.stats.looks import inflation, obrien_fleming
from shadowbench.stats.power import design_effect
from shadowbench.stats.proportions import normal_quantile
from shadowbench.stats.sequences import FIRST_LOOK, critical_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How sure one wants to be."""

    alpha: float = 0.05  # two-sided
    power: float = 0.8
    watching: Watching = field(default_factory=Watching)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """How much an effect varies from cluster to cluster, on its scale; of ratios on the logarithm's."""

    deviation: float  # √C times the standard error of C clusters
    deviation_at_null: float | None = None  # where there is no difference; None: as `deviation`
    pairs_per_cluster: float = 1.0

    @property
    def at_null(self) -> float:
        """σ₀."""
        return self.deviation if self.deviation_at_null is None else self.deviation_at_null


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How many it takes in all."""

    clusters: int
    pairs: int
    times_once: float  # as many times more as for somebody who looks a single time


def amount(variation: Variation, distance: float, design: Design) -> Amount:
    """Clusters and pairs until this distance shows. Raises ValueError for a distance that is not above 0."""
    if not distance > 0:
        raise ValueError(f"nothing is told from nothing: a distance above 0 is needed, not {distance}")
    once = _once(variation, distance, design)
    clusters = _clusters(variation, distance, design, once)
    whole = math.ceil(clusters - 1e-9)
    pairs = math.ceil(clusters * variation.pairs_per_cluster - 1e-9)
    return Amount(clusters=whole, pairs=pairs, times_once=clusters / once)


def detectable(variation: Variation, clusters: int, design: Design) -> float:
    """The distance that so many clusters show with the design's power."""
    if design.watching.looks is Looks.PLANNED:
        z = _z(design) * variation.at_null + _z_power(design) * variation.deviation
        return z * math.sqrt(_inflation(design.watching.planned, design.alpha, design.power) / clusters)
    times = _z(design) if design.watching.looks is Looks.ONCE else _multiplier(clusters, design)
    return (times * variation.at_null + _z_power(design) * variation.deviation) / math.sqrt(clusters)


def expected(sd: float, *, sd_at_null: float | None = None, cluster_size: float = 1.0, icc: float = 0.0) -> Variation:
    """The variation of pairs of this standard deviation that come in clusters of a size, alike within them by `icc`."""
    factor = math.sqrt(design_effect(cluster_size, icc) / cluster_size)
    return Variation(
        deviation=sd * factor,
        deviation_at_null=None if sd_at_null is None else sd_at_null * factor,
        pairs_per_cluster=cluster_size,
    )


def of_yes_or_no(discordant: float, difference: float) -> tuple[float, float]:
    """Standard deviations of a pair's difference, at this difference of shares and at none, from the share of pairs that are
    not alike. Raises ValueError where that is less than the difference."""
    if not abs(difference) <= discordant <= 1:
        raise ValueError(f"a difference of {difference} needs at least as large a share of pairs that differ")
    return math.sqrt(discordant - difference**2), math.sqrt(discordant)


def _once(variation: Variation, distance: float, design: Design) -> float:
    z = _z(design) * variation.at_null + _z_power(design) * variation.deviation
    return (z / distance) ** 2


def _clusters(variation: Variation, distance: float, design: Design, once: float) -> float:
    if design.watching.looks is Looks.ONCE:
        return once
    if design.watching.looks is Looks.PLANNED:
        return once * _inflation(design.watching.planned, design.alpha, design.power)
    return _crossing(variation, distance, design, max(once, FIRST_LOOK))


@cache  # the same for all claims of a plan, and a tenth of a second's work
def _inflation(looks: int, alpha: float, power: float) -> float:
    return inflation(obrien_fleming(looks, alpha=alpha), power_wanted=power)


def _crossing(variation: Variation, distance: float, design: Design, least: float) -> float:
    """The least number of clusters from `least` on at which the distance shows: δ grows as √C against m, which hardly does."""

    def shows(clusters: float) -> bool:
        return distance >= detectable_at(clusters)

    def detectable_at(clusters: float) -> float:
        times = _multiplier(clusters, design)
        return (times * variation.at_null + _z_power(design) * variation.deviation) / math.sqrt(clusters)

    low, high = least, least
    while not shows(high):
        low, high = high, high * 2
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high


def _multiplier(clusters: float, design: Design) -> float:
    return critical_value(clusters, tuned_for=design.watching.clusters, level=1 - design.alpha)


def _z(design: Design) -> float:
    return normal_quantile(1 - design.alpha / 2)


def _z_power(design: Design) -> float:
    return normal_quantile(design.power)
