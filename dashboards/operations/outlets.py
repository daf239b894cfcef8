"""What the sidecar tells the outside beside /metrics: logs, and OpenTelemetry."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.panels import Query, Section
from dashboards.promql import most, or_none, or_zero, rate, series

SECTION = Section(
    title="Logs and OpenTelemetry",
    panels=[
        lines(
            "Log lines that were lost",
            "Lines that nobody took from standard error in time. Whoever collects logs does not keep up; no stream "
            "waits for it.",
            Query(expression=or_zero(rate("log_dropped_lines_total", by="role"), role="any"), legend="{{role}}"),
            unit="cps",
        ),
        lines(
            "Access log",
            "Lines of the access log that were written, and those that were not, by reason: above max_per_second "
            "(rate), taken by nobody (stderr). Nothing here where proxy.access_log is off.",
            Query(expression=or_zero(rate("access_log_lines_total")), legend="written"),
            Query(expression=or_none(rate("access_log_dropped_total", by="reason")), legend="left out: {{reason}}"),
            unit="cps",
        ),
        lines(
            "Spans and metrics over OTLP",
            "Spans by what became of them, exports that the receiver did not take, by signal and reason, and "
            "exchanges that wait to be sent. All 0 where nothing is exported (docs/opentelemetry.md).",
            Query(expression=or_none(rate("otlp_spans_total", by="result"), "result"), legend="spans: {{result}}"),
            Query(
                expression=or_zero(
                    rate("otlp_failures_total", by="signal, reason"), signal="any signal", reason="none so far"
                ),
                legend="not taken: {{signal}} {{reason}}",
            ),
            Query(expression=or_zero(most(series("otlp_waiting_exchanges"))), legend="exchanges that wait"),
            unit="short",
        ),
    ],
)
