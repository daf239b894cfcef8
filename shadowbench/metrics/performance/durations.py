"""Times of an answer, in seconds since the request was sent. Where we were in the way there are none: `paused`, `late`.

A pair's times are to be compared only where both sides have theirs: what disturbs one side may have helped the other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shadowbench.metrics.base import Absent, Metric, Need, Value, metric
from shadowbench.metrics.disturbance import why_untimed
from shadowbench.metrics.view import Side
from shadowbench.records import Timing
from shadowbench.scores import Direction, Shape

_LEAST_S = 0.001
"""Of a stream, from its first content to its end, for its rate to mean anything: it was not held back and sent at once."""

_seconds: Callable[..., Callable[[Callable[..., Value]], Metric]] = partial(
    metric, version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=None, unit="s"
)


@_seconds(needs=(Need.TIMING,))
def latency(side: Side) -> Value:
    """Time to the answer's last byte."""
    return _undisturbed(side, side.observation.timing.last_byte_s)


@_seconds()
def ttft(side: Side) -> Value:
    """Time to the first content of a stream: text, reasoning, refusal or a tool call's arguments."""
    timing = _of_stream(side)
    return timing if isinstance(timing, Absent) else _undisturbed(side, timing.first_content_s)


@_seconds()
def gap_p50(side: Side) -> Value:
    """Median time between two pieces of a stream that have content. A piece may be several tokens."""
    timing = _of_stream(side)
    return timing if isinstance(timing, Absent) else _undisturbed(side, timing.gap_p50_s, "one_piece")


@_seconds()
def gap_p95(side: Side) -> Value:
    """95th percentile of the time between two pieces of a stream that have content."""
    timing = _of_stream(side)
    return timing if isinstance(timing, Absent) else _undisturbed(side, timing.gap_p95_s, "one_piece")


@metric(
    version="1",
    shape=Shape.SIDES,
    direction=Direction.HIGHER,
    low=0,
    high=None,
    unit="tokens/s",
    needs=(Need.USAGE,),
)
def tokens_per_second(side: Side) -> Value:
    """Rate of a stream once it runs: its tokens after the first, by the time from its first content to its end.

    Reasoning that is counted and not shown was over before the first content, and is left out.
    """
    timing = _of_stream(side)
    if isinstance(timing, Absent):
        return timing
    tokens = _tokens_shown(side)
    if tokens is None:
        return Absent("not_reported")
    first, last = timing.first_content_s, timing.last_byte_s
    if first is None or last is None:
        return Absent("no_timing")
    if tokens < 2 or (timing.content_chunks or 0) < 2 or last - first < _LEAST_S:
        return Absent("one_piece")
    return _undisturbed(side, (tokens - 1) / (last - first))


def _of_stream(side: Side) -> Timing | Absent:
    return side.observation.timing if side.observation.streamed else Absent("not_streamed")


def _undisturbed(side: Side, value: float | None, otherwise: str = "no_timing") -> Value:
    if value is None:
        return Absent(otherwise)
    why = why_untimed(side.observation)
    return Absent(why) if why else value


def _tokens_shown(side: Side) -> int | None:
    usage = side.observation.usage
    if usage.output_tokens is None:
        return None
    hidden = usage.reasoning_tokens or 0 if not side.first.reasoning else 0
    return usage.output_tokens - hidden
