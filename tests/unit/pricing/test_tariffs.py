"""Rates by input size and by time."""

from __future__ import annotations

from shadowbench.pricing.rates import flat_rates
from shadowbench.pricing.tariffs import Dated, Fixed, Step, Tiered

LOW, MIDDLE, HIGH = (flat_rates({}, {"input_per_mtok": rate}) for rate in (1.0, 2.0, 3.0))
TIERED = Tiered(LOW, (Step(200, HIGH), Step(100, MIDDLE)))


def test_the_step_is_taken_above_its_size() -> None:
    assert [TIERED.rates(size, 0) for size in (0, 100, 101, 200, 201)] == [LOW, LOW, MIDDLE, MIDDLE, HIGH]


def test_the_time_chooses_the_tariff_and_the_size_its_step() -> None:
    dated = Dated(lambda at: at >= 10, {False: Fixed(LOW), True: TIERED})
    assert [dated.rates(300, at) for at in (9, 10)] == [LOW, HIGH]
    assert list(dated.all_rates()) == [LOW, LOW, HIGH, MIDDLE]
