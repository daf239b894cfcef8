"""The mirror and its lanes, one for each candidate."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.panels import BAD, ODD, Query, Section
from dashboards.promql import CANDIDATES, most, or_none, or_zero, rate, series, total
from dashboards.shared import breakers, budgets, shares_of_rates

SECTION = Section(
    title="The mirror and its lanes",
    panels=[
        breakers(),
        lines(
            "Queues",
            "Requests that wait for each candidate, and calls under way. A queue that stays long: the candidate is "
            "slower than its share of the traffic; lower its rate, or raise its concurrency.",
            Query(
                expression=total(series("lane_queue_depth", CANDIDATES), by="candidate"),
                legend="{{candidate}}: waiting",
            ),
            Query(
                expression=total(series("lane_running", CANDIDATES), by="candidate"), legend="{{candidate}}: running"
            ),
            unit="short",
            nothing="no candidates",
        ),
        shares_of_rates(),
        lines(
            "Drawn and not sent",
            "Copies that were drawn for a candidate and not sent, or left the queue again, by reason: "
            "docs/mirroring.md, section 4.",
            Query(
                expression=or_none(
                    rate("lane_calls_total", CANDIDATES, 'stage=~"not_sent|cancelled"', by="candidate, reason")
                ),
                legend="{{candidate}} {{reason}}",
            ),
            unit="reqps",
        ),
        lines(
            "Calls that failed",
            "Calls to candidates that brought no whole answer, or an HTTP error, and those that were given up, by "
            "reason.",
            Query(
                expression=or_none(
                    rate("lane_calls_total", CANDIDATES, 'stage=~"fault|withdrawn"', by="candidate, reason")
                ),
                legend="{{candidate}} {{reason}}",
            ),
            Query(
                expression=or_none(
                    rate(
                        "lane_calls_total",
                        CANDIDATES,
                        'stage="answered"',
                        'reason=~"http_.*"',
                        by="candidate, reason",
                    )
                ),
                legend="{{candidate}} {{reason}}",
            ),
            unit="reqps",
        ),
        lines(
            "Tried again",
            "Attempts that came to nothing before the endpoint can have begun, and were followed by another, by "
            "reason.",
            Query(
                expression=or_none(rate("lane_retries_total", CANDIDATES, by="candidate, reason")),
                legend="{{candidate}} {{reason}}",
            ),
            unit="reqps",
        ),
        lines(
            "Not copied, not drawn, discarded",
            "Exchanges that reached the mirror and went no further, by stage and reason: docs/mirroring.md, sections "
            "1 and 2. discarded is what was wanted and is lost.",
            Query(
                expression=or_none(
                    rate(
                        "mirror_exchanges_total",
                        'stage=~"ineligible|unsampled|discarded"',
                        by="stage, reason",
                    )
                ),
                legend="{{stage}} {{reason}}",
            ),
            unit="reqps",
        ),
        lines(
            "Held in memory",
            "Request bytes that wait until every candidate was called (mirror.max_held_bytes bounds them), and bytes "
            "in the recorder.",
            Query(expression=total(series("mirror_held_request_bytes")), legend="mirror"),
            Query(expression=total(series("recorder_held_bytes")), legend="recorder"),
            unit="bytes",
            nothing="not scraped",
        ),
        lines(
            "Lag of the mirror",
            "The worst delay of the mirror's event loop. Times of candidates that were measured while it was late "
            "are left out of comparisons. Often above 10 ms: the mirror lacks CPU.",
            Query(expression=most(series("mirror_loop_lag_seconds")), legend="worst"),
            unit="s",
            limits=[(0.01, ODD), (0.1, BAD)],
            nothing="not scraped",
        ),
        lines(
            "Exchanges in the mirror",
            "Exchanges whose production side has not ended, proxies that are connected, and connections from mirrors "
            "to recorders.",
            Query(expression=total(series("mirror_live_exchanges")), legend="exchanges"),
            Query(expression=total(series("mirror_proxies")), legend="proxies"),
            Query(expression=total(series("recorder_connections")), legend="connections to the recorder"),
            unit="short",
            nothing="not scraped",
        ),
        lines(
            "Late frames",
            "Pieces of exchanges that were settled before: normal after the mirror dropped some.",
            Query(expression=or_zero(rate("mirror_late_frames_total")), legend="frames"),
            unit="cps",
        ),
        budgets(),
    ],
)
