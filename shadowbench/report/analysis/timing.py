"""Which pairs' times are compared, and what a failure counts as.

Both sides are timed over the same pairs. A side that failed took longer than anybody waited for: +∞, a censored time. Left out,
with their reason, are pairs where an answer's own time is not known:

    paused, late    we were in its way: we read slowly for a slow client, or our loop was late
    not_streamed    first tokens and gaps: the request did not ask for a stream, or one side answers without one
    no_timing       an answer without this time, such as one without content, or gaps of a single chunk

Whether a request asked for a stream shows in what came: one of the two answers was a stream, be it a broken one. Where nothing
came from either side nobody knows, and the pair counts as not streamed: both failed, so it favours neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import SIDES
from shadowbench.report.analysis.arms import Arm, clusters_from, counted
from shadowbench.report.analysis.computable import in_range
from shadowbench.report.analysis.sorted_sides import SortedPairs
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray

MEASURES = {"latency": "latency_s", "ttft": "ttft_s", "gap_p95": "gap_p95_s"}
"""Measures of time, and their columns."""

_OF_STREAMS = ("ttft", "gap_p95")
_WHY = ("not_streamed", "paused", "late", "no_timing")
_NOT_STREAMED, _NO_TIMING = 0, 3
_FINE = -1
_CODES = np.array([0, 1, 2, 3, -1], np.int8)  # small: there are millions of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One measure of time, shape (n,) each: seconds, +inf for a failure."""

    places: IntArray  # in the arm
    production: FloatArray
    candidate: FloatArray
    answered: BoolArray  # by both sides
    weights: FloatArray
    clusters: Clusters
    left_out: Mapping[str, int]  # pairs, by reason; together with n all of the arm's

    @property
    def n(self) -> int:
        """How many pairs are compared."""
        return len(self.production)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The same in ascending order, which takes longest: made once."""

    timed: Timed
    pairs: SortedPairs


def ranked(timed: Timed) -> Ranked:
    """Sorted."""
    return Ranked(timed, SortedPairs.of(timed.candidate, timed.production, timed.weights, timed.clusters))


def timed(log: ReadLog, arm: Arm, measure: str) -> Timed:
    """The arm's pairs that can be compared in this measure."""
    failed = {"production": arm.production_failed, "candidate": arm.candidate_failed}
    given = {side: in_range(log.pairs[f"{side}_{MEASURES[measure]}"][arm.rows]) for side in SIDES}
    why = _of_streams(log, arm, failed) if measure in _OF_STREAMS else np.full(arm.n, _FINE, np.int8)
    for side in SIDES:
        why = np.where(why == _FINE, _of_side(log, arm, side, given[side], failed[side]), why)
    kept = np.flatnonzero(why == _FINE)
    production, candidate = (np.where(failed[side], np.inf, given[side])[kept] for side in SIDES)
    return Timed(
        places=kept,
        production=production,
        candidate=candidate,
        answered=arm.answered[kept],
        weights=arm.weights[kept],
        clusters=clusters_from(arm.clusters.codes[kept]),
        left_out=counted(why[why != _FINE].astype(np.int32), _WHY),
    )


def _of_streams(log: ReadLog, arm: Arm, failed: Mapping[str, BoolArray]) -> NDArray[np.int8]:
    """No stream was asked for, or an answer is none."""
    streamed = {side: log.pairs[f"{side}_streamed"][arm.rows] == 1 for side in SIDES}
    asked_for = streamed["production"] | streamed["candidate"]
    fine = asked_for & np.logical_and.reduce([failed[side] | streamed[side] for side in SIDES])
    return np.asarray(np.where(fine, _CODES[_FINE], _CODES[_NOT_STREAMED]))


def _of_side(log: ReadLog, arm: Arm, side: str, seconds: FloatArray, failed: BoolArray) -> NDArray[np.int8]:
    """Why an answer's time is not known; a failure's is."""
    words = log.pairs.texts[f"{side}_disturbed"]
    codes = np.array([*map(_WHY.index, words), _FINE], np.int8)  # the last: code −1, nothing was in the way
    disturbed = codes[log.pairs[f"{side}_disturbed"][arm.rows]]
    why = np.where((disturbed == _FINE) & np.isnan(seconds), _CODES[_NO_TIMING], disturbed)
    return np.asarray(np.where(failed, _CODES[_FINE], why))
