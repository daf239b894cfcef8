"""OpenTelemetry's SDK and its OTLP exporter over HTTP: from the extra `otel`. The only module that knows them.

Spans are made after the calls have ended, so no tracer runs: each is built whole and handed to the exporter, which tries again
what may pass. What options do not say is read from OpenTelemetry's own environment variables (OTEL_RESOURCE_ATTRIBUTES,
OTEL_EXPORTER_OTLP_HEADERS, …_COMPRESSION, …), as everywhere.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, set_span_in_context
from opentelemetry.trace.span import TraceState
from opentelemetry.trace.status import Status, StatusCode
from requests.adapters import HTTPAdapter

from shadowbench import __version__
from shadowbench.otlp.conventions import SCHEMA_URL
from shadowbench.otlp.measuring import METRICS, Measurement
from shadowbench.otlp.options import OtlpOptions
from shadowbench.otlp.spans import Span

_NAME = "shadowbench"
_UNNAMED = "unknown_service"  # what the SDK calls a service that nobody named


class Sdk:
    """See `outbox.Backend`."""

    def __init__(self, options: OtlpOptions, environ: Mapping[str, str]) -> None:
        # The libraries log each failure, and what receivers answer; we count the one and do not repeat the other.
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        logging.getLogger("opentelemetry").propagate = False
        secrets = {name: environ.get(variable, "").strip() for name, variable in options.headers_env.items()}
        self._timeout_ms = options.timeout_s * 1000
        self._resource = _resource(options.resource)
        self._scope = InstrumentationScope(_NAME, __version__, SCHEMA_URL)
        self._traces, self._metrics = _Watch(), _Watch()
        common: dict[str, Any] = {
            "headers": {**options.headers, **secrets},
            "timeout": options.timeout_s,
            "certificate_file": options.ca_file,
        }
        self._span_exporter = OTLPSpanExporter(
            endpoint=f"{options.endpoint}/v1/traces", session=_session(self._traces), **common
        )
        self._metric_exporter = OTLPMetricExporter(
            endpoint=f"{options.endpoint}/v1/metrics", session=_session(self._metrics), **common
        )
        self._reader = InMemoryMetricReader()
        provider = MeterProvider(metric_readers=[self._reader], resource=self._resource, shutdown_on_exit=False)
        meter = provider.get_meter(_NAME, __version__, SCHEMA_URL)
        self._histograms = {
            each.name: meter.create_histogram(
                each.name, each.unit, each.description, explicit_bucket_boundaries_advisory=each.edges
            )
            for each in METRICS
        }

    def send_spans(self, spans: Sequence[Span]) -> str | None:
        """Why they were not taken, None when they were."""
        built = [self._built(span) for span in spans]
        try:
            result = self._span_exporter.export(built)
        except Exception as error:  # noqa: BLE001  whatever a library of others does, it must not end the thread
            return type(error).__name__
        return None if result is SpanExportResult.SUCCESS else self._traces.failure

    def measure(self, measurements: Sequence[Measurement], span: Span | None) -> None:
        """Add values. With a span they have it as their exemplar, where they are chosen for one."""
        context = Context() if span is None else set_span_in_context(NonRecordingSpan(_context(span)), Context())
        for each in measurements:
            self._histograms[each.metric.name].record(each.value, each.attributes, context=context)

    def send_metrics(self) -> str | None:
        """Why they were not taken, None when they were, or when there are none."""
        try:
            data = self._reader.get_metrics_data()
            if data is None:
                return None
            result = self._metric_exporter.export(data, timeout_millis=self._timeout_ms)
        except Exception as error:  # noqa: BLE001  see `send_spans`
            return type(error).__name__
        return None if result is MetricExportResult.SUCCESS else self._metrics.failure

    def close(self) -> None:
        """End, also what another thread is trying again. Twice does no harm."""
        self._span_exporter.shutdown()  # type: ignore[no-untyped-call]
        self._metric_exporter.shutdown()

    def _built(self, span: Span) -> ReadableSpan:
        error = span.error
        return ReadableSpan(
            name=span.name,
            context=_context(span),
            parent=_parent(span),
            resource=self._resource,
            attributes=span.attributes,
            events=[Event(each.name, each.attributes, each.at_ns) for each in span.events],
            kind=SpanKind.CLIENT,
            status=Status(StatusCode.UNSET) if error is None else Status(StatusCode.ERROR, error),
            start_time=span.start_ns,
            end_time=span.end_ns,
            instrumentation_scope=self._scope,
        )


class _Watch(HTTPAdapter):
    """Sees what became of the last request: an exporter says of it only that it failed."""

    failure = "unknown"

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            response = super().send(*args, **kwargs)
        except requests.exceptions.SSLError:
            self.failure = "tls"
            raise
        except requests.exceptions.Timeout:
            self.failure = "timeout"
            raise
        except requests.exceptions.RequestException:
            self.failure = "unreachable"
            raise
        self.failure = f"http_{response.status_code}"
        return response


def _session(watch: _Watch) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxies and no .netrc: as with all of our calls, what is configured is all there is
    session.max_redirects = 0
    session.mount("https://", watch)
    session.mount("http://", watch)
    return session


def _resource(configured: Mapping[str, str]) -> Resource:
    """Who tells. An id for each process: totals of two that have none would be taken for one another's."""
    own = {SERVICE_VERSION: __version__, SERVICE_INSTANCE_ID: str(uuid.uuid4())}
    resource = Resource(own).merge(Resource.create(dict(configured)))
    if str(resource.attributes.get(SERVICE_NAME, _UNNAMED)).startswith(_UNNAMED):
        resource = resource.merge(Resource({SERVICE_NAME: _NAME}))
    return resource


def _context(span: Span) -> SpanContext:
    return _span_context(span, span.span_id, is_remote=False)


def _parent(span: Span) -> SpanContext | None:
    return None if span.parent_id is None else _span_context(span, span.parent_id, is_remote=span.is_parent_remote)


def _span_context(span: Span, span_id: str, *, is_remote: bool) -> SpanContext:
    state = None if span.trace_state is None else TraceState.from_header([span.trace_state])
    return SpanContext(
        int(span.trace_id, 16), int(span_id, 16), is_remote, TraceFlags(TraceFlags.SAMPLED), state or None
    )
