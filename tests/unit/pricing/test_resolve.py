"""Which price is meant."""

from __future__ import annotations

import json

import pytest

from shadowbench.pricing import PriceEntry, Pricer, PricingOptions, rates_for

OPENAI = {"small": "https://api.openai.com/v1"}


def entry(rate: float, *models: str, endpoint: str | None = None) -> PriceEntry:
    return PriceEntry(models=models or ("*",), endpoint=endpoint, input_per_mtok=rate, output_per_mtok=rate)


def rate(options: PricingOptions, requested: str | None, reported: str | None, endpoint: str = "small") -> float | None:
    tariff = Pricer(options).tariff(endpoint, requested, reported)
    return None if tariff is None else json.loads(tariff.rates(0, 0).price)["input_per_mtok"]


def test_an_endpoints_own_price_goes_before_those_by_model() -> None:
    options = PricingOptions(entries=(entry(1.0, "gpt-*"), entry(2.0, endpoint="small")), urls=OPENAI)
    assert rate(options, "gpt-4o", "gpt-4o-2024") == 2.0
    assert rate(options, "gpt-4o", "gpt-4o-2024", endpoint="big") == 1.0
    assert rate(options, None, None) == 2.0


def test_the_reported_model_goes_before_the_requested_one_whatever_the_entries_order() -> None:
    options = PricingOptions(entries=(entry(1.0, "asked"), entry(2.0, "answer*")))
    assert rate(options, "asked", "answered") == 2.0
    assert rate(options, "asked", "other") == 1.0
    assert rate(options, "asked", None) == 1.0


def test_of_several_entries_the_first_that_matches_is_used() -> None:
    options = PricingOptions(entries=(entry(1.0, "a-[0-9]", "b"), entry(2.0, "a-*"), entry(3.0)))
    assert [rate(options, model, None) for model in ("a-1", "b", "a-x", "c", None)] == [1.0, 1.0, 2.0, 3.0, 3.0]


def test_the_configuration_goes_before_genai_prices_which_goes_by_either_model() -> None:
    assert rate(PricingOptions(entries=(entry(7.0, "gpt-4o"),), urls=OPENAI), "gpt-4o", None) == 7.0
    assert rate(PricingOptions(urls=OPENAI), "gpt-4o-mini", None) == 0.15
    assert rate(PricingOptions(urls=OPENAI), "gpt-4o-mini", "what-they-call-it") == 0.15
    assert rate(PricingOptions(urls=OPENAI), "nobody-knows", None) is None
    assert rate(PricingOptions(), None, None) is None


def test_tariffs_are_remembered_and_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    pricer = Pricer(PricingOptions(entries=(entry(1.0, "x*"),)))
    assert pricer.tariff("small", "xa", None) is pricer.tariff("small", "xa", None)
    assert pricer.configured("small", "xa", None) is pricer.configured("small", "xa", None)
    assert pricer.tariff("small", "x" * 10_000, None) is None


def test_genai_prices_is_not_asked_again_for_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    pricer = Pricer(PricingOptions())
    asked: list[str] = []
    monkeypatch.setattr(pricer._known, "find", lambda endpoint, model: asked.append(model))
    for _ in range(3):
        assert pricer.tariff("small", "m", "m-1") is None
    assert asked == ["m-1", "m"]


def test_the_highest_rates_are_reserved_for() -> None:
    rates = rates_for(PricingOptions(providers={"small": "anthropic"}), "small", "claude-sonnet-4-5")
    assert rates is not None
    assert json.loads(rates.price)["input_tokens_above"] == 200_000


def test_a_price_that_names_no_rate_is_none() -> None:
    assert rates_for(PricingOptions(providers={"small": "github-copilot"}), "small", "gpt-4o") is None
    assert rates_for(PricingOptions(urls=OPENAI), "small", None) is None


@pytest.mark.parametrize(
    ("entries", "loads"),
    [
        ((), True),
        ((entry(1.0),), False),
        ((entry(1.0, "gpt-*"),), True),
        ((entry(1.0, endpoint="small"),), False),
        ((entry(1.0, endpoint="big"),), True),
    ],
)
def test_genai_prices_is_loaded_beforehand_where_anything_may_be_looked_up(
    entries: tuple[PriceEntry, ...], loads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pricer = Pricer(PricingOptions(entries=entries, urls=OPENAI))
    loaded: list[bool] = []
    monkeypatch.setattr(pricer._known, "load", lambda: loaded.append(True))
    pricer.prepare()
    assert bool(loaded) is loads
