"""Columns of several logs, one behind the other. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shadowbench.store.columns import NOT_SCORED, Coded, ScoreColumns

Numbers = NDArray[np.float64]


def joined(columns: Sequence[Numbers | Coded]) -> Numbers | Coded:
    """One column of many: words that are alike get one code."""
    if len(columns) == 1:
        return columns[0]
    coded = [column for column in columns if isinstance(column, Coded)]
    if not coded:
        return np.concatenate([column for column in columns if not isinstance(column, Coded)])
    return joined_words(coded)


def joined_words(columns: Sequence[Coded]) -> Coded:
    """One column of words: those that are alike get one code."""
    places: dict[str, int] = {}
    codes = []
    for column in columns:
        # The last entry is for code -1: no word stays no word.
        anew = np.array([*(places.setdefault(text, len(places)) for text in column.texts), -1], np.int32)
        codes.append(anew[column.codes])
    return Coded(codes=np.concatenate(codes), texts=tuple(places))


def joined_scores(parts: Sequence[ScoreColumns]) -> ScoreColumns:
    """One measure's scores in several logs."""
    if len(parts) == 1:
        return parts[0]
    return ScoreColumns(
        value=np.concatenate([part.value for part in parts]),
        production_value=np.concatenate([part.production_value for part in parts]),
        reason=joined_words([part.reason for part in parts]),
        production_reason=joined_words([part.production_reason for part in parts]),
        probability=np.concatenate([part.probability for part in parts]),
    )


def unscored(n: int) -> ScoreColumns:
    """Scores of a measure that a log does not know."""
    nothing = np.full(n, np.nan)
    never = Coded(codes=np.zeros(n, np.int32), texts=(NOT_SCORED,))
    return ScoreColumns(
        value=nothing, production_value=nothing, reason=never, production_reason=never, probability=nothing
    )
