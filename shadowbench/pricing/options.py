"""What can be set about prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceEntry:
    """A price of the configuration. USD; per million tokens where the name says mtok. None: no such rate.

    `gpu_hour_usd` is the price of a machine that answers `gpu_concurrency` requests at a time: a request costs its duration's
    share of it.
    """

    models: tuple[str, ...] = ("*",)  # globs, of the reported or the requested model
    endpoint: str | None = None  # only for this one; None: for all
    input_per_mtok: float | None = None
    output_per_mtok: float | None = None
    cached_input_per_mtok: float | None = None  # None: as input
    cache_write_per_mtok: float | None = None  # None: as input
    reasoning_per_mtok: float | None = None  # None: as output
    per_request: float | None = None
    gpu_hour_usd: float | None = None
    gpu_concurrency: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PricingOptions:
    """Where prices come from. The first entry that matches is used; what none matches, genai-prices may know."""

    entries: tuple[PriceEntry, ...] = ()
    urls: Mapping[str, str] = field(
        default_factory=dict
    )  # endpoint → base URL, by which genai-prices tells providers apart
    providers: Mapping[str, str] = field(default_factory=dict)  # endpoint → genai-prices' provider id, before the URL
