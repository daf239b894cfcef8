"""A real receiver of OTLP for tests (oteltap: a native server on a port of its own), and what it was sent."""

from __future__ import annotations

import asyncio
from typing import Any, Self

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.sidecars import free_ports


class Receiver:
    """Keeps all spans and metrics that come. Use it as `async with`."""

    def __init__(self) -> None:
        # Here, because there is no build of it for every machine, and others need `attributes` only.
        from oteltap import OtelTapHttpProtobufReceiver, OtelTapHttpProtobufReceiverSettings

        (self.port,) = free_ports(1)
        self.spans: list[Span] = []
        self.metrics: list[Metric] = []
        self._tap = OtelTapHttpProtobufReceiver(OtelTapHttpProtobufReceiverSettings(http_port=self.port))
        self._keeping: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self._tap.__aenter__()
        loop = asyncio.get_running_loop()
        self._keeping = [loop.create_task(self._keep_spans()), loop.create_task(self._keep_metrics())]
        await asyncio.sleep(0)  # both listen
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        await self._tap.__aexit__(None, None, None)

    async def _keep_spans(self) -> None:
        async for span in self._tap.stream_traces():
            self.spans.append(span)

    async def _keep_metrics(self) -> None:
        async for metric in self._tap.stream_metrics():
            self.metrics.append(metric)

    def of(self, target: str) -> list[Span]:
        """Spans of one target, as they came."""
        return [span for span in self.spans if attributes(span)["shadowbench.target"] == target]


def attributes(of: Any) -> dict[str, Any]:
    """Of a span, an event or a data point."""
    return {each.key: _value(each.value) for each in of.attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    assert kind is not None
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, kind)
