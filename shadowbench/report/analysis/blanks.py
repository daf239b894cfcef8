"""Answers that say nothing: 200 OK, no text, no tool call. Measures of texts have no value there (`no_text`).

A tool call without a text says something, and has the same reason. The metric `empty` tells them apart; where nobody scored it,
the side's finish reason does as far as it goes (not every API names one for tool calls).
"""

from __future__ import annotations

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.scopes import has_reason
from shadowbench.scores import Shape
from shadowbench.stats.columns import BoolArray
from shadowbench.store.columns import ScoreColumns

NO_TEXT = "no_text"
_EMPTY = "empty"
_OF_TOOLS = frozenset({"tool_calls", "tool_use", "function_call"})

Blank = tuple[BoolArray, BoolArray]
"""Whether production's answer, and the candidate's, says nothing, shape (n,) each."""


def blanks_of(log: ReadLog, arm: Arm, scores: ScoreColumns, shape: Shape) -> Blank | None:
    """Blank answers among those that the measure has no value of; None: there are none. Of both sides together only `empty`
    tells whose it is."""
    if not any(NO_TEXT in column.texts for column in (scores.reason, scores.production_reason)):
        return None
    ours = has_reason(scores.reason, (NO_TEXT,))[arm.rows]
    theirs = has_reason(scores.production_reason, (NO_TEXT,))[arm.rows] if shape is Shape.SIDES else ours
    if _EMPTY in log.scores:
        empty = log.scores.of(log.scores.measure(_EMPTY))
        return theirs & (empty.production_value[arm.rows] == 1), ours & (empty.value[arm.rows] == 1)
    if shape is not Shape.SIDES:
        return None
    return theirs & ~_calls_tools(log, arm, "production"), ours & ~_calls_tools(log, arm, "candidate")


def _calls_tools(log: ReadLog, arm: Arm, side: str) -> BoolArray:
    name = f"{side}_finish_reason"
    if name not in log.pairs.texts:
        return np.zeros(arm.n, np.bool_)
    words = np.array([text.lower() in _OF_TOOLS for text in log.pairs.texts[name]] + [False])  # the last: code −1
    return np.asarray(words[log.pairs[name][arm.rows]])
