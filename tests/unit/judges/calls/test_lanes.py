"""Turns at an endpoint, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.judges.calls.lanes import Lane
from tests.virtual_time import run


class Users:
    """Some who take turns of a second each."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.now = self.most = 0
        self.begun: list[tuple[float, int]] = []

    async def use(self, who: int, for_s: float = 1.0) -> None:
        async with self.lane.turn():
            self.begun.append((asyncio.get_running_loop().time() - 1.0, who))
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await asyncio.sleep(for_s)
            finally:
                self.now -= 1


async def together(*uses: Coroutine[Any, Any, None]) -> None:
    async with asyncio.TaskGroup() as group:
        for use in uses:
            group.create_task(use)


def story(concurrency: int, per_minute: float | None, tell: Callable[[Users], Coroutine[Any, Any, None]]) -> Users:
    users: list[Users] = []

    async def main() -> None:
        users.append(Users(Lane(concurrency=concurrency, per_minute=per_minute)))
        await tell(users[0])

    run(main())
    assert users[0].lane.in_flight == 0
    return users[0]


def test_no_more_go_at_a_time_than_are_allowed_and_in_order() -> None:
    users = story(2, None, lambda users: together(*map(users.use, range(5))))
    assert users.begun == [(0.0, 0), (0.0, 1), (1.0, 2), (1.0, 3), (2.0, 4)]
    assert users.most == 2


def test_requests_are_spaced_by_their_rate() -> None:
    users = story(9, 30.0, lambda users: together(*map(users.use, range(4))))
    assert [at for at, _ in users.begun] == pytest.approx([0.0, 2.0, 4.0, 6.0])


def test_the_endpoint_is_left_in_quiet_when_it_asks_for_it() -> None:
    async def tell(users: Users) -> None:
        users.lane.hold(7.5)
        await together(*map(users.use, range(2)))

    assert [at for at, _ in story(2, None, tell).begun] == pytest.approx([7.5, 7.5])


def test_quiet_that_is_asked_for_holds_those_who_wait_already() -> None:
    async def tell(users: Users) -> None:
        async def hold() -> None:
            await asyncio.sleep(1.0)
            users.lane.hold(10.0)

        await together(users.use(0), users.use(1), hold())

    assert [at for at, _ in story(2, 30.0, tell).begun] == pytest.approx([0.0, 11.0])


def test_fewer_go_after_it_was_too_much_and_more_when_it_grows() -> None:
    async def tell(users: Users) -> None:
        users.lane.allowance.overloaded(users.lane.allowance.begin())
        await together(*map(users.use, range(4)))
        assert users.most == 2
        for _ in range(2):
            users.lane.allowance.answered(users.lane.allowance.begin())
        await together(*map(users.use, range(4)))

    assert story(4, None, tell).most == 3


def test_who_leaves_the_queue_loses_nobody_elses_turn() -> None:
    async def tell(users: Users) -> None:
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(users.use(who)) for who in range(4)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert story(1, None, tell).begun == [(0.0, 0), (1.0, 2), (2.0, 3)]


def test_who_leaves_just_when_its_turn_comes_passes_it_on() -> None:
    async def tell(users: Users) -> None:
        loop = asyncio.get_running_loop()

        async def first() -> None:
            async with users.lane.turn():
                await asyncio.sleep(1.0)
            waiting[0].cancel()  # its turn has come, and it has not run yet

        tasks = [loop.create_task(first())]
        await asyncio.sleep(0.1)
        waiting = [loop.create_task(users.use(who)) for who in range(1, 3)]
        await asyncio.gather(*tasks, *waiting, return_exceptions=True)

    assert story(1, None, tell).begun == [(1.0, 2)]


def test_what_waits_for_the_rate_is_not_under_way() -> None:
    async def tell(users: Users) -> None:
        async def look() -> None:
            await asyncio.sleep(0.5)
            assert users.lane.in_flight == 1
            await asyncio.sleep(1.0)
            assert users.lane.in_flight == 0
            await asyncio.sleep(1.0)
            assert users.lane.in_flight == 1

        await together(*map(users.use, range(4)), look())

    story(4, 30.0, tell)


def test_another_judge_tightens_what_both_may() -> None:
    lane = Lane(concurrency=8, per_minute=None)
    lane.tighten(concurrency=3, per_minute=60.0)
    lane.tighten(concurrency=5, per_minute=120.0)
    assert (lane.allowance.most, lane.allowance.allowed) == (3, 3)

    async def main() -> None:
        users = Users(lane)
        await together(*map(users.use, range(3)))
        assert [at for at, _ in users.begun] == pytest.approx([0.0, 1.0, 2.0])

    run(main())


@given(
    concurrency=st.integers(1, 4),
    lasting=st.lists(st.floats(0, 3), min_size=1, max_size=12),
    cancelled=st.sets(st.integers(0, 11)),
)
def test_everybody_who_stays_gets_a_turn(concurrency: int, lasting: list[float], cancelled: set[int]) -> None:
    async def tell(users: Users) -> None:
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(users.use(who, for_s)) for who, for_s in enumerate(lasting)]
        await asyncio.sleep(0.75)
        for who in cancelled & set(range(len(lasting))):
            tasks[who].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None for who, result in enumerate(done) if who not in cancelled)

    assert story(concurrency, None, tell).most <= concurrency
