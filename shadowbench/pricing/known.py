"""Tariffs that genai-prices knows, made flat. Pure.

The library decides which provider and model are meant and which of several prices is in force; the multiplication is ours,
because its own takes 60 µs a call. It is imported by `load`, or when the first price is looked up: that costs 0.2 s and 30 MB,
and whoever has configured all prices never needs it. It must not fetch newer prices by itself: a sidecar calls nobody unasked.

What calls are charged for beside tokens and requests (web searches, pages, seconds of audio) is not in the answers we read,
and not in our costs.
"""

from __future__ import annotations

import difflib
from collections.abc import Hashable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shadowbench.pricing.options import PricingOptions
from shadowbench.pricing.rates import FlatRates, flat_rates
from shadowbench.pricing.tariffs import Dated, Fixed, Step, Tariff, Tiered

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, Provider

_LITELLM = "litellm"  # no provider: its model names begin with the provider's id

# genai-prices' names for the rates, and ours.
_PER_MTOK = {
    "input_mtok": "input_per_mtok",
    "output_mtok": "output_per_mtok",
    "cache_read_mtok": "cached_input_per_mtok",
    "cache_write_mtok": "cache_write_per_mtok",
    "output_reasoning_mtok": "reasoning_per_mtok",
}
_FREE = {"input_per_mtok": 0.0, "output_per_mtok": 0.0}


class KnownTariffs:
    """Looks up tariffs by endpoint and model. What it finds is not remembered here."""

    def __init__(self, options: PricingOptions) -> None:
        self._options = options

    def load(self) -> None:
        """Import the library now, so that the first lookup is as quick as any."""
        from genai_prices.data_snapshot import get_snapshot

        get_snapshot()

    def find(self, endpoint: str, model: str) -> Tariff | None:
        """The tariff of a model at an endpoint; None when it is not known, or not whose it is."""
        from genai_prices import __version__
        from genai_prices.data_snapshot import get_snapshot

        found = self._model(get_snapshot(), endpoint, model.lower())
        if found is None:
            return None
        provider, info = found
        return tariff_of(info, {"source": f"genai-prices {__version__}", "provider": provider.id, "model": info.id})

    def _model(self, snapshot: DataSnapshot, endpoint: str, model: str) -> tuple[Provider, ModelInfo] | None:
        """By the configured provider, else by the endpoint's URL, else by the model's name alone."""
        name = self._options.providers.get(endpoint)
        if name is not None:
            if name.lower() == _LITELLM:
                name, _, model = model.partition("/")
            return _at(_provider(snapshot, name, None), snapshot, model)
        url = self._options.urls.get(endpoint)
        provider = None if url is None else _provider(snapshot, None, url)
        return _at(provider, snapshot, model) if provider is not None else _by_name(snapshot, model)


def near_providers(name: str) -> list[str] | None:
    """Provider ids that look like `name`; None when `name` is known as it is. Imports the library."""
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    if name.lower() == _LITELLM or _provider(snapshot, name, None) is not None:
        return None
    return difflib.get_close_matches(name.lower(), [each.id for each in snapshot.providers], n=3, cutoff=0.5)


def provider_id(name: str | None, url: str) -> str | None:
    """Who bills for calls to `url`, by the configured name or by the URL; None when nobody known. Imports the library."""
    from genai_prices.data_snapshot import get_snapshot

    found = _provider(get_snapshot(), name, None if name is not None else url)
    return None if found is None else found.id


def tariff_of(model: ModelInfo, origin: Mapping[str, object]) -> Tariff:
    """All prices of one model. `origin` says where they come from."""
    if not isinstance(model.prices, list):
        return _undated(model.prices, model.id, origin)
    tariffs: dict[Hashable, Tariff] = {
        id(each.prices): _undated(each.prices, model.id, origin) for each in model.prices
    }

    def choose(at: float) -> int:
        return id(model.get_prices(datetime.fromtimestamp(at, UTC)))

    return Dated(choose, tariffs)


def _undated(prices: ModelPrice, model_id: str, origin: Mapping[str, object]) -> Tariff:
    base = _flat(prices, 0, model_id, origin)
    starts = sorted(set(_tier_starts(prices)), reverse=True)
    steps = [
        Step(start, _flat(prices, start + 1, model_id, {**origin, "input_tokens_above": start})) for start in starts
    ]
    return Tiered(base, tuple(steps)) if steps else Fixed(base)


def _flat(prices: ModelPrice, input_tokens: int, model_id: str, origin: Mapping[str, object]) -> FlatRates:
    """The rates of a call with so much input."""
    rates = {ours: rate for key, ours in _PER_MTOK.items() if (rate := _rate(prices, key, input_tokens)) is not None}
    per_thousand = _rate(prices, "requests_kcount", input_tokens)
    if per_thousand is not None:
        rates["per_request"] = per_thousand / 1000
    # No rates at all may mean free, a subscription, or that nobody looked them up. Only a name that says so is free.
    says_free = not rates and model_id.endswith(":free")
    return flat_rates(origin, _FREE if says_free else rates)


def _rate(prices: ModelPrice, key: str, input_tokens: int) -> float | None:
    value = getattr(prices, key)
    tiers = getattr(value, "tiers", None)
    if tiers is not None:
        value = next((tier.price for tier in reversed(tiers) if input_tokens > tier.start), value.base)
    return None if value is None else float(value)


def _tier_starts(prices: ModelPrice) -> Iterator[int]:
    for key in (*_PER_MTOK, "requests_kcount"):
        yield from (tier.start for tier in getattr(getattr(prices, key), "tiers", ()))


def _provider(snapshot: DataSnapshot, name: str | None, url: str | None) -> Provider | None:
    # Without the model's name, which the library would remember for ever: clients choose it.
    try:
        return snapshot.find_provider(None, name, url)
    except LookupError:
        return None


def _at(provider: Provider | None, snapshot: DataSnapshot, model: str) -> tuple[Provider, ModelInfo] | None:
    info = None if provider is None else provider.find_model(model, all_providers=snapshot.providers)
    return None if provider is None or info is None else (provider, info)


def _by_name(snapshot: DataSnapshot, model: str) -> tuple[Provider, ModelInfo] | None:
    """The one provider that claims names like this. When several do, a guess could be wrong by any factor."""
    claiming = [
        each for each in snapshot.providers if each.model_match is not None and each.model_match.is_match(model)
    ]
    found = [at for provider in claiming if (at := _at(provider, snapshot, model)) is not None]
    return found[0] if len(found) == 1 else None
