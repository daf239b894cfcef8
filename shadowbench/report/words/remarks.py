"""What is told beside tables: traffic, money, what was left out, marks, drift, trends, methods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from shadowbench.report.document.comparisons import Missing
from shadowbench.report.document.parts import Ranking, SliceTable
from shadowbench.report.document.root import Counts, MethodUsed, Source, Traffic
from shadowbench.report.document.times import Costs, Distribution, Drift, MarkShown, Series, SideSpend, Trend
from shadowbench.report.document.verdicts import Standpoint
from shadowbench.report.policy import Looks, Policy
from shadowbench.report.words.codes import measure_title, reason
from shadowbench.report.words.conclusions import sizes
from shadowbench.report.words.numbers import ABSENT, count, duration, interval, moment, number, p_value, share

TEXTS_ELSEWHERE = "Their texts are in the HTML and JSON forms of this report."
NOT_HIDDEN = "Prompts and answers are part of this report; --redact leaves them out."
HIDDEN = "Prompts and answers were left out (--redact)."
ONLY_AGAIN = "There is no candidate but production itself: there is nothing to decide."
SECONDARY = "Secondary: nobody declared it. It decides nothing, and its p is corrected for being one of many."
A_A_LANE = "production against itself. What differs here is noise."
_ARROWS = {"up": "up", "down": "down", "none": "may be chance"}
_FOR_A_LOOK = (
    "Intervals are for a single look here; those of the comparison, which verdicts go by, hold at the looks that were "
    "declared."
)
_UNNAMED = "by the draw"


def listed(counts: Mapping[str, int], *, unnamed: str = "without a reason") -> str:
    """Counts by their reasons, most frequent first: `12 × timed out, 3 × unknown model`."""
    many = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number_of:,} × {_readable(code) if code else unnamed}" for code, number_of in many)


def _readable(code: str) -> str:
    known = reason(code)
    return known.replace("_", " ") if known == code else known


# --- the whole -------------------------------------------------------------------------------------------------------


def period(source: Source) -> str:
    """`2025-10-27T00:00:42Z to 2025-11-03T00:00:00Z (7 d)`."""
    if source.first_at is None or source.last_at is None:
        return ABSENT
    return f"{moment(source.first_at)} to {moment(source.last_at)} ({duration(source.last_at - source.first_at)})"


def asked_for(source: Source) -> str:
    """Which part of the logs was chosen; empty: all."""
    parts = [
        f"since {moment(source.since)}" if source.since is not None else "",
        f"until {moment(source.until)}" if source.until is not None else "",
        f"candidates {', '.join(source.candidates)}" if source.candidates else "",
        *(f"{name} = {' or '.join(values)}" for name, values in sorted(source.slice.items())),
    ]
    return "; ".join(part for part in parts if part)


def looks(policy: Policy) -> str:
    """Which intervals these are."""
    level = f"{share(policy.level)} intervals"
    if policy.watching.looks is Looks.ANY:
        return f"{level}, valid whenever and however often one looks"
    if policy.watching.looks is Looks.PLANNED:
        return f"{level}, valid at {count(policy.watching.planned, 'planned look')}"
    return f"{level}, valid for a single look"


def for_a_look(policy: Policy) -> str:
    """What to say where intervals are those of a single look and others hold at more; empty: all are for a single look."""
    return "" if policy.watching.looks is Looks.ONCE else _FOR_A_LOOK


def spend(side: SideSpend) -> str:
    """`$11.25 in 2,650 calls; the cost of 12 is not known (12 × …)`."""
    if not side.calls:
        return "no calls"
    told = f"{number(side.usd, 'USD')} in {count(side.calls, 'call')}"
    unknown = sum(side.unknown.values())
    return f"{told}; the cost of {unknown:,} is not known ({listed(side.unknown)})" if unknown else told


def traffic(found: Traffic) -> Iterator[str]:
    """What the pairs are a part of: nobody should take them for all that came."""
    yield (
        f"Of {count(found.seen, 'request')} seen, {found.sampled:,} were drawn and {found.recorded:,} are in the log "
        f"({share(found.recorded / found.seen) if found.seen else ABSENT})."
    )
    for label, reasons in (
        ("Not offered", found.not_handed_off),
        ("May not be copied", found.ineligible),
        ("Not drawn", found.unsampled),
        ("Drawn and not recorded", found.discarded),
    ):
        if reasons:
            yield f"{label}: {listed(reasons, unnamed=_UNNAMED) if label == 'Not drawn' else listed(reasons)}."
    if found.lost:
        yield f"Lost with a mirror, drawn or not: at most {found.lost:,}."


def not_sent(counts: Counts) -> str:
    """Why pairs have no answer of the candidate that was asked for."""
    parts = [
        listed(counts.not_sent),
        f"{counts.withdrawn:,} × given up because the client left" if counts.withdrawn else "",
    ]
    return ", ".join(part for part in parts if part) or "none"


# --- parts -----------------------------------------------------------------------------------------------------------


def missing(found: Missing) -> tuple[str, str]:
    """Of production and of the candidate; of shape pair the second alone."""
    return listed(found.production), listed(found.pair or found.candidate)


def distribution(found: Distribution) -> Iterator[str]:
    """What a table of quantiles is of."""
    yield (
        f"Of {sizes(found.n, found.clusters)}. Where both answered, the candidate typically takes {interval(found.ratio)} "
        "times as long."
    )
    if found.censored_production or found.censored_candidate:
        yield (
            f"Failures count as slower than any answer: {found.censored_production:,} of production's, "
            f"{found.censored_candidate:,} of the candidate's."
        )
    if found.left_out:
        yield f"Left out, as those times are not the endpoints' own: {listed(found.left_out)}."


def costs(found: Costs) -> Iterator[str]:
    """What sums of money are of."""
    yield f"Of {sizes(found.n, found.clusters)} where both costs are known."
    if found.correct is not None:
        yield f"Which answers are right is told by {measure_title(found.correct)}."
    for whose, unknown in (("production", found.unknown_production), ("the candidate", found.unknown_candidate)):
        if unknown:
            yield f"The cost is not known of {count(sum(unknown.values()), 'call')} of {whose}: {listed(unknown)}."
    if found.unknown_production or found.unknown_candidate:
        yield (
            "Calls of unknown cost are left out of the means, and totals take them to cost what the others do; one that "
            "failed may have been billed or not."
        )
    if found.requests is not None:
        yield (
            "Totals are extrapolated: each pair stands for as many requests as it was drawn from, about "
            f"{_drawn(found)} in {duration(found.period_s)}. Requests that could not be drawn are not in them; a month is 30 "
            "days like these."
        )
    elif found.why_no_total:
        yield f"No totals of all traffic: {_readable(found.why_no_total)}."


def _drawn(found: Costs) -> str:
    estimate = found.requests_drawn
    return f"{found.requests:,.0f} requests" if estimate is None else f"{interval(estimate)} requests"


def is_noteworthy(table: SliceTable) -> bool:
    """Whether its slices differ, or contradict the whole."""
    return bool(table.rows) and (
        _is_small(table.differ.p) or table.reversed or any(row.against_the_whole for row in table.rows)
    )


def alike(tables: Sequence[SliceTable]) -> str:
    """Of slices by one property, where no measure differs: with p, or why there are none."""
    why = {table.reason for table in tables if table.reason is not None and not table.rows}
    told = ", ".join(
        f"{measure_title(table.measure)}{f' ({p_value(table.differ.p)})' if table.differ.p is not None else ''}"
        for table in tables
        if table.rows
    )
    parts = [f"no difference is shown in {told}" if told else "", *sorted(reason(code) for code in why)]
    return "; ".join(part for part in parts if part) or ABSENT


def slices(table: SliceTable) -> Iterator[str]:
    """What to make of a table of slices."""
    told = "Slices differ from each other" if _is_small(table.differ.p) else "That slices differ is not shown"
    yield f"{told} ({p_value(table.differ.p)})." if table.differ.p is not None else f"{told}."
    if table.reversed:
        yield "Warning: the whole points one way, and none of the slices shown does: what is not shown outweighs them."
    if table.others:
        yield f"{count(table.others, 'pair')} are in slices too small to be shown."


def _is_small(p: float | None) -> bool:
    return p is not None and p < 0.05


def mark(found: MarkShown) -> str:
    """`2025-10-30T00:00:00Z: model changed, production, big-2025-06 to big-2025-08`."""
    whose = f", {found.endpoint}" if found.endpoint else ""
    change = (
        "" if found.before is None and found.after is None else f", {found.before or ABSENT} to {found.after or ABSENT}"
    )
    return f"{moment(found.at)}: {found.kind.replace('_', ' ')}{whose}{change}"


def series(found: Series) -> str:
    """How an effect went on."""
    held = "changed by more than chance" if found.changed else "no change is shown"
    return f"{measure_title(found.measure)}: {count(len(found.points), 'stretch', 'stretches')} of time, {held}."


def unchanged(found: Sequence[Series]) -> str:
    """Of all that went on as it was."""
    return f"no change over time is shown in {', '.join(measure_title(each.measure) for each in found)}."


def arrow(found: Trend) -> str:
    """Where an effect went, and whether that is good; or why nobody can say."""
    if found.reason is not None:
        return reason(found.reason)
    told = _ARROWS.get(found.arrow, found.arrow)
    return told if found.better is None or found.arrow == "none" else f"{told}, {'better' if found.better else 'worse'}"


def ranking(found: Ranking) -> Iterator[str]:
    """What strengths are."""
    yield (
        f"Log odds of being preferred to production, which is 0; of {sizes(found.n, found.clusters)}"
        f"{', of which a sample was drawn' if found.subsampled else ''}. Intervals hold together."
    )
    if found.star:
        yield "All comparisons are with production: the order is that of the win rates."
    if found.reason is not None:
        yield f"No intervals: {reason(found.reason)}."


def place(found: Standpoint) -> str:
    """On the Pareto front or not."""
    if found.dominated_by:
        return f"in nothing better than {', '.join(found.dominated_by)}"
    return "not all is known" if None in (found.quality, found.latency_s, found.cost_usd) else "on the front"


def quiet(found: Sequence[Drift]) -> str:
    """Of all that did not drift, or of which nobody can say, how many."""
    shown = sum(each.reason is None for each in found)
    why = Counter(each.reason for each in found if each.reason is not None)
    told = f"; of {sum(why.values()):,} nobody can say ({listed(why)})" if why else ""
    return f"No drift is shown in {count(shown, 'comparison')} of the first half with the second{told}."


def method_used(found: MethodUsed) -> str:
    """How often, on how many values, and how often it refused."""
    values = f"{found.least_n:,}" if found.least_n == found.most_n else f"{found.least_n:,} to {found.most_n:,}"
    refused = f"; refused {sum(found.refused.values()):,} ({listed(found.refused)})" if found.refused else ""
    return f"{count(found.times, 'time')}, n {values}{refused}"
