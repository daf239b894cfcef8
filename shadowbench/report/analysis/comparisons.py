"""All comparisons of one candidate, in the document's order: primary, guardrails, then the others by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.asking import Asked, asked_of
from shadowbench.report.analysis.chances import chance_of
from shadowbench.report.analysis.comparing import Terms, compare
from shadowbench.report.analysis.measuring import Measured, measured
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.policy import Against, Policy

_DAY = 86_400.0


def comparisons_of(
    log: ReadLog,
    arm: Arm,
    parts: Mapping[str, Measured],
    lane: Arm | None,
    policy: Policy,
    *,
    seed: int,
    noise: Sequence[Comparison] = (),
) -> tuple[Comparison, ...]:
    """`parts`: the measures over the arm's pairs. `lane`: another arm that is production itself; `noise`: that one's own
    comparisons."""
    asked = asked_of(policy, parts)
    terms = Terms(
        policy=policy,
        looking=Looking(watching=policy.watching, clusters=arm.clusters.count),
        pairs_per_day=pairs_per_day(arm),
    )

    def one(each: Asked) -> Comparison:
        name = each.claim.measure
        again = measured(log, lane, name) if each.claim.against is Against.AGAIN and lane is not None else None
        chance = chance_of(seed, arm.name, *map(str, each.what))
        return _with_noise(compare(each, parts[name], again, terms, chance), noise)

    return tuple(map(one, asked))


def pairs_per_day(arm: Arm) -> float:
    """At the traffic of the log; 0 where it tells nothing of it."""
    period = float(arm.started_at.max() - arm.started_at.min()) if arm.n else 0.0
    return arm.n / period * _DAY if period > 0 else 0.0


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
