"""What goes over the wire, and what is said of receivers that do not take it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from shadowbench import __version__
from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Ending, Reply, ScriptedServer, Step, plain
from shadowbench.otlp.measuring import Models, measurements_of
from shadowbench.otlp.options import OtlpOptions
from shadowbench.otlp.sdk import Sdk
from shadowbench.otlp.spans import spans_of
from tests.otlp import attributes
from tests.sidecars import free_ports
from tests.unit.otlp.test_spans import CALLS, DESTINATIONS, PRODUCTION

SPANS = spans_of(CALLS, DESTINATIONS)


def options(url: str, **changes: Any) -> OtlpOptions:
    return OtlpOptions(**({"endpoint": url, "timeout_s": 0.5} | changes))


async def sent(
    reply: Callable[[Received], Reply], work: Callable[[Sdk], Any], **changes: Any
) -> tuple[Any, list[Received]]:
    """What `work` returns, and what a receiver got."""
    async with ScriptedServer(reply) as server:
        sdk = Sdk(options(server.url, **changes), {"TOKEN": "Bearer hush\n"})
        try:
            return await asyncio.to_thread(work, sdk), server.requests
        finally:
            sdk.close()


def taken(request: Received) -> Reply:
    return plain(200, b"")


async def test_spans_arrive_with_their_resource_and_the_configured_headers() -> None:
    failure, requests = await sent(
        taken,
        lambda sdk: sdk.send_spans(SPANS),
        headers={"x-team": "search"},
        headers_env={"authorization": "TOKEN"},
        resource={"service.name": "gateway"},
    )
    assert failure is None
    (request,) = requests
    assert request.target == "/v1/traces"
    assert [request.header(name) for name in ("authorization", "x-team", "content-type")] == [
        "Bearer hush",
        "search",
        "application/x-protobuf",
    ]
    (found,) = ExportTraceServiceRequest.FromString(request.body).resource_spans
    who = attributes(found.resource)
    assert (who["service.name"], who["service.version"]) == ("gateway", __version__)
    assert len(who["service.instance.id"]) == 36
    (scope,) = found.scope_spans
    assert (scope.scope.name, scope.schema_url) == ("shadowbench", "https://opentelemetry.io/schemas/1.41.0")
    assert [(each.name, each.trace_state, attributes(each)["shadowbench.target"]) for each in scope.spans] == [
        ("chat big", "vendor=1", "production"),
        ("chat small-model", "vendor=1", "small"),
    ]


async def test_a_service_that_nobody_named_is_shadowbench(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, named in (("", "shadowbench"), ("service.name=from-the-environment", "from-the-environment")):
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", given)
        _, (request,) = await sent(taken, lambda sdk: sdk.send_spans(SPANS))
        (found,) = ExportTraceServiceRequest.FromString(request.body).resource_spans
        assert attributes(found.resource)["service.name"] == named


async def test_opentelemetrys_own_variables_fill_what_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=value")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    _, (request,) = await sent(taken, lambda sdk: sdk.send_spans(SPANS))
    assert request.header("x-key") == "value"
    assert ExportTraceServiceRequest.FromString(gzip.decompress(request.body)).resource_spans


async def test_metrics_add_up_between_exports() -> None:
    def work(sdk: Sdk) -> list[str | None]:
        for _ in range(2):
            sdk.measure(list(measurements_of(PRODUCTION, None, Models())), SPANS[0])
        return [sdk.send_metrics(), sdk.send_metrics()]

    failures, requests = await sent(taken, work)
    assert failures == [None, None]
    exemplars = []
    for request in requests:
        (found,) = ExportMetricsServiceRequest.FromString(request.body).resource_metrics
        metrics = {each.name: each for each in found.scope_metrics[0].metrics}
        (point,) = metrics["gen_ai.client.operation.duration"].histogram.data_points
        assert (point.count, point.sum) == (2, pytest.approx(0.8))
        exemplars.append([each.span_id.hex() for each in point.exemplars])
    assert exemplars == [[SPANS[0].span_id], []]  # each is told once


async def test_without_values_there_is_nothing_to_send() -> None:
    assert await sent(taken, lambda sdk: sdk.send_metrics()) == (None, [])


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (lambda request: plain(400, b"no"), "http_400"),
        (lambda request: plain(503, b"later"), "http_503"),
        (lambda request: plain(302, b"", ("Location", "/elsewhere")), "http_302"),
        (lambda request: Reply(steps=[Step(data=b"")], ending=Ending.HANG), "timeout"),
    ],
    ids=["refused", "busy", "moved", "silent"],
)
async def test_a_receiver_that_does_not_take_it_is_told_by_why(
    reply: Callable[[Received], Reply], failure: str
) -> None:
    assert (await sent(reply, lambda sdk: sdk.send_spans(SPANS)))[0] == failure


async def test_a_receiver_that_is_not_there_is_unreachable() -> None:
    (port,) = free_ports(1)
    sdk = Sdk(options(f"http://127.0.0.1:{port}"), {})
    sdk.measure(list(measurements_of(PRODUCTION, None, Models())), None)
    assert await asyncio.to_thread(sdk.send_spans, SPANS) == "unreachable"
    assert await asyncio.to_thread(sdk.send_metrics) == "unreachable"
    sdk.close()
    sdk.close()


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    (nobody,) = free_ports(1)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{nobody}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert (await sent(taken, lambda sdk: sdk.send_spans(SPANS)))[0] is None
