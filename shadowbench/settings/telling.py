"""What is told: signals, reports."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from shadowbench.recorder.edges import BucketOptions
from shadowbench.settings.checking import check_policy
from shadowbench.settings.kinds import BucketEdges
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


class TelemetrySettings(Section):
    """What /metrics tells: docs/metrics.md."""

    buckets: BucketSettings = BucketSettings()
    """Of the histograms of answers."""


class ReportSettings(Section):
    """What `report` and `gate` go by."""

    policy: Annotated[str | dict[str, Any] | None, BeforeValidator(check_policy)] = None
    """What must be shown before the traffic may move: the name of a policy that comes with shadowbench, a YAML file, or its
    keys themselves (docs/gate.md). null: nothing is declared, and nothing is decided."""
