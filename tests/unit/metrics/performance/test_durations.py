from dataclasses import replace
from typing import Any

import pytest

from shadowbench.metrics.base import Metric
from shadowbench.metrics.performance import gap_p50, gap_p95, latency, tokens_per_second, ttft
from shadowbench.metrics.view import Side
from shadowbench.records import Answer, Choice, Timing, Usage, UsageSource
from shadowbench.store.testing import an_observation
from tests.compared import value
from tests.paired import side

STREAM = Timing(first_content_s=0.5, last_byte_s=2.5, content_chunks=20, gap_p50_s=0.1, gap_p95_s=0.3)


def streamed(timing: Timing = STREAM, output: int | None = 41, hidden: int | None = None, **changes: Any) -> Side:
    usage = Usage(source=UsageSource.REPORTED, output_tokens=output, reasoning_tokens=hidden)
    return side(an_observation(endpoint="small", **{"streamed": True, "timing": timing, "usage": usage, **changes}))


def but(**changes: Any) -> Timing:
    return replace(STREAM, **changes)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [(latency, 2.5), (ttft, 0.5), (gap_p50, 0.1), (gap_p95, 0.3), (tokens_per_second, (41 - 1) / (2.5 - 0.5))],
    ids=lambda each: each.name if isinstance(each, Metric) else None,
)
def test_times_are_those_that_were_measured_unless_we_were_in_the_way(metric: Metric, expected: float) -> None:
    assert value(metric, streamed()) == pytest.approx(expected)
    assert value(metric, streamed(but(paused_s=0.1))) == "paused"
    assert value(metric, streamed(but(loop_lag_s=0.2))) == "late"


@pytest.mark.parametrize("metric", [ttft, gap_p50, gap_p95, tokens_per_second], ids=lambda each: each.name)
def test_what_only_streams_have_is_absent_elsewhere(metric: Metric) -> None:
    assert value(metric, streamed(streamed=False)) == "not_streamed"
    assert value(latency, streamed(streamed=False)) == 2.5


def test_what_was_not_measured_is_absent() -> None:
    assert value(ttft, streamed(but(first_content_s=None))) == "no_timing"
    assert value(gap_p50, streamed(but(gap_p50_s=None))) == "one_piece"
    assert value(tokens_per_second, streamed(but(first_content_s=None))) == "no_timing"
    assert value(tokens_per_second, streamed(output=None)) == "not_reported"


@pytest.mark.parametrize("timing", [but(content_chunks=1), but(content_chunks=None), but(last_byte_s=0.5001)])
def test_a_stream_that_was_held_back_has_no_rate(timing: Timing) -> None:
    assert value(tokens_per_second, streamed(timing)) == "one_piece"
    assert value(tokens_per_second, streamed(output=1)) == "one_piece"


def test_reasoning_that_is_not_shown_was_over_before_the_first_content() -> None:
    assert value(tokens_per_second, streamed(output=441, hidden=400)) == pytest.approx(20)
    shown = Answer(choices=(Choice(text="x", reasoning="long thoughts"),))
    assert value(tokens_per_second, streamed(output=441, hidden=400, answer=shown)) == pytest.approx(220)
