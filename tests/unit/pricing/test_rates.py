"""Rates times usage."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.pricing.rates import FlatRates, flat_rates, price_usage
from shadowbench.records import NO_USAGE, Cost, Usage, UsageSource

ALL = {
    "input_per_mtok": 10.0,
    "output_per_mtok": 40.0,
    "cached_input_per_mtok": 1.0,
    "cache_write_per_mtok": 12.5,
    "reasoning_per_mtok": 60.0,
}


def used(**counts: int) -> Usage:
    return Usage(source=UsageSource.REPORTED, **counts)


def cost(rates: dict[str, float], usage: Usage, duration_s: float | None = None, **kw: bool) -> Cost:
    return price_usage(flat_rates({}, rates), usage, duration_s=duration_s, **kw)


def test_a_cost_is_finite_or_not_known() -> None:
    rates = flat_rates({}, {"input_per_mtok": 1e300, "output_per_mtok": 1e300})
    used = Usage(source=UsageSource.REPORTED, input_tokens=10**30, output_tokens=1)
    cost = price_usage(rates, used, duration_s=None)
    assert (cost.usd, cost.reason) == (None, "partial_usage")


def test_cached_written_and_reasoning_tokens_have_their_own_rates() -> None:
    usage = used(input_tokens=100, cached_input_tokens=30, cache_write_tokens=20, output_tokens=50, reasoning_tokens=40)
    expected = (50 * 10 + 30 * 1 + 20 * 12.5 + 10 * 40 + 40 * 60) / 1e6
    assert cost(ALL, usage).usd == pytest.approx(expected)


def test_without_rates_of_their_own_they_cost_as_any_other() -> None:
    usage = used(input_tokens=100, cached_input_tokens=30, cache_write_tokens=20, output_tokens=50, reasoning_tokens=40)
    plain = {name: ALL[name] for name in ("input_per_mtok", "output_per_mtok")}
    assert cost(plain, usage).usd == pytest.approx((100 * 10 + 50 * 40) / 1e6)


def test_what_is_multiplied_is_told_and_nothing_else() -> None:
    rates = flat_rates({"source": "config", "model": "m"}, {"input_per_mtok": 1.5, "gpu_hour_usd": 2.0}, concurrency=4)
    assert json.loads(rates.price) == {
        "source": "config",
        "model": "m",
        "input_per_mtok": 1.5,
        "gpu_hour_usd": 2.0,
        "gpu_concurrency": 4,
    }
    assert " " not in rates.price


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        (NO_USAGE, "no_usage"),
        (used(input_tokens=5), "partial_usage"),
        (used(output_tokens=5), "partial_usage"),
        (used(input_tokens=5, output_tokens=1, cached_input_tokens=6), "partial_usage"),
        (used(input_tokens=5, output_tokens=1, reasoning_tokens=2), "partial_usage"),
    ],
)
def test_without_sound_counts_the_cost_is_not_known(usage: Usage, reason: str) -> None:
    known = cost(ALL, usage)
    assert (known.usd, known.reason) == (None, reason)
    assert known.price is not None


@pytest.mark.parametrize("rates", [{"input_per_mtok": 1.0}, {"output_per_mtok": 1.0}, {}])
def test_tokens_without_a_rate_are_not_free(rates: dict[str, float]) -> None:
    assert cost(rates, used(input_tokens=5, output_tokens=2)).reason == "price_has_no_rate"


def test_a_rate_of_zero_is_free() -> None:
    assert cost({"input_per_mtok": 0.0, "output_per_mtok": 0.0}, used(input_tokens=5, output_tokens=2)).usd == 0.0


def test_embeddings_need_no_output() -> None:
    assert cost({"input_per_mtok": 2.0}, used(input_tokens=5), only_input=True).usd == pytest.approx(1e-5)
    assert cost({"input_per_mtok": 2.0}, used(input_tokens=5, output_tokens=9), only_input=True).usd == pytest.approx(
        1e-5
    )


def test_requests_and_machines_need_no_usage() -> None:
    assert cost({"per_request": 0.25}, NO_USAGE).usd == 0.25
    assert cost({"gpu_hour_usd": 36.0}, NO_USAGE, duration_s=10.0).usd == pytest.approx(0.1)
    assert cost({"gpu_hour_usd": 36.0, "per_request": 0.25}, NO_USAGE, duration_s=10.0).usd == pytest.approx(0.35)
    assert cost({"gpu_hour_usd": 36.0}, NO_USAGE).reason == "no_usage"
    shared = flat_rates({}, {"gpu_hour_usd": 36.0}, concurrency=8)
    assert price_usage(shared, NO_USAGE, duration_s=10.0).usd == pytest.approx(0.0125)


def test_tokens_beside_a_price_per_request_need_usage() -> None:
    assert cost({"per_request": 0.25, **ALL}, NO_USAGE).reason == "no_usage"


def test_a_price_that_says_nothing_is_empty() -> None:
    assert flat_rates({}, {}).is_empty
    assert not flat_rates({}, {"per_request": 0.0}).is_empty
    assert FlatRates(input_usd=0.0, price="{}").is_per_token


COUNTS = st.one_of(st.none(), st.integers(0, 10**7))


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_cost_is_never_negative_and_known_or_explained(
    given: int | None, made: int | None, cached: int | None, written: int | None, thought: int | None
) -> None:
    usage = Usage(
        source=UsageSource.REPORTED,
        input_tokens=given,
        output_tokens=made,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=thought,
    )
    known = cost(ALL, usage)
    assert (known.usd is None) == (known.reason is not None)
    if known.usd is not None:
        # Between all at the lowest and all at the highest rate.
        assert given is not None
        assert made is not None
        assert (given + 40 * made) / 1e6 <= known.usd + 1e-9
        assert known.usd <= (12.5 * given + 60 * made) / 1e6 + 1e-9
