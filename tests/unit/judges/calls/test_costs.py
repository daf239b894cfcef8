from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.judges.calls.costs import Ask, Charge, charge_of, input_usd, most_usd
from shadowbench.judges.calls.faults import Came
from shadowbench.pricing import PriceEntry, PricingOptions
from tests.unit.judges.calls.desks import FREE, PRICED, chat, prices, refusal, vectors
from tests.virtual_time import NOON

ASK = Ask(endpoint="j", model="m", body_bytes=1000, max_output_tokens=100, timeout_s=60.0)


def charge(seen: Came | None, pricing: PricingOptions = PRICED, ask: Ask = ASK) -> Charge:
    known = prices(pricing)
    return charge_of(known.pricer, known.rates, ask, seen, at=NOON)


def most(pricing: PricingOptions = PRICED, ask: Ask = ASK) -> float:
    rates = prices(pricing).rates
    assert rates is not None
    return most_usd(rates, ask)


def only(**rates: Any) -> PricingOptions:
    return PricingOptions(entries=(PriceEntry(models=("*",), **rates),))


def test_the_most_is_a_long_input_and_all_of_the_output() -> None:
    assert most() == pytest.approx(1000 * 1e-6 + 100 * 10e-6)


@pytest.mark.parametrize("text", ["1 2 3 4 5 6 7 8", "𒀀𒀁𒀂", "🦩🪿", "plain words"])
def test_a_text_that_is_a_token_for_every_byte_costs_no_more_than_the_most(text: str) -> None:
    read = len(text.encode())
    usd = charge(chat("x", tokens=(read, 100)), ask=replace(ASK, body_bytes=read)).usd
    assert usd is not None and usd <= most(ask=replace(ASK, body_bytes=read)) + 1e-12


def test_the_most_takes_the_dearest_kind_of_token() -> None:
    dear = only(input_per_mtok=1.0, output_per_mtok=1.0, cache_write_per_mtok=2.0, reasoning_per_mtok=3.0)
    assert most(dear) == pytest.approx(1000 * 2e-6 + 100 * 3e-6)


def test_a_machines_time_is_paid_until_the_time_out() -> None:
    assert most(only(gpu_hour_usd=3.6, per_request=0.5)) == pytest.approx(60 * 0.001 + 0.5)


def test_tokens_that_were_told_are_priced() -> None:
    assert charge(chat("x", tokens=(200, 30))) == Charge(usd=pytest.approx(200 * 1e-6 + 30 * 10e-6))


def test_vectors_cost_their_input() -> None:
    assert charge(vectors([1.0], tokens=7), ask=replace(ASK, max_output_tokens=0)) == Charge(usd=pytest.approx(7e-6))


@pytest.mark.parametrize("seen", [Came(fault="unreachable", was_sent=False), refusal(429), refusal(503), refusal(401)])
def test_what_was_turned_away_costs_nothing(seen: Came) -> None:
    assert charge(seen) == Charge(usd=0.0)


@pytest.mark.parametrize(
    "seen", [None, Came(fault="timed_out"), Came(fault="broken"), refusal(500), chat("x", tokens=None)]
)
def test_what_may_have_been_billed_counts_with_the_most(seen: Came | None) -> None:
    assert charge(seen) == Charge(usd=pytest.approx(most()), reason="at_most")


def test_a_refused_question_costs_no_more_than_its_input() -> None:
    rates = prices(PRICED).rates
    assert rates is not None
    assert charge(refusal(400)) == Charge(usd=pytest.approx(input_usd(rates, ASK)), reason="at_most")


@pytest.mark.parametrize("seen", [None, chat("x"), chat("x", tokens=None), refusal(500), Came(fault="broken")])
def test_what_is_free_is_free_whatever_came(seen: Came | None) -> None:
    assert charge(seen, FREE) == Charge(usd=0.0)


def test_without_a_price_nothing_is_known() -> None:
    assert charge(chat("x"), PricingOptions()) == Charge(usd=None, reason="unknown_model")
    assert charge(None, PricingOptions()) == Charge(usd=None, reason="unknown_model")


@given(read=st.integers(0, 1000), written=st.integers(0, 100))
def test_no_answer_within_its_bounds_costs_more_than_the_most(read: int, written: int) -> None:
    usd = charge(chat("x", tokens=(read, written))).usd
    assert usd is not None and usd <= most() + 1e-12
