"""Whether the numbers of all other panels are there at all."""

from __future__ import annotations

from dashboards.kinds import lines, states, table
from dashboards.panels import BAD, GOOD, Query, Section
from dashboards.promql import CHOSEN, series

SECTION = Section(
    title="Is it watched?",
    panels=[
        states(
            "Scraped",
            "Whether Prometheus reaches each sidecar's /metrics. Down while the pod runs: look at admin.listen and "
            "the network policy. All other panels say nothing about a sidecar that is down here.",
            Query(expression=f"max by (instance) (up{{{CHOSEN}}})", legend="{{instance}}"),
            names={0: ("down", BAD), 1: ("up", GOOD)},
            width=9,
            height=6,
            nothing="nothing is scraped under this job",
        ),
        lines(
            "Time of a scrape",
            "How long /metrics takes. It is made beside the traffic and holds no stream up; above the scrape "
            "time-out there are gaps here.",
            Query(expression=f"max by (instance) (scrape_duration_seconds{{{CHOSEN}}})", legend="{{instance}}"),
            unit="s",
            width=9,
            height=6,
            nothing="nothing is scraped under this job",
        ),
        table(
            "Versions",
            "Which versions run, and how many sidecars of each. Two for longer than a rollout takes: it is stuck.",
            Query(expression=f"count by (version) ({series('build_info')})", legend="", instant=True, as_table=True),
            unit="short",
            sort="sidecars",
            values=["sidecars"],
            first=["version"],
            width=6,
            height=6,
            nothing="not scraped",
        ),
    ],
)
