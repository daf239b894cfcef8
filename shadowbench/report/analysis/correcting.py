"""A judge's effect as people would have it, from the labels of a few pairs.

    preference    people's 1, ½, 0 beside the judge's score of the same pair
    both sides    people's difference of both ratings, in the judge's unit, beside the judge's difference
    yes or no     where no pair has ratings of both sides: each side's share, by how often the judge errs there (Rogan-Gladen)

Some pairs need no label, for what they count as is known: where a side failed, and where both answers read the same. Labels
speak for all the others, to which the known ones are added as they are. A label weighs 1/probability of having been put into
the queue.

Intervals hold at the looks that the policy declared: what is scarce are labels, so the clock of a sequence is the number of
clusters that have some. They allow for a few labels that contradict the judge as much as can be and have not come yet
(`sequences.steadied`): a judge that errs once in fifty is as a rule right about the first twenty.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.people import People, Said
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Corrected, Origin
from shadowbench.scores import Shape
from shadowbench.stats.clusters import mean, mean_influence, robust_se
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray, effective_n
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.prediction_powered import Powered, labels_worth, prediction_powered
from shadowbench.stats.proportions import normal_quantile
from shadowbench.stats.rogan_gladen import Judged, rogan_gladen_difference
from shadowbench.stats.sequences import steadied

NO_LABELS = "no_labels"

HOPED_FOR = 200
"""Clusters with labels for which sequences are tuned where the policy wants none."""

Told = tuple[Corrected | None, str | None]
"""The corrected effect, or why there is none."""

_MIDDLE = 0.5
"""Of a judge that says yes or no: people's ratings above the middle say that an answer is right."""

_PATTERN = ("$.pattern",)
_IDENTICAL = "identical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sure:
    """How sure the interval is to be. `looking`: when one looks; None: once. `hoped_for`: clusters with labels."""

    level: float = 0.95
    looking: Looking | None = None
    hoped_for: int = HOPED_FOR

    def alike(self, labelled: float) -> float:
        """The level of an ordinary interval that reaches as far, of so many clusters with labels."""
        if self.looking is None:
            return self.level
        return self.looking.alike(self.level, clusters=max(1.0, labelled), tuned_for=self.hoped_for)


ONCE = Sure()


def corrected(log: ReadLog, people: People, arm: Arm, paired: Paired, *, sure: Sure = ONCE) -> Told:
    """The corrected effect of a judge, on the scale of `paired.difference`, or why there is none: `no_labels`, `few_labels`,
    `weak_judge`, `no_variation`. Of what is no judge's (None, None). `people`: `People.of(log)`, read once for all."""
    if paired.subject.origin is not Origin.JUDGE:
        return None, None
    if is_preference(paired.subject):
        return _by_difference(paired, arm, people.preferences(), lambda: _known(log, arm, paired), sure)
    if paired.subject.shape is not Shape.SIDES:
        return None, NO_LABELS
    ours, theirs = (_in_unit(said, paired) for said in people.ratings(paired.subject.name))
    found = _by_difference(paired, arm, ours.less(theirs), lambda: paired.imputed, sure)
    if found[0] is None and _is_yes_or_no(paired):
        by_sides = _by_confusion(paired, arm, (ours, theirs), sure)
        return found if by_sides[1] == NO_LABELS else by_sides
    return found


def _known(log: ReadLog, arm: Arm, paired: Paired) -> BoolArray:
    """Failures, and pairs about which no judge was asked as both answers read the same: people are not asked either."""
    if paired.subject.name not in log.scores:
        return paired.imputed
    pattern = log.scores.told(log.scores.measure(paired.subject.name), _PATTERN)
    if _IDENTICAL not in pattern.texts:
        return paired.imputed
    same = pattern.codes[arm.rows[paired.places]] == list(pattern.texts).index(_IDENTICAL)
    return np.asarray(paired.imputed | same)


def _in_unit(said: Said, paired: Paired) -> Said:
    """Ratings in the judge's unit; of a judge without bounds they stay shares."""
    low, high = paired.subject.low, paired.subject.high
    if low is None or high is None:
        return said
    return replace(said, values=low + said.values * (high - low))


def _by_difference(paired: Paired, arm: Arm, said: Said, known_of: Callable[[], BoolArray], sure: Sure) -> Told:
    """`known_of`: which pairs need no label; asked only where there are labels, for it reads the log."""
    if not len(said.among(arm, paired.places)[0]):
        return None, NO_LABELS
    known = known_of()
    asked = paired.among(~known)
    at, labels = said.among(arm, asked.places)
    if not len(at):
        return None, NO_LABELS
    chances = _chances(labels)
    worth = labels_worth(asked.weights[at], asked.clusters.codes[at], None if chances is None else 1 / chances)
    found = prediction_powered(
        asked.difference,
        at,
        labels.values,
        clusters=asked.clusters,
        weights=asked.weights,
        label_probabilities=chances,
        level=sure.alike(worth),
    )
    if found.estimate.reason is None and _is_weak(found, asked.n):
        return None, Refused.WEAK_JUDGE
    effect = with_known(_steadied(found.estimate, paired), paired, known)
    return _told(replace(effect, level=sure.level), len(at), found.labels_saved)


