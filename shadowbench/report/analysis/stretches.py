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
from shadowbench.stats.distributions import t_quantile
from shadowbench.stats.estimates import Estimate, Refused
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
    """An arm's pairs by cluster and then by time, (n,) each, so that cells are in one piece."""

    order: IntArray  # places in the arm
    cluster: IntArray
    stretch: IntArray
    borders: FloatArray  # (k + 1,)

    @classmethod
    def of(cls, arm: Arm) -> Timetable:
        """Of an arm that has pairs."""
        at, codes = arm.started_at, arm.clusters.codes
        borders = borders_of(float(at.min()), float(at.max()))
        order = np.argsort(at, kind="stable")
        if not arm.clusters.alone:
            order = order[_stable_order(codes[order])]
        stretch = np.searchsorted(borders[1:-1], at, side="right")
        return cls(order, codes[order], stretch[order], borders)

    def among(self, paired: Paired) -> tuple[IntArray, IntArray, IntArray]:
        """A measure's pairs, by their places in it, with their clusters and stretches."""
        if paired.n == len(self.order):
            return self.order, self.cluster, self.stretch
        mine = np.full(len(self.order), -1)
        mine[paired.places] = np.arange(paired.n)
        order = mine[self.order]
        there = order >= 0
        return order[there], self.cluster[there], self.stretch[there]


