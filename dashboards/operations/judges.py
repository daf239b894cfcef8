"""Judges and their endpoints."""

from __future__ import annotations

from dashboards.kinds import YES_IS_BAD, lines, states
from dashboards.panels import Query, Section
from dashboards.promql import grown, hourly, most, or_none, or_zero, rate, series, share

SECTION = Section(
    title="Judges",
    panels=[
        lines(
            "Calls",
            "Attempts to ask a judge, by outcome. What is not ok is tried again, or the pair is judged later.",
            Query(
                expression=or_zero(
                    rate("judge_calls_total", by="judge, outcome"), judge="any judge", outcome="none so far"
                ),
                legend="{{judge}}: {{outcome}}",
            ),
            unit="reqps",
        ),
        lines(
            "Share of calls that fail",
            "Share of the attempts that fail, of each judge. Much of it at once: its endpoint is out of order; its "
            "pairs wait and are judged later.",
            Query(
                expression=share(
                    rate("judge_calls_total", 'outcome!="ok"', by="judge"), rate("judge_calls_total", by="judge")
                ),
                legend="{{judge}}",
            ),
            unit="percentunit",
            nothing="no calls",
        ),
        lines(
            "Spend in an hour",
            "What calls cost in an hour at this pace; with the most it can have been where a call broke off.",
            Query(expression=or_none(hourly("judge_cost_usd_total", by="judge"), "judge"), legend="{{judge}}"),
            unit="currencyUSD",
        ),
        lines(
            "Refused, tried again, paused",
            "Questions that got no answer (budget, unpriced, a failure of their own), attempts that were followed by "
            "another, and times that an endpoint turned out to be out of order, by reason.",
            Query(
                expression=or_none(rate("judge_refused_total", by="judge, reason")),
                legend="{{judge}} refused: {{reason}}",
            ),
            Query(
                expression=or_none(rate("judge_retries_total", by="judge, reason")),
                legend="{{judge}} again: {{reason}}",
            ),
            Query(
                expression=or_none(rate("judge_pauses_total", by="judge, reason")),
                legend="{{judge}} paused: {{reason}}",
            ),
            Query(
                expression=or_none(rate("judge_unpriced_total", by="judge, reason")),
                legend="{{judge}} of unknown price: {{reason}}",
            ),
            unit="cps",
        ),
        lines(
            "Under way and allowed",
            "Calls under way to each judge's endpoint, and how many it gets at a time. Fewer than its concurrency: "
            "it said that it was too much.",
            Query(expression=most(series("judge_in_flight"), by="judge"), legend="{{judge}}: under way"),
            Query(expression=most(series("judge_concurrency_allowed"), by="judge"), legend="{{judge}}: allowed"),
            unit="short",
            nothing="no judges",
        ),
        lines(
            "Answered from the cache",
            "Questions that needed no call, because the answer was kept.",
            Query(expression=or_none(rate("judge_cached_total", by="judge"), "judge"), legend="{{judge}}"),
            unit="cps",
        ),
        states(
            "Drifted",
            "Whether a judge's last run of a frozen set lies outside of its first run's interval: it judges "
            "otherwise than it did, so older and newer scores are not to be compared (docs/calibration.md).",
            Query(
                expression=or_zero(most(series("judge_drifted"), by="judge, set"), judge="no set is frozen", set=""),
                legend="{{judge}} {{set}}",
            ),
            names=YES_IS_BAD,
        ),
        lines(
            "Runs of frozen sets",
            "How often judges were asked again about frozen sets, by judge and set.",
            Query(
                expression=or_zero(grown("judge_canary_runs_total", by="judge, set"), judge="none so far", set=""),
                legend="{{judge}} {{set}}",
            ),
            unit="short",
            bars=True,
        ),
    ],
)
