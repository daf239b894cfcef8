"""What was declared beforehand, with bounds that hold however often one looks."""

from __future__ import annotations

from dashboards.board import Variable
from dashboards.kinds import YES_IS_BAD, lines, named, number, table
from dashboards.panels import BAD, ODD, Json, Query, Section
from dashboards.promql import CANDIDATES, increase, most, or_zero, series

MEASURE = Variable(
    name="measure", label="Declared measure", of=series("comparison_estimate", CANDIDATES), values="measure"
)

_MEASURES = 'measure=~"$measure"'

_WHOSE = "{{candidate}} {{statistic}} against {{against}}"
_CLAIM = "candidate, measure, statistic, against, scale, claim, instance"

_NOT_YET = "report.policy declares nothing, or there are too few pairs yet"


def _told(name: str, *matchers: str) -> str:
    """A gauge of claims. One worker tells them; when another takes over there is no second line."""
    return most(series(f"comparison_{name}", CANDIDATES, *matchers), by=_CLAIM)


def _no_difference() -> str:
    """Where no difference lies, on the scale of each claim."""
    return " or ".join(
        f"0 * {_scales(scale)} + {place:g}" for scale, place in (("difference", 0), ("ratio", 1), ("preference", 0.5))
    )


def _scales(scale: str) -> str:
    return most(series("comparison_estimate", CANDIDATES, _MEASURES, f'scale="{scale}"'), by="scale")


def _dashed(ends: str, *dash: int) -> Json:
    """The look of lines whose names end so: lengths of lines and of gaps."""
    return {
        "matcher": {"id": "byRegexp", "options": f"/: ({ends})$/"},
        "properties": [{"id": "custom.lineStyle", "value": {"dash": list(dash), "fill": "dash"}}],
    }


_AS_WORDS: Json = {
    "matcher": {"id": "byName", "options": "refuted"},
    "properties": [
        {"id": "mappings", "value": named(YES_IS_BAD)["mappings"]},
        {"id": "custom.cellOptions", "value": {"type": "color-text"}},
    ],
}

SECTION = Section(
    title="What was declared beforehand, and what is known by now",
    panels=[
        table(
            "Effects",
            "The effect of each primary and guardrail claim of report.policy, over the whole log. low and high bound "
            "the effect however often one looks (a confidence sequence); allowed is the effect that would just do. "
            "All of low to high on the right side of allowed: the claim is shown. refuted: it is shown to be beyond "
            "what is allowed, corrected for all claims. groups are independent conversations or users. No difference "
            "is 0 on the scale difference, 1 on ratio, 0.5 on preference. Whether the traffic may move is what "
            "`shadowbench gate` says.",
            *[
                Query(expression=_told(name), legend=name, instant=True, as_table=True)
                for name in ("refuted", "estimate", "low", "high", "allowed", "clusters")
            ],
            unit="short",
            sort="refuted",
            values=["refuted", "estimate", "low", "high", "allowed", "groups"],
            first=["candidate", "claim", "measure", "statistic", "against", "scale"],
            width=24,
            height=9,
            nothing=_NOT_YET,
            overrides=[_AS_WORDS],
        ),
        number(
            "Age of these numbers",
            "Since the log was last looked at as a whole. Much more than scoring.comparison_every_s: looks fail, or "
            "no scorer runs.",
            Query(expression=f"time() - {most(series('comparison_timestamp_seconds'))}", legend="age"),
            unit="s",
            width=6,
            height=6,
            limits=[(1800, ODD), (3600, BAD)],
            nothing="not looked at yet",
        ),
        number(
            "Looks that failed",
            "Comparisons of the whole log that failed in the shown period. Why stands in the log of the process that "
            "scores, as “the log could not be compared”.",
            Query(
                expression=or_zero(increase("comparison_runs_total", 'result="failed"')), legend="failed", instant=True
            ),
            unit="short",
            width=6,
            height=6,
            limits=[(1, BAD)],
            nothing="not scraped",
        ),
        lines(
            "Independent groups",
            "Conversations or users that the effects are of, by candidate; the measure that has most. They, not "
            "pairs, are what makes bounds narrow; a confidence sequence has none before watching.clusters allow it.",
            Query(expression=most(series("comparison_clusters", CANDIDATES), by="candidate"), legend="{{candidate}}"),
            unit="short",
            width=12,
            height=6,
            nothing=_NOT_YET,
        ),
        lines(
            "$measure",
            "The effect over time, as it became known: the estimate, its lower and upper bound, which hold at all "
            "times together, what the claim allows, and where no difference lies. Bounds close in; when both have "
            "left the line “allowed” on the better side, the claim is shown.",
            Query(expression=_told("estimate", _MEASURES), legend=f"{_WHOSE}: estimate"),
            Query(expression=_told("low", _MEASURES), legend=f"{_WHOSE}: low"),
            Query(expression=_told("high", _MEASURES), legend=f"{_WHOSE}: high"),
            Query(expression=_told("allowed", _MEASURES), legend=f"{_WHOSE}: allowed"),
            Query(expression=_no_difference(), legend="{{scale}}: none"),
            unit="short",
            repeat="measure",
            signed=True,
            overrides=[_dashed("low|high", 2, 4), _dashed("allowed|none", 12, 6)],
            nothing=_NOT_YET,
        ),
    ],
)
