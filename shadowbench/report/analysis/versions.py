"""Warnings of pairs that only another version or configuration of a measure scored: they are left out, and that is told.

What two versions of a judge say is not put together, so of several logs whose judges differ the scores of all but one are no
part of the comparison. Whoever reads "0 pairs" must not take it for a judge that was never asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.counting import public_name
from shadowbench.report.analysis.noting import Values
from shadowbench.report.analysis.values import OF_THE_LOG
from shadowbench.report.document.verdicts import Note
from shadowbench.scores import Measure
from shadowbench.stats.columns import BoolArray, IntArray

_HASH = 8  # characters of a configuration's hash, as people compare them


def of_versions(log: ReadLog, arms: Sequence[Arm], names: Collection[str]) -> Iterator[Note]:
    """A note for each candidate and measure, out of `names`, that leaves such pairs out."""
    for name in (each for each in log.scores if each in names and each not in OF_THE_LOG):
        used = log.scores.measure(name)
        elsewhere = log.scores.elsewhere(used)
        for arm in arms if elsewhere else ():
            if note := _note(log, arm, used, elsewhere):
                yield note


def _note(log: ReadLog, arm: Arm, used: Measure, elsewhere: Mapping[Measure, BoolArray]) -> Note | None:
    rows = {measure: arm.rows[where[arm.rows]] for measure, where in elsewhere.items()}
    left_out = {measure: mine for measure, mine in rows.items() if mine.size}
    if not left_out:
        return None
    others = (f"{_which(measure, log, mine)} in {len(mine):,}" for measure, mine in left_out.items())
    values: Values = {"pairs": sum(map(len, left_out.values())), "used": _version(used), "others": "; ".join(others)}
    return Note(code="other_version", values=values, candidate=arm.name, measure=used.name)


def _which(measure: Measure, log: ReadLog, rows: IntArray) -> str:
    """The version; of several logs also which of them it is of."""
    texts = log.pairs.texts["log"]
    if len(texts) == 1:
        return _version(measure)
    logs = ", ".join(public_name(texts[code]) for code in np.unique(log.pairs["log"][rows]).tolist())
    return f"{_version(measure)} of {logs}"


def _version(measure: Measure) -> str:
    """`2 (configuration d13edc61)`: often it is the model or a prompt that differs, and the version is the same."""
    return (
        f"{measure.version} (configuration {measure.config_hash[:_HASH]})" if measure.config_hash else measure.version
    )
