"""The proxy, beside what the overview tells of it."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.panels import Query, Section
from dashboards.promql import or_none, or_zero, rate

SECTION = Section(
    title="The proxy",
    panels=[
        lines(
            "Connections",
            "Connections of clients accepted in a second, and those that could not be, by reason. Too many open "
            "files: raise the limit (ulimit -n).",
            Query(expression=rate("proxy_accepted_connections_total"), legend="accepted"),
            Query(
                expression=or_none(rate("proxy_accept_errors_total", by="reason")), legend="not accepted: {{reason}}"
            ),
            unit="cps",
        ),
        lines(
            "Refused, by reason",
            "Requests that the proxy turned away before production saw them, by reason.",
            Query(expression=or_none(rate("proxy_refused_requests_total", by="reason")), legend="{{reason}}"),
            unit="reqps",
        ),
        lines(
            "Not copied by nature",
            "Connections that became raw tunnels (websockets), which are never copied, and messages whose trailers "
            "were dropped.",
            Query(expression=or_zero(rate("proxy_tunnels_total")), legend="tunnels"),
            Query(expression=or_zero(rate("proxy_dropped_trailers_total")), legend="trailers dropped"),
            unit="cps",
        ),
    ],
)
