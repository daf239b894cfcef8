from __future__ import annotations

import asyncio

import pytest

from shadowbench import handoff
from shadowbench.mirror.sweep import period_s
from tests.unit.mirror.doubles import ConnectFault, small
from tests.unit.mirror.lane_bench import LaneBench
from tests.virtual_time import run

TIMEOUTS = {"first_byte_timeout_s": 4.0, "idle_timeout_s": 3.0, "total_timeout_s": 9.0}


@pytest.mark.parametrize(
    ("heard", "reason", "at_s"), [((), "first_byte", 4.0), ((1.0,), "idle", 4.0), ((2.0, 4.0, 6.0, 8.0), "total", 9.0)]
)
def test_a_call_that_takes_too_long_ends_a_little_late_and_says_why(
    heard: tuple[float, ...], reason: str, at_s: float
) -> None:
    async def story() -> None:
        bench = LaneBench(small(**TIMEOUTS))
        number = bench.offer()
        await bench.turn()
        (connection,) = bench.open
        began_s = bench.loop.time()
        for each in heard:
            await asyncio.sleep(began_s + each - bench.loop.time())
            connection.head() if each == heard[0] else connection.body(b"x")
        await asyncio.sleep(began_s + at_s - 0.01 - bench.loop.time())
        assert bench.counts == {"sampled": 1, "dispatched": 1}
        await asyncio.sleep(0.01 + period_s(bench.lane.options) + 0.001)
        assert bench.counts == {"sampled": 1, "dispatched": 1, f"fault:timed_out_{reason}": 1}
        assert handoff.read_end(bench.told[number][-1].payload).reason == f"timed_out_{reason}"
        assert connection.aborted

    run(story())


def test_that_we_stood_still_is_no_fault_of_a_candidate_that_answered_meanwhile() -> None:
    async def story() -> None:
        bench = LaneBench(small(**TIMEOUTS))
        bench.offer()
        await bench.turn()
        (connection,) = bench.open
        await asyncio.sleep(1.0)
        connection.head()
        bench.loop.now_s += 70.0  # stopped; what the candidate sent lies in the socket
        await bench.turn()
        assert bench.counts == {"sampled": 1, "dispatched": 1}
        connection.body(b"x")
        await asyncio.sleep(2.9)
        connection.body(b"x")
        await asyncio.sleep(2.9)
        assert bench.counts == {"sampled": 1, "dispatched": 1}, "of nine seconds seven are over"
        connection.body(b"x")
        await asyncio.sleep(2.9)
        assert bench.counts == {"sampled": 1, "dispatched": 1, "fault:timed_out_total": 1}

    run(story())


def test_a_second_attempt_is_timed_as_well_and_the_wait_before_it_is_not() -> None:
    async def story() -> None:
        bench = LaneBench(small(first_byte_timeout_s=0.3))
        bench.origin.outcomes = [ConnectFault("refused")]
        number = bench.offer()
        await asyncio.sleep(3.0)
        assert bench.kinds(number) == ["ATTEMPT", "REQUEST_END", "ABORT"]
        assert bench.counts == {"sampled": 1, "dispatched": 1, "fault:timed_out_first_byte": 1}

    run(story())


def test_what_ends_in_time_leaves_no_timer_behind() -> None:
    async def story() -> None:
        bench = LaneBench(small(**TIMEOUTS))
        for _ in range(2):
            bench.offer()
            await bench.turn()
            bench.answer()
            await asyncio.sleep(1.0)
            waiting = [timer for timer in bench.loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            assert waiting == [], "nobody looks at a lane that is idle"
        assert bench.counts == {"sampled": 2, "dispatched": 2, "answered:ok": 2}

    run(story())


def test_calls_are_looked_at_twice_a_second_and_ten_times_in_the_shortest_time_out() -> None:
    assert period_s(small()) == 0.5
    assert period_s(small(idle_timeout_s=0.2)) == pytest.approx(0.02)
    assert period_s(small(total_timeout_s=0.001)) == 0.001
