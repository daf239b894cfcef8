"""What it costs, and what may still be spent."""

from __future__ import annotations

from dashboards.kinds import levels, lines
from dashboards.panels import Query, Section
from dashboards.promql import TARGETS, hourly, increase
from dashboards.shared import OURS, budgets

SECTION = Section(
    title="Money",
    panels=[
        lines(
            "Spend over time",
            "What the answers in the log and the judges' calls cost in an hour at this pace. Production is what its "
            "copied requests cost: you pay it anyway. NAME~again are repeats.",
            Query(expression=hourly("recorder_cost_usd_total", TARGETS, by="target"), legend="{{target}}"),
            Query(expression=hourly("judge_cost_usd_total", by="judge"), legend="judge {{judge}}"),
            unit="currencyUSD",
            nothing="no prices, or nothing spent",
        ),
        levels(
            "Spend in this period",
            "What candidates, repeats and judges cost in the shown period. Calls of unknown price are not in it: see "
            "“Calls of unknown price” on the dashboard “comparison”.",
            Query(expression=increase("recorder_cost_usd_total", OURS, by="target"), legend="{{target}}", instant=True),
            Query(expression=increase("judge_cost_usd_total", by="judge"), legend="judge {{judge}}", instant=True),
            unit="currencyUSD",
            nothing="no prices, or nothing spent",
        ),
        budgets(),
    ],
)
