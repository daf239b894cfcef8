"""The Pareto front: where production and the candidates stand in quality, latency and cost, and who is beaten in all of it.

By values, not by intervals: the front says what there is to choose between, the verdict says what may be chosen. Each candidate
has the values of its own pairs; production has those of the candidate with the most. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shadowbench.report.analysis.goals import tells
from shadowbench.report.document.comparisons import Comparison, Scale
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Goal, Standpoint
from shadowbench.scores import Direction


@dataclass(frozen=True, slots=True)
class _Both:
    """The values of both sides."""

    production: float | None
    candidate: float | None


def standpoints(document: Document) -> tuple[Standpoint, ...]:
    """Production and all candidates but A/A lanes, with who dominates whom: is as good in everything that is known of anybody,
    and better in something. Of whom something is not known, nobody knows whether they are dominated; and where quality is known
    of nobody, nobody is: to be slower and dearer is no reason not to be better."""
    candidates = [each for each in document.candidates if not each.again]
    if not candidates:
        return ()
    most = max(candidates, key=lambda each: each.counts.sent)
    quality, latency = tells(Goal.QUALITY, most), tells(Goal.LATENCY, most)
    blank = Standpoint(
        name="production", quality=None, latency_s=None, cost_usd=None,
        quality_of=None if quality is None else quality.subject.name,
        latency_of=None if latency is None else latency.statistic.value,
    )  # fmt: skip
    found = {each.name: [_both(tells(goal, each)) for goal in Goal] for each in candidates}
    points = [_point(blank, "production", [both.production for both in found[most.name]])]
    points += [_point(blank, name, [both.candidate for both in values]) for name, values in found.items()]
    return _dominated(points)


def _both(comparison: Comparison | None) -> _Both:
    if comparison is None:
        return _Both(None, None)
    if comparison.effect.scale is Scale.PREFERENCE:
        return _Both(comparison.effect.scale.null, comparison.effect.deciding.value)
    production = None if comparison.production is None else comparison.production.value
    return _Both(_upwards(comparison, production), _upwards(comparison, comparison.candidate.value))


def _upwards(comparison: Comparison, value: float | None) -> float | None:
    """Quality where less is better, turned round within its bounds: the share that did not fail."""
    subject = comparison.subject
    if value is None or subject.unit in ("s", "USD") or subject.direction is not Direction.LOWER:
        return value
    return (subject.low or 0.0) + (subject.high or 0.0) - value


def _point(blank: Standpoint, name: str, values: Sequence[float | None]) -> Standpoint:
    quality, latency, cost = values
    return replace(blank, name=name, quality=quality, latency_s=latency, cost_usd=cost)


def _dominated(points: Sequence[Standpoint]) -> tuple[Standpoint, ...]:
    if all(point.quality is None for point in points):
        return tuple(points)
    known = [any(value is not None for value in values) for values in zip(*map(_goods, points), strict=True)]
    goods = {point.name: [good for good, told in zip(_goods(point), known, strict=True) if told] for point in points}
    return tuple(
        replace(point, dominated_by=tuple(o.name for o in points if _dominates(goods[o.name], goods[point.name])))
        for point in points
    )


def _goods(point: Standpoint) -> tuple[float | None, ...]:
    """More is better in each."""
    return point.quality, _negative(point.latency_s), _negative(point.cost_usd)


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _dominates(one: Sequence[float | None], other: Sequence[float | None]) -> bool:
    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return len(both) == len(one) and all(a >= b for a, b in both) and any(a > b for a, b in both)
