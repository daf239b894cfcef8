"""What so many pairs of a comparison can show, and how many more its claim takes. Pure.

Both go by the interval that decides: where one looks whenever one likes it takes more pairs than where one looks once. How many
it takes is `report.sizing`'s to say, from how much the effect varied so far; reports and `shadowbench plan` say the same.
"""

from __future__ import annotations

import math
from dataclasses import replace

from shadowbench.report.analysis.conditions import gain, within
from shadowbench.report.analysis.unseen import AHEAD
from shadowbench.report.analysis.watching import FEW_LOOKS
from shadowbench.report.document.comparisons import Comparison, Scale
from shadowbench.report.policy import Against, Claim, Needs, Policy, Statistic
from shadowbench.report.sizing import Amount, Design, Least, OutOfReachError, Unseen, Variation, amount, multiplier
from shadowbench.stats.distributions import normal_cdf, t_quantile
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method
from shadowbench.stats.power import StillNeeded
from shadowbench.stats.proportions import normal_quantile
from shadowbench.stats.quantiles import least_n
from shadowbench.stats.sequences import LEAST, PSEUDO

POWER = 0.8


def working_se(deciding: Estimate, se: float | None, critical: float, *, on_logarithms: bool) -> float | None:
    """The standard error on the working scale; of an interval that has none, its half by the critical value."""
    if se is not None and se > 0:
        return se
    if deciding.low is None or deciding.high is None or not math.isfinite(critical):
        return None
    low, high = deciding.low, deciding.high
    if on_logarithms:
        if low <= 0:
            return None
        low, high = math.log(low), math.log(high)
    return (high - low) / 2 / critical if low < high < math.inf else None


def detectable(se: float, critical: float) -> float:
    """The least true effect, on the working scale, that the interval of now shows in four of five cases."""
    return (critical + normal_quantile(POWER)) * se


def still_needed(claim: Claim, comparison: Comparison, policy: Policy, pairs_per_day: float) -> StillNeeded | None:
    """Pairs and days until the claim shows in four of five cases, if the candidate is as good as production, or keeps its
    distance from a bound; None: nothing tells, or it is out of all reach."""
    design = Design(alpha=policy.alpha, power=POWER, watching=policy.watching, is_declared=True)
    variation, distance = variation_of(comparison), distance_of(claim, comparison)
    if variation is None or isinstance(distance, str):
        return None
    found = amount_for(claim, comparison, variation, distance, design, policy)
    if isinstance(found, str):
        return None
    more = max(0, found.pairs - comparison.n)
    days = 0.0 if not more else more / pairs_per_day if pairs_per_day > 0 else None
    return StillNeeded(pairs=found.pairs, more=more, days=days)


def amount_for(
    claim: Claim, comparison: Comparison, variation: Variation, distance: float, design: Design, policy: Policy
) -> Amount | str:
    """As many as show the distance, as the policy wants before anything is decided, and as a far quantile's bounds take; or why
    nobody can say."""
    values = _values(claim, comparison.clusters, design)
    least = Least(pairs=max(values, policy.requires.pairs), clusters=policy.requires.clusters)
    try:
        return amount(variation, distance, design, least)
    except OutOfReachError:
        return "out_of_reach"


def _values(claim: Claim, clusters: int, design: Design) -> int:
    """Below which a quantile has no bounds, were all values independent: q ± m·√(q(1 − q)/n) must lie within 0 and 1."""
    q = claim.statistic.level
    if q is None:
        return 0
    m = multiplier(clusters, design)
    tail = min(q, 1 - q)
    # One more value beyond the quantile than its share counts as one less: 1/tail values.
    return math.ceil(max(m * m * (1 - tail) / tail, least_n(q, level=1 - 2 * normal_cdf(-m))) + 1 / tail)


