"""What is told: signals, traces, reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from shadowbench.recorder.edges import BucketOptions
from shadowbench.settings.checking import check_headers, check_policy
from shadowbench.settings.kinds import BucketEdges, HeaderName, Seconds, Share, Url, VariableName
from shadowbench.settings.section import Section

_BUCKETS = BucketOptions()


class BucketSettings(Section):
    """Upper ends of the histograms' buckets, ascending: put one where an objective stands."""

    duration_s: BucketEdges = _BUCKETS.duration_s
    """Of request_duration_seconds."""
    first_token_s: BucketEdges = _BUCKETS.first_token_s
    """Of time_to_first_token_seconds."""
    gap_s: BucketEdges = _BUCKETS.gap_s
    """Of chunk_gap_seconds."""
    tokens: BucketEdges = _BUCKETS.tokens
    """Of request_input_tokens and request_output_tokens."""
    cost_usd: BucketEdges = _BUCKETS.cost_usd
    """Of request_cost_usd."""


class OtlpSettings(Section):
    """Calls as spans and metrics of OpenTelemetry, sent over OTLP: docs/opentelemetry.md."""

    endpoint: Url | None = None
    """Base URL of a receiver that speaks OTLP over HTTP, as http://collector:4318; /v1/traces and /v1/metrics are appended.
    null: nothing is sent. Needs `pip install 'shadowbench-sidecar[otel]'`."""
    headers: Annotated[dict[str, str], AfterValidator(check_headers)] = {}
    """Headers to send along that are no secret."""
    headers_env: dict[HeaderName, VariableName] = {}
    """Headers whose value is in an environment variable, e.g. {authorization: OTLP_AUTHORIZATION}."""
    sample: Share = 1.0
    """Share of the copied exchanges' traces that get spans. A trace that its client does not keep gets none in any case."""
    metrics: bool = True
    """Whether metrics are sent beside spans; of all exchanges, whatever `sample` says."""
    every_s: Seconds = 60.0
    """How often metrics are sent."""
    timeout_s: Seconds = 10.0
    """How long an export may take, with all that it tries again."""
    resource: dict[str, str] = {}
    """Attributes of the resource, e.g. {service.name: chat-gateway, deployment.environment.name: production}."""
    ca_file: Path | None = None
    """Certificates to trust (PEM) instead of the system's, for an https URL."""


class TelemetrySettings(Section):
    """What operators see: /metrics (docs/metrics.md), traces (docs/opentelemetry.md)."""

    buckets: BucketSettings = BucketSettings()
    """Of the histograms of answers."""
    otlp: OtlpSettings = OtlpSettings()
    """Exports to an OpenTelemetry receiver."""


class ReportSettings(Section):
    """What `report` and `gate` go by."""

    policy: Annotated[str | dict[str, Any] | None, BeforeValidator(check_policy)] = None
    """What must be shown before the traffic may move: the name of a policy that comes with shadowbench, a YAML file, or its
    keys themselves (docs/gate.md). null: nothing is declared, and nothing is decided."""
