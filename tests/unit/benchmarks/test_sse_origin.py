"""The clock of token streams: a slot per millisecond, and no turn of the loop in between."""

import asyncio
from itertools import pairwise
from typing import Any, cast

import pytest
import uvloop

from benchmarks.sse_origin import PERIOD_MS, Stream, Wheel


class Clock:
    """A loop of which only the time is wanted; what is called later is called when its millisecond has come."""

    def __init__(self, start_ms: int) -> None:
        self.ms = start_ms
        self.delays: list[float] = []
        self._due: Any = None

    def time(self) -> float:
        return self.ms / 1000

    def call_later(self, delay: float, call: Any) -> None:
        self.delays.append(delay)
        self._due = call

    def turn(self, ms: int) -> None:
        self.ms += ms
        self._due()


class Sent:
    """A stream that notes when it was to send."""

    def __init__(self, clock: Clock) -> None:
        self.at: list[int] = []
        self._clock = clock

    def send(self) -> bool:
        self.at.append(self._clock.ms)
        return True


@pytest.mark.parametrize("start_ms", [0, 1, 86_400_123, 4_294_967_295])
def test_each_stream_sends_once_per_period_and_the_loop_rests_in_between(start_ms: int) -> None:
    clock = Clock(start_ms)
    wheel = Wheel(cast(asyncio.AbstractEventLoop, clock))
    streams = [Sent(clock) for _ in range(2 * PERIOD_MS)]
    for stream in streams:
        wheel.add(cast(Stream, stream))
    for _ in range(5 * PERIOD_MS):
        clock.turn(1)
    assert all(later - earlier == PERIOD_MS for stream in streams for earlier, later in pairwise(stream.at))
    assert {len(stream.at) for stream in streams} == {5}
    assert min(clock.delays) >= 0.001, "what is due within half a millisecond is called in every turn of the loop"


def test_what_was_missed_for_long_is_left_out() -> None:
    clock = Clock(1000)
    wheel = Wheel(cast(asyncio.AbstractEventLoop, clock))
    stream = Sent(clock)
    wheel.add(cast(Stream, stream))
    clock.turn(10_000)
    assert len(stream.at) in (100 // PERIOD_MS, 100 // PERIOD_MS + 1), "a tenth of a second is caught up with, no more"


def test_on_the_loop_that_benchmarks_use_it_turns_about_once_a_millisecond() -> None:
    async def turns() -> int:
        loop = asyncio.get_running_loop()
        wheel = Wheel(loop)
        ticks = 0
        tick = wheel._tick

        def ticking() -> None:
            nonlocal ticks
            ticks += 1
            tick()

        wheel._tick = ticking  # type: ignore[method-assign]
        await asyncio.sleep(0.2)
        return ticks

    assert uvloop.run(turns()) <= 220
