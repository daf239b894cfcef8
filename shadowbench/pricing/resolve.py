"""Which price is meant: the configuration's first, then genai-prices'. Pure."""

from __future__ import annotations

from dataclasses import asdict
from fnmatch import fnmatchcase
from functools import lru_cache

from shadowbench.pricing.known import KnownTariffs
from shadowbench.pricing.options import PriceEntry, PricingOptions
from shadowbench.pricing.rates import FlatRates, flat_rates
from shadowbench.pricing.tariffs import Fixed, Tariff

# Clients choose the names they ask for: neither many nor long ones may fill the memory.
_REMEMBERED = 1024
_LONGEST_NAME = 256

_RATES = (
    "input_per_mtok",
    "output_per_mtok",
    "cached_input_per_mtok",
    "cache_write_per_mtok",
    "reasoning_per_mtok",
    "per_request",
    "gpu_hour_usd",
)


class Pricer:
    """Finds tariffs, and remembers those of the latest endpoints and models."""

    def __init__(self, options: PricingOptions) -> None:
        self._options = options
        self._known = KnownTariffs(options)
        self._found = lru_cache(maxsize=_REMEMBERED)(self._find)
        self._configured = lru_cache(maxsize=_REMEMBERED)(self._find_configured)

    def prepare(self) -> None:
        """Load what lookups will need, unless the configuration has a price for whatever any endpoint is asked."""
        if not all(self._find_configured(endpoint, None, None) for endpoint in self._options.urls):
            self._known.load()

    def tariff(self, endpoint: str, requested: str | None, reported: str | None) -> Tariff | None:
        """The tariff of a call, by the model that the endpoint says answered, else by the one asked for."""
        return self._found(endpoint, _bounded(requested), _bounded(reported))

    def configured(self, endpoint: str, requested: str | None, reported: str | None) -> FlatRates | None:
        """The configuration's own price of a call.

        An endpoint's own entries go first; then those for all endpoints, by the reported model, then by the requested one.
        """
        return self._configured(endpoint, _bounded(requested), _bounded(reported))

    def _find_configured(self, endpoint: str, requested: str | None, reported: str | None) -> FlatRates | None:
        models = [model for model in (reported, requested) if model is not None] or [""]
        for place in (endpoint, None):
            for model in models:
                for entry in self._options.entries:
                    if entry.endpoint == place and (glob := _matching(entry, model)) is not None:
                        return _flat(entry, glob)
        return None

    def _find(self, endpoint: str, requested: str | None, reported: str | None) -> Tariff | None:
        own = self._find_configured(endpoint, requested, reported)
        if own is not None:
            return Fixed(own)
        found = (self._known.find(endpoint, model) for model in (reported, requested) if model)
        return next((tariff for tariff in found if tariff is not None), None)


def rates_for(options: PricingOptions, endpoint: str, model: str | None) -> FlatRates | None:
    """What calls to `endpoint` for `model` may cost at most, before any was made; None when no price is known.

    The highest rates of the tariff: reservations must not fall short because a prompt is long or a discount ends. Without a
    model only a price that holds for any model is found.
    """
    tariff = Pricer(options).tariff(endpoint, model, None)
    if tariff is None:
        return None
    rates = [each for each in tariff.all_rates() if not each.is_empty]
    return max(rates, key=lambda each: (each.input_usd or 0.0) + (each.output_usd or 0.0), default=None)


def _matching(entry: PriceEntry, model: str) -> str | None:
    return next((glob for glob in entry.models if fnmatchcase(model, glob)), None)


def _flat(entry: PriceEntry, glob: str) -> FlatRates:
    values = asdict(entry)
    rates = {name: values[name] for name in _RATES if values[name] is not None}
    origin = {"source": "config", "model": glob} | ({} if entry.endpoint is None else {"endpoint": entry.endpoint})
    return flat_rates(origin, rates, concurrency=entry.gpu_concurrency)


def _bounded(model: str | None) -> str | None:
    return model if model and len(model) <= _LONGEST_NAME else None
