from typing import Any

import pytest

from shadowbench.metrics.base import Need
from shadowbench.metrics.performance import METRICS, cached_tokens, cost, input_tokens, output_tokens
from shadowbench.records import Cost, Usage, UsageSource
from shadowbench.store.testing import an_observation
from tests.compared import value
from tests.paired import side


@pytest.mark.parametrize(
    ("priced", "expected"),
    [
        (Cost(usd=0.0123, reason=None), 0.0123),
        (Cost(usd=0.0, reason=None), 0),
        (Cost(usd=None, reason="unknown_model"), "unknown_model"),
        (Cost(usd=None, reason="no_usage"), "no_usage"),
        (Cost(usd=None, reason=None), "not_priced"),
        (None, "not_priced"),
    ],
)
def test_a_cost_that_is_not_known_has_the_reason_of_pricing(priced: Cost | None, expected: Any) -> None:
    assert value(cost, side(an_observation(cost=priced))) == expected


def test_a_count_that_is_not_reported_is_not_zero() -> None:
    usage = Usage(source=UsageSource.REPORTED, input_tokens=21, output_tokens=0)
    seen = side(an_observation(usage=usage))
    assert [value(metric, seen) for metric in (input_tokens, output_tokens, cached_tokens)] == [21, 0, "not_reported"]


def test_counts_need_that_usage_was_reported_at_all() -> None:
    named = {metric.name: metric for metric in METRICS}
    counting = ("input_tokens", "output_tokens", "cached_tokens", "tokens_per_second")
    assert all(Need.USAGE in named[name].needs for name in counting)
