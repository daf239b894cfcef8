"""The axes of the radar: only measures that the policy anchors, each from where it begins to where its target is. Pure.

A radar without declared anchors shows whatever its scales were chosen to show; without them there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.parts import Axis
from shadowbench.report.policy import Anchor, Policy, Statistic

_STATISTICS = (Statistic.MEAN, Statistic.P50, Statistic.TOTAL, Statistic.P95, Statistic.P99)
"""Which of several statistics of a measure an axis shows: the first that has a value."""


def axes(comparisons: Sequence[Comparison], policy: Policy) -> tuple[Axis, ...]:
    """One for each measure of `policy.radar` that has a value, in the policy's order, from one candidate's comparisons."""
    found = ((anchor, _shown(measure, comparisons)) for measure, anchor in policy.radar.items())
    return tuple(_axis(anchor, comparison) for anchor, comparison in found if comparison is not None)


def _shown(measure: str, comparisons: Sequence[Comparison]) -> Comparison | None:
    known = [each for each in comparisons if each.subject.name == measure and each.candidate.value is not None]
    return min(known, key=lambda each: _STATISTICS.index(each.statistic), default=None)


def _axis(anchor: Anchor, comparison: Comparison) -> Axis:
    return Axis(
        measure=comparison.subject.name,
        begin=anchor.begin,
        target=anchor.target,
        unit=comparison.subject.unit,
        production=comparison.production,
        candidate=comparison.candidate,
    )
