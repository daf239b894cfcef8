"""Whatever an answer says, every metric has a value in its range, or a reason of its own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.metrics import behaviour, consistency, performance, tools
from shadowbench.metrics.base import Metric
from shadowbench.metrics.binding import bind
from shadowbench.metrics.running import FAILURES, score
from shadowbench.records import Choice, ToolCall
from shadowbench.scores import Shape
from tests.paired import WITH_TOOLS, paired

METRICS: tuple[Metric, ...] = (*tools.METRICS, *behaviour.METRICS, *performance.METRICS, *consistency.METRICS)
BOUND = [bind(metric, {}) for metric in METRICS]
ODD = [
    "a" * 200_000,
    "ab " * 60_000,
    "`" * 100_000,
    "\n" * 100_000,
    "|\n" * 50_000,
    "[email:" * 20_000,
    "a@b." * 30_000,
    "\U0001f388" * 30_000,
    "\ud800" * 1000,
    "\x00" * 1000,
    "I'm sorry, but " * 5000,
    '{"a":' * 20_000,
]

_TEXTS = st.text(max_size=200) | st.lists(
    st.sampled_from(["sorry", "I can't", "# a\n", "- b\n", "|", "哈", "a@b.co", " "])
).map("".join)
_CALLS = st.builds(
    ToolCall,
    name=st.sampled_from(["weather", "now", "x", ""]),
    arguments=st.text(max_size=20),
    kind=st.just("function"),
)
_CHOICES = st.builds(
    Choice,
    text=st.none() | _TEXTS,
    refusal=st.none() | _TEXTS,
    tool_calls=st.lists(_CALLS, max_size=3).map(tuple),
    finish_reason=st.sampled_from([None, "", "stop", "length", "content_filter", "Ünknown"]),
)


def _check(production: Choice, candidate: Choice) -> None:
    pair = paired(production, candidate, WITH_TOOLS, production_again=candidate, candidate_again=production)
    for bound in BOUND:
        said = score(bound, pair, 1, lambda call: call())
        assert (said.value is None) != (said.reason is None)
        assert said.reason not in FAILURES, (bound.name, said)
        if bound.metric.shape is Shape.SIDES:
            assert (said.production_value is None) != (said.production_reason is None)
            assert said.production_reason not in FAILURES, (bound.name, said)


@settings(deadline=None)
@given(_CHOICES, _CHOICES)
def test_any_two_answers_are_measured(production: Choice, candidate: Choice) -> None:
    _check(production, candidate)


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:8]))
def test_odd_texts_are_measured_in_reasonable_time(text: str) -> None:
    """Within the suite's own limit of two minutes: anything worse than about linear would not be."""
    call = ToolCall(name="weather", arguments=text)
    _check(Choice(text=text, tool_calls=(call,)), Choice(text=text[:-3], refusal=text))
