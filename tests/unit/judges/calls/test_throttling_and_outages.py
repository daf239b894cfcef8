"""Hundreds of questions to an endpoint that throttles, or is away for ten minutes, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson
import pytest

from shadowbench.judges.base import EndpointDownError, Reply
from shadowbench.judges.calls import caller
from shadowbench.judges.calls.asker import EndpointAsker
from shadowbench.judges.calls.books import InLoop
from shadowbench.judges.calls.desk import Desk, Surroundings
from shadowbench.judges.calls.faults import Came
from shadowbench.judges.options import EndpointOptions
from shadowbench.signals import Counters
from tests.unit.judges.calls.desks import PRICED, Book, chat, endpoint, question, refusal
from tests.virtual_time import NOON, run

QUESTIONS = 300
Behaviour = Callable[["Endpoint", str], Awaitable[Came]]


@dataclass
class Endpoint:
    """Does as it is told with each question's text; answers take a second, give or take a half."""

    does: Behaviour
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    calls: int = 0
    failed: int = 0
    under_way: int = 0

    async def post(self, body: bytes, *, timeout_s: float) -> Came:
        self.calls += 1
        self.under_way += 1
        try:
            came = await self.does(self, orjson.loads(body)["messages"][1]["content"])
        finally:
            self.under_way -= 1
        self.failed += came.status != 200
        return came

    async def answer(self) -> Came:
        await asyncio.sleep(self.dice.uniform(0.5, 1.5))
        return chat("x")

    async def aclose(self) -> None:
        pass

    @property
    def time(self) -> float:
        return asyncio.get_running_loop().time() - 1.0


@dataclass
class Done:
    """What came of all questions."""

    replies: Counter[str | None]
    pauses: int
    took_s: float
    endpoint: Endpoint


def work(does: Behaviour, **options: int) -> Done:
    """Have all questions answered as a worker does: some at a time, those that have to wait again after the pause."""
    seen: list[Done] = []

    async def story() -> None:
        there, counters = Endpoint(does), Counters()
        here = Surroundings(
            book=InLoop(Book()), pricing=PRICED, environ={}, counters=counters, owner="w", unix=lambda: NOON,
            chance=random.Random(2).random,
        )  # fmt: skip
        told: EndpointOptions = endpoint(**options)
        replies = await through(Desk(here, lambda *_: there).asker("j", told), 2 * told.concurrency)
        pauses = sum(count for _, count in counters.series("judge_pauses_total"))
        seen.append(Done(replies, int(pauses), there.time, there))

    run(story())
    return seen[0]


async def through(asker: EndpointAsker, size: int) -> Counter[str | None]:
    replies: Counter[str | None] = Counter()
    left = list(range(QUESTIONS))
    while left:
        claim, left = left[:size], left[size:]
        said = await asyncio.gather(*(ask(asker, number) for number in claim))
        replies.update(reply.reason for reply in said if isinstance(reply, Reply))
        if waiting := [(n, each) for n, each in zip(claim, said, strict=True) if isinstance(each, EndpointDownError)]:
            left = [number for number, _ in waiting] + left
            await asyncio.sleep(waiting[0][1].retry_in_s)
    return replies


async def ask(asker: EndpointAsker, number: int) -> Reply | EndpointDownError:
    try:
        return await asker.ask(question(str(number)), pair=None, purpose="verdict")
    except EndpointDownError as down:
        return down


@pytest.mark.parametrize(("room", "concurrency"), [(1, 8), (3, 16), (8, 64)])
def test_an_endpoint_that_takes_only_so_many_at_a_time_is_kept_busy(room: int, concurrency: int) -> None:
    async def throttled(there: Endpoint, text: str) -> Came:
        if there.under_way > room:
            await asyncio.sleep(0.05)
            return refusal(429)
        return await there.answer()

    done = work(throttled, concurrency=concurrency)
    assert done.replies == {None: QUESTIONS}
    assert done.took_s < 2 * QUESTIONS / room
    assert done.endpoint.failed < QUESTIONS


def test_an_endpoint_that_takes_only_so_many_a_minute_gets_no_more() -> None:
    taken: list[float] = []

    async def metered(there: Endpoint, text: str) -> Came:
        recent = [at for at in taken if at > there.time - 60]
        if len(recent) >= 60:
            return refusal(429, retry_after_s=60 - (there.time - recent[0]))
        taken.append(there.time)
        return await there.answer()

    done = work(metered)
    assert done.replies == {None: QUESTIONS}
    assert done.endpoint.failed < QUESTIONS / 5
    assert done.took_s < 1.2 * QUESTIONS


def test_an_endpoint_that_takes_nothing_at_all_is_out_of_order_soon_and_people_are_told_once_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr(caller, "tell", lambda level, event, **fields: told.append((event, fields)))
    found: list[tuple[float, int]] = []

    async def full(there: Endpoint, text: str) -> Came:
        return refusal(429, "busy", retry_after_s=7.0)

    async def story() -> None:
        there = Endpoint(full)
        here = Surroundings(
            book=InLoop(Book()), pricing=PRICED, environ={}, counters=Counters(), owner="w", unix=lambda: NOON,
            chance=random.Random(2).random,
        )  # fmt: skip
        asker = Desk(here, lambda *_: there).asker("j", endpoint(concurrency=8))
        for _ in range(3):
            said = await asyncio.gather(*(ask(asker, number) for number in range(16)))
            assert all(isinstance(each, EndpointDownError) for each in said)
            found.append((there.time, there.calls))
            await asyncio.sleep(max(each.retry_in_s for each in said if isinstance(each, EndpointDownError)))

    run(story())
    assert found[0][0] < 40 and found[0][1] < 20  # not four tries of each
    assert found[2][0] < 120 and found[2][1] <= found[0][1] + 2  # after a pause one finds out for all
    ((event, fields),) = told
    assert event == "a judge waits for its endpoint"
    assert (fields["judge"], fields["reason"]) == ("j", "rate_limited") and "429 (" in str(fields["why"])


async def gone(there: Endpoint) -> Came:
    return Came(fault="unreachable", was_sent=False)


async def broken(there: Endpoint) -> Came:
    return refusal(500)


async def silent(there: Endpoint) -> Came:
    await asyncio.sleep(30.0)
    return Came(fault="timed_out")


@pytest.mark.parametrize("concurrency", [1, 8, 32])
@pytest.mark.parametrize(("fails", "absent"), [(gone, 0), (broken, 1), (silent, 1)])
def test_ten_minutes_without_an_endpoint_cost_few_calls_and_next_to_no_verdicts(
    fails: Callable[[Endpoint], Awaitable[Came]], absent: int, concurrency: int
) -> None:
    async def away(there: Endpoint, text: str) -> Came:
        return await (fails(there) if 5 < there.time < 605 else there.answer())

    done = work(away, concurrency=concurrency)
    assert done.replies[None] >= QUESTIONS - absent
    assert done.endpoint.failed < 25 + concurrency
    assert 5 <= done.pauses <= 8


@pytest.mark.parametrize("concurrency", [1, 8])
def test_questions_that_cannot_be_answered_do_not_hold_up_the_others(concurrency: int) -> None:
    async def choosy(there: Endpoint, text: str) -> Came:
        return refusal(500) if text in ("0", "7", "150", "299") else await there.answer()

    done = work(choosy, concurrency=concurrency)
    assert done.replies == {None: QUESTIONS - 4, "server_error": 4}
    assert done.took_s < QUESTIONS * 1.2 / concurrency + 400
