from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.stats import ordering
from shadowbench.stats.ordering import order_of

SOME = st.lists(st.floats(0, np.inf) | st.sampled_from([0.0, 1.0, 1.0 + 2**-52, 1.0 + 2**-51, np.inf]), max_size=200)


@settings(deadline=None)
@given(SOME)
def test_it_is_the_stable_order(values: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_MANY", 1)
        column = np.array(values, np.float64)
        np.testing.assert_array_equal(order_of(column), np.argsort(column, kind="stable"))


@pytest.mark.parametrize("decimals", [1, 3, 17])
@pytest.mark.parametrize("shift", [0.0, -3.0])
def test_of_many_too(decimals: int, shift: float) -> None:
    rng = np.random.default_rng(1)
    values = np.round(rng.lognormal(size=70_000), decimals) + shift
    values[rng.random(len(values)) < 0.03] = np.inf
    np.testing.assert_array_equal(order_of(values), np.argsort(values, kind="stable"))
    np.testing.assert_array_equal(order_of(values[::2]), np.argsort(values[::2], kind="stable"))


def test_numbers_that_differ_in_their_last_bits_are_in_order() -> None:
    values = 1.0 + np.random.default_rng(2).integers(0, 1000, 50_000) * 2.0**-52
    np.testing.assert_array_equal(order_of(values), np.argsort(values, kind="stable"))
