"""What candidates do, beside production."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.panels import Query, Section
from dashboards.promql import TARGETS, or_zero, quantile, rate
from dashboards.shared import breakers, failures, shares_of_rates

SECTION = Section(
    title="What candidates do",
    panels=[
        failures(),
        lines(
            "Failures, by outcome",
            "How observations without a whole, readable answer ended. not_sent: we did not send it, see “Why "
            "requests did not become pairs”.",
            Query(
                expression=or_zero(
                    rate("observations_total", TARGETS, 'outcome!="ok"', by="target, outcome"), outcome="none so far"
                ),
                legend="{{target}} {{outcome}}",
            ),
            unit="reqps",
            overrides=[],
        ),
        breakers(),
        lines(
            "Time to first token, p95",
            "From the request's last byte to a stream's first content, of answers that stream. For watching: whether "
            "a difference is more than chance is on the dashboard “comparison” and in reports.",
            Query(
                expression=quantile(0.95, "time_to_first_token_seconds", TARGETS, by="target"),
                legend="{{target}}",
            ),
            unit="s",
            nothing="no streams",
        ),
        lines(
            "Duration, p95",
            "From the request's last byte to the answer's last byte, of whole answers. Failures have none: who gives "
            "up early looks fast.",
            Query(
                expression=quantile(0.95, "request_duration_seconds", TARGETS, by="target"),
                legend="{{target}}",
            ),
            unit="s",
            nothing="no copies",
        ),
        shares_of_rates(),
    ],
)
