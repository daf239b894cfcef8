"""Primary claims whose measure changed while pairs were gathered. Pure.

A verdict is about the traffic to come, and the whole is a mean of what was and what is. Where a primary claim's measure changed
by more than chance over the period (`timeline`, corrected over the primary measures), report and gate say so, with the first
and the last stretch. Where the last stretch alone lies wholly beyond what the claim allows, the claim is open, whatever the
whole shows: a candidate that was good and is bad now may not take over for what it was. Nor is it refuted by one stretch.

Stretches tell means. A claim about quantiles, ratios or the A/A lane is warned about and never held up by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from shadowbench.report.analysis.conditions import breaks
from shadowbench.report.analysis.noting import numbers
from shadowbench.report.analysis.timeline import Courses, series
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.comparisons import Comparison, Role, Subject
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.times import Change, Series
from shadowbench.report.document.verdicts import Condition, Met, Note
from shadowbench.report.policy import Against, Statistic
from shadowbench.stats.estimates import Estimate, Refused

NOT_SEEN = 3.0
"""Of so many clusters' worth nobody can say that they never differ, where none of C did (rule of three: Hanley &
Lippman-Hand 1983)."""


def changes(measured: Sequence[Paired], courses: Courses) -> tuple[Change, ...]:
    """Of the primary claims' measures those that changed by more than chance."""
    return tuple(
        Change(
            measure=each.measure,
            scale=each.scale,
            stretches=len(each.points),
            first=each.points[0],
            last=each.points[-1],
        )
        for each in series(measured, courses)
        if each.changed and len(each.points) > 1
    )


def marked(found: Sequence[Series], changed: Sequence[Change]) -> tuple[Series, ...]:
    """The series, so that none denies a change that verdicts know of: theirs is corrected over fewer measures."""
    names = {each.measure for each in changed}
    return tuple(replace(each, changed=each.changed or each.measure in names) for each in found)


def as_of_late(condition: Condition, comparison: Comparison | None, found: Sequence[Change]) -> Condition:
    """The condition; open where it is not refuted and the last stretch alone breaks what it claims."""
    if condition.role is not Role.PRIMARY or comparison is None or not _may_be_held_up(condition):
        return condition
    for change in found:
        if change.measure == condition.claim.measure and _is_of(change, comparison):
            last = _bounded(change.last.window, comparison.subject)
            if breaks(condition.claim, comparison, last):
                return replace(condition, met=Met.OPEN, reason="worse_of_late", still_needed=None)
    return condition


def notes(candidates: Sequence[Candidate]) -> Iterator[Note]:
    """One for each change."""
    for candidate in candidates:
        for change in candidate.changes:
            subject = next((c.subject for c in candidate.comparisons if c.subject.name == change.measure), None)
            yield Note(
                code="changed_over_time",
                values={
                    "scale": change.scale.value,
                    "unit": "" if subject is None else subject.unit,
                    "stretches": change.stretches,
                    "first_to": change.first.to_at,
                    "last_from": change.last.from_at,
                    **numbers(change.first.window, "first"),
                    **numbers(change.last.window, "last"),
                },
                candidate=candidate.name,
                measure=change.measure,
            )


def _may_be_held_up(condition: Condition) -> bool:
    return condition.met is Met.SHOWN or (condition.met is Met.OPEN and condition.reason in (None, "wide_interval"))


def _is_of(change: Change, comparison: Comparison) -> bool:
    """Whether a stretch tells the same as the comparison."""
    is_mean = comparison.statistic is Statistic.MEAN and comparison.against is not Against.AGAIN
    return is_mean and change.scale is comparison.effect.scale


def _bounded(window: Estimate, subject: Subject) -> Estimate:
    """A stretch whose values are all alike has no interval: here it has that of what may not have been seen."""
    low, high = subject.low, subject.high
    if window.reason is not Refused.NO_VARIATION or window.value is None or low is None or high is None:
        return window
    room = min(1.0, NOT_SEEN / max(1, window.clusters)) * (high - low)
    return replace(window, low=window.value - room, high=window.value + room, reason=None)
