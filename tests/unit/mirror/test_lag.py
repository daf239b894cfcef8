from __future__ import annotations

import asyncio
import time

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.mirror.lag import NOISE_NS, LagMeter, WorstLag


@given(st.lists(st.integers(0, 10 * NOISE_NS), max_size=30), st.integers(0, 31))
def test_the_worst_since_any_moment_is_known(lags: list[int], since: int) -> None:
    worst = WorstLag()
    for at, lag in enumerate(lags):
        worst.note(at, lag)
    assert worst.since(since) == max((lag for lag in lags[since:] if lag >= NOISE_NS), default=0)
    assert worst.worst_ns == max(lags, default=0)


def test_what_is_long_past_is_forgotten() -> None:
    worst = WorstLag()
    worst.note(0, 9 * NOISE_NS)
    worst.note(10**14, 2 * NOISE_NS)
    assert worst.since(0) == 2 * NOISE_NS


async def test_a_blocked_loop_is_noticed() -> None:
    meter = LagMeter(asyncio.get_running_loop())
    meter.start()
    before_ns = time.monotonic_ns()
    await asyncio.sleep(0)
    time.sleep(0.05)
    now_ns = time.monotonic_ns()
    # Before the late tick has run, and after.
    assert meter.lag_us(before_ns, now_ns) >= 30_000
    await asyncio.sleep(0.02)
    assert meter.lag_us(before_ns, time.monotonic_ns()) >= 30_000
    assert meter.lag_us(now_ns + 10**12, now_ns + 10**12) == 0
    meter.stop()
    assert meter.lag_us(now_ns, now_ns + 10**9) >= 0
