"""What people said about the pairs of a log, as numbers: one for each pair, whoever and however many they were.

Rounds of one person are averaged, then persons. A pair that was put into the queue with a small chance stands for many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from shadowbench.reading.log import LabelOf, ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.scores import Label, Preferred
from shadowbench.stats.columns import FloatArray, IntArray

PREFERENCE = "preference"
OF_PRODUCTION = "@production"
"""After a rubric's question: the rating is of production's answer."""

RATINGS = (1.0, 5.0)
"""The worst and the best rating that people give."""

LEAST_PROBABILITY = 1e-6
"""As in the queue: no label stands for more than a million pairs."""

_POINTS = {Preferred.CANDIDATE: 1.0, Preferred.TIE: 0.5, Preferred.PRODUCTION: 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """People's numbers for some pairs, shape (k,) each, by row."""

    rows: IntArray  # of `log.pairs`, ascending
    values: FloatArray
    probability: FloatArray  # of having been put into the queue

    def among(self, arm: Arm, places: IntArray) -> tuple[IntArray, Said]:
        """Those about some of an arm's pairs (their places in the arm, ascending), and where among these each is."""
        rows = arm.rows[places]
        at = np.searchsorted(rows, self.rows)
        there = np.flatnonzero(at < len(rows))
        there = there[rows[at[there]] == self.rows[there]]
        return at[there], self._some(there)

    def less(self, other: Said) -> Said:
        """This less the other, of pairs that have both: with the smaller probability of both."""
        _, ours, theirs = np.intersect1d(self.rows, other.rows, assume_unique=True, return_indices=True)
        one, two = self._some(ours), other._some(theirs)
        return Said(
            rows=one.rows, values=one.values - two.values, probability=np.minimum(one.probability, two.probability)
        )

    def _some(self, places: IntArray) -> Said:
        return Said(rows=self.rows[places], values=self.values[places], probability=self.probability[places])


class People:
    """The labels of a log, by question: read once, asked for every candidate and judge."""

    def __init__(self, labels: Sequence[LabelOf]) -> None:
        self._by_question: dict[str, list[LabelOf]] = defaultdict(list)
        for each in labels:
            self._by_question[each.label.question].append(each)

    @classmethod
    def of(cls, log: ReadLog) -> People:
        """All labels of a log."""
        return cls(log.labels)

    def preferences(self) -> Said:
        """1 where the candidate is preferred, ½ for a tie, 0 where production is."""
        return _said(self._by_question[PREFERENCE], _points)

    def ratings(self, question: str) -> tuple[Said, Said]:
        """From 0, the worst, to 1: of the candidate's answers, and of production's."""
        ours, theirs = (_said(self._by_question[name], _rating) for name in (question, question + OF_PRODUCTION))
        return ours, theirs


def _points(label: Label) -> float | None:
    return None if label.preferred is None else _POINTS[label.preferred]


def _rating(label: Label) -> float | None:
    worst, best = RATINGS
    return None if label.value is None else (label.value - worst) / (best - worst)


def _said(labels: Sequence[LabelOf], value_of: Callable[[Label], float | None]) -> Said:
    by_row: dict[int, list[tuple[str, float, float]]] = defaultdict(list)
    for each in labels:
        value = value_of(each.label)
        if value is not None:
            by_row[each.row].append((each.label.labeller, value, each.label.probability))
    rows = sorted(by_row)
    return Said(
        rows=np.array(rows, np.int64),
        values=np.array([_mean_of_persons(by_row[row]) for row in rows]),
        probability=np.array([_probability(by_row[row]) for row in rows]),
    )


def _mean_of_persons(told: Sequence[tuple[str, float, float]]) -> float:
    by_person: Mapping[str, list[float]] = defaultdict(list)
    for person, value, _ in told:
        by_person[person].append(value)
    return fmean(map(fmean, by_person.values()))


def _probability(told: Sequence[tuple[str, float, float]]) -> float:
    return min(1.0, max(LEAST_PROBABILITY, min(chance for _, _, chance in told)))
