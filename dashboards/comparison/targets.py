"""Who is compared."""

from __future__ import annotations

from dashboards.kinds import table
from dashboards.panels import Query, Section
from dashboards.promql import TARGETS, most, series

SECTION = Section(
    title="Who is compared",
    panels=[
        table(
            "Targets",
            "What stands behind the names. An empty model or dialect: as the client asks for it.",
            Query(
                expression=most(series("target_info", TARGETS), by="target, host, model, dialect"),
                legend="",
                instant=True,
                as_table=True,
            ),
            unit="short",
            first=["target", "host", "model", "dialect"],
            width=24,
            height=6,
            nothing="not scraped",
        ),
    ],
)
