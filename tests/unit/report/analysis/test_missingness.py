from __future__ import annotations

import numpy as np
import pytest

from shadowbench.report.analysis.missingness import lacks_more
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import sign_test
from tests.unit.report.analysis.invented import an_arm


def flags(n: int, *where: int) -> np.ndarray:
    found = np.zeros(n, bool)
    found[list(where)] = True
    return found


def test_independent_pairs_are_counted_exactly() -> None:
    arm = an_arm(40)
    found = lacks_more(flags(40, *range(8)), flags(40, 7, 20), arm.sample(np.ones(40, bool)))
    assert found is not None
    assert (found.method, found.n, found.statistic) == (Method.MCNEMAR_MID_P, 40, 7.0)
    assert found.p is not None
    assert found.p < sign_test(7, 1)


def test_of_clusters_it_is_their_t() -> None:
    arm = an_arm(40, clusters=np.arange(40) // 4)
    found = lacks_more(flags(40, *range(8)), flags(40), arm.sample(np.ones(40, bool)))
    assert found is not None
    assert (found.method, found.clusters) == (Method.CLUSTER_T, 10)
    assert found.p == pytest.approx(0.1679, abs=1e-3)


def test_where_both_lack_the_same_nothing_is_to_be_said() -> None:
    arm = an_arm(10)
    everything = arm.sample(np.ones(10, bool))
    assert lacks_more(flags(10, 1, 2), flags(10, 1, 2), everything) is None
    assert lacks_more(flags(10, 1), flags(10), arm.sample(~flags(10, 1))) is None
