"""Is production untouched?"""

from __future__ import annotations

from dashboards.kinds import lines, named, number
from dashboards.panels import BAD, GOOD, ODD, Query, Section
from dashboards.promql import CANDIDATES, hourly, least, most, or_none, or_zero, quantile, rate, series, share, total
from dashboards.shared import OURS

SECTION = Section(
    title="Is production untouched?",
    panels=[
        number(
            "Requests",
            "Requests that clients send through the proxy, in a second. All of them go to production, copied or not.",
            Query(expression=rate("proxy_requests_total"), legend="requests"),
            unit="reqps",
        ),
        number(
            "Not answered by production",
            "Share of the requests that production did not answer whole: not reached, too slow, broken off. The "
            "proxy adds no errors of its own to these. High here and in production's own monitoring: look there. "
            "High here alone: take the sidecar out (docs/kubernetes.md, “Around it, in one command”).",
            Query(
                expression=share(rate("proxy_production_faults_total"), rate("proxy_requests_total")),
                legend="not answered",
            ),
            unit="percentunit",
            limits=[(0.003, ODD), (0.0144, BAD)],
            nothing="no requests",
        ),
        number(
            "Time the proxy adds, p99",
            "What 99 of 100 exchanges lose at most by going through the proxy, reading and writing on both ways, "
            "without waiting. A rise says that the proxy lacks CPU.",
            Query(expression=quantile(0.99, "proxy_overhead_seconds"), legend="p99"),
            unit="s",
            limits=[(0.01, ODD), (0.1, BAD)],
            nothing="no requests",
        ),
        number(
            "Copying",
            "Whether requests are copied to candidates. Off: an operator paused or killed it, or it is configured "
            "off. Production is served either way. With several sidecars: off as soon as one of them does not copy.",
            Query(expression=least(series("mirroring_enabled")), legend="copying"),
            unit="none",
            defaults=named({0: ("off", ODD), 1: ("on", GOOD)}),
            nothing="not scraped",
        ),
        number(
            "Candidates left alone",
            "Candidates whose breaker is open: too many of their last calls failed, so they get no copies for a "
            "while. It costs pairs, never an answer of production. Which and why is below.",
            Query(
                expression=or_zero(total(most(series("lane_breaker_open", CANDIDATES), by="candidate"))),
                legend="breakers open",
            ),
            unit="short",
            limits=[(1, BAD)],
            nothing="not scraped",
        ),
        number(
            "Spend in an hour",
            "What calls to candidates and judges cost in an hour at this pace. Calls of unknown price are not in it.",
            Query(
                expression=f"({or_zero(hourly('recorder_cost_usd_total', OURS))})"
                f" + ({or_zero(hourly('judge_cost_usd_total'))})",
                legend="spend",
            ),
            unit="currencyUSD",
            nothing="not scraped",
        ),
        lines(
            "What becomes of requests",
            "Requests by how they end. Refused: the proxy itself turned it away, because it was no well-formed HTTP "
            "or larger than allowed. Client left: the client hung up before the end. Only the last of them is an "
            "error that production made.",
            Query(expression=rate("proxy_answered_requests_total"), legend="answered"),
            Query(expression=or_zero(rate("proxy_refused_requests_total")), legend="refused"),
            Query(expression=or_zero(rate("proxy_cancelled_requests_total")), legend="client left"),
            Query(expression=or_zero(rate("proxy_production_faults_total")), legend="not answered by production"),
            unit="reqps",
            stacked=True,
        ),
        lines(
            "Why production did not answer",
            "Requests that production did not answer whole, by reason. production_unreachable and "
            "production_connect_timed_out: the way to it. production_first_byte_timed_out and "
            "production_idle_timed_out: it took longer than production.first_byte_timeout_s or idle_timeout_s allow. "
            "production_upload_timed_out: it stopped reading the request. "
            "production_reset and production_truncated: it broke off.",
            Query(
                expression=or_none(rate("proxy_production_faults_total", by="reason")),
                legend="{{reason}}",
            ),
            unit="reqps",
        ),
        lines(
            "Why requests were refused, or clients left",
            "Requests that the proxy refused before production saw them, and those that clients gave up, by reason. "
            "A new refusal after a release of your clients: they send something that HTTP does not allow, or that "
            "goes beyond a bound (proxy.max_head_bytes).",
            Query(
                expression=or_none(rate("proxy_refused_requests_total", by="reason")),
                legend="refused: {{reason}}",
            ),
            Query(
                expression=or_none(rate("proxy_cancelled_requests_total", by="reason")),
                legend="client left: {{reason}}",
            ),
            unit="reqps",
        ),
        lines(
            "Time the proxy adds",
            "How long exchanges are delayed by going through the proxy, without waiting for anybody. Its buckets end "
            "at 0.1 s.",
            *[
                Query(expression=quantile(q, "proxy_overhead_seconds"), legend=f"p{q * 100:g}")
                for q in (0.5, 0.95, 0.99)
            ],
            unit="s",
            nothing="no requests",
        ),
        lines(
            "How long production takes",
            "From the request's last byte to the answer's last byte, of production's whole answers that were copied: "
            "a sample of the traffic. Failures have no duration; they are above.",
            *[
                Query(
                    expression=quantile(q, "request_duration_seconds", 'target="production"'),
                    legend=f"production p{q * 100:g}",
                )
                for q in (0.5, 0.95, 0.99)
            ],
            unit="s",
            nothing="nothing was copied",
        ),
        lines(
            "Under way",
            "Connections of clients, connections to production, and requests whose answers are not complete. "
            "Requests that pile up while their rate stays the same: production became slower.",
            Query(expression=total(series("proxy_open_connections")), legend="connections of clients"),
            Query(expression=total(series("proxy_production_connections")), legend="connections to production"),
            Query(expression=total(series("proxy_active_requests")), legend="requests"),
            unit="short",
        ),
    ],
)
