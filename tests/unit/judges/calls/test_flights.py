from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shadowbench.judges.base import EndpointDownError, Reply
from shadowbench.judges.calls.flights import Flights, is_usable
from tests.virtual_time import run

FINE, POOR = Reply(text="yes"), Reply(text=None, reason="budget")


class Asked:
    """Counts how often it is asked; each takes a second."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self.replies = list(replies)
        self.times = 0

    async def __call__(self) -> Reply:
        self.times += 1
        await asyncio.sleep(1.0)
        reply = self.replies[min(self.times, len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply


async def shared(asked: Callable[[], Awaitable[Reply]], count: int) -> list[Reply | BaseException]:
    flights = Flights()
    return await asyncio.gather(*(flights.share(b"k", asked) for _ in range(count)), return_exceptions=True)


def test_of_those_who_ask_the_same_one_asks() -> None:
    async def story() -> None:
        asked = Asked(FINE)
        assert await shared(asked, 3) == [FINE, Reply(text="yes", cached=True), Reply(text="yes", cached=True)]
        assert asked.times == 1

    run(story())


def test_who_asks_another_question_asks_itself() -> None:
    async def story() -> None:
        asked, flights = Asked(FINE), Flights()
        await asyncio.gather(flights.share(b"a", asked), flights.share(b"b", asked))
        assert asked.times == 2

    run(story())


def test_no_reply_is_not_shared() -> None:
    async def story() -> None:
        asked = Asked(POOR, FINE)
        assert await shared(asked, 3) == [POOR, FINE, Reply(text="yes", cached=True)]

    run(story())


def test_an_error_is_not_shared() -> None:
    async def story() -> None:
        down = EndpointDownError("down", reason="overloaded", retry_in_s=5.0)
        assert await shared(Asked(down, FINE), 2) == [down, FINE]

    run(story())


def test_when_the_one_who_asks_leaves_another_asks() -> None:
    async def story() -> None:
        asked, flights, loop = Asked(FINE), Flights(), asyncio.get_running_loop()
        tasks = [loop.create_task(flights.share(b"k", asked)) for _ in range(3)]
        await asyncio.sleep(0.5)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]
        assert [(await task).text for task in tasks[1:]] == ["yes", "yes"]
        assert asked.times == 2

    run(story())


def test_who_waits_may_leave_without_harm() -> None:
    async def story() -> None:
        asked, flights, loop = Asked(FINE), Flights(), asyncio.get_running_loop()
        tasks = [loop.create_task(flights.share(b"k", asked)) for _ in range(3)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        assert (await tasks[0], (await tasks[2]).cached, asked.times) == (FINE, True, 1)

    run(story())


def test_whole_replies_are_usable() -> None:
    assert is_usable(FINE)
    assert not is_usable(POOR)
    assert not is_usable(Reply(text="half", reason="cut"))
