from __future__ import annotations

from shadowbench.limits.budget import NANO, Amount
from shadowbench.limits.estimate import Prices, estimate


def test_estimates_use_prices_then_experience_then_the_default() -> None:
    known = Prices(input_usd=1e-6, output_usd=2e-6)
    assert estimate(known, 300, 50, 2, Amount()) == Amount(301_001, 201)
    assert estimate(Prices(default_usd=0.5), 0, None, 1, Amount()) == Amount(NANO // 2, 1025)
    assert estimate(Prices(), 0, 10, 1, Amount(77, 5)) == Amount(77, 11)
    assert estimate(known, 0, 10**30, 5, Amount()).tokens < 10**9, "a stranger's number"
