"""The comparisons of one candidate, measure by measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.asking import Asked
from shadowbench.report.analysis.chances import chance_of
from shadowbench.report.analysis.comparing import Terms, compare
from shadowbench.report.analysis.measuring import Measured, measured
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.policy import Against, Policy

_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """What all comparisons of a candidate have in common."""

    log: ReadLog
    arm: Arm
    lane: Arm | None  # another arm that is production itself
    policy: Policy
    seed: int
    noise: Sequence[Comparison] = ()  # that one's own comparisons

    def of(self, asked: Iterable[Asked], part: Measured) -> Mapping[Asked, Comparison]:
        """All that is asked of one measure."""
        terms = Terms(
            policy=self.policy,
            looking=Looking(watching=self.policy.watching, clusters=self.arm.clusters.count),
            pairs_per_day=pairs_per_day(self.arm, part.for_means.paired.n),
        )
        return {each: self._one(each, part, terms) for each in asked}

    def _one(self, each: Asked, part: Measured, terms: Terms) -> Comparison:
        again = None
        if each.claim.against is Against.AGAIN and self.lane is not None:
            again = measured(self.log, self.lane, each.claim.measure)
        chance = chance_of(self.seed, self.arm.name, *map(str, each.what))
        return _with_noise(_in_days(compare(each, part, again, terms, chance), self.arm), self.noise)


def pairs_per_day(arm: Arm, n: int) -> float:
    """At the traffic of the log, of a measure that is there for n of the arm's pairs; 0 where it tells nothing of it."""
    period = float(arm.started_at.max() - arm.started_at.min()) if arm.n else 0.0
    return n / period * _DAY if period > 0 else 0.0


def _in_days(comparison: Comparison, arm: Arm) -> Comparison:
    """Days until there are enough of the comparison's own pairs: beside a lane they are fewer than the measure's, of quantiles
    more, since failures have a place there."""
    still, daily = comparison.still_needed, pairs_per_day(arm, comparison.n)
    if still is None or not still.more or not daily:
        return comparison
    return replace(comparison, still_needed=replace(still, days=still.more / daily))


def _with_noise(comparison: Comparison, noise: Sequence[Comparison]) -> Comparison:
    """The lane's effect of the same measure: beside likeness to the lane, the lane's own likeness."""
    found = next((each for each in noise if _is_alike(each, comparison)), None)
    return comparison if found is None else replace(comparison, noise=found.effect)


def _is_alike(lane: Comparison, ours: Comparison) -> bool:
    against = Against.PRODUCTION if ours.against is Against.AGAIN else ours.against
    relative = ours.relative and ours.against is not Against.AGAIN
    return lane.reason is None and (lane.subject, lane.statistic, lane.against, lane.relative) == (
        ours.subject, ours.statistic, against, relative,
    )  # fmt: skip
