"""How declared comparisons went on over several reports, and whether the last step is more than chance. Pure.

    change = now − then
    low  = change − √((now − now.low)² + (then.high − then)²)
    high = change + √((now.high − now)² + (then − then.low)²)          (MOVER: Zou & Donner 2008)

of the intervals that verdicts go by, which hold at all the looks that were declared. Both are taken for independent. Where
reports share pairs they go together, and the interval is wider than it need be, never too short; the trend says so. Only the
same measure is compared: another version or configuration of it begins anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Candidate, Document, Source
from shadowbench.report.document.times import Trend, TrendPoint
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Estimate


def trends(document: Document, earlier: Sequence[Document]) -> tuple[Trend, ...]:
    """One for each candidate and declared comparison that an earlier report has, too; `earlier`: oldest first."""
    found = (
        _trend(document, candidate, comparison, earlier)
        for candidate in document.candidates
        if not candidate.again
        for comparison in candidate.comparisons
        if comparison.role is not Role.SECONDARY
    )
    return tuple(trend for trend in found if trend is not None)


def change(now: Estimate, then: Estimate) -> Estimate | None:
    """`now` less `then`; None where one of the two has no interval."""
    if now.value is None or now.low is None or now.high is None:
        return None
    if then.value is None or then.low is None or then.high is None:
        return None
    middle = now.value - then.value
    return replace(
        now,
        n=now.n + then.n,
        clusters=now.clusters + then.clusters,
        value=middle,
        low=middle - math.hypot(now.value - now.low, then.high - then.value),
        high=middle + math.hypot(now.high - now.value, then.value - then.low),
        se=None,
        effective_n=None,
    )


def _trend(
    document: Document, candidate: Candidate, comparison: Comparison, earlier: Sequence[Document]
) -> Trend | None:
    before = [(each, found) for each in earlier for found in _same_claim(each, candidate.name, comparison)]
    if not before:
        return None
    alike = [(each, found) for each, found in before if _is_same_measure(found, comparison)]
    blank = Trend(
        candidate=candidate.name,
        measure=comparison.subject.name,
        statistic=comparison.statistic.value,
        points=tuple(_point(each, found) for each, found in alike),
        change=None,
        now=comparison.effect.deciding,
    )
    if not alike:
        return replace(blank, reason="changed_measure")
    last, then = alike[-1]
    return _stepped(blank, comparison, then, overlaps=_overlap(document.source, last.source))


def _stepped(blank: Trend, now: Comparison, then: Comparison, *, overlaps: bool) -> Trend:
    """With the last step, and an arrow where it is more than chance."""
    step = change(now.effect.deciding, then.effect.deciding)
    if step is None:
        return replace(blank, reason="no_interval")
    found = replace(blank, change=step, reason="overlapping_periods" if overlaps else None)
    if not step.excludes(0.0) or step.value is None:
        return found
    upwards = step.value > 0
    return replace(found, arrow="up" if upwards else "down", better=_is_better(now, upwards=upwards))


def _is_better(comparison: Comparison, *, upwards: bool) -> bool | None:
    if comparison.effect.scale is Scale.PREFERENCE:
        return upwards
    direction = comparison.subject.direction
    return None if direction is Direction.NEITHER else upwards is (direction is Direction.HIGHER)


def _same_claim(document: Document, candidate: str, comparison: Comparison) -> Iterator[Comparison]:
    """The comparison of the same measure and statistic of the candidate of this name, at most one."""
    for each in document.candidates:
        if each.name == candidate and not each.again:
            yield from [other for other in each.comparisons if _key(other) == _key(comparison)][:1]


def _key(comparison: Comparison) -> tuple[object, ...]:
    return comparison.subject.name, comparison.statistic, comparison.against, comparison.relative


def _is_same_measure(one: Comparison, other: Comparison) -> bool:
    told = [(each.subject.version, each.subject.config_hash, each.effect.scale) for each in (one, other)]
    return told[0] == told[1]


def _point(document: Document, comparison: Comparison) -> TrendPoint:
    return TrendPoint(made_at=document.made_at, last_at=document.source.last_at, effect=comparison.effect.deciding)


def _overlap(one: Source, other: Source) -> bool:
    """Whether the periods have some time in common; where one is not known they may."""
    if one.first_at is None or one.last_at is None or other.first_at is None or other.last_at is None:
        return True
    return one.first_at <= other.last_at and other.first_at <= one.last_at
