"""One measure of one candidate, compared: effect, intervals, evidence, and how it stands against what was declared.

    measured  →  pairs that count, failures at their worst  →  contrast  →  intervals and p at the declared looks  →  standing

By intention to treat; beside it the same of the pairs where both sides answered, and the A/A lane's effect as the noise floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from shadowbench.reading.versions import OTHER_VERSION
from shadowbench.report.analysis.asking import Asked
from shadowbench.report.analysis.computable import OUT_OF_RANGE
from shadowbench.report.analysis.contrasts import (
    Contrast,
    MeanContrast,
    contrast_of,
    is_yes_no,
    level_of,
    quantile_contrast_of,
    quantile_level_of,
)
from shadowbench.report.analysis.lanes import beside_lane
from shadowbench.report.analysis.measuring import Measured, Ready
from shadowbench.report.analysis.reaching import detectable, still_needed, working_se
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.analysis.watching import Looking, once
from shadowbench.report.document.comparisons import Comparison, Effect, Origin, Outcomes, Scale, Subject
from shadowbench.report.policy import Against, Policy, Statistic
from shadowbench.scores import Direction, Shape
from shadowbench.stats.clusters import mean
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.margins import Standing, stand
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import sign_test
from shadowbench.stats.quantiles import quantile_of
from shadowbench.stats.rates import rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all comparisons of a candidate have in common."""

    policy: Policy
    looking: Looking
    pairs_per_day: float

    @property
    def level(self) -> float:
        """Of intervals."""
        return self.policy.level

    @property
    def strict_level(self) -> float:
        """Corrected for all conditions of the candidate (Bonferroni)."""
        return 1 - self.policy.alpha / max(1, len(self.policy.claims))


def compare(
    asked: Asked, ours: Measured, again: Measured | None, terms: Terms, chance: np.random.Generator
) -> Comparison:
    """The comparison that is asked for. `again`: the same measure over the A/A lane, None where there is no other lane."""
    claim, statistic = asked.claim, asked.claim.statistic
    ready = ours.ready_for(statistic)
    beside = claim.against is Against.AGAIN and again is not None
    if beside and again is not None:
        theirs = again.ready_for(statistic)
        ready = Ready(beside_lane(ready.paired, ours.arm, theirs.paired, again.arm), ours.arm)
    found = _described(asked, ready, terms, beside=beside)
    if (reason := _no_effect(asked, ready.paired, beside)) is not None:
        return replace(found, reason=reason)
    contrast = _contrast(asked, ready, terms.level)
    effect = _effect(asked, contrast, terms, chance)
    found = replace(
        found,
        effect=effect,
        answered_only=_answered_only(asked, ready, effect, terms, chance),
        outcomes=None if beside else _outcomes(asked, ready.paired),
        standing=_standing(asked, effect, ready.paired.subject) if asked.is_declared else None,
        detectable=_detectable(contrast, effect, terms),
    )
    if not asked.is_declared:
        return found
    return replace(found, still_needed=still_needed(claim, found, terms.policy, terms.pairs_per_day))


def _described(asked: Asked, ready: Ready, terms: Terms, *, beside: bool) -> Comparison:
    """All but the effect."""
    claim, paired = asked.claim, ready.paired
    candidate, production = _both_sides(ready, claim.statistic, terms.level)
    refused = Estimate(
        method=Method.CLUSTER_T, level=terms.level, n=paired.n, clusters=paired.clusters.count, reason=Refused.TOO_FEW
    )
    return Comparison(
        subject=paired.subject,
        statistic=claim.statistic,
        against=claim.against,
        role=asked.role,
        n=paired.n,
        clusters=paired.clusters.count,
        imputed=int(paired.imputed.sum()),
        missing=paired.missing,
        measured=paired.measured,
        production=None if beside and paired.subject.shape is Shape.PAIR else production,
        candidate=candidate,
        effect=Effect(scale=Scale.LEVEL, once=refused, deciding=refused),
        margin=claim.margin if asked.is_declared and claim.against is not Against.BOUND else None,
        relative=asked.is_ratio,
        bound=claim.bound,
        in_percent=("margin" if claim.bound is None else "bound") in claim.in_percent,
    )


def _both_sides(ready: Ready, statistic: Statistic, level: float) -> tuple[Estimate, Estimate | None]:
    """Where the candidate and production stand, for whoever looks once."""
    paired = ready.paired
    if (q := statistic.level) is None:
        sides = [paired.candidate, *([] if paired.production is None else [paired.production])]
        found = [_mean_of(paired, side, level) for side in sides]
    else:
        whole = ready.ranked.whole
        ordered = [whole.candidate, *([] if whole.production is None else [whole.production])]
        found = [quantile_of(side, whole.clusters, q, level=level) for side in ordered]
    return found[0], found[1] if len(found) > 1 else None


def _mean_of(paired: Paired, values: FloatArray, level: float) -> Estimate:
    low, high = paired.subject.low, paired.subject.high
    if (low, high) == (0.0, 1.0) and paired.n and is_yes_no(values):
        return rate(values, clusters=paired.clusters, weights=paired.weights, level=level)
    bounds = None if low is None or high is None else (low, high)
    return mean(values, clusters=paired.clusters, weights=paired.weights, level=level, bounds=bounds)


