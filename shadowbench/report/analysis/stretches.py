"""An arm's pairs by stretches of time, and a measure's estimates of each stretch and of everything up to its end.

Pairs are sorted once, by cluster and time. A measure's cells, one for each cluster in each stretch, then follow one another,
and all estimates come from sums over cells: as `clusters.mean` makes them one by one, in little more than the time of one.
Shapes: n pairs, m cells, k stretches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    _laid: list[Layout] = field(default_factory=list, compare=False, repr=False)  # the last that was asked for

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

    def layout(self, paired: Paired) -> Layout:
        """Of a measure's pairs. Measures that are there for the same pairs share one: mostly all are."""
        if not self._laid or not self._laid[0].is_of(paired):
            self._laid[:] = [Layout.of(self, paired)]
        return self._laid[0]

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
class Layout:
    """Which cells some pairs make, and what these weigh, whatever is measured of them."""

    places: IntArray  # of the pairs, in the arm
    weights: FloatArray
    order: IntArray  # of the pairs, by cells
    begins: IntArray  # (m,): each cell's first
    weight: FloatArray  # (m,): Σw
    stretch: IntArray  # (m,)
    opens: BoolArray  # (m,): the cluster's first cell
    had: FloatArray  # (m,): Σw of the cluster's cells before
    n: IntArray  # (k,): pairs of each stretch
    times: Sequence[tuple[float, float]]  # (k,): from and to, Unix seconds
    weighs: FloatArray  # (k,): Σw
    grown: FloatArray  # (k,): by how much the stretch makes Σ(Σw)² over clusters grow
    of_pairs: FloatArray  # (k,): Σw² over pairs
    of_cells: FloatArray  # (k,): Σ(Σw)² over cells
    fourths: FloatArray  # (4, k): Σf, Σfg, Σfg², Σfg³ over cells, of f = Σw⁴ and g = (Σw)²/Σw²

    @classmethod
    def of(cls, table: Timetable, paired: Paired) -> Layout:
        """Stretches with few clusters are joined with the next, the last ones backwards."""
        order, cluster, stretch = table.among(paired)
        used = np.bincount(stretch[_changes(cluster, stretch)], minlength=len(table.borders) - 1)
        joined = _joined(used)
        stretch = joined[stretch]
        begins = np.flatnonzero(_changes(cluster, stretch))
        k, cells = int(joined[-1]) + 1, stretch[begins]
        w = paired.weights[order]
        weight = np.add.reduceat(w, begins)
        w *= w
        squared, w = np.add.reduceat(w, begins), w * w
        fourths = np.add.reduceat(w, begins)
        opens = _changes(cluster[begins])
        had = _before(weight, opens)
        return cls(
            places=paired.places,
            weights=paired.weights,
            order=order,
            begins=begins,
            weight=weight,
            stretch=cells,
            opens=opens,
            had=had,
            n=np.bincount(stretch, minlength=k),
            times=_times(table.borders, joined),
            weighs=_sums(cells, weight, k),
            grown=_sums(cells, _grown(weight, weight, had, had), k),
            of_pairs=_sums(cells, squared, k),
            of_cells=_sums(cells, weight * weight, k),
            fourths=np.array([_sums(cells, each, k) for each in _times_each(fourths, weight * weight / squared, 4)]),
        )

    def is_of(self, paired: Paired) -> bool:
        """Whether it is this measure's, too."""
        return _same(self.places, paired.places) and _same(self.weights, paired.weights)

    def by_stretch(self, values: FloatArray) -> FloatArray:
        """Sums over each stretch's cells, (k,), of values of shape (m,)."""
        return _sums(self.stretch, values, len(self.n))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One measure's sums over each cluster in each stretch, by cluster and time."""

    laid: Layout
    total: FloatArray  # (m,): Σwx
    variance: float  # of a pair, as far as clusters tell
    excess: float  # kurtosis of pairs beyond a normal distribution's; at least 0

    @classmethod
    def of(cls, table: Timetable, paired: Paired) -> Cells:
        """Of a measure that has pairs."""
        laid = table.layout(paired)
        x = paired.difference
        variance, excess = _spread_of(x, paired.weights, int(laid.opens.sum()))
        total = np.add.reduceat((paired.weights * x)[laid.order], laid.begins)
        return cls(laid=laid, total=total, variance=variance, excess=excess)

    def windows(self, level: float) -> Sequence[Estimate]:
        """Each stretch's mean."""
        laid = self.laid
        weight = laid.weighs
        values = laid.by_stretch(self.total) / weight
        strayed = laid.by_stretch((self.total - values[laid.stretch] * laid.weight) ** 2)
        return _estimates(values, strayed / weight**2, laid.n, self.clusters, weight**2 / laid.of_pairs, level)

    def running(self, level: float) -> Sequence[Estimate]:
        """The mean of everything up to each stretch's end, and what its clusters are worth (`Clusters.worth`)."""
        laid = self.laid
        weight, total = np.cumsum(laid.weighs), np.cumsum(laid.by_stretch(self.total))
        clusters = np.cumsum(np.bincount(laid.stretch[laid.opens], minlength=len(laid.n)))
        worth = weight**2 / np.cumsum(laid.of_pairs)
        strayed = self._strayed(total / weight) / weight**2
        found = _estimates(total / weight, strayed, np.cumsum(laid.n), clusters, worth, level)
        counted = np.minimum(clusters, weight**2 / np.cumsum(laid.grown))
        return [replace(each, effective_clusters=c) for each, c in zip(found, counted.tolist(), strict=True)]

    def _strayed(self, values: FloatArray) -> FloatArray:
        """Σ(T − value·W)² over clusters, of everything up to each stretch's end, (k,): from ΣT², ΣTW and ΣW², which grow cell
        by cell. Of values less the whole's mean, or else the squares would cancel; what is left of them then is rounding."""
        laid = self.laid
        w, t, had_w = laid.weight, self.apart, laid.had
        had_t = _before(t, laid.opens)
        grown = (_grown(w, t, had_w, had_t), _grown(t, t, had_t, had_t))
        ww, wt, tt = np.cumsum(laid.grown), *(np.cumsum(laid.by_stretch(each)) for each in grown)
        apart = values - self.mean
        strayed = tt - 2 * apart * wt + apart**2 * ww
        return np.asarray(np.where(strayed > 1e-12 * (tt + apart**2 * ww), strayed, 0.0))

    @property
    def mean(self) -> float:
        """Of the whole."""
        return float(self.total.sum() / self.laid.weight.sum())

    @property
    def apart(self) -> FloatArray:
        """Σw(x − the whole's mean) of each cell, (m,)."""
        return self.total - self.mean * self.laid.weight

    @property
    def clusters(self) -> IntArray:
        """Of each stretch, (k,)."""
        return np.bincount(self.laid.stretch, minlength=len(self.laid.n))

    @property
    def correction(self) -> float:
        """What squares about a mean of so many clusters lack."""
        return _correction(int(self.laid.opens.sum()))


def _spread_of(x: FloatArray, w: FloatArray, clusters: int) -> tuple[float, float]:
    """Pairs' variance, and their excess kurtosis (0 where it is none)."""
    apart = x - (w @ x) / w.sum()
    weighed = w * apart
    variance = float(weighed @ weighed) / float(w @ w)
    if not 0 < variance < math.inf:
        return 0.0, 0.0
    apart /= math.sqrt(variance)
    weighed = np.multiply(apart, apart, out=apart) * w
    return variance * _correction(clusters), max(0.0, float(weighed @ apart) / float(w.sum()) - 3)


def _correction(clusters: int) -> float:
    return clusters / max(1, clusters - 1)


def _times_each(first: FloatArray, by: FloatArray, count: int) -> Iterator[FloatArray]:
    """first, first·by, first·by² …"""
    for _ in range(count):
        yield first
        first = first * by


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one is other or np.array_equal(one, other)


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
