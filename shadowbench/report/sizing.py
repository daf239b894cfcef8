"""How many clusters and pairs it takes to show something, however often one looks. Pure.

What is independent is the cluster, so it is clusters that are counted: an estimate of C clusters with standard error s has
cluster deviation s·√C, and C' of them have the standard error s·√(C/C'). Pairs follow by how many a cluster has.

Shown is a claim when its interval leaves out what must not be: with distance δ from the truth to that, and power 1 − β,

    once        C = ((z_{α/2}·σ₀ + z_{1−β}·σ)/δ)²
    planned     as many times more as O'Brien and Fleming's bounds take (`stats.looks.inflation`), where they are planned for as
                many as it takes; for those of a policy, m is the bound at C of `watching.clusters`, and beyond them that of
                `any`
    any         the least C at which δ·√C ≥ m(C)·σ₀ + z_{1−β}·σ, m the multiplier of the confidence sequence, tuned for
                `watching.clusters`; it allows for a first look at 100 clusters. Earlier looks may end it sooner

σ₀ is the deviation if there is no difference, σ the one at δ; they differ for questions of yes or no (Connor 1987).

What decides allows for clusters that have not come yet (`analysis.unseen`), so that m meets √(σ₀²/C + (g/C)²) instead of σ₀/√C,
and what clusters are worth must reach the first look. Where values have no upper bound g grows with C: the dearest of more
clusters is dearer, as it is of lognormal values.

Nothing is shown by fewer clusters than are asked for anyway: of what hardly varies, that is what it takes. More than `MOST` is
out of reach.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache

from shadowbench.report.policy import Looks, Watching
from shadowbench.stats.looks import inflation, obrien_fleming, so_far, spending_plan
from shadowbench.stats.power import design_effect
from shadowbench.stats.proportions import normal_quantile
from shadowbench.stats.sequences import FIRST_LOOK, LEAST, PSEUDO, critical_value

MOST = 1e12
"""Clusters that anybody could gather."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How sure one wants to be."""

    alpha: float = 0.05  # two-sided
    power: float = 0.8
    watching: Watching = field(default_factory=Watching)
    is_declared: bool = (
        False  # planned looks are for `watching.clusters`, as a gate has them; else for as many as it takes
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """How far clusters that have not come yet may move an effect: √3 of the unit that `analysis.unseen` has, times C."""

    any_time: float
    planned: float
    once: float
    clusters: int = 0  # of which it was found
    dearest: float | None = None  # of these, in averages; None: there are bounds, and it does not grow

    @classmethod
    def of_yes_or_no(cls) -> Unseen:
        """Of differences of shares; a single look has methods for them that need none."""
        return cls(any_time=math.sqrt(PSEUDO), planned=math.sqrt(PSEUDO), once=0.0)

    def reach(self, clusters: float, looks: Looks) -> float:
        """Of so many clusters."""
        now = {Looks.ANY: self.any_time, Looks.PLANNED: self.planned, Looks.ONCE: self.once}[looks]
        if self.dearest is None or clusters <= self.clusters:
            return now
        first, then = (-normal_quantile(1 / max(2.5, each)) for each in (self.clusters, clusters))
        return now * math.exp(_spread(self.dearest, first) * (then - first))


def _spread(dearest: float, deviate: float) -> float:
    """σ of lognormal values whose largest is so many times their mean, where a normal one's is `deviate`; cut where the mean
    would never be known."""
    over = 2 * math.log(max(1.0, dearest))
    return min(_MOST_SPREAD * deviate, deviate - math.sqrt(max(0.0, deviate**2 - over)))


_MOST_SPREAD = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """How much an effect varies from cluster to cluster, on its scale; of ratios on the logarithm's."""

    deviation: float  # √C times the standard error of C clusters
    deviation_at_null: float | None = None  # where there is no difference; None: as `deviation`
    pairs_per_cluster: float = 1.0
    worth: float = 1.0  # as how many of equal weight each cluster counts, at most 1
    unseen: Unseen | None = None  # None: what has not come yet changes nothing

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


class OutOfReachError(ValueError):
    """It takes more clusters than anybody could gather."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """What is asked for anyway."""

    pairs: float = 0.0
    clusters: float = LEAST  # by what they are worth

    def of(self, variation: Variation) -> float:
        """In clusters as they are."""
        return max(LEAST, self.clusters / variation.worth, self.pairs / variation.pairs_per_cluster)


def amount(variation: Variation, distance: float, design: Design, least: Least = Least()) -> Amount:
    """Clusters and pairs until this distance shows. Raises ValueError for a distance that is not above 0, `OutOfReachError` for
    one that more than `MOST` clusters would take."""
    if not distance > 0:
        raise ValueError(f"nothing is told from nothing: a distance above 0 is needed, not {distance}")
    once = _clusters(variation, distance, replace(design, watching=replace(design.watching, looks=Looks.ONCE)))
    once = max(least.of(variation), once)
    clusters = max(once, _clusters(variation, distance, design))
    whole = math.ceil(clusters - 1e-9)
    pairs = math.ceil(clusters * variation.pairs_per_cluster - 1e-9)
    return Amount(clusters=whole, pairs=pairs, times_once=clusters / once)


def detectable(variation: Variation, clusters: int, design: Design) -> float:
    """The distance that so many clusters show with the design's power."""
    return _shown(variation, clusters, design)


def expected(
    sd: float,
    *,
    sd_at_null: float | None = None,
    cluster_size: float = 1.0,
    icc: float = 0.0,
    unseen: Unseen | None = None,
) -> Variation:
    """The variation of pairs of this standard deviation that come in clusters of a size, alike within them by `icc`."""
    factor = math.sqrt(design_effect(cluster_size, icc) / cluster_size)
    return Variation(
        deviation=sd * factor,
        deviation_at_null=None if sd_at_null is None else sd_at_null * factor,
        pairs_per_cluster=cluster_size,
        unseen=unseen,
    )


def of_yes_or_no(discordant: float, difference: float) -> tuple[float, float]:
    """Standard deviations of a pair's difference, at this difference of shares and at none, from the share of pairs that are
    not alike. Raises ValueError where that is less than the difference."""
    if not abs(difference) <= discordant <= 1:
        raise ValueError(f"a difference of {difference} needs at least as large a share of pairs that differ")
    return math.sqrt(discordant - difference**2), math.sqrt(discordant)


def _clusters(variation: Variation, distance: float, design: Design) -> float:
    """The least number of clusters at which the distance shows."""
    z = _z(design) * variation.at_null + _z_power(design) * variation.deviation
    if not z <= math.sqrt(MOST) * distance:
        raise OutOfReachError(f"more than {MOST:,.0f} clusters would be needed")
    once = max(LEAST, (z / distance) ** 2)
    if design.watching.looks is Looks.ANY:
        return _crossing(variation, distance, design, max(once, FIRST_LOOK / variation.worth))
    if design.watching.looks is Looks.PLANNED and design.is_declared:
        return _by_the_last(variation, distance, design, once)
    if design.watching.looks is Looks.PLANNED:
        once *= _inflation(design.watching.planned, design.alpha, design.power)
    return once if variation.unseen is None else _crossing(variation, distance, design, once)


def _shown(variation: Variation, clusters: float, design: Design) -> float:
    """The distance that so many clusters show."""
    looks = design.watching.looks
    times = multiplier(clusters, design)
    unseen = 0.0 if variation.unseen is None else variation.unseen.reach(clusters, looks) / math.sqrt(clusters)
    told = times * math.hypot(variation.at_null, unseen) + _z_power(design) * variation.deviation
    inflated = looks is Looks.PLANNED and not design.is_declared
    more = _inflation(design.watching.planned, design.alpha, design.power) if inflated else 1.0
    return told * math.sqrt(more / clusters)


def _by_the_last(variation: Variation, distance: float, design: Design, least: float) -> float:
    """At a planned look, or beyond the last one."""
    watching = design.watching
    if least <= watching.clusters and distance >= _shown(variation, watching.clusters, design):
        return _between(variation, distance, design, least, watching.clusters)
    first = max(least, watching.last * (1 + 1e-6), FIRST_LOOK / variation.worth)
    return _crossing(variation, distance, replace(design, watching=replace(watching, looks=Looks.ANY)), first)


@cache  # the same for all claims of a plan, and a tenth of a second's work
def _inflation(looks: int, alpha: float, power: float) -> float:
    return inflation(obrien_fleming(looks, alpha=alpha), power_wanted=power)


def _crossing(variation: Variation, distance: float, design: Design, least: float) -> float:
    """The least number of clusters from `least` on at which the distance shows: δ grows as √C against m, which hardly does."""
    low, high = least, least
    while distance < _shown(variation, high, design):
        if high > MOST:
            raise OutOfReachError(f"more than {MOST:,.0f} clusters would be needed")
        low, high = high, high * 2
    return _between(variation, distance, design, low, high)


def _between(variation: Variation, distance: float, design: Design, low: float, high: float) -> float:
    """The least between the two; at the higher one it shows."""
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if distance >= _shown(variation, middle, design) else (middle, high)
    return high


def multiplier(clusters: float, design: Design) -> float:
    """m: what stands in for z; of looks that are planned for as many as it takes z itself, as `inflation` has the rest."""
    watching = design.watching
    is_late = design.is_declared and watching.looks is Looks.PLANNED and clusters > watching.last
    if design.is_declared and watching.looks is Looks.PLANNED and not is_late:
        return _bound(
            so_far(math.floor(_STEPS * clusters / watching.clusters) / _STEPS, watching.planned), design.alpha
        )
    if watching.looks is not Looks.ANY and not is_late:
        return _z(design)
    return critical_value(clusters, tuned_for=design.watching.clusters, level=1 - design.alpha)


@cache
def _bound(times: tuple[float, ...], alpha: float) -> float:
    return spending_plan(times, alpha=alpha).bounds[-1]


_STEPS = 50  # of the information: a bound is that of the step before


def _z(design: Design) -> float:
    return normal_quantile(1 - design.alpha / 2)


def _z_power(design: Design) -> float:
    return normal_quantile(design.power)
