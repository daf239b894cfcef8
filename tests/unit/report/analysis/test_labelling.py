from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.labelling import labelled_of, rows_of
from tests.unit.report.analysis.invented import an_arm, said


def test_pairs_are_counted_and_not_labels() -> None:
    rows = rows_of([said(3, value=1.0), said(3, value=2.0, labeller="bob"), said(5, value=1.0), said(9, value=1.0)])
    found = labelled_of(rows, an_arm(3, rows=np.array([3, 5, 7])))
    assert (found.pairs, found.twice) == (2, 1)


def test_without_labels_there_are_none() -> None:
    found = labelled_of(rows_of([]), an_arm(3))
    assert (found.pairs, found.twice) == (0, 0)
