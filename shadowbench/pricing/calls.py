"""What of a call is billed, and what it cost with the attempts before it. Pure.

    what is known of the call                       cost
    the request never reached the endpoint          0
    the endpoint turned it away                     0, and the configured price per request
    its model has no price                          unknown: unknown_model
    its stream broke off                            unknown where tokens are paid for: counts so far are not the final ones
    else                                            by its tariff

A refusal for what the request says (400, 422) is not "turned away": Azure bills prompts that its filter refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shadowbench.pricing.rates import NO_USAGE, PARTIAL_USAGE, UNKNOWN_MODEL, FlatRates, price_usage
from shadowbench.pricing.resolve import Pricer
from shadowbench.records import Cost, Usage, UsageSource

# Before a model ran: no permission, no such thing, too large, too many (Anthropic's 529: overloaded).
TURNED_AWAY = frozenset({401, 402, 403, 404, 405, 413, 415, 429, 503, 529})
# Of attempts: nothing came back, and the endpoint cannot have begun.
_NEVER_REACHED = frozenset(
    {
        "refused",
        "reset",
        "dns",
        "tls",
        "timed_out_connect",
        "unreachable",
        "egress_unreachable",
        "egress_refused",
        "stale",
    }
)


class Call(NamedTuple):
    """A call as far as its cost depends on it. A NamedTuple: one is made for each observation."""

    endpoint: str
    requested_model: str | None
    reported_model: str | None
    at: float  # Unix seconds
    usage: Usage
    status: int | None  # None: no answer began
    was_sent: bool  # the request was handed over in full
    is_whole: bool  # the answer came to its end
    duration_s: float | None  # t0 → last byte
    only_input: bool = False  # embeddings


class Tried(NamedTuple):
    """An attempt before the call."""

    reason: str
    status: int | None


def cost_of(pricer: Pricer, call: Call) -> Cost:
    """What the call itself cost."""
    if call.status is None and not call.was_sent:
        return Cost(usd=0.0, reason=None)
    if call.status in TURNED_AWAY:
        return _per_request(pricer.configured(call.endpoint, call.requested_model, call.reported_model))
    tariff = pricer.tariff(call.endpoint, call.requested_model, call.reported_model)
    if tariff is None:
        return Cost(usd=None, reason=UNKNOWN_MODEL)
    usage = call.usage
    rates = tariff.rates(usage.input_tokens or 0, call.at)
    if not call.is_whole and usage.source is UsageSource.REPORTED and rates.is_per_token:
        return Cost(usd=None, reason=PARTIAL_USAGE, price=rates.price)
    return price_usage(rates, usage, duration_s=call.duration_s, only_input=call.only_input)


def attempt_usd(pricer: Pricer, endpoint: str, requested_model: str | None, tried: Tried) -> float | None:
    """What an attempt cost that was made again; None when that is not known."""
    if tried.status in TURNED_AWAY:
        return _per_request(pricer.configured(endpoint, requested_model, None)).usd
    return 0.0 if tried.status is None and tried.reason in _NEVER_REACHED else None


def with_attempts(cost: Cost | None, attempts_usd: Sequence[float | None]) -> Cost | None:
    """The cost of a call and of the attempts before it. A call that was never made costs what its attempts did."""
    if not attempts_usd:
        return cost
    if None in attempts_usd:
        return Cost(usd=None, reason=NO_USAGE, price=None if cost is None else cost.price)
    spent = sum(usd for usd in attempts_usd if usd is not None)
    if cost is None:
        return Cost(usd=spent, reason=None)
    return cost if cost.usd is None else Cost(usd=cost.usd + spent, reason=None, price=cost.price)


def _per_request(rates: FlatRates | None) -> Cost:
    if rates is None or not rates.per_request_usd:
        return Cost(usd=0.0, reason=None)
    return Cost(usd=rates.per_request_usd, reason=None, price=rates.price)
