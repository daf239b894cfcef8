"""What became of every request, from the proxy that saw it to the pair with its scores."""

from __future__ import annotations

from dashboards.kinds import levels, lines, table
from dashboards.panels import Query, Section
from dashboards.promql import CANDIDATES, increase, of_one_log, or_none, or_zero, rate, series, total
from dashboards.shared import oldest_unscored

_WHY_NOT = (
    (
        "handoff_exchanges_total",
        'decision!="sampled"',
        'label_replace(label_replace({}, "reason", "$1", "decision", "(.*)"), "stage", "not handed off", "", "")',
        "decision",
    ),
    ("mirror_exchanges_total", 'stage=~"ineligible|unsampled|discarded"', "{}", "stage, reason"),
    ("lane_calls_total", 'stage=~"not_sent|cancelled|fault|withdrawn"', "{}", "candidate, stage, reason"),
)


def _why_not() -> str:
    """All counts of what did not become a pair, as one vector of candidate, stage and reason."""
    parts = [form.format(increase(name, matcher, by=by)) for name, matcher, form, by in _WHY_NOT]
    everything = " or ".join(parts)
    return f"sum by (candidate, stage, reason) ({everything}) > 0"


SECTION = Section(
    title="From seen to scored",
    panels=[
        levels(
            "What became of requests in this period",
            "How far the requests of the shown period came. Seen by a proxy; handed off to the mirror; allowed to be "
            "copied (eligible); drawn for at least one candidate; in the log with production's answer. What lies "
            "between two bars is to the right, with its reason.",
            Query(expression=increase("handoff_exchanges_total"), legend="1 seen", instant=True),
            Query(
                expression=increase("handoff_exchanges_total", 'decision="sampled"'),
                legend="2 handed off",
                instant=True,
            ),
            *[
                Query(
                    expression=or_zero(increase("mirror_exchanges_total", f'stage="{stage}"')),
                    legend=legend,
                    instant=True,
                )
                for stage, legend in (("eligible", "3 eligible"), ("sampled", "4 drawn"), ("recorded", "5 in the log"))
            ],
            unit="short",
            nothing="not scraped",
        ),
        levels(
            "What became of candidates' calls in this period",
            "Of each candidate: copies drawn for it, sent to it, and answered by it. Much less sent than drawn: a "
            "queue, a budget or an open breaker; much less answered than sent: it fails.",
            Query(
                expression=increase(
                    "lane_calls_total", CANDIDATES, 'stage=~"sampled|dispatched|answered"', by="candidate, stage"
                ),
                legend="{{candidate}}: {{stage}}",
                instant=True,
            ),
            unit="short",
            nothing="nothing was drawn",
        ),
        table(
            "Why requests did not become pairs",
            "Everything that went no further in the shown period, by stage and reason; what each reason means stands "
            "in docs/mirroring.md. not_sampled and unsampled are your rates at work. Look for mirror_away, "
            "handoff_full, queue_full, breaker_open, budget_… and memory_full: they cost pairs that you wanted.",
            Query(expression=_why_not(), legend="", instant=True, as_table=True),
            unit="short",
            sort="requests",
            values=["requests"],
            first=["stage", "reason", "candidate"],
            defaults={"decimals": 0},
            nothing="all became pairs",
        ),
        lines(
            "Pairs that come into the log",
            "Exchanges that the recorder wrote, and those it gave up, in a second.",
            Query(expression=or_none(rate("recorder_exchanges_total", by="result"), "result"), legend="{{result}}"),
            unit="reqps",
        ),
        lines(
            "Pairs that wait for scores",
            "Pairs that lack a score, by lane: metrics in one, each judge in its own. It may grow in a burst and has "
            "to shrink again afterwards.",
            Query(
                expression=total(of_one_log(series("scoring_backlog_pairs")), by="lane"),
                legend="{{lane}}",
            ),
            unit="short",
            nothing="nothing is scored",
        ),
        oldest_unscored(),
    ],
)
