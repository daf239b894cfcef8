"""Each attempt is in the book before it is made and after."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.judges.calls.attempts import Attempts, Errand, Refused
from shadowbench.judges.calls.books import InLoop
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.faults import Came
from shadowbench.judges.options import EndpointOptions
from shadowbench.pricing import PricingOptions
from shadowbench.scores import CallResult, JudgeCall, PairRef
from shadowbench.signals import Counters
from tests.unit.judges.calls.desks import PRICED, Book, Script, Slowly, chat, endpoint, prices, refusal
from tests.virtual_time import NOON, run

PAIR = PairRef(7, 1)
ERRAND = Errand(key=b"q", pair=PAIR, purpose="verdict", outputs=100, said=lambda came: "ok")
BODY = b'{"x":"' + b"y" * 990 + b'"}'  # 998 bytes: as many tokens at most
MOST_USD = 998 * 1e-6 + 100 * 10e-6


class Under:
    """Attempts with a book and a script."""

    def __init__(
        self, script: Script, *, pricing: PricingOptions = PRICED, book_s: float = 0.0, **options: Any
    ) -> None:
        self.book, self.script, self.counters = Book(), script, Counters()
        told: EndpointOptions = endpoint(**options)
        keeper = Slowly(self.book, book_s) if book_s else InLoop(self.book)
        self.attempts = Attempts(
            "j", told, owner="w1", transport=script, book=keeper, prices=prices(pricing),
            tally=Tally(self.counters, "j"), unix=lambda: NOON,
        )  # fmt: skip

    async def make(self, number: int = 1) -> Came | Refused:
        return await self.attempts.make(ERRAND, BODY, number)


def test_an_attempt_is_entered_with_what_it_may_cost_and_settled_with_what_it_did() -> None:
    async def story() -> None:
        under = Under(Script([chat("x", tokens=(200, 30))], after_s=2.5))
        await under.make(number=3)
        call = JudgeCall(
            judge="j", pair=PAIR, purpose="verdict", attempt=3, model="m", owner="w1", started_at=NOON,
            reserved_usd=pytest.approx(MOST_USD),
        )  # fmt: skip
        assert under.book.calls == {1: call}
        result = CallResult(
            outcome="ok", status=200, duration_s=2.5, reported_model="m-1", input_tokens=200, output_tokens=30,
            cost_usd=pytest.approx(200 * 1e-6 + 30 * 10e-6),
        )  # fmt: skip
        assert under.book.results == {1: result}

    run(story())


def test_it_is_in_the_book_before_it_is_made() -> None:
    async def story() -> None:
        under = Under(Script([chat("x")], after_s=5.0))
        task = asyncio.get_running_loop().create_task(under.make())
        await asyncio.sleep(1.0)
        assert under.book.spending("j").open_calls == 1
        assert under.book.spending("j").open_usd == pytest.approx(MOST_USD)
        await task
        assert under.book.spending("j").open_calls == 0

    run(story())


def test_a_failed_attempt_is_settled_too() -> None:
    async def story() -> None:
        under = Under(Script([refusal(500), Came(fault="timed_out")]))
        await under.make()
        await under.make()
        assert under.book.outcomes == ["server_error", "timed_out"]
        assert [under.book.results[n].cost_reason for n in (1, 2)] == ["at_most", "at_most"]
        assert under.book.spending("j").usd == pytest.approx(2 * MOST_USD)

    run(story())


def test_a_cancelled_attempt_is_settled_with_the_most_it_can_have_cost() -> None:
    async def story() -> None:
        under = Under(Script([chat("x")], after_s=60.0))
        task = asyncio.get_running_loop().create_task(under.make())
        await asyncio.sleep(1.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (result,) = under.book.results.values()
        assert (result.outcome, result.cost_usd, result.cost_reason) == (
            "cancelled",
            pytest.approx(MOST_USD),
            "at_most",
        )
        assert result.duration_s == pytest.approx(1.5)

    run(story())


@pytest.mark.parametrize("after_s", [0.1, 0.3, 0.5, 0.6, 0.9])
def test_who_leaves_while_the_book_is_written_leaves_nothing_open(after_s: float) -> None:
    async def story() -> None:
        under = Under(Script([chat("x")], after_s=1.0), book_s=0.5)
        task = asyncio.get_running_loop().create_task(under.make())
        await asyncio.sleep(after_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        spent, was_sent = under.book.spending("j"), bool(under.script.sent)
        assert under.book.outcomes == ["cancelled"]
        assert was_sent == (after_s > 0.5)
        assert (spent.open_calls, spent.usd) == (0, pytest.approx(MOST_USD if was_sent else 0.0))

    run(story())


def test_no_price_and_a_budget_is_no_call() -> None:
    async def story() -> None:
        for limit in ("budget_usd", "budget_usd_per_day"):
            under = Under(Script([chat("x")]), pricing=PricingOptions(), **{limit: 5.0})
            assert await under.make() == Refused(reason="unpriced")
            assert not under.book.calls and not under.script.sent

    run(story())


def test_no_price_is_allowed_where_it_is_allowed_or_there_is_no_budget() -> None:
    async def story() -> None:
        for options in ({"budget_usd": 5.0, "unpriced": "allow"}, {}):
            under = Under(Script([chat("x")]), pricing=PricingOptions(), **options)
            assert isinstance(await under.make(), Came)
            assert under.book.calls[1].reserved_usd == 0
            assert (under.book.results[1].cost_usd, under.book.results[1].cost_reason) == (None, "unknown_model")
            assert under.counters.series("judge_unpriced_total") == [((("judge", "j"), ("reason", "unknown_model")), 1)]

    run(story())


@pytest.mark.parametrize("limit", ["budget_usd", "budget_usd_per_day"])
def test_no_money_is_no_call(limit: str) -> None:
    async def story() -> None:
        under = Under(Script([chat("x")]), **{limit: MOST_USD * 0.99})
        assert await under.make() == Refused(reason="budget")
        assert not under.script.sent

    run(story())


def test_who_finds_the_budget_reserved_waits_for_what_it_really_costs() -> None:
    async def story() -> None:
        under = Under(Script([chat("x", tokens=(10, 1))], after_s=3.0), budget_usd=MOST_USD * 1.5)
        came = await asyncio.gather(*(under.make() for _ in range(3)))
        assert all(isinstance(each, Came) for each in came)
        assert under.script.times == [1.0, 4.0, 7.0]

    run(story())


@given(
    tokens=st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 500), st.integers(0, 100))), min_size=1, max_size=30),
    budget=st.floats(0, 20 * MOST_USD),
    cancelled=st.sets(st.integers(0, 29)),
    book_s=st.sampled_from([0.0, 0.02, 0.4]),
)
def test_no_budget_is_ever_overspent(
    tokens: list[tuple[int, int] | None], budget: float, cancelled: set[int], book_s: float
) -> None:
    """Many at once, some without usage, some cancelled: what is spent and what is reserved stay below the limit together."""

    async def story() -> None:
        under = Under(
            Script([chat("x", tokens=each) for each in tokens], after_s=1.0), budget_usd=budget, book_s=book_s
        )

        async def watch() -> None:
            for _ in range(200):
                assert under.book.spending("j").total_usd <= budget + 1e-9
                await asyncio.sleep(0.25)

        loop = asyncio.get_running_loop()
        watching: list[asyncio.Task[Any]] = [loop.create_task(watch())]
        tasks: list[asyncio.Task[Any]] = [loop.create_task(under.make()) for _ in tokens]
        await asyncio.sleep(0.6)
        for number in cancelled & set(range(len(tasks))):
            tasks[number].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await watching[0]
        spending = under.book.spending("j")
        assert spending.open_calls == 0
        assert spending.usd <= budget + 1e-9
        never_sent = [
            each for each in under.book.results.values() if (each.outcome, each.cost_usd) == ("cancelled", 0.0)
        ]
        assert spending.calls == len(under.script.sent) + len(never_sent)

    run(story())
