"""How many of a candidate's pairs people labelled. Numbers for requirements; what they said is `people`'s."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shadowbench.reading.log import LabelOf
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.deciding import Labelled
from shadowbench.stats.columns import IntArray


def rows_of(labels: Sequence[LabelOf]) -> IntArray:
    """The pairs that labels are about, one entry for each label."""
    return np.array([each.row for each in labels], np.int64)


def labelled_of(rows: IntArray, arm: Arm) -> Labelled:
    """`rows`: of `log.pairs`, one entry for each label."""
    found, times = np.unique(rows[np.isin(rows, arm.rows)], return_counts=True)
    return Labelled(pairs=len(found), twice=int((times > 1).sum()))
