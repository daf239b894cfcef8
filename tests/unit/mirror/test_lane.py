from __future__ import annotations

import asyncio
import time

from shadowbench.mirror.clock import Clock
from shadowbench.mirror.lane import MAX_SHAPED_AT_ONCE_BYTES
from tests.unit.mirror.doubles import Bench, FakeConnection, small
from tests.unit.mirror.test_dispatcher import answer, request


def lane_counts(bench: Bench) -> dict[str, float]:
    found = {}
    for sample in bench.counters.snapshot():
        if sample.name == "lane_calls_total":
            _, (_, stage), (_, reason) = sample.labels
            found[f"{stage}:{reason}".removesuffix(":")] = sample.value
    return found


async def test_calls_are_limited_and_the_rest_waits_in_order() -> None:
    bench = Bench(small(concurrency=2, queue=2))
    (lane,) = bench.dispatcher.lanes
    for sequence in range(1, 7):
        bench.take(*request(sequence))
    await bench.turn()
    assert (lane.running, lane.queued) == (2, 2)
    assert lane_counts(bench) == {"sampled": 6, "dispatched": 2, "not_sent:queue_full": 2}
    bench.origins[0].given[0].fault("reset")
    assert (lane.running, lane.queued) == (1, 2), "not from within the connection's callback"
    await bench.turn()
    assert (lane.running, lane.queued) == (2, 1)
    await lane.drain(0.0)
    assert (lane.running, lane.queued) == (0, 0)


async def test_a_copy_that_waited_too_long_is_stale_and_the_next_is_not() -> None:
    now = [time.monotonic_ns()]
    bench = Bench(small(concurrency=1), clock=Clock(lambda: 0.0, lambda: now[0]))
    bench.take(*request(1), *request(2), *request(3, age_s=-2.0))
    await bench.turn()
    now[0] += 3_000_000_000
    bench.origins[0].given[0].fault("reset")
    await bench.turn()
    assert lane_counts(bench) == {"sampled": 3, "dispatched": 2, "fault:reset": 1, "not_sent:stale": 1}
    await bench.dispatcher.lanes[0].drain(0.0)


async def test_a_lane_that_drains_lets_running_calls_finish() -> None:
    bench = Bench(small(concurrency=1))
    (lane,) = bench.dispatcher.lanes
    bench.take(*request(1), *request(2))
    await bench.turn()
    draining = asyncio.get_running_loop().create_task(lane.drain(5.0))
    await bench.turn()
    assert lane.refusal(0) == "shutdown" and not draining.done()
    (connection,) = bench.origins[0].given
    connection.head()
    connection.end()
    await draining
    assert lane_counts(bench) == {"sampled": 2, "dispatched": 1, "answered:ok": 1, "not_sent:shutdown": 1}


async def test_a_withdrawn_copy_frees_its_place() -> None:
    bench = Bench(small(concurrency=1))
    (lane,) = bench.dispatcher.lanes
    bench.take(*request(1), *request(2), *request(3))
    await bench.turn()
    bench.take(answer(2, "handoff_full")[-1], answer(1, "handoff_full")[-1])
    await bench.turn()
    first, third = bench.origins[0].given
    assert first.aborted and not third.aborted
    assert (lane.running, lane.queued) == (1, 0)
    assert lane_counts(bench) == {
        "sampled": 3,
        "dispatched": 2,
        "cancelled:handoff_full": 1,
        "withdrawn:handoff_full": 1,
    }
    assert isinstance(third, FakeConnection)
    await lane.drain(0.0)


LARGE = b'{"model":"m","messages":["' + b"x" * MAX_SHAPED_AT_ONCE_BYTES + b'"]}'


async def test_a_copy_withdrawn_while_it_is_patched_is_never_sent() -> None:
    bench = Bench(small(model="tiny"))
    (lane,) = bench.dispatcher.lanes
    bench.take(*request(1, LARGE))
    assert lane.running == 1
    bench.take(answer(1, "handoff_full")[-1])
    assert lane.running == 0
    bench.pool.work()
    await bench.turn()
    assert bench.origins[0].given == []
    assert lane_counts(bench) == {"sampled": 1, "cancelled:handoff_full": 1}
    assert bench.memory.held == 0


async def test_a_copy_still_being_patched_at_the_deadline_is_not_sent() -> None:
    bench = Bench(small(model="tiny"))
    bench.take(*request(1, LARGE))
    await bench.dispatcher.lanes[0].drain(0.0)
    bench.pool.work()
    await bench.turn()
    assert bench.origins[0].given == []
    assert lane_counts(bench) == {"sampled": 1, "not_sent:shutdown": 1}
