"""What judges say."""

from __future__ import annotations

from dashboards.kinds import levels
from dashboards.panels import Query, Section
from dashboards.promql import CANDIDATES, increase
from dashboards.shared import verdicts

SECTION = Section(
    title="Verdicts of judges",
    panels=[
        verdicts(width=12),
        levels(
            "Verdicts in this period",
            "How many pairs each judge decided for the candidate, as equal, or against it, in the shown period.",
            Query(
                expression=increase("verdicts_total", CANDIDATES, by="candidate, judge, verdict"),
                legend="{{candidate}} {{verdict}} ({{judge}})",
                instant=True,
            ),
            unit="short",
            width=12,
            nothing="no judges, or no verdicts yet",
        ),
    ],
)
