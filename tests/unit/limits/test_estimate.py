from __future__ import annotations

import pytest

from shadowbench.limits.budget import NANO, Amount
from shadowbench.limits.estimate import Asked, Prices, estimate, likely, metered

TOKENS = Prices(input_usd=1e-6, output_usd=2e-6)
SECONDS = Prices(second_usd=0.5, default_usd=0.05)


def test_estimates_use_prices_then_experience_then_the_default() -> None:
    assert estimate(TOKENS, Asked(300, 50, 2), Amount()) == Amount(301_001, 201)
    assert estimate(Prices(default_usd=0.5), Asked(0), Amount()) == Amount(NANO // 2, 1025)
    assert estimate(Prices(), Asked(0, 10), Amount(77, 5)) == Amount(77, 11)
    assert estimate(TOKENS, Asked(0, 10**30, 5), Amount()).tokens < 10**9, "a stranger's number"


def test_a_request_without_a_maximum_is_no_cheaper_than_the_dearest_so_far() -> None:
    dearest = Amount(NANO, 9000)
    assert estimate(TOKENS, Asked(300), dearest) == dearest
    assert estimate(TOKENS, Asked(300, 50), dearest) == Amount(201_001, 151), "its maximum bounds it"


@pytest.mark.parametrize(
    ("prices", "nano_usd"),
    [
        (Prices(request_usd=0.01), NANO // 100),
        (Prices(second_usd=0.0), 0),  # free
        (Prices(input_usd=0.0, output_usd=0.0), 0),
        (SECONDS, NANO // 20),  # how long it takes is not known
        (Prices(input_usd=1e-6), NANO // 20),  # nor what its output costs
        (Prices(request_usd=0.2, second_usd=0.5), NANO // 5),
    ],
)
def test_what_the_request_bounds_is_reserved_and_the_default_where_nothing_does(prices: Prices, nano_usd: int) -> None:
    assert estimate(prices, Asked(0, 10), Amount()).nano_usd == nano_usd


def test_time_is_reserved_by_experience_even_with_a_maximum() -> None:
    assert estimate(SECONDS, Asked(0, 10), Amount(NANO // 5, 0)) == Amount(NANO // 5, 11)


def test_a_call_that_is_over_has_probably_cost_its_time_and_its_bytes() -> None:
    assert likely(SECONDS, Asked(0), duration_s=0.4, received_bytes=0) == Amount(NANO // 5, 2)
    both = Prices(output_usd=1e-3, request_usd=0.25)
    assert likely(both, Asked(0), duration_s=9.0, received_bytes=299).nano_usd == NANO // 4 + 100 * NANO // 1000 + 1
    assert likely(both, Asked(0, 7), duration_s=9.0, received_bytes=299).tokens == 8, "no more than its maximum"
    assert likely(both, Asked(0, None, 1, streams=True), duration_s=9.0, received_bytes=299).tokens == 4
    assert metered(SECONDS, -1.0) == Amount()
