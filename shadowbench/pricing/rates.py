"""Rates that need no further decision, and what they make of a usage. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from shadowbench.making import maker_of
from shadowbench.records import Cost, Usage, UsageSource

MTOK = 1_000_000
_cost = maker_of(Cost)

UNKNOWN_MODEL = "unknown_model"
NO_USAGE = "no_usage"  # the rates need tokens, or a duration, that nobody reported
PARTIAL_USAGE = "partial_usage"  # some counts are missing, or contradict each other
PRICE_HAS_NO_RATE = "price_has_no_rate"  # the price says nothing of a kind of tokens that were used


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatRates:
    """USD per token, request and second. None: no such rate, and then its tokens cannot be priced.

    The rates of cached, written and reasoning tokens are filled in by `flat_rates`: where a price does not name them they are
    input or output as any other.
    """

    input_usd: float | None = None
    output_usd: float | None = None
    cached_input_usd: float | None = None
    cache_write_usd: float | None = None
    reasoning_usd: float | None = None
    per_request_usd: float | None = None
    per_second_usd: float | None = None
    price: str  # the rates as JSON, with their source: what the log keeps beside the cost

    @property
    def is_per_token(self) -> bool:
        """Whether tokens are what is paid for. A price that says nothing at all should have said something of them."""
        return self.input_usd is not None or self.output_usd is not None or self.is_empty

    @property
    def is_empty(self) -> bool:
        """Whether the price says nothing at all."""
        rates = (self.input_usd, self.output_usd, self.per_request_usd, self.per_second_usd)
        return all(rate is None for rate in rates)


def flat_rates(origin: Mapping[str, object], rates: Mapping[str, float], *, concurrency: float = 1.0) -> FlatRates:
    """Rates as people write them: `input_per_mtok`, …, `per_request`, `gpu_hour_usd`. `origin` goes into the price's JSON."""
    per_token = {name: rate / MTOK for name, rate in rates.items() if name.endswith("_per_mtok")}
    input_usd, output_usd = per_token.get("input_per_mtok"), per_token.get("output_per_mtok")
    gpu_hour = rates.get("gpu_hour_usd")
    shared = {} if gpu_hour is None else {"gpu_concurrency": concurrency}
    return FlatRates(
        input_usd=input_usd,
        output_usd=output_usd,
        cached_input_usd=per_token.get("cached_input_per_mtok", input_usd),
        cache_write_usd=per_token.get("cache_write_per_mtok", input_usd),
        reasoning_usd=per_token.get("reasoning_per_mtok", output_usd),
        per_request_usd=rates.get("per_request"),
        per_second_usd=None if gpu_hour is None else gpu_hour / 3600 / concurrency,
        price=json.dumps({**origin, **rates, **shared}, separators=(",", ":")),
    )


def price_usage(rates: FlatRates, usage: Usage, *, duration_s: float | None, only_input: bool = False) -> Cost:
    """What one answered call cost. `duration_s` from t0 to its last byte; `only_input`: embeddings have no output."""
    usd = rates.per_request_usd or 0.0
    if rates.per_second_usd is not None:
        if duration_s is None:
            return Cost(usd=None, reason=NO_USAGE, price=rates.price)
        usd += duration_s * rates.per_second_usd
    if rates.is_per_token:
        tokens = _tokens_usd(rates, usage, only_input)
        if isinstance(tokens, str):
            return Cost(usd=None, reason=tokens, price=rates.price)
        usd += tokens
    if not isfinite(usd):
        return Cost(usd=None, reason=PARTIAL_USAGE, price=rates.price)  # counts that no call has
    return _cost(usd=usd, reason=None, price=rates.price)


def _tokens_usd(rates: FlatRates, usage: Usage, only_input: bool) -> float | str:
    """USD, or why they cannot be told."""
    if usage.source is UsageSource.MISSING:
        return NO_USAGE
    given, made = usage.input_tokens, 0 if only_input else usage.output_tokens
    if given is None or made is None:
        return PARTIAL_USAGE
    cached, written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    thought = 0 if only_input else usage.reasoning_tokens or 0
    if not (cached or written or thought) and rates.input_usd is not None and rates.output_usd is not None:
        return given * rates.input_usd + made * rates.output_usd  # most calls
    fresh, said = given - cached - written, made - thought
    if fresh < 0 or said < 0:
        return PARTIAL_USAGE
    usd = 0.0
    for count, rate in (
        (fresh, rates.input_usd),
        (cached, rates.cached_input_usd),
        (written, rates.cache_write_usd),
        (said, rates.output_usd),
        (thought, rates.reasoning_usd),
    ):
        if count:
            if rate is None:
                return PRICE_HAS_NO_RATE
            usd += count * rate
    return usd
