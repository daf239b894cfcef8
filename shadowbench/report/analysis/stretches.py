"""An arm's pairs by stretches of time, and a measure's estimates of each stretch and of everything up to its end.

Pairs are sorted once, by cluster and time. A measure's cells, one for each cluster in each stretch, then follow one another,
and all estimates come from sums over cells: as `clusters.mean` makes them one by one, in little more than the time of one.
Shapes: n pairs, m cells, k stretches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray
from shadowbench.stats.estimates import Estimate, Refused, around
from shadowbench.stats.methods import Method

MOST_POINTS = 60
LEAST_CLUSTERS = 20  # of a stretch: with fewer its interval, and its part in a test of all stretches, are too rough

_HOUR, _DAY = 3600.0, 86_400.0
_SHORT = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0)
LENGTHS_S = (*_SHORT, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 7 * _DAY, 28 * _DAY, 364 * _DAY)
_MONDAY = 4 * _DAY  # Unix time began on a Thursday


def borders_of(first: float, last: float) -> FloatArray:
    """Borders of the shortest stretches of a round length that are at most `MOST_POINTS`, shape (k + 1,): Unix seconds. The
    outer ones are the first and the last pair's time."""
    length = next((each for each in LENGTHS_S if _steps(last, each) - _steps(first, each) < MOST_POINTS), LENGTHS_S[-1])
    inner = _MONDAY + length * np.arange(_steps(first, length) + 1, _steps(last, length) + 1)
    return np.concatenate([[first], inner, [last]])


def _steps(at: float, length: float) -> int:
    """How many whole stretches lie before."""
    return math.floor((at - _MONDAY) / length)


