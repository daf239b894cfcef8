"""Columns of why times do not count: as `metrics.disturbance` says it, one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics import disturbance
from shadowbench.reading.disturbance import why_untimed
from shadowbench.records import Timing
from shadowbench.store.testing import an_observation

_SECONDS = st.sampled_from([0.0, 0.001, 0.01, 0.0100001, 0.05, 0.0500001, 0.2, 1.0, 1.0001, 20.0])


@given(st.lists(st.tuples(_SECONDS, _SECONDS, st.none() | _SECONDS, st.none() | _SECONDS), max_size=20))
def test_all_at_once_is_as_one_by_one(timings: list[tuple[float, float, float | None, float | None]]) -> None:
    columns = np.array(timings, dtype=np.float64).reshape(-1, 4).T
    names = ("paused_s", "loop_lag_s", "ttft_s", "latency_s")
    why = why_untimed(**dict(zip(names, columns, strict=True)))
    told = [None if code < 0 else why.texts[code] for code in why.codes.tolist()]
    assert told == [
        disturbance.why_untimed(
            an_observation(timing=Timing(paused_s=paused, loop_lag_s=lag, first_content_s=ttft, last_byte_s=latency))
        )
        for paused, lag, ttft, latency in timings
    ]
