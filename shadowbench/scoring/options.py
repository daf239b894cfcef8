"""What can be set about scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shadowbench.judges.options import JudgeOptions
from shadowbench.metrics.binding import MetricOptions
from shadowbench.pricing import PricingOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonOptions:
    """What is looked at from time to time. `policy`: a `report.policy.Policy` as JSON, which nobody reads here."""

    every_s: float
    policy: Mapping[str, Any]
    candidates: tuple[str, ...]
    again: tuple[str, ...] = ()  # of the candidates: production itself


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringOptions:
    """Options of one scoring worker."""

    store_url: str
    name: str = "scoring-0"  # of the worker; its leases carry it and the process' number
    metrics: tuple[MetricOptions, ...] = ()
    metric_timeout_s: float = 5.0
    judges: tuple[JudgeOptions, ...] = ()
    pricing: PricingOptions = field(default_factory=PricingOptions)
    once: bool = False  # end when all is scored that can be now
    canaries_every_s: float = 0.0  # how often frozen sets are asked again; 0: never by itself
    comparison: ComparisonOptions | None = None  # None: never
    lease_s: float = 60.0
    poll_s: float = 2.0  # how often the log is asked for new pairs when there were none
    drain_s: float = 10.0  # after the word to drain: how long what runs may take


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    """Options of the process that runs metrics."""

    store_url: str
    metrics: tuple[MetricOptions, ...]
    timeout_s: float  # of one call of a metric
    max_bytes: int = 2 << 30  # of private memory: a metric that wants more gets MemoryError
    socket_fd: int = -1
    page_fd: int = -1
