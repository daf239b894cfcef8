"""Where prices come from."""

from __future__ import annotations

from shadowbench.pricing import PriceEntry, PricingOptions
from shadowbench.records import again
from shadowbench.settings import CandidateSettings, PriceSettings, ProductionSettings, Settings


def pricing_options(settings: Settings) -> PricingOptions:
    """Where prices come from: an endpoint's own, then those by model, in the order of the configuration."""
    endpoints: dict[str, ProductionSettings | CandidateSettings] = {
        "production": settings.production,
        **settings.candidates,
    }
    if settings.mirror.repeats.rate > 0:
        endpoints |= {again(name): each for name, each in endpoints.items()}
    own = [price_entry(("*",), name, each.price) for name, each in endpoints.items() if each.price is not None]
    return PricingOptions(
        entries=(*own, *(price_entry((glob,), None, price) for glob, price in settings.prices.items())),
        urls={name: each.url or settings.production.url for name, each in endpoints.items()},
        providers={name: each.provider for name, each in endpoints.items() if each.provider is not None},
    )


def judges_pricing(settings: Settings) -> PricingOptions:
    """Judges' own prices go before those by model."""
    asked = {name: judge.endpoint for name, judge in settings.scoring.judges.items() if judge.endpoint is not None}
    own = tuple(price_entry(("*",), name, each.price) for name, each in asked.items() if each.price is not None)
    return PricingOptions(
        entries=(*own, *(price_entry((glob,), None, price) for glob, price in settings.prices.items())),
        urls={name: each.url for name, each in asked.items()},
        providers={name: each.provider for name, each in asked.items() if each.provider is not None},
    )


def price_entry(models: tuple[str, ...], endpoint: str | None, price: PriceSettings) -> PriceEntry:
    return PriceEntry(models=models, endpoint=endpoint, **price.model_dump())
