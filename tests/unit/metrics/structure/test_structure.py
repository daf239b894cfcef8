"""What every metric of structure promises, whatever the texts are."""

import inspect
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.metrics.base import Metric, Need
from shadowbench.metrics.structure import METRICS
from shadowbench.scores import Shape
from tests.compared import pair, value

ANY = st.text(st.characters(), max_size=40) | st.text(st.sampled_from("<>/[]{}\":,1a`~#-|\n \ud800\x00'"), max_size=60)
REASONS = {
    "target_not_json",
    "no_value",
    "no_code",
    "language_not_known",
    "too_deep",
    "not_checked",
    "declares_entities",
}


def test_names_are_told_once() -> None:
    names = [m.name for m in METRICS]
    assert len(set(names)) == len(names)
    assert all(Need.TEXT in m.needs and m.version and m.about for m in METRICS)
    of_sides = [m.name for m in METRICS if m.shape is Shape.SIDES and not m.name.endswith("_reference")]
    assert {f"{name}_agreement" for name in of_sides} <= set(names)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
@settings(max_examples=60, deadline=None)
@given(ANY, ANY)
def test_any_text_has_a_value_in_range_or_a_reason(metric: Metric, production: str, candidate: str) -> None:
    known = inspect.signature(metric.function).parameters
    given = {"path": "$.a", "equals": 1, "schema": {"type": "array"}}
    options = {name: option for name, option in given.items() if name in known}
    both = pair(production, candidate, reference=production)
    said = value(metric, both if metric.shape is Shape.PAIR else both.candidate, **options)
    assert said in REASONS if isinstance(said, str) else 0 <= said <= 1 and math.isfinite(said)
