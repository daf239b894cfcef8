"""How effects went on in time, and what changed meanwhile.

A series has at most 60 points. The period is cut into stretches of equal time at round borders (a minute … a day, a week from
Monday, UTC), so that those of several measures and reports lie below each other. Stretches with few clusters are joined with
what comes next: an interval of a handful of users says nothing, and a quiet night is no news.

Whether a measure changed is asked of its stretches (`differing`), and corrected for the measures it is asked of
(Benjamini–Hochberg).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.differing import chance
from shadowbench.report.analysis.stretches import Cells, Timetable
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.times import MarkShown, Point, Series
from shadowbench.report.policy import Policy
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.multiplicity import benjamini_hochberg
from shadowbench.stats.sequences import asymptotic, steadied

MOST_MARKS = 40

_ROUNDING = 1e-12  # of the largest value: below, differences are of the last digits
_PERHAPS_ROUNDING = 1e-6  # above, nobody need look how large values are


class Courses:
    """How measures of one arm went on in time, each worked out once, whoever asks. A measure's name stands for its values."""

    def __init__(self, arm: Arm, policy: Policy) -> None:
        self.arm, self.policy = arm, policy
        self._found: dict[str, _Measured] = {}

    @cached_property
    def _table(self) -> Timetable:
        return Timetable.of(self.arm)

    def of(self, paired: Paired) -> _Measured | None:
        """None where the measure has no pairs."""
        name = paired.subject.name
        if paired.n and name not in self._found:
            self._found[name] = _Measured.of(self._table, paired, self.policy)
        return self._found.get(name)


def series(measured: Sequence[Paired], courses: Courses) -> tuple[Series, ...]:
    """One series for each measure, in the order given. All in one call: whether a measure changed is corrected over all of
    them."""
    policy = courses.policy
    if not courses.arm.n:
        return tuple(Series(measure=each.subject.name, scale=_scale(each), points=()) for each in measured)
    found = [courses.of(each) for each in measured]
    adjusted = benjamini_hochberg([each.p if each else None for each in found])
    return tuple(
        Series(
            measure=each.subject.name,
            scale=_scale(each),
            points=told.points if told else (),
            changed=p is not None and p < policy.alpha,
        )
        for each, told, p in zip(measured, found, adjusted, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """One measure's points, and whether its stretches differ."""

    points: tuple[Point, ...]
    p: float | None  # that they differ so much by chance; None: there is nothing to tell them apart by

    @classmethod
    def of(cls, table: Timetable, paired: Paired, policy: Policy) -> _Measured:
        cells = Cells.of(table, paired)
        windows, running = cells.windows(policy.level), cells.running(policy.level)
        points = tuple(
            Point(
                from_at=begin,
                to_at=end,
                n=window.n,
                clusters=window.clusters,
                window=window,
                running=asymptotic(_steady(so_far, paired), tuned_for=policy.watching.clusters),
            )
            for (begin, end), window, so_far in zip(cells.laid.times, windows, running, strict=True)
        )
        return cls(points, None if _is_rounding(cells, paired) else chance(cells))


def _is_rounding(cells: Cells, paired: Paired) -> bool:
    """Whether values are all alike but for the last digits of what they were taken from: no stretch differs by that."""
    spread = math.sqrt(cells.variance)
    if spread > _PERHAPS_ROUNDING * max(abs(cells.mean), 1.0):
        return False
    sides = [paired.candidate, *([] if paired.production is None else [paired.production])]
    return spread <= _ROUNDING * max(float(np.abs(side).max()) for side in sides)


def _steady(so_far: Estimate, paired: Paired) -> Estimate:
    """Of a measure with bounds: allowing for rare events that have not come, as what decides does."""
    low, high = paired.subject.low, paired.subject.high
    return so_far if low is None or high is None else steadied(so_far, (high - low) / so_far.worth)


def _scale(paired: Paired) -> Scale:
    if is_preference(paired.subject):
        return Scale.PREFERENCE
    return Scale.LEVEL if paired.production is None else Scale.DIFFERENCE


def marks(log: ReadLog) -> tuple[MarkShown, ...]:
    """What changed between the first pair and the last, by time. Where there are more than `MOST_MARKS`, neighbours of one
    kind and endpoint become one, at the first one's time, from what the first was before to what the last is after."""
    at = log.pairs["started_at"]
    if not at.size:
        return ()
    first, last = float(at.min()), float(at.max())
    shown = [
        MarkShown(at=mark.at, kind=mark.kind, endpoint=mark.endpoint, before=mark.before, after=mark.after)
        for mark in log.marks
        if first <= mark.at <= last
    ]
    return _few(shown, last - first)


def _few(shown: Sequence[MarkShown], span_s: float) -> tuple[MarkShown, ...]:
    """At most `MOST_MARKS`: neighbours are what lies within a sixtieth of the period, then two, four …; at the worst the last
    ones are shown."""
    near = span_s / 64
    found = list(shown)
    while len(found) > MOST_MARKS and near <= 2 * span_s:
        found = _joined(shown, near)
        near *= 2
    return tuple(found[-MOST_MARKS:])


@dataclass(slots=True)
class _Run:
    """Marks of one kind and endpoint, each near the one before."""

    first: MarkShown
    last: MarkShown


def _joined(shown: Sequence[MarkShown], near_s: float) -> list[MarkShown]:
    runs: list[_Run] = []
    newest: dict[tuple[str, str | None], _Run] = {}
    for mark in shown:
        run = newest.get((mark.kind, mark.endpoint))
        if run is not None and mark.at - run.last.at <= near_s:
            run.last = mark
        else:
            run = newest[mark.kind, mark.endpoint] = _Run(mark, mark)
            runs.append(run)
    return [
        MarkShown(
            at=run.first.at,
            kind=run.first.kind,
            endpoint=run.first.endpoint,
            before=run.first.before,
            after=run.last.after,
        )
        for run in runs
    ]
