"""What every comparison of two texts promises, whatever the texts are."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.metrics.base import Metric, Need
from shadowbench.metrics.text import METRICS
from shadowbench.scores import Direction, Shape
from tests.compared import pair, value

COMPARED = [m for m in METRICS if m.shape is Shape.PAIR and not m.name.endswith("_agreement")]
SYMMETRIC = [m for m in COMPARED if m.name not in ("bleu", "chrf", "ter")]
REASONS = {"no_number", "no_choice", "no_result", "too_long"}
ANY = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from(" \n.,-0123aAbBéß\u0301\ud800\x00東(){}*"), max_size=60
)

ODD = [
    "\ud800\udfff lone \udc00",
    "\x00\x01\u2028\u2029\ufeff",
    "a\u0300" * 500,
    "\u202eevil\u202c",
    "👩‍👩‍👧‍👦 🇩🇪",
    "(" * 1_500,
    "1" * 2_000,
    " a" * 1_000,
    "{}" * 1_000,
]


def test_names_are_told_once_and_each_comparison_has_both_forms() -> None:
    names = [m.name for m in METRICS]
    assert len(set(names)) == len(names)
    assert {f"{m.name}_reference" for m in COMPARED} <= set(names)
    assert all(Need.TEXT in m.needs and m.version and m.about for m in METRICS)


@pytest.mark.parametrize("metric", COMPARED, ids=lambda m: m.name)
@settings(max_examples=40, deadline=None)
@given(ANY, ANY)
def test_every_value_is_within_what_the_metric_declares(metric: Metric, left: str, right: str) -> None:
    said = value(metric, pair(left, right))
    if isinstance(said, str):
        assert said in REASONS
    else:
        assert math.isfinite(said)
        assert said >= metric.low and (metric.high is None or said <= metric.high + 1e-9)


@pytest.mark.parametrize("metric", SYMMETRIC, ids=lambda m: m.name)
@settings(max_examples=40, deadline=None)
@given(ANY, ANY)
def test_it_does_not_matter_which_side_is_which(metric: Metric, left: str, right: str) -> None:
    there, back = value(metric, pair(left, right)), value(metric, pair(right, left))
    assert there == back or there == pytest.approx(back)


@pytest.mark.parametrize("metric", COMPARED, ids=lambda m: m.name)
def test_a_text_is_like_itself(metric: Metric) -> None:
    best = metric.low if metric.direction is Direction.LOWER else metric.high
    text = "The answer is (B): 42 apples and five pears, all told."
    assert value(metric, pair(text, text)) == pytest.approx(best)


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_no_text_breaks_a_metric(metric: Metric, text: str) -> None:
    given = {"value": "x", "values": ["x"], "pattern": "x"}
    options = {name: given[name] for name in given if name in _parameters(metric)}
    both = pair(text, text[::-1], reference="42 (B) " + text[:100])
    said = value(metric, both if metric.shape is Shape.PAIR else both.candidate, **options)
    assert isinstance(said, str) or math.isfinite(said)


def _parameters(metric: Metric) -> set[str]:
    import inspect

    return set(inspect.signature(metric.function).parameters)