def _steadied(estimate: Estimate, paired: Paired) -> Estimate:
    """With a few labels that say the contrary, where there are bounds to how contrary they can be."""
    low, high = paired.subject.low, paired.subject.high
    if low is None or high is None or estimate.reason is not None:
        return estimate
    return steadied(estimate, (high - low) / estimate.worth)


def _chances(labels: Said) -> FloatArray | None:
    """Where all had the same chance to be asked about, those that were not asked about stand for the others."""
    return labels.probability if np.ptp(labels.probability) > 0 else None


def _is_weak(found: Powered, n: int) -> bool:
    """Whether what the judge says goes with nothing that people say, so that it would be labels alone."""
    return found.tuning == 0 and found.labels < n


def with_known(estimate: Estimate, paired: Paired, known: BoolArray) -> Estimate:
    """The effect over all pairs, from that over those which are not known: value·(1 − share) + what the known ones add.

    That the known ones are a sample as well widens the interval: which share they have, and what they count as.
    """
    if estimate.value is None or estimate.low is None or estimate.high is None or not known.any():
        return estimate
    # The mean over all, less the estimate: of what is not known the distance is zero but for the estimate's own error.
    beyond = np.where(known, paired.difference - estimate.value, 0.0)
    added, influence = mean_influence(beyond, paired.weights, paired.clusters)
    left = 1 - float(paired.weights[known].sum() / paired.weights.sum())
    strayed = robust_se(influence) if len(influence) > 1 else 0.0
    spread = strayed * normal_quantile((1 + estimate.level) / 2)
    value = estimate.value + added
    return replace(
        estimate,
        n=paired.n,
        clusters=paired.clusters.count,
        value=value,
        low=value - math.hypot(left * (estimate.value - estimate.low), spread),
        high=value + math.hypot(left * (estimate.high - estimate.value), spread),
        se=None if estimate.se is None else math.hypot(left * estimate.se, strayed),
        effective_n=effective_n(paired.weights),
    )


def _told(effect: Estimate, labels: int, saved: float | None) -> Told:
    if effect.reason is not None:
        return None, effect.reason
    return Corrected(effect=effect, labels=labels, saved=saved), None


def _is_yes_or_no(paired: Paired) -> bool:
    """Whether the judge passes or fails each answer."""
    sides = (paired.candidate, paired.production)
    return all(side is not None and bool(np.isin(side, (0.0, 1.0)).all()) for side in sides)


def _by_confusion(paired: Paired, arm: Arm, sides: tuple[Said, Said], sure: Sure) -> Told:
    """Each side's share, by the judge's own errors on that side."""
    assert paired.production is not None
    asked = paired.among(~paired.imputed)
    values = (asked.candidate, asked.production)
    labelled = [said.among(arm, asked.places) for said in sides]
    if not all(len(at) for at, _ in labelled):
        return None, NO_LABELS
    judged = [
        _judged(asked, side, at, said) for side, (at, said) in zip(values, labelled, strict=True) if side is not None
    ]
    level = sure.alike(min(side.wrong + side.right for side in judged))
    effect = with_known(rogan_gladen_difference(judged[0], judged[1], level=level), paired, paired.imputed)
    labels = len(np.union1d(*(said.rows for _, said in labelled)))
    return _told(replace(effect, level=sure.level), labels, None)


def _judged(asked: Paired, side: FloatArray, at: IntArray, said: Said) -> Judged:
    """What the judge passed, and how it fared where people looked. Weighted, as rare strata are asked about more."""
    passed = mean(side, clusters=asked.clusters, weights=asked.weights)
    rate = float(np.clip(passed.value or 0.0, 0.0, 1.0))
    right = said.values > _MIDDLE
    weights = asked.weights[at] / said.probability
    return Judged(
        rate=rate,
        n=rate * (1 - rate) / passed.se**2 if passed.se else float(asked.clusters.count),
        specificity=_share(side[at] < _MIDDLE, weights, ~right),
        wrong=_worth(asked, at, weights, ~right),
        sensitivity=_share(side[at] > _MIDDLE, weights, right),
        right=_worth(asked, at, weights, right),
    )


def _worth(asked: Paired, at: IntArray, weights: FloatArray, among: BoolArray) -> int:
    """As how many independent labels of one weight those of a kind count: answers of one cluster count as one."""
    return round(labels_worth(weights[among], asked.clusters.codes[at][among]))


def _share(true: BoolArray, weights: FloatArray, among: BoolArray) -> float:
    total = float(weights[among].sum())
    return float(np.clip(weights[among & true].sum() / total, 0.0, 1.0)) if total else 0.0
