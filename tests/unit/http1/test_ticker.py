"""The coarse clock: everything is looked at once per round, and lags are remembered for a while."""

import asyncio
from typing import cast

import pytest

from shadowbench.http1.ticker import Ticker
from tests.virtual_time import VirtualLoop, run


class Handle:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """A loop whose time is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[tuple[float, object]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: object) -> Handle:
        self.due.append((self.now + delay, callback))
        return Handle()

    def run(self, late: float = 0.0) -> None:
        when, callback = self.due.pop(0)
        self.now = when + late
        callback()


class Watched:
    def __init__(self) -> None:
        self.seen: list[float] = []

    def check(self, now: float) -> None:
        self.seen.append(now)


def make() -> tuple[Ticker, Loop]:
    loop = Loop()
    ticker = Ticker(loop)  # type: ignore[arg-type]
    ticker.start()
    return ticker, loop


def test_each_is_checked_once_in_half_a_second():
    ticker, loop = make()
    watched = [Watched() for _ in range(12)]
    for one in watched:
        ticker.watch(one)
    for _ in range(10):
        loop.run()
    assert all(len(one.seen) == 2 for one in watched)
    assert all(abs(one.seen[1] - one.seen[0] - 0.5) < 1e-6 for one in watched)


def test_what_is_forgotten_is_checked_no_more_even_when_another_check_forgets_it():
    ticker, loop = make()
    one = Watched()
    ticket = ticker.watch(one)
    ticker.forget(one, ticket)
    ticker.forget(one, ticket)
    for _ in range(5):
        loop.run()
    assert one.seen == []


def test_checks_may_watch_and_forget():
    ticker, loop = make()

    class Busy(Watched):
        def check(self, now: float) -> None:
            super().check(now)
            ticker.forget(self, self.ticket)
            self.ticket = ticker.watch(self)

    busy = Busy()
    busy.ticket = ticker.watch(busy)
    for _ in range(50):
        loop.run()
    assert len(busy.seen) >= 7


def test_the_worst_lag_since_a_moment_is_remembered():
    ticker, loop = make()
    loop.run()
    loop.run(late=0.2)
    early = ticker.now
    for _ in range(5):
        loop.run()
    loop.run(late=0.05)
    assert abs(ticker.worst_lag_s(100.0) - 0.2) < 1e-6
    assert abs(ticker.worst_lag_s(early + 0.01) - 0.05) < 1e-6
    assert ticker.worst_lag_s(ticker.now + 1) == 0.0


def test_time_in_which_the_loop_stood_still_is_none():
    ticker, loop = make()
    watched = Watched()
    ticker.watch(watched)
    for _ in range(5):
        loop.run()
    loop.run(late=70.0)
    for _ in range(4):
        loop.run()
    assert watched.seen[1] - watched.seen[0] == pytest.approx(0.5)
    assert ticker.now == pytest.approx(loop.now - 70.0)
    assert ticker.worst_lag_s(100.0) == pytest.approx(70.0), "and it is known of what was under way"


def test_a_busy_loop_is_no_pause():
    ticker, loop = make()
    loop.run(late=0.9)
    assert ticker.now == pytest.approx(loop.now)


def test_a_time_out_waits_for_the_time_that_was_left():
    async def story() -> None:
        loop = cast(VirtualLoop, asyncio.get_running_loop())
        ticker = Ticker(loop)
        ticker.start()
        async with ticker.timeout(3.0):
            await asyncio.sleep(1.0)
            loop.now_s += 70.0  # it stands still
            await asyncio.sleep(1.5)
        with pytest.raises(TimeoutError):
            async with ticker.timeout(3.0):
                await asyncio.sleep(3.5)
        loop.now_s += 70.0
        await asyncio.sleep(1.0)
        assert ticker.now == pytest.approx(loop.now_s - 140.0, abs=0.2), (
            "it ticks on: those that are over are let alone"
        )
        ticker.stop()

    run(story())


async def test_it_ticks_on_a_real_loop_until_stopped():
    ticker = Ticker(asyncio.get_running_loop())
    ticker.stop()
    ticker.start()
    checked = asyncio.Event()

    class Once:
        def check(self, now: float) -> None:
            checked.set()

    ticker.watch(Once())
    await checked.wait()
    ticker.stop()