def _stable_order(codes: IntArray) -> IntArray:
    """As a stable argsort of codes, in half of its time: codes and places as one number."""
    bits = max(1, len(codes) - 1).bit_length()
    both = (codes << bits) | np.arange(len(codes))
    both.sort()
    return both & ((1 << bits) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One measure's sums over each cluster in each stretch, by cluster and time."""

    weight: FloatArray  # (m,): Σw
    total: FloatArray  # (m,): Σwx
    stretch: IntArray  # (m,)
    opens: BoolArray  # (m,): the cluster's first cell
    n: IntArray  # (k,): pairs of each stretch
    squares: FloatArray  # (k,): Σw² over them
    times: Sequence[tuple[float, float]]  # (k,): from and to, Unix seconds

    @classmethod
    def of(cls, table: Timetable, paired: Paired) -> Cells:
        """Of a measure that has pairs. Stretches with few clusters are joined with the next, the last ones backwards."""
        order, cluster, stretch = table.among(paired)
        used = np.bincount(stretch[_changes(cluster, stretch)], minlength=len(table.borders) - 1)
        joined = _joined(used)
        stretch = joined[stretch]
        begins = np.flatnonzero(_changes(cluster, stretch))
        w = paired.weights[order]
        k = int(joined[-1]) + 1
        return cls(
            weight=np.add.reduceat(w, begins),
            total=np.add.reduceat((paired.weights * paired.difference)[order], begins),
            stretch=stretch[begins],
            opens=_changes(cluster[begins]),
            n=np.bincount(stretch, minlength=k),
            squares=_sums(stretch, w * w, k),
            times=_times(table.borders, joined),
        )

    def windows(self, level: float) -> Sequence[Estimate]:
        """Each stretch's mean."""
        weight = self._by_stretch(self.weight)
        values = self._by_stretch(self.total) / weight
        strayed = self._by_stretch((self.total - values[self.stretch] * self.weight) ** 2)
        return _estimates(values, strayed / weight**2, self.n, self.clusters, weight**2 / self.squares, level)

    def running(self, level: float) -> Sequence[Estimate]:
        """The mean of everything up to each stretch's end, and what its clusters are worth (`Clusters.worth`)."""
        weight, total = (np.cumsum(self._by_stretch(each)) for each in (self.weight, self.total))
        clusters = np.cumsum(np.bincount(self.stretch[self.opens], minlength=len(self.n)))
        worth = weight**2 / np.cumsum(self.squares)
        strayed = self._strayed(total / weight) / weight**2
        found = _estimates(total / weight, strayed, np.cumsum(self.n), clusters, worth, level)
        had = _before(self.weight, self.opens)
        squares = np.cumsum(self._by_stretch(_grown(self.weight, self.weight, had, had)))
        counted = np.minimum(clusters, weight**2 / squares)
        return [replace(each, effective_clusters=c) for each, c in zip(found, counted.tolist(), strict=True)]

    def _strayed(self, values: FloatArray) -> FloatArray:
        """Σ(T − value·W)² over clusters, of everything up to each stretch's end, (k,): from ΣT², ΣTW and ΣW², which grow cell
        by cell. Of values less the whole's mean, or else the squares would cancel; what is left of them then is rounding."""
        w, t = self.weight, self.apart
        had_w, had_t = _before(w, self.opens), _before(t, self.opens)
        grown = (_grown(w, w, had_w, had_w), _grown(w, t, had_w, had_t), _grown(t, t, had_t, had_t))
        ww, wt, tt = (np.cumsum(self._by_stretch(each)) for each in grown)
        apart = values - self.mean
        strayed = tt - 2 * apart * wt + apart**2 * ww
        return np.asarray(np.where(strayed > 1e-12 * (tt + apart**2 * ww), strayed, 0.0))

    @property
    def mean(self) -> float:
        """Of the whole."""
        return float(self.total.sum() / self.weight.sum())

    @property
    def apart(self) -> FloatArray:
        """Σw(x − the whole's mean) of each cell, (m,)."""
        return self.total - self.mean * self.weight

    @property
    def clusters(self) -> IntArray:
        """Of each stretch, (k,)."""
        return np.bincount(self.stretch, minlength=len(self.n))

    @property
    def pooled_errors(self) -> FloatArray:
        """The standard error that each stretch's mean would have if it varied as the whole does, (k,)."""
        return np.asarray(self.spread * np.sqrt(self._by_stretch(self.weight**2)) / self._by_stretch(self.weight))

    @property
    def spread(self) -> float:
        """How far clusters' means are from the whole's, of one weight."""
        return math.sqrt(float((self.apart**2).sum() / (self.weight**2).sum()))

    def _by_stretch(self, values: FloatArray) -> FloatArray:
        return _sums(self.stretch, values, len(self.n))


def _sums(codes: IntArray, values: FloatArray, count: int) -> FloatArray:
    return np.asarray(np.bincount(codes, weights=values, minlength=count), dtype=np.float64)


def _changes(*numbers: IntArray) -> BoolArray:
    """Where one of the numbers is another than in the row before; the first row is."""
    found = np.ones(len(numbers[0]), np.bool_)
    found[1:] = numbers[0][1:] != numbers[0][:-1]
    for each in numbers[1:]:
        found[1:] |= each[1:] != each[:-1]
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
    begins = np.flatnonzero(_changes(joined))
    ends = np.append(begins[1:], len(joined))
    return [(float(borders[begin]), float(borders[end])) for begin, end in zip(begins, ends, strict=True)]


def _grown(a: FloatArray, b: FloatArray, had_a: FloatArray, had_b: FloatArray) -> FloatArray:
    """By how much each cell makes Σab over clusters grow, (m,), where a and b are sums over a cluster so far. `had_a` and
    `had_b`: what the cluster had before the cell (`_before`)."""
    return a * had_b + b * had_a + a * b


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
    se = math.sqrt(strayed * clusters / (clusters - 1)) if clusters > 1 else None
    reason = None
    if se is None:
        reason = Refused.TOO_FEW
    elif se <= 1e-12 * max(abs(value), 1e-300):  # nothing but rounding
        se, reason = None, Refused.NO_VARIATION
    half = None if se is None else se * t_quantile((1 + level) / 2, clusters - 1)
    return Estimate(
        method=Method.CLUSTER_T, level=level, n=n, clusters=clusters, value=value, se=se, effective_n=worth,
        low=None if half is None else value - half, high=None if half is None else value + half, reason=reason,
    )  # fmt: skip
