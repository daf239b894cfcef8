"""What a call costs: prices of the configuration, then genai-prices'. Pure: no clock, no files, no network.

`resolve` finds the tariff of an endpoint and model, once for all of its calls; `tariffs` keeps it flat, so that pricing a call
is a few multiplications; `calls` decides what of a call is billed at all. A price that is not known is never 0.
"""

from __future__ import annotations

from shadowbench.pricing.calls import TURNED_AWAY, Call, Tried, attempt_usd, cost_of, with_attempts
from shadowbench.pricing.options import PriceEntry, PricingOptions
from shadowbench.pricing.rates import FlatRates
from shadowbench.pricing.resolve import Pricer, rates_for

__all__ = [
    "TURNED_AWAY",
    "Call",
    "FlatRates",
    "PriceEntry",
    "Pricer",
    "PricingOptions",
    "Tried",
    "attempt_usd",
    "cost_of",
    "rates_for",
    "with_attempts",
]
