"""Every measure of a candidate as a dot and an interval, right is better: what was declared, and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shadowbench.report import words
from shadowbench.report.charts.intervals import Row, Sign, intervals
from shadowbench.report.document.comparisons import Comparison, Role
from shadowbench.report.document.root import Candidate
from shadowbench.report.html.figures.plan import MOST_ROWS, Plan, told
from shadowbench.report.html.matrix import measure
from shadowbench.report.html.orientation import place
from shadowbench.report.html.texts import shown
from shadowbench.scores import Direction
from shadowbench.stats.margins import Standing

_CAPTION = "← worse · no difference · better →. Each row has its own scale."
_NEITHER = " Where neither more nor less is better, right is more."
_SIGNS = {
    None: Sign.TOLD,
    Standing.BETTER: Sign.BETTER,
    Standing.NON_INFERIOR: Sign.NOT_WORSE,
    Standing.INFERIOR: Sign.WORSE,
    Standing.INCONCLUSIVE: Sign.OPEN,
}
_LEGEND = {
    Sign.BETTER: ("better", "better"),
    Sign.NOT_WORSE: ("not-worse", "not worse than allowed"),
    Sign.WORSE: ("worse", "worse than allowed"),
    Sign.OPEN: ("open", "inconclusive"),
    Sign.TOLD: ("told", "nothing was declared"),
}


def effects(number: int, candidate: Candidate) -> Iterator[Plan]:
    """Two charts, as there are two tables."""
    declared = [each for each in candidate.comparisons if each.role is not Role.SECONDARY]
    others = [each for each in candidate.comparisons if each.role is Role.SECONDARY]
    yield _plan(f"effects-{number}-declared", f"{candidate.name}: what was declared", declared)
    yield _plan(f"effects-{number}-others", f"{candidate.name}: everything else", others)


def _plan(name: str, title: str, comparisons: Sequence[Comparison]) -> Plan:
    rows = [row for row in map(_row, comparisons) if row is not None][:MOST_ROWS]
    neither = any(each.subject.direction is Direction.NEITHER for each in comparisons)
    return Plan(
        name=name,
        chart=intervals(rows, domain=(-1.0, 1.0)) if rows else None,
        title=title,
        description=told(rows),
        caption=_CAPTION + (_NEITHER if neither else ""),
        legend=_legend(rows),
    )


def _row(comparison: Comparison) -> Row | None:
    found = place(comparison)
    if found is None:
        return None
    return Row(
        label=shown(measure(comparison)),
        number=words.effect(comparison.effect, comparison.subject.unit, brief=True).partition(" (no interval")[0],
        value=found.value,
        low=found.low,
        high=found.high,
        margin=found.margin,
        noise_low=found.noise_low,
        noise_high=found.noise_high,
        sign=_SIGNS[comparison.standing],
    )


def _legend(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """Signs that occur."""
    signs = [_LEGEND[sign] for sign in _LEGEND if any(row.sign is sign for row in rows)]
    if any(row.margin is not None for row in rows):
        signs.append(("margin", "margin"))
    if any(row.noise_low is not None for row in rows):
        signs.append(("noise", "A/A lane"))
    return tuple(signs)
