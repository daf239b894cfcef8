"""The scorer."""

from __future__ import annotations

from dashboards.kinds import lines
from dashboards.panels import Query, Section
from dashboards.promql import grown, most, of_one_log, or_none, or_zero, rate, series, total
from dashboards.shared import oldest_unscored

SECTION = Section(
    title="Scoring",
    panels=[
        lines(
            "Backlog",
            "Pairs that lack a score, by lane: metrics in one, each judge in its own; and those that lack only "
            "scores of suspended metrics.",
            Query(expression=total(of_one_log(series("scoring_backlog_pairs")), by="lane"), legend="{{lane}}"),
            Query(expression=most(series("scoring_suspended_pairs")), legend="of suspended metrics"),
            unit="short",
            nothing="nothing is scored",
        ),
        oldest_unscored(),
        lines(
            "Scores",
            "Scores by outcome. absent: there is nothing to measure, and the log says why. failed: the metric itself "
            "broke.",
            Query(expression=or_none(rate("scores_total", by="outcome"), "outcome"), legend="{{outcome}}"),
            unit="cps",
            stacked=True,
        ),
        lines(
            "Metrics that hang or crash",
            "Metrics that are left out for a while because they hung or crashed again and again, and processes of "
            "metrics that ended so. Which ones is in the scorer's log.",
            Query(expression=most(series("scoring_suspended_metrics")), legend="suspended metrics"),
            Query(
                expression=or_none(grown("scoring_runner_deaths_total", by="reason")),
                legend="processes that ended: {{reason}}",
            ),
            unit="short",
            nothing="nothing is scored",
        ),
        lines(
            "Scores that the log refused",
            "Claims and settlements of scorers that the log refused, by reason. They are tried again.",
            Query(expression=or_none(rate("scoring_store_failures_total", by="reason")), legend="{{reason}}"),
            unit="cps",
        ),
        lines(
            "Looks at the log, and lanes that are over",
            "Comparisons of the whole log, by result, and lanes of a run that was to end and has ended, by reason.",
            Query(
                expression=or_none(grown("comparison_runs_total", by="result"), "result"),
                legend="looks: {{result}}",
            ),
            Query(
                expression=or_zero(
                    most(series("scoring_lane_over"), by="lane, reason"), lane="any", reason="none so far"
                ),
                legend="{{lane}} over: {{reason}}",
            ),
            unit="short",
        ),
    ],
)