def variation_of(comparison: Comparison) -> Variation | None:
    """How much the effect varies: from the interval of whoever looks once, which every method has, whatever it calls its
    standard error. None: that cannot be told."""
    once, deciding = comparison.effect.once, comparison.effect.deciding
    if once.low is None or once.high is None or comparison.clusters < 2:
        return None
    low, high = once.low, once.high
    if comparison.effect.scale is Scale.RATIO:
        if low <= 0:
            return None
        low, high = math.log(low), math.log(high) if high < math.inf else high
    if min(once.worth, deciding.worth) < LEAST:
        return None
    se = (high - low) / 2 / t_quantile((1 + once.level) / 2, once.worth - 1)
    if not (math.isfinite(se) and se > 0):
        return None
    return Variation(
        deviation=se * math.sqrt(comparison.clusters),
        pairs_per_cluster=comparison.n / comparison.clusters,
        worth=min(1.0, deciding.worth / comparison.clusters),
        unseen=_unseen(comparison),
    )


def _unseen(comparison: Comparison) -> Unseen | None:
    """How far what has not come yet moves the effect, on the working scale: between bounds it is known, else what the deciding
    interval's standard error has more than that of whoever looks once tells it. Quantiles have no such part."""
    effect, subject, clusters = comparison.effect, comparison.subject, comparison.clusters
    if comparison.statistic.level is not None:
        return None
    if subject.low is not None and subject.high is not None and effect.scale is not Scale.RATIO:
        reach = math.sqrt(PSEUDO) * (subject.high - subject.low) * clusters / effect.deciding.worth
        exact = effect.once.method in (Method.TANGO, Method.WILSON)  # of independent pairs, at a single look
        return Unseen(any_time=reach, planned=reach, once=0.0 if exact else reach, clusters=clusters)
    if effect.once.se is None or effect.deciding.se is None:
        return None
    beyond = math.sqrt(max(0.0, effect.deciding.se**2 - effect.once.se**2)) * clusters
    if effect.once.method is Method.GEOMETRIC_RATIO:  # on its logarithms already
        return Unseen(any_time=beyond, planned=beyond, once=beyond, clusters=clusters)
    if effect.scale is Scale.RATIO:
        beyond /= effect.deciding.value or math.inf
    return _endless(comparison, beyond) if beyond > 0 else None


def _endless(comparison: Comparison, beyond: float) -> Unseen:
    """Without an upper bound: the dearest of more clusters is dearer."""
    effect = comparison.effect
    is_total, seldom = comparison.statistic is Statistic.TOTAL, effect.deciding.method is not Method.ASYMPTOTIC_SEQUENCE
    times = FEW_LOOKS if is_total or comparison.subject.low is not None else 1.0
    reach = beyond / times if seldom else beyond
    average = 1.0 if effect.scale is Scale.RATIO else max(_size(comparison.candidate), _size(comparison.production))
    dearest = reach / math.sqrt(PSEUDO) / AHEAD / average if average else None
    return Unseen(
        any_time=reach, planned=times * reach, once=times * reach, clusters=comparison.clusters, dearest=dearest
    )


def _size(estimate: Estimate | None) -> float:
    return 0.0 if estimate is None or estimate.value is None else abs(estimate.value)


def distance_of(claim: Claim, comparison: Comparison, difference: float | None = None) -> float | str:
    """From where the truth is expected to be to what must not be; or why there is none."""
    scale = comparison.effect.scale
    if claim.against is Against.BOUND:
        return _to_the_bound(claim, comparison)
    if scale.null is None:
        return "no_value_of_production"
    if gain(comparison.effect.once, scale, comparison.subject.direction) is None:
        return "no_direction"
    better = 0.0 if difference is None else _on_scale(difference, scale)
    if claim.needs is Needs.BETTER:
        return better if better > 0 else "no_difference"
    distance = _on_scale(claim.margin, scale) + better
    return distance if distance > 0 else "no_margin"


def _to_the_bound(claim: Claim, comparison: Comparison) -> float | str:
    """The candidate is taken to stay as it is."""
    once = comparison.effect.once
    point = within(replace(once, low=once.value, high=once.value), claim.bound or 0.0, comparison.subject.direction)
    if point is None:
        return "no_direction"
    return point.low if point.low > 0 else "beyond_the_bound"


def _on_scale(share: float, scale: Scale) -> float:
    if scale is not Scale.RATIO:
        return share
    return math.log1p(share) if share > -1 else -math.inf
