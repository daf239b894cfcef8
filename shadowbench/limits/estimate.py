"""What a call may cost, before it is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from shadowbench.limits.budget import NANO, Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is known before a call, in USD per token; None: nothing."""

    input_usd: float | None = None
    output_usd: float | None = None
    default_usd: float = 0.05  # of a call, while neither price nor experience says more
    default_output_tokens: int = 1024  # of a request that names no maximum


# English text has about four bytes a token, other scripts and JSON less.
_BYTES_PER_TOKEN = 3
# A stranger chooses the maximum in a request. No call writes more than this, and sums have to stay numbers that can be kept.
_MOST_OUTPUT_TOKENS = 100_000_000


def estimate(prices: Prices, body_bytes: int, max_output_tokens: int | None, n: int, largest: Amount) -> Amount:
    """What a request may cost. `n` answers are asked for; `largest` is the dearest call so far.

    With prices it is an upper bound as long as the maximum holds and the input is what its length suggests. Without, it is
    experience, and before there is any, the default.
    """
    inputs = body_bytes // _BYTES_PER_TOKEN + 1
    outputs = (prices.default_output_tokens if max_output_tokens is None else max_output_tokens) * n
    outputs = min(outputs, _MOST_OUTPUT_TOKENS)
    if prices.input_usd is not None and prices.output_usd is not None:
        nano_usd = int((inputs * prices.input_usd + outputs * prices.output_usd) * NANO) + 1
    else:
        nano_usd = largest.nano_usd or int(prices.default_usd * NANO)
    return Amount(nano_usd, inputs + outputs)