def _no_effect(asked: Asked, paired: Paired, beside: bool) -> str | None:
    """Why there is nothing to compare."""
    claim = asked.claim
    if claim.against is Against.AGAIN and not beside:
        return "no_again_lane"
    if claim.against is Against.BOUND and claim.bound is None:
        return "no_bound"
    if not paired.n:
        missing = {*paired.missing.pair, *paired.missing.production, *paired.missing.candidate}
        return next((reason for reason in (OTHER_VERSION, OUT_OF_RANGE) if reason in missing), "no_values")
    if asked.is_ratio and paired.production is None:
        return "no_ratio_of_pairs"
    if asked.is_ratio and not _any_but_zero(paired):
        return "all_zero"
    if asked.is_ratio and claim.statistic.level is not None and not _all_positive(paired):
        return "not_above_zero"
    return None


def _any_but_zero(paired: Paired) -> bool:
    return bool(paired.candidate.any()) or (paired.production is not None and bool(paired.production.any()))


def _all_positive(paired: Paired) -> bool:
    """But for failures, which are below everything where higher is better."""
    sides = (paired.candidate, paired.production)
    return all(bool(((side > 0) | np.isneginf(side)).all()) for side in sides if side is not None)


def _contrast(asked: Asked, ready: Ready, level: float, *, answered: bool = False) -> Contrast:
    """Of all pairs that count, or of those where both sides answered."""
    claim = asked.claim
    if (q := claim.statistic.level) is not None:
        sides = ready.ranked_answered if answered else ready.ranked.whole
        if claim.against is Against.BOUND:
            return quantile_level_of(sides, q)
        return quantile_contrast_of(sides, q, relative=asked.is_ratio)
    paired = ready.paired_answered if answered else ready.paired
    if claim.against is Against.BOUND:
        return level_of(paired, level=level)
    return contrast_of(paired, claim.statistic, relative=asked.is_ratio, level=level)


def _effect(asked: Asked, contrast: Contrast, terms: Terms, chance: np.random.Generator) -> Effect:
    deciding = terms.looking.deciding(contrast, terms.level, chance)
    return Effect(
        scale=contrast.scale,
        once=once(contrast, terms.level, chance),
        deciding=deciding,
        strict=terms.looking.deciding(contrast, terms.strict_level, chance) if asked.is_declared else None,
        evidence=terms.looking.evidence(contrast, deciding, chance, terms.level),
    )


def _answered_only(
    asked: Asked, ready: Ready, effect: Effect, terms: Terms, chance: np.random.Generator
) -> Effect | None:
    """The sensitivity line: nothing is made up for failures. None where failures are what is measured."""
    subject = ready.paired.subject
    if (subject.name == "error_class" and subject.origin is Origin.LOG) or not ready.answered.any():
        return None
    if ready.answered.all():
        return Effect(scale=effect.scale, once=effect.once, deciding=effect.deciding)
    contrast = _contrast(asked, ready, terms.level, answered=True)
    return Effect(
        scale=contrast.scale,
        once=once(contrast, terms.level, chance),
        deciding=terms.looking.deciding(contrast, terms.level, chance),
    )


def _outcomes(asked: Asked, paired: Paired) -> Outcomes | None:
    """Who is better, pair by pair; of measures that have a better, by their means."""
    preference = is_preference(paired.subject)
    if asked.claim.statistic is not Statistic.MEAN or asked.claim.against is Against.BOUND:
        return None
    if not preference and (paired.production is None or paired.subject.direction is Direction.NEITHER):
        return None
    gain = paired.difference - 0.5 if preference else paired.difference
    above, below = int((gain > 0).sum()), int((gain < 0).sum())
    flipped = not preference and paired.subject.direction is Direction.LOWER
    wins, losses = (below, above) if flipped else (above, below)
    independent = paired.clusters.alone and np.ptp(paired.weights) == 0
    return Outcomes(
        wins=wins, ties=paired.n - wins - losses, losses=losses, sign_p=sign_test(wins, losses) if independent else None
    )


def _standing(asked: Asked, effect: Effect, subject: Subject) -> Standing | None:
    """What the deciding interval says against what was declared."""
    direction = Direction.HIGHER if effect.scale is Scale.PREFERENCE else subject.direction
    if direction is Direction.NEITHER:
        return None
    claim = asked.claim
    if claim.against is Against.BOUND and claim.bound is not None:
        return stand(_shifted(effect.deciding, claim.bound), 0.0, direction).standing
    if effect.scale is Scale.LEVEL:
        return None
    if effect.scale is Scale.RATIO:
        return stand(effect.deciding, claim.margin, direction, relative=True).standing
    return stand(_shifted(effect.deciding, effect.scale.null or 0.0), claim.margin, direction).standing


def _shifted(estimate: Estimate, zero: float) -> Estimate:
    def less(x: float | None) -> float | None:
        return None if x is None else x - zero

    return replace(estimate, value=less(estimate.value), low=less(estimate.low), high=less(estimate.high))


def _detectable(contrast: Contrast, effect: Effect, terms: Terms) -> float | None:
    """The least true effect that so many clusters show."""
    deciding = effect.deciding
    critical = terms.looking.critical(deciding.clusters, terms.level, worth=deciding.worth)
    se = deciding.se if isinstance(contrast, MeanContrast) else None
    se = working_se(deciding, se, critical, on_logarithms=contrast.on_logarithms)
    if se is None or not math.isfinite(critical):
        return None
    least = detectable(se, critical)
    if not contrast.on_logarithms:
        return least
    return math.expm1(least) if least < _ENDLESS else None


_ENDLESS = 700.0  # of a logarithm: what a float still holds
