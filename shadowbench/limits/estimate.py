"""What a call may cost: before it is made, and once it is over but not priced yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from shadowbench.limits.budget import NANO, Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is known before a call, in USD per token, second and request; None: nothing."""

    input_usd: float | None = None
    output_usd: float | None = None
    second_usd: float | None = None
    request_usd: float | None = None
    default_usd: float = 0.05  # of a call, while neither price nor experience says more
    default_output_tokens: int = 1024  # of a request that names no maximum

    @property
    def bounds_requests(self) -> bool:
        """Whether a request's own numbers say what it costs at most: how long its answer takes is none of them."""
        if self.second_usd:
            return False
        if self.input_usd is None and self.output_usd is None:
            return self.second_usd is not None or self.request_usd is not None
        return self.input_usd is not None and self.output_usd is not None


class Asked(NamedTuple):
    """A request as far as its cost depends on it."""

    body_bytes: int
    max_output_tokens: int | None = None  # of one answer
    n: int = 1  # answers
    streams: bool = False


# English text has about four bytes a token, other scripts and JSON less.
_BYTES_PER_TOKEN = 3
# Most servers send each token as an event of its own, and none of the dialects' events is shorter.
_STREAMED_BYTES_PER_TOKEN = 100
# A stranger chooses the maximum in a request. No call writes more than this, and sums have to stay numbers that can be kept.
_MOST_OUTPUT_TOKENS = 100_000_000


def estimate(prices: Prices, asked: Asked, dearest: Amount) -> Amount:
    """What a request may cost. `dearest` is experience: what the dearest call so far came to.

    With prices per token and a maximum in the request it is an upper bound, as long as the input is what its length suggests.
    Where one of them is missing, or time is paid for, it is no less than experience; before there is any and without a price
    that bounds the request, no less than the default.
    """
    inputs, outputs = _inputs(asked), _most_outputs(prices, asked)
    nano_usd, tokens = _tokens_nano_usd(prices, inputs, outputs) + _nano(prices.request_usd), inputs + outputs
    if not prices.bounds_requests:
        nano_usd = max(nano_usd, dearest.nano_usd or _nano(prices.default_usd))
    if asked.max_output_tokens is not None:
        return Amount(nano_usd, tokens)
    return Amount(max(nano_usd, dearest.nano_usd), max(tokens, dearest.tokens))


def likely(prices: Prices, asked: Asked, *, duration_s: float, received_bytes: int) -> Amount:
    """What a call that is over has probably cost: by its duration, and by its bytes as far as tokens have a price."""
    per_token = _STREAMED_BYTES_PER_TOKEN if asked.streams else _BYTES_PER_TOKEN
    inputs, outputs = _inputs(asked), received_bytes // per_token + 1
    if asked.max_output_tokens is not None:
        outputs = min(outputs, _most_outputs(prices, asked))
    usual = Amount(_tokens_nano_usd(prices, inputs, outputs), inputs + outputs)
    return usual.plus(metered(prices, duration_s))


def metered(prices: Prices, duration_s: float) -> Amount:
    """What a call costs whatever it says: its time, and the price of a request."""
    return Amount(_nano(max(0.0, duration_s) * (prices.second_usd or 0.0)) + _nano(prices.request_usd))


def _nano(usd: float | None) -> int:
    return int((usd or 0.0) * NANO)


def _tokens_nano_usd(prices: Prices, inputs: int, outputs: int) -> int:
    usd = inputs * (prices.input_usd or 0.0) + outputs * (prices.output_usd or 0.0)
    return int(usd * NANO) + 1 if usd else 0


def _inputs(asked: Asked) -> int:
    return asked.body_bytes // _BYTES_PER_TOKEN + 1


def _most_outputs(prices: Prices, asked: Asked) -> int:
    each = prices.default_output_tokens if asked.max_output_tokens is None else asked.max_output_tokens
    return min(each * asked.n, _MOST_OUTPUT_TOKENS)
