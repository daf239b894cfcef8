"""Each measure by each property of the traffic: where does the candidate do better or worse than over all of it?

Slices are looked at after the fact, and many of them: they decide nothing, their p-values are corrected over all rows of all
tables of a candidate (Benjamini-Hochberg), and intervals are those for a single look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.properties import Property, property_of
from shadowbench.report.analysis.slice_means import Slices, Weighed, means_of
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.analysis.wholes import Whole, bounds_of, from_null, wholes
from shadowbench.report.document.comparisons import Origin, Scale
from shadowbench.report.document.parts import SliceRow, SliceTable
from shadowbench.report.policy import Policy
from shadowbench.scores import Direction, Shape
from shadowbench.stats.clusters import mean
from shadowbench.stats.columns import IntArray
from shadowbench.stats.estimates import Estimate, Evidence, Refused, Tail
from shadowbench.stats.margins import superiority
from shadowbench.stats.methods import Method
from shadowbench.stats.multiplicity import benjamini_hochberg
from shadowbench.stats.slices import Contradiction, contradiction, heterogeneity

MOST_MEASURES = 6
MOST_ROWS = 12
LEAST_PAIRS = 20
LEAST_CLUSTERS = 10
"""A slice of fewer is not shown: an interval of so few clusters is too short, or says nothing."""

TOO_FEW = "too_few"
_WHETHER_IT_FAILED = "error_class"


def worth_slicing(measured: Sequence[Paired], policy: Policy) -> Sequence[Paired]:
    """What was declared; where nothing was, whether it failed and the first measures that know a better and a worse."""
    by_name = {paired.subject.name: paired for paired in reversed(measured)}  # of equal names the first
    declared = dict.fromkeys(claim.measure for claim in policy.claims)
    names = [name for name in declared if name in by_name] or [_WHETHER_IT_FAILED, *_of_quality(measured)]
    chosen = dict.fromkeys(name for name in names if name in by_name)
    return [by_name[name] for name in list(chosen)[:MOST_MEASURES]]


def _of_quality(measured: Sequence[Paired]) -> Iterator[str]:
    for paired in measured:
        subject = paired.subject
        compares = subject.shape is Shape.SIDES or is_preference(subject)
        if compares and subject.origin is not Origin.LOG and subject.direction is not Direction.NEITHER:
            yield subject.name


def slice_tables(log: ReadLog, arm: Arm, measured: Sequence[Paired], policy: Policy) -> tuple[SliceTable, ...]:
    """A table for each property of `policy.slices` and each of `worth_slicing`, in that order.

    A property that the log does not tell, that is the same for all pairs, or of which no two values have enough pairs, has one
    table of no measure, without rows, and the reason.
    """
    several = wholes(arm, worth_slicing(measured, policy), policy.level)
    if not several:
        return ()
    properties = (property_of(log, name, arm.rows) for name in policy.slices)
    return _corrected([table for by in properties for table in _tables(by, arm, several)])


def _tables(by: Property, arm: Arm, several: Sequence[Whole]) -> Sequence[SliceTable]:
    if by.reason is not None:
        return [_without_rows(by.name, by.reason)]
    parts = _Parts.of_property(by, arm)
    weighed: dict[int, Weighed] = {}
    for whole in several:
        if id(whole.weights) not in weighed:
            weighed[id(whole.weights)] = Weighed.of(parts.slices, whole.weights)
    tables = (_table(by, parts, whole, weighed[id(whole.weights)]) for whole in several)
    return [table for table in tables if table is not None] or [_without_rows(by.name, TOO_FEW)]


@dataclass(frozen=True, slots=True)
class _Parts:
    """The values of a property that have a row, and who is in each."""

    kept: IntArray  # codes of values, in the rows' order
    of: IntArray  # (n,): the row of each of the arm's pairs; the last is no row, but what has none
    slices: Slices

    @classmethod
    def of_property(cls, by: Property, arm: Arm) -> _Parts:
        kept = _largest(by, arm)
        of = _renumbered(by, kept)
        return cls(kept, of, Slices.of(of, len(kept) + 1, arm.clusters))


def _largest(by: Property, arm: Arm) -> IntArray:
    """The values that have rows: at most MOST_ROWS, largest by weight first; values with an order keep it."""
    weight = np.bincount(by.codes + 1, arm.weights, len(by.values) + 1)[1:]
    largest = np.argsort(-weight, kind="stable")[:MOST_ROWS]
    return np.sort(largest) if by.ordered else largest


def _renumbered(by: Property, kept: IntArray) -> IntArray:
    """Codes by place in `kept`; all others are the last."""
    places = np.full(len(by.values) + 1, len(kept))  # one more, for code −1
    places[kept] = np.arange(len(kept))
    return np.asarray(places[by.codes])


def _table(by: Property, parts: _Parts, whole: Whole, weighed: Weighed) -> SliceTable | None:
    """None: less than two slices are large enough."""
    enough = (weighed.n >= LEAST_PAIRS) & (weighed.clusters >= LEAST_CLUSTERS)
    large = np.flatnonzero(enough[:-1]).tolist()
    if len(large) < 2:
        return None
    means = means_of(whole.weighted, weighed, size=whole.size, level=whole.level)
    estimates = {by.values[parts.kept[at]]: _bounded(means[at], whole, parts, at) for at in large}
    slices = {value: from_null(estimate, whole.scale) for value, estimate in estimates.items()}
    against = _contradiction(whole, slices, 1 - whole.level)
    share = (weighed.weight / weighed.weight.sum())[large].tolist()
    rows = [_row(value, effect, size, against) for (value, effect), size in zip(estimates.items(), share, strict=True)]
    return SliceTable(
        by=by.name,
        measure=whole.paired.subject.name,
        scale=whole.scale,
        rows=tuple(rows if by.ordered else sorted(rows, key=lambda row: -row.share)),
        others=whole.paired.n - sum(row.n for row in rows),
        differ=heterogeneity(slices),
        reversed=against.reversed,
    )


def _bounded(estimate: Estimate, whole: Whole, parts: _Parts, at: int) -> Estimate:
    """Where all values are alike, an interval from the bounds they have: only the values themselves tell whether they are."""
    paired, bounds = whole.paired, bounds_of(whole.paired.subject)
    if estimate.reason is not Refused.NO_VARIATION or bounds is None:
        return estimate
    some = paired.among(parts.of[paired.places] == at)
    return mean(some.difference, clusters=some.clusters, weights=some.weights, level=whole.level, bounds=bounds)


def _contradiction(whole: Whole, slices: Mapping[str, Estimate], alpha: float) -> Contradiction:
    if whole.scale is Scale.LEVEL:
        return Contradiction(slices=(), reversed=False)
    return contradiction(whole.estimate, slices, alpha=alpha)


def _row(value: str, effect: Estimate, share: float, against: Contradiction) -> SliceRow:
    return SliceRow(
        value=value,
        n=effect.n,
        clusters=effect.clusters,
        share=share,
        effect=effect,
        p_adjusted=None,
        against_the_whole=value in against.slices,
    )


def _without_rows(by: str, reason: str) -> SliceTable:
    nothing = Evidence(method=Method.COCHRAN_Q, n=0, clusters=0, tail=Tail.GREATER, reason=Refused.TOO_FEW)
    return SliceTable(
        by=by, measure="", scale=Scale.LEVEL, rows=(), others=0, differ=nothing, reversed=False, reason=reason
    )


def _corrected(tables: Sequence[SliceTable]) -> tuple[SliceTable, ...]:
    """With the p-values of all rows of all tables, each allowing for the others."""
    adjusted = iter(benjamini_hochberg([_p(row, table.scale) for table in tables for row in table.rows]))
    return tuple(
        replace(table, rows=tuple(replace(row, p_adjusted=next(adjusted)) for row in table.rows)) for table in tables
    )


def _p(row: SliceRow, scale: Scale) -> float | None:
    """Of no difference in this slice."""
    return None if scale.null is None else superiority(from_null(row.effect, scale)).p
