"""What is taken out before anything is kept."""

from __future__ import annotations

from dashboards.kinds import lines, number
from dashboards.panels import BAD, Query, Section
from dashboards.promql import last_hour, or_none, or_zero, rate

SECTION = Section(
    title="What is taken out before anything is kept",
    panels=[
        lines(
            "Placeholders in the log",
            "What stands in the log instead of secrets and personal data, by kind.",
            Query(expression=or_none(rate("recorder_redactions_total", by="kind"), "kind"), legend="{{kind}}"),
            unit="cps",
        ),
        lines(
            "Found",
            "Distinct secrets and personal data, by kind and where; of answers, those that the request did not have. "
            "New kinds in a candidate's answers: it tells what it should not know.",
            Query(
                expression=or_zero(
                    rate("recorder_findings_total", by="kind, where"), kind="none so far", where="anywhere"
                ),
                legend="{{kind}} in {{where}}",
            ),
            unit="cps",
        ),
        number(
            "Withheld",
            "Texts and bodies that are not in the log at all, because a credential was left in them after redaction, "
            "in the last hour. Any is a bug of ours; please report it.",
            Query(expression=or_zero(last_hour("recorder_leaks_total")), legend="withheld"),
            unit="short",
            width=8,
            height=8,
            limits=[(1, BAD)],
            nothing="not scraped",
        ),
    ],
)
