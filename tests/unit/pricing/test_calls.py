"""What of a call is billed."""

from __future__ import annotations

import pytest

from shadowbench.pricing import Call, PriceEntry, Pricer, PricingOptions, Tried, attempt_usd, cost_of, with_attempts
from shadowbench.records import NO_USAGE, Cost, Usage, UsageSource

USED = Usage(source=UsageSource.REPORTED, input_tokens=1_000_000, output_tokens=0)
TOKENS = Pricer(PricingOptions(entries=(PriceEntry(models=("m",), input_per_mtok=2.0, output_per_mtok=1.0),)))
REQUESTS = Pricer(PricingOptions(entries=(PriceEntry(models=("m",), per_request=0.5),)))
CALL = Call(
    endpoint="small",
    requested_model="m",
    reported_model=None,
    at=0.0,
    usage=USED,
    status=200,
    was_sent=True,
    is_whole=True,
    duration_s=1.0,
)


def of(pricer: Pricer = TOKENS, **changes: object) -> tuple[float | None, str | None]:
    cost = cost_of(pricer, CALL._replace(**changes))
    return cost.usd, cost.reason


def test_a_whole_answer_costs_what_its_tariff_says() -> None:
    assert of() == (2.0, None)
    assert of(REQUESTS, usage=NO_USAGE) == (0.5, None)


def test_an_unknown_model_is_not_free() -> None:
    assert of(requested_model="n") == (None, "unknown_model")
    assert of(requested_model="n", usage=NO_USAGE, status=500) == (None, "unknown_model")


def test_a_request_that_never_reached_the_endpoint_costs_nothing() -> None:
    nowhere = {"status": None, "was_sent": False, "usage": NO_USAGE, "is_whole": False}
    assert of(**nowhere) == (0.0, None)
    assert of(REQUESTS, **nowhere) == (0.0, None)


@pytest.mark.parametrize("status", [401, 404, 413, 429, 503, 529])
def test_turned_away_costs_the_price_per_request_only(status: int) -> None:
    assert of(status=status, usage=NO_USAGE) == (0.0, None)
    assert of(REQUESTS, status=status, usage=NO_USAGE) == (0.5, None)


@pytest.mark.parametrize("status", [400, 422, 500, 502])
def test_a_refusal_that_a_model_may_have_made_is_not_free(status: int) -> None:
    assert of(status=status, usage=NO_USAGE) == (None, "no_usage")


def test_an_answer_may_come_before_the_request_was_sent_whole() -> None:
    assert of(was_sent=False) == (2.0, None)


def test_a_broken_stream_has_no_final_counts() -> None:
    assert of(is_whole=False) == (None, "partial_usage")
    assert of(is_whole=False, usage=NO_USAGE) == (None, "no_usage")
    assert of(REQUESTS, is_whole=False) == (0.5, None)


@pytest.mark.parametrize(
    ("tried", "tokens", "requests"),
    [
        (Tried("http_429", 429), 0.0, 0.5),
        (Tried("http_529", 529), 0.0, 0.5),
        (Tried("refused", None), 0.0, 0.0),
        (Tried("stale", None), 0.0, 0.0),
        (Tried("http_500", 500), None, None),
        (Tried("timed_out_first_byte", None), None, None),
    ],
)
def test_attempts(tried: Tried, tokens: float | None, requests: float | None) -> None:
    assert attempt_usd(TOKENS, "small", "m", tried) == tokens
    assert attempt_usd(REQUESTS, "small", "m", tried) == requests


def test_attempts_are_part_of_the_cost() -> None:
    cost = Cost(usd=1.0, reason=None, price="{}")
    assert with_attempts(cost, []) is cost
    assert with_attempts(None, []) is None
    assert with_attempts(cost, [0.5, 0.25]) == Cost(usd=1.75, reason=None, price="{}")
    assert with_attempts(None, [0.5]) == Cost(usd=0.5, reason=None)
    assert with_attempts(cost, [0.5, None]) == Cost(usd=None, reason="no_usage", price="{}")
    unknown = Cost(usd=None, reason="partial_usage", price="{}")
    assert with_attempts(unknown, [0.5]) is unknown
