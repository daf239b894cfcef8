"""What an exchange's candidates cost, as the mirror is told and as operators see it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from shadowbench.handoff import cost_frame
from shadowbench.limits.budget import Why
from shadowbench.making import maker_of
from shadowbench.pricing import TURNED_AWAY
from shadowbench.pricing.rates import NO_USAGE, PARTIAL_USAGE
from shadowbench.recorder.raw import RawExchange
from shadowbench.records import Cost, Exchange, Observation, Outcome
from shadowbench.signals import Counters


class SideCost(NamedTuple):
    """What one side cost; None where that is not known."""

    side: int
    usd: float | None
    tokens: int | None  # in and out
    why: Why = Why.KNOWN  # the reason for what is not

    def frame(self, sequence: int) -> bytes:
        """As COST."""
        return cost_frame(sequence, self.side, self.usd, self.tokens, self.why)


_new_cost = maker_of(SideCost)


def side_costs(raw: RawExchange, exchange: Exchange) -> tuple[SideCost, ...]:
    """The costs of all candidates that were called."""
    pairs = zip(raw.plan.candidates, exchange.candidates, strict=True)
    return tuple(
        [
            _side_cost(planned.side, result.observation, _tokens(raw, planned.side, result.observation))
            for planned, result in pairs
            if result.observation.cost is not None
        ]
    )


def _side_cost(side: int, seen: Observation, tokens: int | None) -> SideCost:
    assert seen.cost is not None
    return _new_cost(side, seen.cost.usd, tokens, _why(seen.outcome, seen.cost, tokens))


def _why(outcome: Outcome, cost: Cost, tokens: int | None) -> Why:
    """Why one of both is not known. Only whole answers that could be read are evidence of what others will say."""
    if cost.usd is not None and tokens is not None:
        return Why.KNOWN
    if outcome is not Outcome.OK:
        return Why.UNREADABLE
    is_priced = cost.usd is not None or cost.reason in (NO_USAGE, PARTIAL_USAGE)
    return Why.NO_USAGE if is_priced else Why.NO_PRICE


def count_cost(seen: Observation, counters: Counters) -> None:
    """Into the signals."""
    if seen.cost is None:
        return
    if seen.cost.usd is None:
        counters.add("recorder_unpriced_total", (("target", seen.endpoint), ("reason", seen.cost.reason or "")))
    else:
        counters.add("recorder_cost_usd_total", (("target", seen.endpoint),), seen.cost.usd)


def _tokens(raw: RawExchange, number: int, seen: Observation) -> int | None:
    usage = seen.usage
    if usage.input_tokens is not None and usage.output_tokens is not None:
        return usage.input_tokens + usage.output_tokens
    if usage.input_tokens is not None and seen.answer is not None and seen.answer.embeddings is not None:
        return usage.input_tokens
    # No model ran. Unknown would be charged with what was reserved.
    side = raw.sides.get(number)
    was_sent = side is not None and side.t0_ns is not None
    is_none = seen.status in TURNED_AWAY or (seen.status is None and not was_sent)
    return 0 if is_none else None
