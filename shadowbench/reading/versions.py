"""One measure under several versions or configurations: which pairs have only scores that another of them gave. Pure.

What different versions of a judge say is not put together. Whoever reads the newest one's scores must see all the same that the
others are there: a pair that another version scored is no pair that nobody has measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from shadowbench.scores import Measure
from shadowbench.stats.columns import BoolArray
from shadowbench.store.columns import NOT_SCORED, Coded, ScoreColumns

OTHER_VERSION = "other_version"
"""The reason of a score that only another version or configuration of the measure gave."""

NEVER_LOOKED_AT = frozenset({NOT_SCORED, "not_drawn", "other_candidate"})
"""Reasons of scores that were never asked for."""


def not_scored(scores: ScoreColumns) -> BoolArray:
    """Which pairs nobody has measured, shape (n,)."""
    return _has(scores.reason, {NOT_SCORED})


def elsewhere(unscored: BoolArray, others: Sequence[tuple[Measure, ScoreColumns]]) -> Mapping[Measure, BoolArray]:
    """Of the pairs that are not scored, those that other versions looked at, (n,) each: every pair by the first that did.
    Versions that have none of them are left out."""
    left, found = unscored.copy(), {}
    for measure, scores in others:
        mine = left & ~_has(scores.reason, NEVER_LOOKED_AT)
        if mine.any():
            found[measure] = mine
            left &= ~mine
    return found


def told_apart(scores: ScoreColumns, where: BoolArray) -> ScoreColumns:
    """The same with `other_version` as the reason there."""
    return replace(
        scores, reason=_reworded(scores.reason, where), production_reason=_reworded(scores.production_reason, where)
    )


def _reworded(column: Coded, where: BoolArray) -> Coded:
    codes = np.where(where & (column.codes >= 0), len(column.texts), column.codes).astype(np.int32)
    return Coded(codes=codes, texts=(*column.texts, OTHER_VERSION))


def _has(column: Coded, words: frozenset[str] | set[str]) -> BoolArray:
    wanted = np.array([text in words for text in column.texts] + [False])  # the last: code −1
    return np.asarray(wanted[column.codes])
