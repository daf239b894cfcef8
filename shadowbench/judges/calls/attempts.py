"""One attempt after the other: entered in the log with what it may cost before it is made, and with what came of it after.

A worker that is killed in between leaves the entry open, and it counts with its reservation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from shadowbench.judges.calls.books import Bookkeeper
from shadowbench.judges.calls.costs import Ask, Charge, charge_of, most_usd
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.faults import Came, failure_of
from shadowbench.judges.calls.transport import Transport
from shadowbench.judges.options import EndpointOptions
from shadowbench.pricing import FlatRates, Pricer
from shadowbench.scores import CallResult, JudgeCall, PairRef

BUDGET, UNPRICED = "budget", "unpriced"
_CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An attempt that may not be made: budget | unpriced."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What an attempt is made for."""

    key: bytes  # of the question
    pair: PairRef | None
    purpose: str  # verdict | repeat | repair | canary | embedding
    outputs: int  # tokens that the answer may have
    said: Callable[[Came], str]  # the outcome of an answer: ok, or what it lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is known of an endpoint's prices. `rates` are the highest of its tariff; None: nobody knows them."""

    endpoint: str  # by which prices of the configuration name it
    pricer: Pricer
    rates: FlatRates | None


class Attempts:
    """Makes the attempts of one judge at one endpoint."""

    def __init__(
        self,
        judge: str,
        options: EndpointOptions,
        *,
        owner: str,
        transport: Transport,
        book: Bookkeeper,
        prices: Prices,
        tally: Tally,
        unix: Callable[[], float],
    ) -> None:
        self._judge = judge
        self._options = options
        self._owner = owner
        self._transport = transport
        self._book = book
        self._prices = prices
        self._tally = tally
        self._unix = unix
        self._has_budget = options.budget_usd is not None or options.budget_usd_per_day is not None
        self._reserving = asyncio.Lock()  # one looks for room in the budget at a time, in order
        self._open = 0  # reservations of this judge that are not a cost yet
        self._settled = asyncio.Event()  # one of them became a cost

    async def make(self, errand: Errand, body: bytes, number: int) -> Came | Refused:
        """Send `body`. This is the attempt of that number, from 1."""
        ask = Ask(
            endpoint=self._prices.endpoint,
            model=self._options.model,
            body_bytes=len(body),
            max_output_tokens=errand.outputs,
            timeout_s=self._options.timeout_s,
        )
        entry = await self._reserve(ask, errand, number)
        return entry if isinstance(entry, Refused) else await self._send(entry, body, ask, errand)

    async def _reserve(self, ask: Ask, errand: Errand, number: int) -> int | Refused:
        rates = self._prices.rates
        if rates is None and self._has_budget and self._options.unpriced == "refuse":
            return Refused(reason=UNPRICED)
        call = JudgeCall(
            judge=self._judge,
            pair=errand.pair,
            purpose=errand.purpose,
            attempt=number,
            model=self._options.model,
            owner=self._owner,
            started_at=self._unix(),
            reserved_usd=0.0 if rates is None else most_usd(rates, ask),
        )
        async with self._reserving:
            while True:
                self._settled.clear()
                entry = await self._enter(call)
                if entry is not None:
                    self._open += 1
                    return entry
                if not self._open and not self._settled.is_set():
                    return Refused(reason=BUDGET)
                # What is under way will mostly cost less than was reserved for it: then there may be room for this one.
                await self._settled.wait()

    async def _enter(self, call: JudgeCall) -> int | None:
        options = self._options
        entering = asyncio.get_running_loop().create_task(
            self._book.do(
                lambda book: book.reserve(call, limit_usd=options.budget_usd, day_limit_usd=options.budget_usd_per_day)
            )
        )
        try:
            return await asyncio.shield(entering)
        except asyncio.CancelledError:
            entry = await entering
            if entry is not None:  # and never sent
                await self._settle(entry, CallResult(outcome=_CANCELLED, cost_usd=0.0))
            raise

    async def _send(self, entry: int, body: bytes, ask: Ask, errand: Errand) -> Came:
        begun_at, loop = self._unix(), asyncio.get_running_loop()
        begun_s, came, outcome = loop.time(), None, _CANCELLED
        try:
            came = await self._transport.post(body, timeout_s=self._options.timeout_s)
            failure = failure_of(came)
            outcome = errand.said(came) if failure is None else failure.outcome
            return came
        finally:
            # Also when this is cancelled: the call was begun, and somebody will be billed for it.
            charge = charge_of(self._prices.pricer, self._prices.rates, ask, came, at=begun_at)
            self._tally.called(outcome, charge)
            try:
                await self._settle(entry, _result(outcome, came, charge, loop.time() - begun_s))
            finally:
                self._open -= 1
                self._settled.set()

    async def _settle(self, entry: int, result: CallResult) -> None:
        await self._book.do(lambda book: book.settle_call(entry, result, now=self._unix()))


def _result(outcome: str, came: Came | None, charge: Charge, duration_s: float) -> CallResult:
    reading = None if came is None else came.reading
    return CallResult(
        outcome=outcome,
        status=None if came is None else came.status,
        duration_s=duration_s,
        reported_model=None if reading is None else reading.reported_model,
        input_tokens=None if reading is None else reading.usage.input_tokens,
        output_tokens=None if reading is None else reading.usage.output_tokens,
        cost_usd=charge.usd,
        cost_reason=charge.reason,
    )
