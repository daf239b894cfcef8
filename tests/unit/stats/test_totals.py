from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.totals import Drawn, scaled, total


def test_of_everything_drawn_the_total_is_as_uncertain_as_the_mean() -> None:
    values, groups = np.random.default_rng(1).lognormal(size=300), Clusters.of(np.arange(300) // 3)
    found, average = total(values, Drawn(np.ones(300), groups)), mean(values, clusters=groups)
    assert (found.method, found.clusters, found.n) == (Method.WEIGHTED_TOTAL, 100, 300)
    assert found.value == pytest.approx(values.sum())
    assert average.low is not None and average.high is not None
    assert (found.low, found.high) == pytest.approx((300 * average.low, 300 * average.high))


def test_what_is_not_known_is_taken_to_be_like_the_rest() -> None:
    drawn = Drawn(np.array([2.0, 2.0, 4.0, 4.0]), Clusters.each(4), beside=8.0)
    found = total([1.0, 3.0], drawn, places=np.array([0, 2]))
    assert drawn.number == 20
    assert found.value == pytest.approx(20 * (2 * 1 + 4 * 3) / 6)
    assert found.n == 2


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(1, 20), st.integers(0, 6)), min_size=2, max_size=30), st.randoms()
)
def test_the_order_of_rows_does_not_matter(rows: list[tuple[float, float, int]], chance: object) -> None:
    def of(given: list[tuple[float, float, int]]) -> tuple[float | None, float | None]:
        values, weights, labels = (np.array(column) for column in zip(*given, strict=True))
        found = total(values, Drawn(weights.astype(float), Clusters.of(labels)))
        return found.value, found.se

    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    value, se = of(rows)
    assert of(shuffled)[0] == pytest.approx(value, abs=1e-9)
    assert (of(shuffled)[1] or 0.0) == pytest.approx(se or 0.0, abs=1e-6)


def test_the_number_is_certain_where_everything_was_drawn_and_uncertain_where_little_was() -> None:
    assert Drawn(np.ones(50), Clusters.each(50)).estimate().reason is Refused.NO_VARIATION
    tenth = Drawn(np.full(400, 10.0), Clusters.each(400)).estimate()
    assert tenth.value == 4000
    assert tenth.se == pytest.approx(10 * np.sqrt(400 * 0.9), rel=0.01)  # of a binomial number, by its own rate


def test_nothing_is_refused_and_weights_below_one_are_wrong() -> None:
    none = total([], Drawn(np.empty(0), Clusters.each(0)))
    assert (none.value, none.reason) == (None, Refused.TOO_FEW)
    assert total([3.0], Drawn(np.array([2.0]), Clusters.each(1))).reason is Refused.TOO_FEW
    with pytest.raises(ValueError, match="probability"):
        total([1.0, 2.0], Drawn(np.array([0.5, 2.0]), Clusters.each(2)))
    with pytest.raises(ValueError, match="places"):
        total([1.0], Drawn(np.ones(2), Clusters.each(2)))


def test_so_many_times_as_much_turns_around_with_the_sign() -> None:
    found = total([1.0, 2.0, 4.0], Drawn(np.ones(3), Clusters.each(3)))
    twice, minus = scaled(found, 2), scaled(found, -1)
    assert found.low is not None and found.high is not None and found.se is not None
    assert (twice.value, twice.low, twice.se) == (14, 2 * found.low, 2 * found.se)
    assert (minus.low, minus.high, minus.se) == (-found.high, -found.low, found.se)
    assert scaled(total([], Drawn(np.empty(0), Clusters.each(0))), 2).value is None


def traffic(chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Requests of 1,500 users: costs, users, and chances. Dear requests are drawn oftener."""
    sizes = 1 + chance.geometric(0.4, 1500)
    users = np.repeat(np.arange(1500), sizes)
    dear = chance.random(len(users)) < 0.2
    costs = chance.lognormal(0.3 * chance.normal(size=1500)[users] + dear, 0.5)
    return costs, users, np.where(dear, 0.5, 0.08)


@pytest.mark.parametrize("together", [False, True], ids=["by_request", "by_user"])
def test_totals_cover_what_all_of_the_traffic_came_to_however_it_was_sampled(together: bool) -> None:
    chance = np.random.default_rng(3)
    hits, tried, relative = 0, 300, []
    for _ in range(tried):
        costs, users, chances = traffic(chance)
        points = chance.random(1500)[users] if together else chance.random(len(users))
        got = points < chances
        found = total(costs[got], Drawn(1 / chances[got], Clusters.of(users[got])))
        assert found.low is not None and found.high is not None and found.value is not None
        hits += found.low <= costs.sum() <= found.high
        relative.append(found.value / costs.sum())
    assert 0.92 <= hits / tried <= 0.995
    assert np.mean(relative) == pytest.approx(1.0, abs=0.015)
