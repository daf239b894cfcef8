"""How fast an endpoint is, what it takes and costs, and how it fails. What is not known is absent, never zero."""

from shadowbench.metrics.base import Metric
from shadowbench.metrics.performance.durations import gap_p50, gap_p95, latency, tokens_per_second, ttft
from shadowbench.metrics.performance.faults import error_class, retries
from shadowbench.metrics.performance.spending import cached_tokens, cost, input_tokens, output_tokens

METRICS: tuple[Metric, ...] = (
    latency,
    ttft,
    gap_p50,
    gap_p95,
    tokens_per_second,
    cost,
    input_tokens,
    output_tokens,
    cached_tokens,
    retries,
    error_class,
)
