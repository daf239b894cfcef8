"""Calls as values of metrics, by the GenAI conventions. Pure.

Times are the same as in our own histograms (docs/metrics.md): from the request's last byte, none that we disturbed. We stand
at the client's side of the call. `gen_ai.server.time_to_first_token` is meant for servers; it is told because dashboards
read it, and differs from what a server would say by the way there and back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shadowbench.otlp import conventions as names
from shadowbench.otlp.call import Call
from shadowbench.otlp.options import Destination
from shadowbench.otlp.spans import Value, common_attributes
from shadowbench.records import Outcome

_DOUBLING = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
OTHER: Final = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A histogram as the conventions have it."""

    name: str
    unit: str
    description: str
    edges: tuple[float, ...]


DURATION = Metric(
    name="gen_ai.client.operation.duration", unit="s", description="GenAI operation duration.", edges=_DOUBLING
)
FIRST_CHUNK = Metric(
    name="gen_ai.client.operation.time_to_first_chunk",
    unit="s",
    description="Time to receive the first chunk of a stream.",
    edges=_DOUBLING,
)
FIRST_TOKEN = Metric(
    name="gen_ai.server.time_to_first_token",
    unit="s",
    description="Time to the first token of a stream, as seen by the client.",
    edges=(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
TOKENS = Metric(
    name="gen_ai.client.token.usage",
    unit="{token}",
    description="Number of input and output tokens used.",
    edges=tuple(float(4**power) for power in range(14)),
)
METRICS = (DURATION, FIRST_CHUNK, FIRST_TOKEN, TOKENS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value of a metric."""

    metric: Metric
    value: float
    attributes: dict[str, Value]


class Models:
    """The names of models that metrics tell apart: the first so many. Clients choose what they ask for, and each name is a
    series that is never forgotten."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._known: set[str] = set()

    def told(self, name: str) -> str:
        """`name`, or OTHER."""
        if name not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(name)
        return name


def measurements_of(call: Call, where: Destination | None, models: Models) -> Iterator[Measurement]:
    """What a call adds to the metrics."""
    told = common_attributes(call, where)
    for name in (names.REQUEST_MODEL, names.RESPONSE_MODEL):
        if name in told:
            told[name] = models.told(str(told[name]))
    if call.is_timed:
        yield from _times(call, told)
    for kind, count in (("input", call.usage.input_tokens), ("output", call.usage.output_tokens)):
        if count is not None:
            yield Measurement(metric=TOKENS, value=count, attributes=told | {names.TOKEN_TYPE: kind})


def _times(call: Call, told: dict[str, Value]) -> Iterator[Measurement]:
    error, timing = names.error_type_of(call), call.timing
    if call.outcome is Outcome.OK and timing.last_byte_s is not None:
        yield Measurement(metric=DURATION, value=timing.last_byte_s, attributes=told)
    elif error is not None:
        failed_s = max(0, call.end_ns - call.start_ns) / 1e9
        yield Measurement(metric=DURATION, value=failed_s, attributes=told | {names.ERROR_TYPE: error})
    if call.streamed and timing.first_byte_s is not None:
        yield Measurement(metric=FIRST_CHUNK, value=timing.first_byte_s, attributes=told)
    if call.streamed and timing.first_content_s is not None:
        yield Measurement(metric=FIRST_TOKEN, value=timing.first_content_s, attributes=told)
