from __future__ import annotations

from dataclasses import replace

import numpy as np

from shadowbench.report.analysis.lanes import beside_lane, lane_of
from tests.unit.report.analysis.invented import LIKENESS, an_arm, values_of


def test_of_several_lanes_it_is_the_one_with_most_pairs() -> None:
    lanes = [replace(an_arm(n), name=name, again=True) for name, n in (("a", 2), ("b", 5), ("c", 5))]
    assert lane_of([*lanes, an_arm(9)]) is lanes[1]
    assert lane_of([an_arm(9)]) is None


def test_only_requests_that_both_were_given_count_and_the_rarer_draw_weighs() -> None:
    ours = an_arm(4, exchange=np.array([10, 20, 30, 40]), weights=np.array([1.0, 2, 3, 4]), clusters=[0, 0, 1, 2])
    lane = an_arm(3, exchange=np.array([20, 40, 50]), weights=np.array([5.0, 1, 1]))
    found = beside_lane(
        values_of(ours, LIKENESS, [0.1, 0.2, 0.3, 0.4]), ours, values_of(lane, LIKENESS, [0.9, 0.8, 0.7]), lane
    )
    assert found.places.tolist() == [1, 3]
    assert found.production is not None
    np.testing.assert_allclose(found.difference, [0.2 - 0.9, 0.4 - 0.8])
    assert found.weights.tolist() == [5.0, 4.0]
    assert found.clusters.count == 2


def test_a_pair_is_imputed_where_either_is() -> None:
    ours = an_arm(2, failed=[True, False])
    lane = an_arm(2, failed=[False, True])
    found = beside_lane(values_of(ours, LIKENESS, [0.0, 0.5]), ours, values_of(lane, LIKENESS, [0.9, 0.0]), lane)
    assert found.imputed.all()
