"""Times, tokens and costs of answers as histograms, one of each kind for production and for each candidate.

They count what was read, whether the log takes it or not, and every gap of a stream, of which the log keeps quantiles only.
The writer's thread counts; the loop reports. Neither waits for the other: a report may see an answer in one histogram and
not yet in the next, and never one that was not there.

Buckets of times and costs remember the newest value that came with a trace, as an exemplar: of a stream's gaps the longest,
which is the one that somebody looks for.

Who is counted by name is configured. Anything else, and what is beyond `MAX_TARGETS`, is counted as `other`, so that the number
of series is bounded whatever comes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from shadowbench.metrics.disturbance import why_untimed
from shadowbench.recorder.edges import BucketOptions
from shadowbench.records import Observation, Outcome, Usage
from shadowbench.signals import Counters, Histogram, Labels, Trace

OTHER = "other"
MAX_TARGETS = 50
"""Production, candidates and their repeats by name: some 5,000 series, as many as a small Prometheus bears."""

_REASONS = ("paused", "late")


class Histograms:
    """Of all targets. `names`: those that are told apart, the most important first."""

    def __init__(self, names: Sequence[str], buckets: BucketOptions) -> None:
        self._targets = {name: _Target(name, buckets) for name in names[:MAX_TARGETS]}
        self._other = self._targets.setdefault(OTHER, _Target(OTHER, buckets))

    def count(self, seen: Observation, content_times: Sequence[float], trace: Trace | None = None) -> None:
        """Take one observation, when the pieces of its stream came that have content, and the trace it belongs to."""
        self._targets.get(seen.endpoint, self._other).count(seen, content_times, trace)

    def report(self, counters: Counters) -> None:
        """As signals. `other` is told of once there is any."""
        for target in self._targets.values():
            if target is not self._other or target.seen:
                target.report(counters)


class _Target:
    """One endpoint's."""

    def __init__(self, name: str, buckets: BucketOptions) -> None:
        self.seen = 0
        self._labels: Labels = (("target", name),)
        self._duration = Histogram(buckets.duration_s)
        self._first_token = Histogram(buckets.first_token_s)
        self._gap = Histogram(buckets.gap_s)
        self._input = Histogram(buckets.tokens)
        self._output = Histogram(buckets.tokens)
        self._cost = Histogram(buckets.cost_usd)
        self._cached_input = self._cache_write = self._reasoning = 0
        self._untimed = dict.fromkeys(_REASONS, 0)

    def count(self, seen: Observation, content_times: Sequence[float], trace: Trace | None) -> None:
        self.seen += 1
        self._count_tokens(seen.usage)
        if seen.cost is not None and seen.cost.usd is not None:
            _observe(self._cost, seen.cost.usd, trace)
        if seen.timing.last_byte_s is None:
            return
        if (why := why_untimed(seen)) is not None:
            self._untimed[why] += 1
            return
        self._count_times(seen, content_times, trace)

    def _count_times(self, seen: Observation, content_times: Sequence[float], trace: Trace | None) -> None:
        """An answer that broke off has a duration that says nothing; what came of its stream came when it came."""
        timing = seen.timing
        if seen.outcome is Outcome.OK and timing.last_byte_s is not None:
            _observe(self._duration, timing.last_byte_s, trace)
        if seen.streamed and timing.first_content_s is not None:
            _observe(self._first_token, timing.first_content_s, trace)
            observe, longest = self._gap.observe, 0.0
            for earlier, later in itertools.pairwise(content_times):
                if later != earlier:  # one piece that was cut to fit into frames
                    gap = later - earlier
                    observe(gap)
                    longest = gap if gap > longest else longest
            if trace is not None and longest > 0:
                self._gap.exemplify(longest, trace)

    def _count_tokens(self, usage: Usage) -> None:
        if usage.input_tokens is not None:
            self._input.observe(usage.input_tokens)
        if usage.output_tokens is not None:
            self._output.observe(usage.output_tokens)
        self._cached_input += usage.cached_input_tokens or 0
        self._cache_write += usage.cache_write_tokens or 0
        self._reasoning += usage.reasoning_tokens or 0

    def report(self, counters: Counters) -> None:
        target = self._labels
        self._duration.report(counters, "request_duration_seconds", target)
        self._first_token.report(counters, "time_to_first_token_seconds", target)
        self._gap.report(counters, "chunk_gap_seconds", target)
        self._cost.report(counters, "request_cost_usd", target)
        self._input.report(counters, "request_input_tokens", target)
        self._output.report(counters, "request_output_tokens", target)
        counters.set_total("tokens_total", self._input.sum, (*target, ("type", "input")))
        counters.set_total("tokens_total", self._output.sum, (*target, ("type", "output")))
        counters.set_total("token_parts_total", self._cached_input, (*target, ("part", "cached_input")))
        counters.set_total("token_parts_total", self._cache_write, (*target, ("part", "cache_write")))
        counters.set_total("token_parts_total", self._reasoning, (*target, ("part", "reasoning")))
        for reason, count in self._untimed.items():
            counters.set_total("untimed_observations_total", count, (*target, ("reason", reason)))


def _observe(histogram: Histogram, value: float, trace: Trace | None) -> None:
    histogram.observe(value)
    if trace is not None:
        histogram.exemplify(value, trace)
