"""Quantiles agree with the reference, and are absent where there is too little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.quantiles import quantile

numpy = pytest.importorskip("numpy")


@given(st.lists(st.floats(0, 1e6), min_size=20, max_size=200), st.sampled_from([0.05, 0.5, 0.95]))
def test_a_quantile_is_numpys(values: list[float], q: float) -> None:
    assert quantile(values, q) == pytest.approx(float(numpy.quantile(values, q)))


@pytest.mark.parametrize(("n", "q", "given_out"), [(0, 0.5, 0), (1, 0.5, 0), (2, 0.5, 1), (19, 0.95, 0), (20, 0.95, 1)])
def test_a_quantile_takes_one_value_beyond_it(n: int, q: float, given_out: int) -> None:
    assert (quantile([1.0] * n, q) is not None) == given_out
