"""genai-prices' tariffs, flat, beside what the library itself computes."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import ModelInfo, Provider

from shadowbench.pricing import PricingOptions
from shadowbench.pricing.known import KnownTariffs, tariff_of
from shadowbench.pricing.rates import PRICE_HAS_NO_RATE, price_usage
from shadowbench.records import Cost, Usage, UsageSource

# Before the first dated price, between, and at hours on both sides of noon.
MOMENTS = [
    datetime(2024, 1, 1, 3, 0, tzinfo=UTC),
    datetime(2026, 3, 5, 12, 30, tzinfo=UTC),
    datetime(2027, 1, 1, 18, tzinfo=UTC),
]
MODELS = [(provider, model) for provider in get_snapshot().providers for model in provider.models]
USAGES = [
    Usage(source=UsageSource.REPORTED, input_tokens=1_000, output_tokens=200),
    Usage(source=UsageSource.REPORTED, input_tokens=150_000, output_tokens=900, cached_input_tokens=40_000),
    Usage(
        source=UsageSource.REPORTED,
        input_tokens=1_300_000,
        output_tokens=9_000,
        cached_input_tokens=300_000,
        cache_write_tokens=500_000,
        reasoning_tokens=4_000,
    ),
]


def theirs(model: ModelInfo, provider: Provider, usage: Usage, when: datetime) -> Decimal:
    counts = TheirUsage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_input_tokens or 0,
        cache_write_tokens=usage.cache_write_tokens or 0,
        output_reasoning_tokens=usage.reasoning_tokens or 0,
    )
    return model.calc_price(counts, provider, genai_request_timestamp=when).total_price


def ours(model: ModelInfo, usage: Usage, when: datetime) -> Cost:
    at = when.timestamp()
    return price_usage(tariff_of(model, {}).rates(usage.input_tokens or 0, at), usage, duration_s=None)


@pytest.mark.parametrize("when", MOMENTS, ids=str)
@pytest.mark.parametrize("usage", USAGES, ids=["plain", "cached", "all"])
def test_every_model_costs_what_the_library_says_or_is_not_priced(usage: Usage, when: datetime) -> None:
    priced = 0
    for provider, model in MODELS:
        cost = ours(model, usage, when)
        if cost.usd is None:
            assert cost.reason == PRICE_HAS_NO_RATE
            prices = model.get_prices(when)
            assert None in (prices.input_mtok, prices.output_mtok), model.id
        else:
            assert cost.usd == pytest.approx(float(theirs(model, provider, usage, when)), rel=1e-9), model.id
            priced += 1
    assert priced > 0.8 * len(MODELS)


def test_no_rate_at_all_is_free_only_where_the_name_says_so() -> None:
    silent = [model for _, model in MODELS if not isinstance(model.prices, list) and not vars(model.prices)]
    costs = {model.id: ours(model, USAGES[0], MOMENTS[1]) for model in silent}
    assert {cost.usd for name, cost in costs.items() if name.endswith(":free")} == {0.0}
    assert {cost.reason for name, cost in costs.items() if not name.endswith(":free")} == {PRICE_HAS_NO_RATE}


def test_the_price_names_its_source_its_model_and_the_rates_of_the_tier() -> None:
    known = KnownTariffs(PricingOptions(providers={"production": "anthropic"}))
    tariff = known.find("production", "claude-sonnet-4-5-20250929")
    assert tariff is not None
    long_prompt = json.loads(tariff.rates(300_000, 0).price)
    assert long_prompt["source"].startswith("genai-prices ")
    assert (long_prompt["provider"], long_prompt["model"]) == ("anthropic", "claude-sonnet-4-5")
    assert long_prompt["input_tokens_above"] == 200_000
    assert long_prompt["input_per_mtok"] == 2 * json.loads(tariff.rates(200_000, 0).price)["input_per_mtok"]


def source(options: PricingOptions, model: str) -> str | None:
    tariff = KnownTariffs(options).find("small", model)
    return None if tariff is None else json.loads(tariff.all_rates()[0].price)["provider"]


def test_the_configured_provider_goes_before_the_url() -> None:
    urls = {"small": "https://api.openai.com/v1"}
    assert source(PricingOptions(urls=urls), "gpt-4o") == "openai"
    assert source(PricingOptions(urls=urls, providers={"small": "azure"}), "gpt-4o") == "azure"


def test_a_provider_that_does_not_know_the_model_is_not_replaced_by_another() -> None:
    assert source(PricingOptions(urls={"small": "https://api.anthropic.com"}), "gpt-4o") is None
    assert source(PricingOptions(providers={"small": "nobody"}), "gpt-4o") is None


def test_a_gateway_of_ones_own_is_priced_by_the_model_alone_when_one_provider_claims_it() -> None:
    urls = {"small": "http://127.0.0.1:4000"}
    assert source(PricingOptions(urls=urls), "gpt-4o-mini-2024-07-18") == "openai"
    assert source(PricingOptions(urls=urls), "my-own-model") is None


def test_a_name_that_two_providers_claim_is_not_guessed() -> None:
    providers = {provider.id: provider for provider in get_snapshot().providers}
    rival = dataclasses.replace(providers["openai"], id="rival")
    for others in ([], [rival]):
        snapshot = DataSnapshot(providers=[*providers.values(), *others], from_auto_update=False)
        set_custom_snapshot(snapshot)
        try:
            found = source(PricingOptions(), "gpt-4o")
        finally:
            set_custom_snapshot(None)
        assert found == (None if others else "openai")


def test_models_of_litellm_name_their_provider() -> None:
    options = PricingOptions(providers={"small": "LiteLLM"})
    assert source(options, "anthropic/claude-sonnet-4-5") == "anthropic"
    assert source(options, "claude-sonnet-4-5") is None


def test_names_that_clients_choose_are_not_remembered_by_the_library() -> None:
    snapshot = get_snapshot()
    KnownTariffs(PricingOptions(urls={"small": "http://10.0.0.1"})).find("small", "warm-up")

    def remembered() -> int:
        return len(snapshot._lookup_cache) + len(snapshot._provider_cache) + len(snapshot._provider_misses)

    before = remembered()
    for options in (PricingOptions(), PricingOptions(providers={"small": "openai"})):
        for number in range(20):
            KnownTariffs(options).find("small", f"made-up-{number}")
    assert remembered() <= before + 1  # the provider of one endpoint
