from __future__ import annotations

import asyncio

import pytest

from shadowbench.http1.responses import ResponseHead
from shadowbench.mirror.options import RetryOptions
from tests.unit.mirror.doubles import ConnectFault, FakeConnection, small
from tests.unit.mirror.lane_bench import LaneBench
from tests.virtual_time import run

RETRIES = "lane_retries_total"


def refuse(connection: FakeConnection, status: int, retry_after: str | None = None) -> None:
    head = ResponseHead()
    head.status, head.reason = status, b"Busy"
    if retry_after is not None:
        head.fields = [b"Retry-After", b": ", retry_after.encode(), b"\r\n"]
    assert connection.handler is not None
    connection.headed = True
    connection.handler.on_head(head)


def retries(bench: LaneBench, reason: str) -> float:
    return bench.counters.get(RETRIES, (("candidate", "small"), ("reason", reason)))


def test_a_refused_connection_is_tried_again_and_told() -> None:
    async def story() -> None:
        bench = LaneBench(small())
        bench.origin.outcomes = [ConnectFault("refused")]
        began_ns = bench.loop.clock.now_ns()
        number = bench.offer()
        await asyncio.sleep(1.0)
        bench.answer()
        assert bench.kinds(number) == ["ATTEMPT", "REQUEST_END", "HEAD", "PART", "END"]
        (attempt,) = bench.attempts(number)
        assert attempt == {"reason": "refused", "status": None, "started_ns": began_ns, "ended_ns": began_ns}
        assert retries(bench, "refused") == 1
        assert bench.counts == {"sampled": 1, "dispatched": 1, "answered:ok": 1}

    run(story())


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_busy_candidate_is_asked_again_when_it_says(status: int) -> None:
    async def story() -> None:
        bench = LaneBench(small())
        number = bench.offer()
        await bench.turn()
        refuse(bench.open[0], status, "1")
        await asyncio.sleep(0.99)
        assert bench.open == []
        await asyncio.sleep(0.3)
        bench.answer()
        assert bench.kinds(number) == ["ATTEMPT", "REQUEST_END", "HEAD", "PART", "END"]
        assert bench.attempts(number)[0]["status"] == status
        assert bench.counts == {"sampled": 1, "dispatched": 1, "answered:ok": 1}

    run(story())


def test_a_candidate_that_stays_busy_has_answered_so() -> None:
    async def story() -> None:
        bench = LaneBench(small(retries=RetryOptions(attempts=2)))
        number = bench.offer()
        await bench.turn()
        refuse(bench.open[0], 503)
        await asyncio.sleep(0.5)
        bench.answer(503)
        assert bench.kinds(number) == ["ATTEMPT", "REQUEST_END", "HEAD", "PART", "END"]
        assert bench.counts == {"sampled": 1, "dispatched": 1, "answered:http_5xx": 1}

    run(story())


def test_without_retries_the_first_word_is_the_last() -> None:
    async def story() -> None:
        bench = LaneBench(small(retries=RetryOptions(attempts=1)))
        bench.origin.outcomes = [ConnectFault("refused")]
        number = bench.offer()
        await bench.turn()
        assert bench.kinds(number) == ["ABORT"]
        assert bench.counts == {"sampled": 1, "dispatched": 1, "fault:refused": 1}

    run(story())


def test_a_stale_connection_is_replaced_by_a_fresh_one_even_without_retries() -> None:
    async def story() -> None:
        bench = LaneBench(small(retries=RetryOptions(attempts=1)))
        bench.origin.idle = [FakeConnection(reused=True), FakeConnection(reused=True)]
        number = bench.offer()
        bench.open[0].fault("stale")
        await bench.turn()
        assert not bench.open[0].reused and len(bench.origin.idle) == 1
        bench.open[0].fault("reset")
        assert bench.kinds(number) == ["ATTEMPT", "REQUEST_END", "ABORT"]
        assert retries(bench, "stale") == 1
        assert bench.counts == {"sampled": 1, "dispatched": 1, "fault:reset": 1}

    run(story())


@pytest.mark.parametrize("fault", ["reset", "truncated", "bad_response"])
def test_what_may_have_been_generated_is_not_generated_twice(fault: str) -> None:
    async def story() -> None:
        bench = LaneBench(small())
        bench.offer()
        await bench.turn()
        bench.open[0].fault(fault)
        await asyncio.sleep(3.0)
        assert len(bench.origin.given) == 1
        assert bench.counts == {"sampled": 1, "dispatched": 1, f"fault:{fault}": 1}

    run(story())


def test_a_copy_that_would_be_stale_is_not_tried_again() -> None:
    async def story() -> None:
        bench = LaneBench(small())
        bench.offer()
        await asyncio.sleep(1.5)
        refuse(bench.open[0], 503, "1")
        assert bench.counts == {"sampled": 1, "dispatched": 1}, "the answer is still coming"
        bench.open[0].end()
        assert bench.counts == {"sampled": 1, "dispatched": 1, "answered:http_5xx": 1}

    run(story())


def test_a_copy_withdrawn_while_it_waits_for_its_next_attempt_is_gone() -> None:
    async def story() -> None:
        bench = LaneBench(small())
        bench.origin.outcomes = [ConnectFault("refused")]
        number = bench.offer()
        await bench.turn()
        assert bench.lane.running == 1 and bench.open == []
        bench.withdraw(number)
        await asyncio.sleep(3.0)
        assert bench.origin.given == [] and bench.lane.running == 0
        assert bench.counts == {"sampled": 1, "dispatched": 1, "withdrawn:recorder_full": 1}

    run(story())


def test_a_copy_cancelled_while_it_waits_for_its_next_attempt_says_why() -> None:
    async def story() -> None:
        bench = LaneBench(small())
        bench.origin.outcomes = [ConnectFault("refused")]
        number = bench.offer()
        await bench.turn()
        bench.production_ends(number, "client_cancelled")
        await asyncio.sleep(3.0)
        assert bench.kinds(number) == ["ATTEMPT", "ABORT"]
        assert bench.counts == {"sampled": 1, "dispatched": 1, "fault:client_cancelled": 1}

    run(story())


def test_a_breaker_that_opened_meanwhile_ends_the_matter() -> None:
    async def story() -> None:
        bench = LaneBench(small())
        bench.origin.outcomes = [ConnectFault("refused") for _ in range(30)]
        numbers = [bench.offer() for _ in range(12)]
        await asyncio.sleep(2.2)
        assert bench.lane.state().breaker == "open"
        assert bench.kinds(numbers[0]) == ["ATTEMPT", "ABORT"], "it was closed still"
        assert bench.kinds(numbers[9]) == ["ABORT"]
        assert bench.counts == {"sampled": 12, "dispatched": 12, "fault:refused": 12}
        assert len(bench.origin.outcomes) == 30 - 12, "no second attempt"

    run(story())