@dataclass(frozen=True, slots=True)
class Timetable:
    """Which stretch each pair of an arm is in, and an order in which cells are in one piece."""

    order: IntArray  # (n,): places in the arm, by cluster and then by time
    stretch: IntArray  # (n,): by place in the arm
    cluster: IntArray  # (n,): by place in the arm
    borders: FloatArray  # (k + 1,)

    @classmethod
    def of(cls, arm: Arm) -> Timetable:
        """Of an arm that has pairs."""
        at, codes = arm.started_at, arm.clusters.codes
        borders = borders_of(float(at.min()), float(at.max()))
        by_time = np.argsort(at, kind="stable")
        order = by_time if arm.clusters.alone else by_time[np.argsort(codes[by_time], kind="stable")]
        return cls(order, np.searchsorted(borders[1:-1], at, side="right"), codes, borders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One measure's sums over each cluster in each stretch, by cluster and time. Values are less the whole's mean, so that
    squares do not cancel."""

    mean: float  # of the whole
    weight: FloatArray  # (m,): Σw
    total: FloatArray  # (m,): Σw(x − mean)
    stretch: IntArray  # (m,)
    opens: BoolArray  # (m,): the cluster's first cell
    n: IntArray  # (k,): pairs of each stretch
    squares: FloatArray  # (k,): Σw² over them
    times: Sequence[tuple[float, float]]  # (k,): from and to, Unix seconds

    @classmethod
    def of(cls, table: Timetable, paired: Paired) -> Cells:
        """Of a measure that has pairs. Stretches with few clusters are joined with the next, the last ones backwards."""
        order = _order_of(table, paired)
        places = paired.places[order]
        stretch, cluster = table.stretch[places], table.cluster[places]
        used = np.bincount(stretch[_changes(cluster, stretch)], minlength=len(table.borders) - 1)
        joined = _joined(used)
        stretch = joined[stretch]
        begins = np.flatnonzero(_changes(cluster, stretch))
        w, x = paired.weights[order], paired.difference[order]
        mean = float(w @ x / w.sum())
        k = int(joined[-1]) + 1
        return cls(
            mean=mean,
            weight=np.add.reduceat(w, begins),
            total=np.add.reduceat(w * (x - mean), begins),
            stretch=stretch[begins],
            opens=_changes(cluster[begins], cluster[begins]),
            n=np.bincount(stretch, minlength=k),
            squares=np.bincount(stretch, weights=w * w, minlength=k),
            times=_times(table.borders, joined),
        )

    def windows(self, level: float) -> Sequence[Estimate]:
        """Each stretch's mean."""
        weight, total, clusters = self._by_stretch(self.weight), self._by_stretch(self.total), self.clusters
        apart = total / weight
        strayed = self._by_stretch((self.total - apart[self.stretch] * self.weight) ** 2)
        return _estimates(self.mean + apart, strayed / weight**2, self.n, clusters, weight**2 / self.squares, level)

    def running(self, level: float) -> Sequence[Estimate]:
        """The mean of everything up to each stretch's end."""
        weight, total = np.cumsum(self._by_stretch(self.weight)), np.cumsum(self._by_stretch(self.total))
        ww, wt, tt = (np.cumsum(self._by_stretch(grown)) for grown in self._grown())
        apart = total / weight
        strayed = np.maximum(0.0, tt - 2 * apart * wt + apart**2 * ww)
        clusters = np.cumsum(np.bincount(self.stretch[self.opens], minlength=len(self.n)))
        worth = weight**2 / np.cumsum(self.squares)
        return _estimates(self.mean + apart, strayed / weight**2, np.cumsum(self.n), clusters, worth, level)

    @property
    def clusters(self) -> IntArray:
        """Of each stretch, (k,)."""
        return np.bincount(self.stretch, minlength=len(self.n))

    @property
    def pooled_errors(self) -> FloatArray:
        """The standard error that each stretch's mean would have if it varied as the whole does, (k,)."""
        variance = float(self.total @ self.total) / float(self.weight @ self.weight)
        return np.asarray(np.sqrt(variance * self._by_stretch(self.weight**2)) / self._by_stretch(self.weight))

    def _by_stretch(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.stretch, weights=values, minlength=len(self.n))

    def _grown(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """By how much each cell makes its cluster's ΣW², ΣWT and ΣT² grow, (m,)."""
        w, t = self.weight, self.total
        had_w, had_t = _before(w, self.opens), _before(t, self.opens)
        return w * (2 * had_w + w), w * had_t + t * had_w + w * t, t * (2 * had_t + t)


def _order_of(table: Timetable, paired: Paired) -> IntArray:
    """The measure's pairs in the timetable's order."""
    mine = np.full(len(table.order), -1)
    mine[paired.places] = np.arange(paired.n)
    order = mine[table.order]
    return order[order >= 0]


def _changes(one: IntArray, other: IntArray) -> BoolArray:
    """Where a pair of numbers is another than the one before; the first is."""
    found = np.ones(len(one), np.bool_)
    found[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    return found


def _joined(clusters: IntArray) -> IntArray:
    """Which stretch each becomes a part of, (k,), so that each has at least `LEAST_CLUSTERS` where there are so many."""
    found, current, held = np.zeros(len(clusters), np.int64), 0, 0
    for place, count in enumerate(clusters.tolist()):
        found[place] = current
        held += count
        if held >= LEAST_CLUSTERS:
            current, held = current + 1, 0
    return np.minimum(found, max(0, current - 1))


def _times(borders: FloatArray, joined: IntArray) -> Sequence[tuple[float, float]]:
    begins = np.flatnonzero(_changes(joined, joined))
    ends = np.append(begins[1:], len(joined))
    return [(float(borders[begin]), float(borders[end])) for begin, end in zip(begins, ends, strict=True)]


def _before(values: FloatArray, opens: BoolArray) -> FloatArray:
    """What each cluster had before each of its cells."""
    sums = np.cumsum(values) - values
    at_opening = sums[opens]
    return np.asarray(sums - at_opening[np.cumsum(opens) - 1])


def _estimates(
    values: FloatArray, strayed: FloatArray, n: IntArray, clusters: IntArray, worth: FloatArray, level: float
) -> Sequence[Estimate]:
    """`strayed`: each one's sum of squared influences, (k,)."""
    columns = (values.tolist(), strayed.tolist(), n.tolist(), clusters.tolist(), worth.tolist())
    return [_estimate(*each, level) for each in zip(*columns, strict=True)]


def _estimate(value: float, strayed: float, n: int, clusters: int, worth: float, level: float) -> Estimate:
    """As `clusters.robust` has it."""
    found = Estimate(method=Method.CLUSTER_T, level=level, n=n, clusters=clusters, value=value, effective_n=worth)
    if clusters < 2:
        return replace(found, reason=Refused.TOO_FEW)
    se = math.sqrt(strayed * clusters / (clusters - 1))
    if se <= 1e-12 * max(abs(value), 1e-300):  # nothing but rounding
        return replace(found, reason=Refused.NO_VARIATION)
    told = around(value, se, df=clusters - 1, method=found.method, level=level, n=n, clusters=clusters)
    return replace(told, effective_n=worth)
