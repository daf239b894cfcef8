"""Whatever happens in whatever order, a copy leaves its lane by exactly one counted stage, and no money stays reserved."""

from __future__ import annotations

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.mirror.lane import MAX_SHAPED_AT_ONCE_BYTES
from shadowbench.mirror.options import BreakerOptions, BudgetOptions, CandidateOptions, RetryOptions
from tests.unit.mirror.doubles import ConnectFault, FakeConnection, small
from tests.unit.mirror.lane_bench import LaneBench
from tests.unit.mirror.test_attempts import refuse
from tests.virtual_time import run

_LARGE = b"x" * (MAX_SHAPED_AT_ONCE_BYTES + 1)


def some_candidate(chance: random.Random) -> CandidateOptions:
    return small(
        queue=chance.randint(1, 4),
        concurrency=chance.randint(1, 3),
        rate_per_s=chance.choice([None, 0.7, 3.0, 40.0]),
        start=chance.choice(["with_request", "after_response"]),
        on_client_cancel=chance.choice(["cancel", "finish"]),
        retries=RetryOptions(attempts=chance.randint(1, 3), max_wait_s=1.0),
        breaker=BreakerOptions(failures=chance.choice([0, 1, 3]), window=4, open_s=1.0, max_open_s=3.0),
        budgets=BudgetOptions(
            usd_per_hour=chance.choice([None, 0.3, 2.0]), tokens_total=chance.choice([None, 500]), unknown_price="allow"
        ),
        first_byte_timeout_s=chance.choice([0.5, 5.0]),
        idle_timeout_s=1.0,
        total_timeout_s=6.0,
    )


class Chaos:
    """Does something legal, again and again."""

    def __init__(self, chance: random.Random, bench: LaneBench) -> None:
        self.chance = chance
        self.bench = bench
        self.offered: list[int] = []

    async def step(self) -> None:
        chance, bench = self.chance, self.bench
        what = chance.choices(
            ["offer", "candidate", "production", "withdraw", "work", "wait", "turn", "settle", "pause", "kill"],
            [30, 25, 10, 4, 6, 10, 10, 5, 2, 1],
        )[0]
        match what:
            case "offer":
                if chance.random() < 0.2:
                    bench.origin.outcomes.append(ConnectFault(chance.choice(["refused", "tls", "dns"])))
                self.offered.append(bench.offer(chance.choice([b"{}", b"{}", b"odd", _LARGE])))
            case "candidate":
                self._candidate()
            case "production" if self.offered:
                bench.production_ends(chance.choice(self.offered), chance.choice([None, None, "client_cancelled"]))
            case "withdraw" if self.offered:
                bench.withdraw(chance.choice(self.offered))
            case "work":
                bench.pool.work()
            case "wait":
                await asyncio.sleep(chance.choice([0.01, 0.3, 1.0, 3.0, 3600.0]))
            case "turn":
                await bench.turn()
            case "settle" if self.offered:
                self._settle(chance.choice(self.offered))
            case "pause":
                chance.choice([bench.lane.pause, bench.lane.resume])()
            case "kill":
                bench.lane.cancel_all("mirroring_stopped")

    def _settle(self, number: int) -> None:
        if number not in self.bench.copies:
            usd = self.chance.choice([None, 0.0, 0.04])
            self.bench.lane.settle(number, usd, self.chance.choice([None, 30]))

    def _candidate(self) -> None:
        if not self.bench.open:
            return
        connection = self.chance.choice(self.bench.open)
        match self.chance.choice(["whole", "whole", "head", "fault", "refuse", "stale"]):
            case "whole":
                connection.head(self.chance.choice([200, 200, 404, 500]))
                connection.body(b"x" * self.chance.choice([1, 40_000]))
                connection.end()
                self.bench.origin.idle.append(FakeConnection(reused=True))
            case "head":
                connection.head()
            case "fault":
                connection.fault(self.chance.choice(["truncated", "reset"]))
            case "refuse" if not connection.headed:
                refuse(connection, self.chance.choice([429, 503]), self.chance.choice([None, "0", "1", "60"]))
            case "stale" if connection.reused and not connection.headed:
                connection.fault("stale")


async def _story(seed: int, steps: int) -> None:
    chance = random.Random(seed)
    bench = LaneBench(some_candidate(chance), seed=seed)
    chaos = Chaos(chance, bench)
    for _ in range(steps):
        await chaos.step()
        state = bench.lane.state()
        assert state.running <= bench.lane.options.concurrency and state.queued <= bench.lane.options.queue
    await bench.lane.drain(chance.choice([0.0, 30.0]))
    bench.pool.work()
    await asyncio.sleep(10.0)
    for number in chaos.offered:
        bench.lane.forget(number)

    assert bench.copies == {} and bench.open == []
    assert (bench.lane.queued, bench.lane.running) == (0, 0)
    stages: dict[str, float] = {}
    for name, value in bench.counts.items():
        stage = name.partition(":")[0]
        stages[stage] = stages.get(stage, 0) + value
    count = stages.get
    assert count("sampled", 0) == len(chaos.offered)
    assert count("sampled", 0) == count("dispatched", 0) + count("not_sent", 0) + count("cancelled", 0)
    assert count("dispatched", 0) == count("answered", 0) + count("fault", 0) + count("withdrawn", 0)
    ended = sum(bench.kinds(number)[-1:] in (["END"], ["ABORT"]) for number in bench.told)
    assert ended == count("answered", 0) + count("fault", 0), "each of them was told to its end"
    _check_money(bench)


def _check_money(bench: LaneBench) -> None:
    hour, day, total = bench.lane.state().budget
    assert (total.reserved_usd, total.reserved_tokens, day.reserved_usd, hour.reserved_usd) == (0.0, 0, 0.0, 0.0)
    most = bench.lane.options.budgets.tokens_total
    # What a call costs above its own reservation is what can be too much: here it is 30 tokens at most.
    assert most is None or total.spent_tokens <= most + 30 * bench.counts.get("dispatched", 0)


@settings(deadline=None, max_examples=200)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 120))
def test_every_copy_leaves_by_one_stage_and_no_money_stays_reserved(seed: int, steps: int) -> None:
    run(_story(seed, steps))
