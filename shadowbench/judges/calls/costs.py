"""What an attempt may cost before it is made, and what is entered for it when it is over. Pure.

Where the cost of a priced attempt stays unknown, what it may have cost is entered, with a reason beside it: an attempt that
broke off may have been billed, and a budget that leaves it out would be overrun.

    what is known                                       entered            cost_reason
    tokens, and a price                                 the cost           –
    never sent, or turned away (429, 503, …)            0                  –
    refused for what it says (other 4xx)                its input at most  at_most
    anything else, priced                               what was reserved  at_most
    no price                                            nothing            unknown_model
"""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.judges.calls.faults import Came
from shadowbench.pricing import Call, FlatRates, Pricer, cost_of
from shadowbench.records import NO_USAGE as USAGE_MISSING
from shadowbench.records import Outcome, Usage

AT_MOST = "at_most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is entered for an attempt. No `usd`: `reason` says why; both: `usd` is the most that it can have been."""

    usd: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An attempt as far as its cost depends on it."""

    endpoint: str  # by which prices of the configuration name it
    model: str
    body_bytes: int
    max_output_tokens: int  # 0: embeddings
    timeout_s: float


def most_usd(rates: FlatRates, ask: Ask) -> float:
    """What an attempt costs at most."""
    held = rates.per_second_usd or 0.0
    return (
        input_usd(rates, ask)
        + ask.max_output_tokens * _dearest(rates.output_usd, rates.reasoning_usd)
        + (held * ask.timeout_s)
    )


def input_usd(rates: FlatRates, ask: Ask) -> float:
    """What its request costs at most, without an answer: a token for every byte.

    English has about four bytes a token, but nothing less than one is a bound: tokenizers fall back to single bytes, as they
    do for rare scripts and emoji, and spaced digits are a token each. What a chat template adds to the messages is less
    than the JSON around them.
    """
    dearest = _dearest(rates.input_usd, rates.cache_write_usd, rates.cached_input_usd)
    return ask.body_bytes * dearest + (rates.per_request_usd or 0.0)


def charge_of(pricer: Pricer, rates: FlatRates | None, ask: Ask, came: Came | None, *, at: float) -> Charge:
    """What is entered for an attempt that began at `at` (Unix seconds); `came` None: it was cancelled."""
    reading = None if came is None else came.reading
    cost = cost_of(
        pricer,
        Call(
            endpoint=ask.endpoint,
            requested_model=ask.model,
            reported_model=None if reading is None else reading.reported_model,
            at=at,
            usage=_usage(came),
            status=None if came is None else came.status,
            was_sent=came is None or came.was_sent,
            is_whole=reading is not None and reading.outcome is Outcome.OK,
            duration_s=None if came is None else came.duration_s,
            only_input=ask.max_output_tokens == 0,
        ),
    )
    if cost.usd is not None:
        return Charge(usd=cost.usd)
    if rates is None:
        return Charge(usd=None, reason=cost.reason)
    status = None if came is None else came.status
    is_refused = status is not None and 400 <= status < 500
    return _at_most(input_usd(rates, ask) if is_refused else most_usd(rates, ask))


def _at_most(usd: float) -> Charge:
    return Charge(usd=usd, reason=AT_MOST) if usd else Charge(usd=0.0)  # whatever was used of what is free was free


def _usage(came: Came | None) -> Usage:
    return USAGE_MISSING if came is None or came.reading is None else came.reading.usage


def _dearest(*rates: float | None) -> float:
    return max((rate for rate in rates if rate is not None), default=0.0)
