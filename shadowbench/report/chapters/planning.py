"""How many pairs it takes, and how long they come in: from a log, or from numbers that somebody expects."""

from __future__ import annotations

import math

from shadowbench.report import words
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.verdicts import Met
from shadowbench.report.plan import Plan, Planned
from shadowbench.report.policy import Looks
from shadowbench.report.sizing import Amount, Design

_STANDS = {Met.SHOWN: Tone.GOOD, Met.REFUTED: Tone.BAD, Met.SKIPPED: Tone.FAINT}
_EXPECTED = (
    "Candidates are expected to be as good as production, or better by --difference; against a bound, to stay as they are. "
    "Of one that is worse, no number of pairs shows what must be shown."
)
_COLUMNS = (
    Column(title="candidate"),
    Column(title="what must be shown"),
    Column(title="stands"),
    Column(title="pairs there are", numbers=True),
    Column(title="it takes", numbers=True),
    Column(title="more", numbers=True),
    Column(title="time", numbers=True),
    Column(title="seen by now", numbers=True, spare=True),
)


def planning(plan: Plan) -> Chapter:
    """Every claim about every candidate. `seen by now`: the difference that the pairs there are would show."""
    if not plan.rows:
        return Chapter(
            title="Plan", blocks=(Line(text="There is no candidate yet but production itself.", tone=Tone.OPEN),)
        )
    lines = (Line(text=_EXPECTED), Line(text=_design(plan.design, [row.amount for row in plan.rows if row.amount])))
    table = Table(columns=_COLUMNS, rows=tuple(_row(row) for row in plan.rows))
    notes = (Line(text=_note(row), item=True) for row in plan.rows if row.reason is not None)
    return Chapter(title="Plan", blocks=(*lines, table, *notes, Line(text=_when(plan))))


def expecting(found: Amount, design: Design, pairs_per_day: float | None) -> Chapter:
    """What expected numbers come to."""
    in_clusters = "" if found.clusters == found.pairs else f" in {words.count(found.clusters, 'cluster')}"
    days = "" if not pairs_per_day else f", {words.waiting(found.pairs / pairs_per_day)} at this traffic"
    told = f"It takes {words.count(found.pairs, 'pair')}{in_clusters}{days}."
    return Chapter(title="Plan", blocks=(Line(text=told), Line(text=_design(design, [found], who="It"))))


def _row(row: Planned) -> Row:
    needed, more = ("", "")
    if row.amount is not None and row.more is not None:
        needed, more = words.rough(row.amount.pairs), words.rough(row.more)
    time = "" if not row.more else words.ABSENT if row.days is None else words.waiting(row.days)
    claim = words.claim(row.claim, scale=row.scale)
    cells = (row.candidate, claim, words.met(row.met), f"{row.pairs:,}", needed, more, time)
    return Row((*cells, _difference(row)), tone=_STANDS.get(row.met))


def _note(row: Planned) -> str:
    """What stands in the way, other than too few pairs."""
    return f"{row.candidate}, {words.measure_title(row.claim.measure)}: {words.reason(row.reason or '')}."


def _difference(row: Planned) -> str:
    if row.detectable is None:
        return words.ABSENT
    if row.scale is Scale.RATIO:
        return words.share(math.expm1(row.detectable))
    return words.number(row.detectable)


def _design(design: Design, amounts: list[Amount], *, who: str = "Each claim by itself") -> str:
    told = f"{who} shows with a chance of {words.share(design.power)}, if it is true as expected"
    told += f"; false alarms {words.share(design.alpha)}"
    watching = design.watching
    if watching.looks is Looks.ONCE:
        return f"{told}; with a single look."
    how = f"{watching.planned} planned looks" if watching.looks is Looks.PLANNED else "looks at any time"
    times = sorted(found.times_once for found in amounts)
    if not times:
        return f"{told}; with {how}."
    least, most = (words.number(each) for each in (times[0], times[-1]))
    if most == "1":
        return f"{told}; with {how}, which take no more pairs than a single one."
    span = least if least == most else f"{least} to {most}"
    return f"{told}; with {how}, which take {span} times the pairs of a single one."


def _when(plan: Plan) -> str:
    if plan.days is None:
        return "How long all of it takes cannot be told: see above."
    return (
        "Enough is there."
        if plan.days == 0
        else f"All of it takes {words.waiting(plan.days)} from now on, if all is as expected."
    )
