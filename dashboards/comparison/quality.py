"""Scores and verdicts."""

from __future__ import annotations

from dashboards.board import Variable
from dashboards.kinds import levels, lines, table
from dashboards.panels import Query, Section
from dashboards.promql import CANDIDATES, increase, mean, or_none, period_mean, rate, series
from dashboards.shared import verdicts

METRIC = Variable(name="metric", label="Score of", of=series("score_count", CANDIDATES), values="metric")
_METRICS = 'metric=~"$metric"'


def _preference() -> str:
    """Share of the verdicts of this period that are for the candidate, ties counted half."""
    everything = increase("verdicts_total", CANDIDATES, by="candidate, judge")
    wins, ties = (
        f"({increase('verdicts_total', CANDIDATES, matcher, by='candidate, judge')} or 0 * {everything})"
        for matcher in ('verdict="win"', 'verdict="tie"')
    )
    return f"({wins} + 0.5 * {ties}) / ({everything} > 0)"


SECTION = Section(
    title="Quality",
    panels=[
        table(
            "Scores in this period",
            "Mean scores, of measures with bounds: 0 is the least possible value and 1 the greatest, whichever is "
            "better. A pair's measure (how alike both answers are) has a value of both together, the others one of "
            "each side. For watching: the report has intervals.",
            *[
                Query(
                    expression=period_mean("score", CANDIDATES, _METRICS, f'side="{side}"', by="metric, candidate"),
                    legend=side,
                    instant=True,
                    as_table=True,
                )
                for side in ("production", "candidate", "both")
            ],
            unit="percentunit",
            values=["production", "candidate", "both together"],
            sort="production",
            first=["metric", "candidate"],
            width=12,
            height=10,
            nothing="nothing is scored yet",
        ),
        lines(
            "Scores over time",
            "Mean scores over time. Choose measures above (“Score of”). Production that moves as well: the traffic "
            "has changed.",
            Query(
                expression=mean("score", CANDIDATES, _METRICS, by="metric, candidate, side"),
                legend="{{metric}}: {{candidate}}, {{side}}",
            ),
            unit="percentunit",
            width=12,
            height=10,
            nothing="nothing is scored yet",
        ),
        levels(
            "How often candidates are preferred",
            "Share of the pairs of this period in which a judge found the candidate's answer better, ties counted "
            "half: 50 % is no preference either way. As the judge says it, not corrected for its own leanings.",
            Query(
                expression=_preference(),
                legend="{{candidate}} ({{judge}})",
                instant=True,
            ),
            unit="percentunit",
            defaults={"max": 1, "color": {"fixedColor": "blue", "mode": "fixed"}},
            nothing="no judges, or no verdicts yet",
        ),
        verdicts(),
        lines(
            "Scores that are absent or failed",
            "Scores that could not be had, by measure. absent: the pair has nothing to be measured by it, and the "
            "log says why. failed: the metric itself broke, which is a fault of the metric.",
            Query(
                expression=or_none(
                    rate("scores_total", _METRICS, 'outcome!="scored"', by="metric, outcome"), "outcome"
                ),
                legend="{{metric}} {{outcome}}",
            ),
            unit="cps",
        ),
    ],
)
