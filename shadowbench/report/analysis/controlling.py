"""What is left of a judge's preference where both answers are as long and look alike. Intervals hold at the declared looks.

Length is in characters (metric `length`), else words, else output tokens, which count hidden reasoning, too, and differ between
makers. Densities of headings, lists and bold go in where measures of these names were scored on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.computable import in_range
from shadowbench.report.analysis.subsampling import some_clusters
from shadowbench.report.analysis.values import Paired, is_preference
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Controlled
from shadowbench.report.policy import Looks
from shadowbench.scores import Shape
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray
from shadowbench.stats.estimates import Refused
from shadowbench.stats.sequences import FIRST_LOOK
from shadowbench.stats.win_rates import controlled_win_rate

NO_LENGTHS = "no_lengths"

MOST_PAIRS = 100_000
"""Of more a part is drawn: the fit takes a second for a million, and the interval is a hundredth wide long before."""

_LENGTHS = ("length", "length_words")
_STYLES = ("headings", "lists", "bullets", "bold")
_KNOWN = 0.5  # share of pairs whose lengths must be known

Both = tuple[FloatArray, FloatArray]
"""The candidate's and production's, shape (n,)."""


def controlled(
    log: ReadLog, arm: Arm, paired: Paired, *, level: float = 0.95, seed: int = 0, looking: Looking | None = None
) -> tuple[Controlled | None, str | None]:
    """Of a preference (`values.is_preference`), over pairs where both sides answered; of anything else (None, None). `looking`:
    when one looks; None: once.

    Without lengths it is None, with the reason `no_lengths`. A refusal of the method is in `rate.reason`, and told as the
    reason beside it.
    """
    if not is_preference(paired.subject):
        return None, None
    there = paired.among(~paired.imputed)
    rows = arm.rows[there.places]
    lengths = _lengths(log, rows)
    if lengths is None:
        return None, NO_LENGTHS
    ours, theirs, known = _features(lengths, list(_styles(log, rows)))
    return _fitted(there.among(known), ours[known], theirs[known], level, seed, looking)


def _fitted(
    paired: Paired, candidate: FloatArray, production: FloatArray, level: float, seed: int, looking: Looking | None
) -> tuple[Controlled, str | None]:
    some = some_clusters(paired.clusters, MOST_PAIRS, seed)
    if some is not None:
        chosen = np.zeros(paired.n, np.bool_)
        chosen[some] = True
        paired, candidate, production = paired.among(chosen), candidate[some], production[some]
    found = controlled_win_rate(
        paired.candidate,
        candidate,
        production,
        clusters=paired.clusters,
        weights=paired.weights,
        level=level if looking is None else looking.alike(level, clusters=max(1, paired.clusters.count)),
    )
    rate = replace(found.rate, level=level)
    if looking is not None and looking.rule() is Looks.ANY and rate.reason is None and rate.worth < FIRST_LOOK:
        rate = replace(rate, low=None, high=None, reason=Refused.TOO_FEW)
    told = Controlled(
        rate=rate,
        length_coefficient=replace(found.coefficients[0], level=level) if found.coefficients else None,
        overlap=found.overlap,
        length_ratio=found.length_ratio,
    )
    return told, rate.reason


def _lengths(log: ReadLog, rows: IntArray) -> Both | None:
    """The first kind of length that is known of enough pairs."""
    for both in _known_lengths(log, rows):
        if np.mean(_known(both)) >= _KNOWN if len(rows) else False:
            return both
    return None


def _known_lengths(log: ReadLog, rows: IntArray) -> Iterator[Both]:
    yield from (both for name in _LENGTHS if (both := _scored(log, name, rows)) is not None)
    columns = ("candidate_output_tokens", "production_output_tokens")
    if all(column in log.pairs for column in columns):
        yield log.pairs[columns[0]][rows], log.pairs[columns[1]][rows]


def _styles(log: ReadLog, rows: IntArray) -> Iterator[Both]:
    yield from (both for name in _STYLES if (both := _scored(log, name, rows)) is not None)


def _scored(log: ReadLog, name: str, rows: IntArray) -> Both | None:
    """A measure of both sides; None: there is none of this name."""
    if name not in log.scores or log.scores.measure(name).shape is not Shape.SIDES:
        return None
    scores = log.scores[name]
    return in_range(scores.value[rows]), in_range(scores.production_value[rows])


def _known(both: Both) -> BoolArray:
    """Lengths that are numbers, and not below zero."""
    return np.asarray((both[0] >= 0) & (both[1] >= 0))


def _features(lengths: Both, styles: list[Both]) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Features of both sides, shape (n, k), length first, then how many marks there are for each unit of length; and where all
    of them are known."""
    known = np.logical_and.reduce([_known(both) for both in (lengths, *styles)])
    ours, theirs = (
        np.column_stack([lengths[side], *(both[side] / np.maximum(lengths[side], 1.0) for both in styles)])
        for side in (0, 1)
    )
    return ours, theirs, known
