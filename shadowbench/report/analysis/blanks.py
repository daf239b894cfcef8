"""Answers that say nothing: 200 OK, no text, no tool call. Measures of texts have no value there (`no_text`).

A tool call without a text says something, and has the same reason. The metric `empty` tells them apart; where nobody scored it,
the side's finish reason does as far as it goes (not every API names one for tool calls). Of both sides together it tells whose
the blank answer is, unless the reason does (`blank_candidate`), as of imported scores; and of those that are just `not_given`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.scopes import has_reason
from shadowbench.scores import BLANK_CANDIDATE, BLANK_PRODUCTION, NO_TEXT, Shape
from shadowbench.stats.columns import BoolArray
from shadowbench.store.columns import Coded, ScoreColumns

_EMPTY = "empty"
_UNTOLD = (NO_TEXT, "not_given")
_OF_TOOLS = frozenset({"tool_calls", "tool_use", "function_call"})

Blank = tuple[BoolArray, BoolArray]
"""Whether production's answer, and the candidate's, says nothing, shape (n,) each."""


def blanks_of(log: ReadLog, arm: Arm, scores: ScoreColumns, shape: Shape) -> Blank | None:
    """Blank answers among those that the measure has no value of; None: there are none."""
    if shape is Shape.SIDES:
        return _of_sides(log, arm, scores)
    told = _among(scores.reason, (BLANK_PRODUCTION,), arm), _among(scores.reason, (BLANK_CANDIDATE,), arm)
    untold = _among(scores.reason, _UNTOLD, arm)
    return _either(told, _empty(log, arm, untold, untold))


def _of_sides(log: ReadLog, arm: Arm, scores: ScoreColumns) -> Blank | None:
    sides = scores.production_reason, scores.reason
    if _EMPTY in log.scores:
        return _empty(log, arm, *(_among(side, _UNTOLD, arm) for side in sides))
    theirs, ours = (_among(side, (NO_TEXT,), arm) for side in sides)
    if not (theirs.any() or ours.any()):
        return None
    return theirs & ~_calls_tools(log, arm, "production"), ours & ~_calls_tools(log, arm, "candidate")


def _among(reasons: Coded, words: Sequence[str], arm: Arm) -> BoolArray:
    return has_reason(reasons, words)[arm.rows]


def _empty(log: ReadLog, arm: Arm, theirs: BoolArray, ours: BoolArray) -> Blank | None:
    """Which of these the metric `empty` says are blank."""
    if _EMPTY not in log.scores or not (theirs.any() or ours.any()):
        return None
    empty = log.scores.of(log.scores.measure(_EMPTY))
    return theirs & (empty.production_value[arm.rows] == 1), ours & (empty.value[arm.rows] == 1)


def _either(one: Blank, other: Blank | None) -> Blank | None:
    if other is not None:
        one = one[0] | other[0], one[1] | other[1]
    return one if one[0].any() or one[1].any() else None


def _calls_tools(log: ReadLog, arm: Arm, side: str) -> BoolArray:
    name = f"{side}_finish_reason"
    if name not in log.pairs.texts:
        return np.zeros(arm.n, np.bool_)
    words = np.array([text.lower() in _OF_TOOLS for text in log.pairs.texts[name]] + [False])  # the last: code −1
    return np.asarray(words[log.pairs[name][arm.rows]])
