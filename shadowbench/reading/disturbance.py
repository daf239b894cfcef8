"""Which times are not the endpoint's alone, as columns: `metrics.disturbance` for many at once. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shadowbench.metrics.disturbance import LAG_FLOOR_S, LAG_SHARE
from shadowbench.store.columns import Coded

WHY = ("paused", "late")


def why_untimed(
    *,
    paused_s: NDArray[np.float64],
    loop_lag_s: NDArray[np.float64],
    ttft_s: NDArray[np.float64],
    latency_s: NDArray[np.float64],
) -> Coded:
    """Why, as words, shape (n,): see `metrics.disturbance.why_untimed`."""
    shortest = np.nan_to_num(np.fmin(ttft_s, latency_s), nan=0.0)
    late = loop_lag_s > np.maximum(LAG_FLOOR_S, LAG_SHARE * shortest)
    codes = np.where(paused_s > 0, 0, np.where(late, 1, -1)).astype(np.int32)
    return Coded(codes=codes, texts=WHY)
