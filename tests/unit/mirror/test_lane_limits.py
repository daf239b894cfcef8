"""What keeps a lane from calling now: pace, breaker, budget, production's answer, an operator. In virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shadowbench.limits.budget import Why
from shadowbench.mirror.lane import MAX_SHAPED_AT_ONCE_BYTES
from shadowbench.mirror.options import BreakerOptions, BudgetOptions, RetryOptions
from shadowbench.mirror.spending import SpendingFile
from tests.unit.mirror.doubles import ConnectFault, small
from tests.unit.mirror.lane_bench import LaneBench
from tests.unit.mirror.test_attempts import refuse
from tests.virtual_time import NOON, run

ONCE = RetryOptions(attempts=1)


# ── pace ──


def test_copies_above_the_rate_wait_for_their_turn() -> None:
    async def story() -> None:
        bench = LaneBench(small(rate_per_s=4.0))
        for _ in range(4):
            bench.offer()
        await bench.turn()
        seen = [len(bench.open)]
        for _ in range(3):
            await asyncio.sleep(0.26)
            seen.append(len(bench.open))
        assert seen == [1, 2, 3, 4]
        bench.lane.cancel_all("shutdown")

    run(story())


def test_copies_that_wait_too_long_for_the_rate_are_stale_in_time() -> None:
    async def story() -> None:
        bench = LaneBench(small(rate_per_s=0.1))
        for _ in range(3):
            bench.offer()
        await asyncio.sleep(1.99)
        assert bench.lane.queued == 2
        await asyncio.sleep(0.02)
        assert bench.lane.queued == 0, "nobody had to come and look"
        assert bench.not_sent_reasons == {2: "stale", 3: "stale"}
        bench.answer()
        assert bench.counts == {"sampled": 3, "dispatched": 1, "not_sent:stale": 2, "answered:ok": 1}

    run(story())


def test_copies_behind_calls_that_hang_are_stale_in_time() -> None:
    async def story() -> None:
        bench = LaneBench(small(concurrency=1))
        for _ in range(3):
            bench.offer()
        await asyncio.sleep(2.01)
        assert bench.not_sent_reasons == {2: "stale", 3: "stale"} and bench.lane.running == 1
        bench.lane.cancel_all("shutdown")

    run(story())


def test_a_queue_that_waits_for_the_rate_is_bounded() -> None:
    async def story() -> None:
        bench = LaneBench(small(rate_per_s=1.0, queue=2))
        for _ in range(5):
            bench.offer()
        assert bench.lane.queued == 2
        assert bench.counts["not_sent:queue_full"] == 2
        bench.lane.cancel_all("shutdown")

    run(story())


def test_quiet_that_a_candidate_asks_for_holds_the_whole_lane() -> None:
    async def story() -> None:
        bench = LaneBench(small(retries=ONCE))
        bench.offer()
        await bench.turn()
        refuse(bench.open[0], 429, "1")
        bench.open[0].end()
        bench.offer()
        await asyncio.sleep(0.9)
        held_until = bench.lane.state().held_until
        assert bench.open == [] and held_until == pytest.approx(NOON + bench.loop.now_s + 0.1)
        await asyncio.sleep(0.2)
        assert len(bench.open) == 1 and bench.lane.state().held_until is None
        bench.answer()

    run(story())


# ── breaker ──


def test_a_candidate_that_fails_is_left_alone_and_tried_again_carefully() -> None:
    async def story() -> None:
        options = small(breaker=BreakerOptions(failures=3, window=5, open_s=4.0, successes=2), retries=ONCE)
        bench = LaneBench(options)
        for status in (500, 502, 504):
            bench.offer()
            await bench.turn()
            bench.answer(status)
        assert bench.lane.state().breaker == "open"
        bench.offer()
        assert bench.counts["not_sent:breaker_open"] == 1
        await asyncio.sleep(4.0)
        assert bench.lane.state().breaker == "half_open"
        bench.offer()
        bench.offer()
        await bench.turn()
        assert len(bench.open) == 1 and bench.counts["not_sent:breaker_open"] == 2, "one probe at a time"
        bench.answer()
        bench.offer()
        await bench.turn()
        bench.answer()
        assert bench.lane.state().breaker == "closed" and bench.lane.state().breaker_until is None

    run(story())


def test_copies_in_the_queue_are_refused_when_the_breaker_opens() -> None:
    async def story() -> None:
        bench = LaneBench(small(breaker=BreakerOptions(failures=1, window=1), concurrency=1, retries=ONCE))
        for _ in range(3):
            bench.offer()
        await bench.turn()
        bench.answer(500)
        await bench.turn()
        assert bench.not_sent_reasons == {2: "breaker_open", 3: "breaker_open"}

    run(story())


def test_a_probe_that_is_withdrawn_lets_another_go() -> None:
    async def story() -> None:
        bench = LaneBench(small(breaker=BreakerOptions(failures=1, window=1, open_s=1.0), retries=ONCE))
        bench.offer()
        await bench.turn()
        bench.answer(500)
        await asyncio.sleep(1.0)
        bench.withdraw(bench.offer())
        number = bench.offer(b"odd")
        assert bench.not_sent_reasons == {number: "unpatchable_odd"}
        bench.offer()
        await bench.turn()
        bench.answer()

    run(story())


# ── budget ──


def budgeted(**budgets: object) -> LaneBench:
    options = BudgetOptions(reserve_usd=0.4, **budgets)  # type: ignore[arg-type]
    return LaneBench(small(budgets=options, retries=ONCE))


def test_calls_under_way_cannot_overrun_a_budget_together() -> None:
    async def story() -> None:
        bench = budgeted(usd_per_hour=1.0)
        for _ in range(4):
            bench.offer()
        assert bench.not_sent_reasons == {3: "budget_usd_hour", 4: "budget_usd_hour"}
        await bench.turn()
        bench.answer()
        bench.lane.settle(1, 0.1, 50)
        bench.lane.forget(1)
        (hour, _, total) = bench.lane.state().budget
        assert (hour.spent_usd, hour.reserved_usd, hour.left_usd) == (0.1, 0.4, 0.5)
        assert total.left_usd is None and total.spent_tokens == 50
        bench.lane.cancel_all("shutdown")

    run(story())


@pytest.mark.parametrize(
    ("end", "spent_usd"),
    [
        ("refused", 0.0),  # nothing was sent
        ("http_400", 0.0),  # errors are not billed
        ("hangs up", 0.4),  # it may have been billed
        ("withdrawn", 0.4),
        ("unshapable", 0.0),
    ],
)
def test_what_may_have_been_billed_counts(end: str, spent_usd: float) -> None:
    async def story() -> None:
        bench = budgeted(usd_total=1.0)
        if end == "refused":
            bench.origin.outcomes = [ConnectFault("refused")]
        number = bench.offer(b"odd" if end == "unshapable" else b"{}")
        await bench.turn()
        match end:
            case "http_400":
                bench.answer(400)
            case "hangs up":
                bench.open[0].fault("reset")
            case "withdrawn":
                bench.withdraw(number)
        bench.lane.forget(number)
        total = bench.lane.gates.purse.ledger.spending.windows[2]
        assert (total.spent.nano_usd, total.reserved.nano_usd) == (int(spent_usd * 1e9), 0)

    run(story())


def test_time_that_is_paid_for_counts_before_the_recorder_says_so() -> None:
    async def story() -> None:
        options = small(budgets=BudgetOptions(usd_total=2.0), usd_per_second=1.0, retries=ONCE, concurrency=4)
        bench = LaneBench(options)
        for _ in range(3):
            bench.offer()
        await bench.turn()
        await asyncio.sleep(0.7)
        bench.answer()  # whole
        bench.answer(400)
        bench.withdraw(3)
        total = bench.lane.state().budget[2]
        assert total.reserved_usd == pytest.approx(2.1) and total.left_usd == 0
        refused = bench.offer()
        assert bench.not_sent_reasons == {refused: "budget_usd_total"}
        bench.lane.settle(2, 0.7, None, Why.UNREADABLE)
        bench.lane.forget(1)
        bench.lane.forget(3)
        assert bench.lane.state().budget[2].spent_usd == pytest.approx(2.1), "errors take time as well"

    run(story())


def test_a_price_nobody_knows_stops_the_lane_once_it_is_noticed() -> None:
    async def story() -> None:
        bench = budgeted(usd_total=10.0)
        number = bench.offer()
        await bench.turn()
        bench.answer()
        bench.lane.settle(number, None, 20, Why.NO_PRICE)
        assert bench.lane.state().price_unknown and bench.lane.state().unknown_costs == 1
        number = bench.offer()
        assert bench.not_sent_reasons == {number: "price_unknown"}
        bench.lane.resume()
        number = bench.offer()
        await bench.turn()
        bench.answer()
        assert number not in bench.not_sent_reasons

    run(story())


def test_a_budget_is_not_refilled_by_a_crash(tmp_path: Path) -> None:
    async def before() -> None:
        bench = LaneBench(options, file=file)
        bench.offer()
        bench.offer()
        await bench.turn()
        bench.answer()
        bench.lane.settle(1, 0.3, 5)
        file.close()  # as a killed process leaves it: the second call is under way
        bench.lane.cancel_all("shutdown")

    async def after() -> None:
        bench = LaneBench(options, file=file)
        assert bench.lane.state().budget[2].spent_usd == pytest.approx(0.3 + 0.4)
        bench.offer()
        assert bench.counts["not_sent:budget_usd_total"] == 1

    options = small(budgets=BudgetOptions(usd_total=0.8, reserve_usd=0.4))
    file = SpendingFile(tmp_path / "b")
    run(before())
    file = SpendingFile(tmp_path / "b")
    run(after())
    file.close()


# ── production first ──


def test_a_copy_may_wait_until_production_has_answered() -> None:
    async def story() -> None:
        bench = LaneBench(small(start="after_response", queue=2))
        first, second, third = bench.offer(), bench.offer(), bench.offer()
        assert bench.counts["not_sent:queue_full"] == 1 and third not in bench.copies
        await asyncio.sleep(60.0)
        assert bench.lane.queued == 2 and bench.open == []
        bench.production_ends(first)
        bench.production_ends(second, "production_reset")
        await bench.turn()
        assert len(bench.open) == 2, "its age counts from then"
        bench.answer()
        bench.answer()
        assert bench.counts["answered:ok"] == 2

    run(story())


def test_a_copy_released_into_a_full_lane_becomes_stale_from_then_on() -> None:
    async def story() -> None:
        bench = LaneBench(small(start="after_response", concurrency=1))
        for number in (bench.offer(), bench.offer()):
            await asyncio.sleep(5.0)
            bench.production_ends(number)
        await asyncio.sleep(1.9)
        assert bench.not_sent_reasons == {}
        await asyncio.sleep(0.2)
        assert bench.not_sent_reasons == {2: "stale"}
        bench.lane.cancel_all("shutdown")

    run(story())


@pytest.mark.parametrize("start", ["with_request", "after_response"])
def test_a_client_that_leaves_ends_its_copies_ct_65(start: str) -> None:
    """CT-65."""

    async def story() -> None:
        bench = LaneBench(small(start=start, concurrency=1))
        running, waiting = bench.offer(), bench.offer()
        await bench.turn()
        bench.production_ends(waiting, "client_cancelled")
        bench.production_ends(running, "client_cancelled")
        await bench.turn()
        assert bench.open == [] and bench.lane.queued == 0 == bench.lane.running
        if start == "with_request":
            assert bench.kinds(running) == ["REQUEST_END", "ABORT"]
            assert bench.not_sent_reasons == {waiting: "client_cancelled"}
            assert bench.counts["fault:client_cancelled"] == 1
        else:
            assert bench.counts["not_sent:client_cancelled"] == 2
        assert bench.lane.state().breaker == "closed"

    run(story())


def test_a_client_that_leaves_may_be_followed_to_the_end_ct_65() -> None:
    """CT-65."""

    async def story() -> None:
        bench = LaneBench(small(on_client_cancel="finish"))
        number = bench.offer()
        await bench.turn()
        bench.production_ends(number, "client_cancelled")
        bench.answer()
        assert bench.kinds(number)[-1] == "END"

    run(story())


# ── an operator ──


def test_a_paused_lane_calls_nobody_new() -> None:
    async def story() -> None:
        bench = LaneBench(small(concurrency=1))
        bench.offer()
        waiting = bench.offer()
        await bench.turn()
        bench.lane.pause()
        assert bench.not_sent_reasons == {waiting: "paused"} and bench.lane.state().paused
        bench.offer()
        assert bench.counts["not_sent:paused"] == 2
        bench.answer()
        assert bench.counts["answered:ok"] == 1
        bench.lane.resume()
        bench.offer()
        await bench.turn()
        bench.answer()

    run(story())


def test_the_kill_switch_leaves_nothing_running() -> None:
    async def story() -> None:
        bench = LaneBench(small(concurrency=2, model="m"))
        numbers = [bench.offer(), bench.offer(b"x" * (MAX_SHAPED_AT_ONCE_BYTES + 1)), bench.offer()]
        await bench.turn()
        bench.lane.cancel_all("mirroring_stopped")
        assert (bench.lane.queued, bench.lane.running, bench.open) == (0, 0, [])
        assert bench.kinds(numbers[0]) == ["REQUEST_END", "ABORT"]
        assert bench.not_sent_reasons == {numbers[1]: "mirroring_stopped", numbers[2]: "mirroring_stopped"}
        bench.pool.work()
        await bench.turn()
        assert len(bench.origin.given) == 1
        state = bench.lane.state()
        assert state.last_fault == "mirroring_stopped" and state.breaker == "closed"

    run(story())
