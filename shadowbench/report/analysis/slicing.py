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
from shadowbench.report.analysis.slice_means import Cells, Weighed, means_of
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.document.comparisons import Origin, Scale, Subject
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
    wholes = _wholes(worth_slicing(measured, policy), policy)
    if not wholes:
        return ()
    tables = [table for name in policy.slices for table in _tables(property_of(log, name, arm.rows), arm, wholes)]
    return _corrected(tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """One measure over all pairs, beside which its slices stand."""

    paired: Paired
    scale: Scale
    estimate: Estimate  # less what no difference is: zero is none
    bounds: tuple[float, float] | None  # between which values lie
    sample: int  # the same number: the same pairs with the same weights
    alpha: float


def _wholes(measured: Sequence[Paired], policy: Policy) -> Sequence[_Whole]:
    found: list[_Whole] = []
    for paired in measured:
        scale, level = scale_of(paired.subject), policy.level
        whole = mean(paired.difference, clusters=paired.clusters, weights=paired.weights, level=level)
        same = next((each.sample for each in found if _is_same_sample(each.paired, paired)), len(found))
        found.append(
            _Whole(
                paired=paired, scale=scale, estimate=_from_null(whole, scale), bounds=bounds_of(paired.subject),
                sample=same, alpha=policy.alpha,
            )
        )  # fmt: skip
    return found


def scale_of(subject: Subject) -> Scale:
    """What numbers of `Paired.difference` mean."""
    if subject.shape is Shape.SIDES:
        return Scale.DIFFERENCE
    return Scale.PREFERENCE if is_preference(subject) else Scale.LEVEL


def bounds_of(subject: Subject) -> tuple[float, float] | None:
    """Between which `Paired.difference` lies; None: it has no bounds."""
    if subject.low is None or subject.high is None:
        return None
    if subject.shape is Shape.PAIR:
        return subject.low, subject.high
    return subject.low - subject.high, subject.high - subject.low


def _is_same_sample(one: Paired, other: Paired) -> bool:
    return np.array_equal(one.places, other.places) and np.array_equal(one.weights, other.weights)


def _tables(by: Property, arm: Arm, wholes: Sequence[_Whole]) -> Sequence[SliceTable]:
    if by.reason is not None:
        return [_without_rows(by.name, by.reason)]
    return list(_with_rows(by, arm, wholes)) or [_without_rows(by.name, TOO_FEW)]


def _with_rows(by: Property, arm: Arm, wholes: Sequence[_Whole]) -> Iterator[SliceTable]:
    kept = _largest(by, arm)
    cells = Cells.among(_renumbered(by, kept), len(kept) + 1, arm.clusters)
    weighed: dict[int, Weighed] = {}
    for whole in wholes:
        if whole.sample not in weighed:
            weighed[whole.sample] = Weighed.of(cells, whole.paired.places, whole.paired.weights)
        table = _table(by, kept, whole, weighed[whole.sample])
        if table is not None:
            yield table


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


def _table(by: Property, kept: IntArray, whole: _Whole, weighed: Weighed) -> SliceTable | None:
    """None: less than two slices are large enough."""
    estimates = means_of(whole.paired.difference, weighed, level=whole.estimate.level, bounds=whole.bounds)
    # The last slice is what has no row of its own.
    large = [at for at in range(len(kept)) if weighed.n[at] >= LEAST_PAIRS and weighed.clusters[at] >= LEAST_CLUSTERS]
    if len(large) < 2:
        return None
    slices = {by.values[kept[at]]: _from_null(estimates[at], whole.scale) for at in large}
    against = _contradiction(whole, slices)
    share = weighed.weight / weighed.weight.sum()
    rows = [_row(by.values[kept[at]], estimates[at], float(share[at]), against) for at in large]
    return SliceTable(
        by=by.name,
        measure=whole.paired.subject.name,
        scale=whole.scale,
        rows=tuple(rows if by.ordered else sorted(rows, key=lambda row: -row.share)),
        others=whole.paired.n - sum(row.n for row in rows),
        differ=heterogeneity(slices),
        reversed=against.reversed,
    )


def _contradiction(whole: _Whole, slices: Mapping[str, Estimate]) -> Contradiction:
    if whole.scale is Scale.LEVEL:
        return Contradiction(slices=(), reversed=False)
    return contradiction(whole.estimate, slices, alpha=whole.alpha)


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


def _from_null(estimate: Estimate, scale: Scale) -> Estimate:
    """How far it is from no difference."""
    null = scale.null or 0.0
    low, high = (None if end is None else end - null for end in (estimate.low, estimate.high))
    return replace(estimate, value=None if estimate.value is None else estimate.value - null, low=low, high=high)


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
    return None if scale.null is None else superiority(_from_null(row.effect, scale)).p
