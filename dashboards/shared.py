"""Panels that more than one dashboard has, and what they have in common. Pure."""

from __future__ import annotations

from dashboards.kinds import YES_IS_BAD, levels, lines, states
from dashboards.panels import BAD, Panel, Query
from dashboards.promql import CANDIDATES, TARGETS, grown, least, most, rate, series, share

OURS = 'target!="production"'
"""What is spent because of us: candidates and repeats."""
_ASKED = 'outcome!~"client_cancelled|not_sent"'
_FAILED = 'outcome!~"ok|client_cancelled|not_sent"'


def failures(height: int = 8) -> Panel:
    """How often each target fails."""
    failed = rate("observations_total", TARGETS, _FAILED, by="target")
    asked = rate("observations_total", TARGETS, _ASKED, by="target")
    return lines(
        "Share of failures",
        "Share of the requests that got no whole, readable answer, of production and of each candidate, as far as "
        "copied. Not in it: what the client gave up, and what was never sent. Who fails instead of answering late "
        "looks fast: read times and failures together.",
        Query(expression=share(failed, asked), legend="{{target}}"),
        unit="percentunit",
        height=height,
        nothing="no copies",
    )


def breakers() -> Panel:
    """When candidates were left alone."""
    return states(
        "Left alone",
        "While a candidate's breaker is open it gets no copies: too many of its last calls failed. It is tried again "
        "after some seconds, and then after ever longer times. Look at its failures, and at the endpoint itself.",
        Query(expression=most(series("lane_breaker_open", CANDIDATES), by="candidate"), legend="{{candidate}}"),
        names=YES_IS_BAD,
        nothing="no candidates",
    )


def shares_of_rates() -> Panel:
    """Whether candidates get what their rates ask for."""
    return lines(
        "Share of its rate that a candidate gets",
        "Share of the copies that its sample_rate asks for. Below 1 its max_per_second, a full queue or a full "
        "recorder holds it back. The log knows by how much, so weights stay right.",
        Query(expression=least(series("lane_share_ratio", CANDIDATES), by="candidate"), legend="{{candidate}}"),
        unit="percentunit",
        defaults={"max": 1},
        nothing="no candidates",
    )


def budgets() -> Panel:
    """What may still be spent."""
    return levels(
        "Budget left",
        "What candidates may still cost in this hour, this day (UTC) and in all, less what calls under way have "
        "reserved; of the sidecar that has least. At 0 a candidate gets no copies until the next hour or day.",
        Query(
            expression=least(series("lane_budget_left_usd", CANDIDATES), by="candidate, window"),
            legend="{{candidate}} {{window}}",
            instant=True,
        ),
        unit="currencyUSD",
        nothing="no budgets are set",
    )


def verdicts(width: int = 8) -> Panel:
    """What judges say, over time."""
    return lines(
        "Verdicts",
        "Pairs by what a judge makes of them: win says that the candidate's answer is better. For watching: a judge "
        "errs and has preferences of its own, which reports correct for.",
        Query(
            expression=grown("verdicts_total", CANDIDATES, by="candidate, judge, verdict"),
            legend="{{candidate}} {{verdict}} ({{judge}})",
        ),
        unit="short",
        stacked=True,
        bars=True,
        width=width,
        nothing="no judges, or no verdicts yet",
    )


def oldest_unscored() -> Panel:
    """Whether the scorer keeps up."""
    return lines(
        "Oldest pair without scores",
        "How long the oldest pair waits for its scores, by lane. It grows steadily: the scorer cannot keep up. Give "
        "it more workers (scoring.workers), or judge a smaller share (sample_rate of the judge).",
        Query(expression=most(series("scoring_backlog_age_seconds"), by="lane"), legend="{{lane}}"),
        unit="s",
        limits=[(3600, BAD)],
        nothing="nothing is scored",
    )
