"""Which comparison tells how good a candidate is for a goal. Pure.

Latency and cost have their measures; quality is whatever else was declared as primary. Of several comparisons of a measure the
one that was declared goes first, then the typical request before the slow ones, and all of the traffic's cost before the mean.
"""

from __future__ import annotations

from shadowbench.report.document.comparisons import Comparison, Role
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.verdicts import Goal
from shadowbench.report.policy import Against, Statistic

_MEASURES = {Goal.LATENCY: "latency", Goal.COST: "cost"}
_NO_QUALITY = frozenset(
    {"latency", "ttft", "gap_p50", "gap_p95", "tokens_per_second", "cost", "output_tokens", "input_tokens"}
)
_STATISTICS = {
    Goal.LATENCY: (Statistic.P50, Statistic.MEAN, Statistic.P95, Statistic.P99),
    Goal.COST: (Statistic.TOTAL, Statistic.MEAN),
}
_ROLES = (Role.PRIMARY, Role.GUARDRAIL, Role.SECONDARY)


def tells(goal: Goal, candidate: Candidate) -> Comparison | None:
    """The candidate's comparison for this goal; None where nothing tells."""
    found = [each for each in candidate.comparisons if each.reason is None and _is_about(goal, each)]
    return min(found, key=lambda each: (_ROLES.index(each.role), _order(goal, each.statistic)), default=None)


def _is_about(goal: Goal, comparison: Comparison) -> bool:
    name, scale = comparison.subject.name, comparison.effect.scale
    if comparison.against is not Against.PRODUCTION or scale.null is None:
        return False
    if goal is Goal.QUALITY:
        return comparison.role is Role.PRIMARY and name not in _NO_QUALITY
    return name == _MEASURES[goal] and comparison.statistic in _STATISTICS[goal]


def _order(goal: Goal, statistic: Statistic) -> int:
    order = _STATISTICS.get(goal, ())
    return order.index(statistic) if statistic in order else len(order)
