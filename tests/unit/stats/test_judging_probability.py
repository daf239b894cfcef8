"""Brier's score and the calibration error, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from shadowbench.stats.judging_probability import reliability

FORECASTS = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=50)


@given(FORECASTS)
def test_brier_agrees_with_scikit_learn_and_bins_hold_everything(told: list[tuple[float, float]]) -> None:
    said, came = zip(*told, strict=True)
    found = reliability(said, came)
    assert found is not None
    assert found.brier == pytest.approx(brier_score_loss(came, said, labels=[0, 1]))
    assert sum(each.n for each in found.bins) == len(told)
    assert 0 <= found.ece <= 1


def test_calibration_error_by_hand() -> None:
    found = reliability([0.9, 0.9, 0.1, 1.0], [1, 0, 0, 1])
    assert found is not None
    assert [(each.low, each.n, each.outcome) for each in found.bins] == [(0.1, 1, 0.0), (0.9, 3, pytest.approx(2 / 3))]
    assert found.ece == pytest.approx((0.1 + 3 * abs(2.8 / 3 - 2 / 3)) / 4)


def test_honest_forecasts_have_a_small_error_and_boasts_a_large_one() -> None:
    random = np.random.default_rng(1)
    said = random.random(5000)
    came = (random.random(5000) < said).astype(float)
    honest, boasting = reliability(said, came), reliability(np.round(said), came)
    assert honest is not None and boasting is not None
    assert honest.ece < 0.03 < 0.2 < boasting.ece


def test_what_is_no_forecast_is_refused() -> None:
    assert reliability([], []) is None
    with pytest.raises(ValueError, match="from 0 to 1"):
        reliability([1.2], [1])
    with pytest.raises(ValueError, match="2 forecasts cannot have 1"):
        reliability([0.2, 0.3], [1])
