from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as of_statsmodels

from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.paired_binary import (
    Pairs,
    count_pairs,
    mcnemar,
    newcombe,
    square_and_add,
    tango,
    tango_not_worse,
    tango_score,
)


def pairs(e: int, f: int, g: int, h: int) -> Pairs:
    return Pairs(both=e, candidate_only=f, production_only=g, neither=h)


def ends(estimate: Estimate) -> tuple[float | None, float | None]:
    return estimate.low, estimate.high


@pytest.mark.parametrize(
    ("table", "value", "low", "high"),
    [
        ((36, 12, 2, 0), 0.2, 0.056930, 0.340428),
        ((20, 12, 2, 16), 0.2, 0.056156, 0.329207),
        ((53, 0, 1, 0), -0.018519, -0.097714, 0.049622),
    ],
)
def test_newcombes_table(table: tuple[int, int, int, int], value: float, low: float, high: float) -> None:
    found = newcombe(pairs(*table))
    assert found.value == pytest.approx(value, abs=1e-6)
    assert ends(found) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(
    ("table", "level", "low", "high"),
    [
        ((43, 0, 1, 0), 0.95, -0.118077, 0.059393),
        ((43, 0, 1, 0), 0.90, -0.095662, 0.036517),
        ((36, 12, 2, 0), 0.95, 0.061112, 0.344709),
    ],
)
def test_tangos_intervals(table: tuple[int, int, int, int], level: float, low: float, high: float) -> None:
    assert ends(tango(pairs(*table), level=level)) == pytest.approx((low, high), abs=1e-6)


def test_the_score_test_and_its_interval_say_the_same() -> None:
    table = pairs(36, 4, 8, 10)
    low = tango(table, level=0.9).low
    assert low is not None
    assert tango_not_worse(table, -low) == pytest.approx(0.05, abs=1e-9)
    assert tango_score(table, table.difference) == pytest.approx(0)


@pytest.mark.parametrize(("b", "c"), [(12, 2), (3, 9), (5, 5), (1, 0)])
def test_mcnemar_agrees_with_statsmodels(b: int, c: int) -> None:
    found = mcnemar(pairs(20, b, c, 7))
    assert found.p == pytest.approx(of_statsmodels([[20, b], [c, 7]], exact=True).pvalue)


def test_mid_p_counts_half_of_what_was_seen() -> None:
    table = pairs(0, 12, 2, 0)
    seen = math.comb(14, 2) / 2**14
    exact = mcnemar(table).p
    assert exact is not None
    assert mcnemar(table, mid_p=True).p == pytest.approx(exact - seen)
    assert mcnemar(pairs(1, 3, 3, 1), mid_p=True).p == 1.0


def test_where_no_pair_differs_there_is_a_difference_of_zero_and_no_test() -> None:
    table = pairs(30, 0, 0, 10)
    assert mcnemar(table).reason is Refused.NO_VARIATION
    for found in (newcombe(table), tango(table)):
        assert found.value == 0 and found.low is not None and found.high is not None
        assert found.low < 0 < found.high


def test_no_pairs_no_interval() -> None:
    assert tango(pairs(0, 0, 0, 0)).reason is Refused.TOO_FEW
    assert newcombe(pairs(0, 0, 0, 0)).reason is Refused.TOO_FEW


def test_pairs_are_counted_from_columns() -> None:
    assert count_pairs([1, 1, 1, 0, 0, 0], [True, False, False, True, True, True]) == pairs(1, 2, 3, 0)
    with pytest.raises(ValueError, match="0 or 1"):
        count_pairs([0.5], [1])
    with pytest.raises(ValueError, match="production"):
        count_pairs([1], [1, 0])


def test_without_correlation_squares_add_up() -> None:
    assert square_and_add((0.5, 0.4, 0.6), (0.5, 0.4, 0.6)) == pytest.approx((-0.1 * 2**0.5, 0.1 * 2**0.5))


counts = st.integers(0, 60)


@given(counts, counts, counts, counts)
def test_intervals_hold_their_estimate_and_mirror_when_sides_are_swapped(e: int, f: int, g: int, h: int) -> None:
    table, swapped = pairs(e, f, g, h), pairs(e, g, f, h)
    if not table.n:
        return
    for method in (newcombe, tango):
        found, other = method(table), method(swapped)
        assert found.low is not None and found.high is not None and found.value is not None
        assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9
        assert other.low == pytest.approx(-found.high, abs=1e-9)
        assert method(table, level=0.8).half_width <= found.half_width + 1e-12


@pytest.mark.parametrize("method", [newcombe, tango])
def test_intervals_cover_what_they_promise(method: object) -> None:
    chance, runs, covered = np.random.default_rng(3), 1500, 0
    shares = [0.72, 0.1, 0.06, 0.12]
    for table in chance.multinomial(40, shares, size=runs):
        covered += not method(pairs(*(int(k) for k in table))).excludes(0.04)  # type: ignore[operator]
    assert covered / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)
