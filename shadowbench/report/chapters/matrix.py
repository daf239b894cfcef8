"""Every measure of every candidate against production, with intervals, and under each what else is known of it."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone
from shadowbench.report.document.comparisons import Comparison, Effect, Role, Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.policy import Against, Statistic
from shadowbench.report.words import remarks
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.margins import Standing

_COLUMNS = (
    Column(title="measure"),
    Column(title="production", numbers=True),
    Column(title="candidate", numbers=True),
    Column(title="difference", numbers=True),
    Column(title="p", numbers=True, spare=True),
    Column(title="n", numbers=True),
    Column(title="clusters", numbers=True, spare=True),
    Column(title="stands", spare=True),
)
_TONES = {Standing.BETTER: Tone.GOOD, Standing.INFERIOR: Tone.BAD, Standing.INCONCLUSIVE: Tone.OPEN}


def matrix(document: Document) -> Chapter:
    """A table for each candidate, declared measures first."""
    chosen = [candidate for candidate in cells.in_order(document.candidates) if candidate.comparisons]
    tables = tuple(
        Table(title=cells.title(candidate), columns=_COLUMNS, rows=tuple(_rows(candidate))) for candidate in chosen
    )
    has_secondary = any(each.role is Role.SECONDARY for candidate in chosen for each in candidate.comparisons)
    about = (Line(text=remarks.SECONDARY, tone=Tone.FAINT),) if has_secondary else ()
    return Chapter(title="Comparison with production", blocks=(*tables, *about) if tables else ())


def _rows(candidate: Candidate) -> Iterator[Row]:
    """Under a line for each role, unless there is one role alone. Of an A/A lane, which is noise, no more than the numbers."""
    told: Role | None = None
    has_roles = len({each.role for each in candidate.comparisons}) > 1 and not candidate.again
    for comparison in candidate.comparisons:
        if has_roles and comparison.role is not told:
            told = comparison.role
            yield Row((words.role(told), *[""] * (len(_COLUMNS) - 1)), tone=Tone.FAINT)
        yield _row(comparison)
        if not candidate.again:
            yield from _beneath(comparison)


def _row(found: Comparison) -> Row:
    stands = words.standing(found.standing) if found.standing is not None else ""
    tone = None if found.standing is None else _TONES.get(found.standing)
    return Row((_name(found), *_numbers(found), f"{found.n:,}", f"{found.clusters:,}", stands), tone=tone)


def _numbers(found: Comparison) -> tuple[str, str, str, str]:
    """Both sides, the difference, p."""
    unit = found.subject.unit
    if found.reason is not None:
        return "", "", words.reason(found.reason), ""
    production = words.number(None if found.production is None else found.production.value, unit)
    return production, words.number(found.candidate.value, unit), cells.effect(found.effect, unit), _p(found.effect)


def _name(found: Comparison) -> str:
    of = "" if found.statistic is Statistic.MEAN else f", {words.statistic(found.statistic)}"
    told = f"{words.measure_title(found.subject)}{of}"
    if found.against is Against.AGAIN:
        return f"{told}, against the A/A lane"
    if found.against is not Against.BOUND:
        return told
    return f"{told}, bound {words.amount(found.bound, found.subject.unit, percent=found.in_percent)}"


def _p(effect: Effect) -> str:
    """Of no difference; corrected where it is one of many."""
    if effect.p_adjusted is not None:
        return cells.p(effect.p_adjusted)
    return "" if effect.evidence is None else cells.p(effect.evidence.p)


def _beneath(found: Comparison) -> Iterator[Row]:
    """The same measure seen otherwise: without failures, by people, at equal length; and the noise there is."""
    unit, scale = found.subject.unit, found.effect.scale
    if found.imputed:
        yield Row(("failed: worst score", "", "", "", "", f"{found.imputed:,}", "", ""), tone=Tone.FAINT, depth=1)
        if found.answered_only is not None:
            yield _under("where both answered", cells.effect(found.answered_only, unit), found.answered_only.deciding)
    if found.corrected is not None:
        effect = found.corrected.effect
        yield _under(
            f"as people say, {words.count(found.corrected.labels, 'label')}", cells.scaled(effect, scale, unit), effect
        )
    elif found.corrected_reason is not None:
        yield _under("as people say", words.reason(found.corrected_reason), None)
    if found.controlled is not None:
        rate = found.controlled.rate
        yield _under("at equal length and style", cells.scaled(rate, scale), rate)
    elif found.controlled_reason is not None:
        yield _under("at equal length and style", words.reason(found.controlled_reason), None)
    if found.noise is not None:
        yield _under("A/A lane: noise", cells.effect(found.noise, unit), found.noise.deciding)
    if found.outcomes is not None and (found.role is not Role.SECONDARY or scale is Scale.PREFERENCE):
        yield _under("pair by pair", words.outcomes(found.outcomes), None)


def _under(label: str, told: str, estimate: Estimate | None) -> Row:
    n = ("", "") if estimate is None else (f"{estimate.n:,}", f"{estimate.clusters:,}")
    return Row((label, "", "", told, "", *n, ""), tone=Tone.FAINT, depth=1)


def missing(document: Document) -> Chapter:
    """Pairs without a value, by measure, side and reason."""
    columns = (
        Column(title="candidate"),
        Column(title="measures"),
        Column(title="missing of production"),
        Column(title="missing of the candidate or pair"),
        Column(title="p", numbers=True, spare=True),
    )
    rows = tuple(row for candidate in cells.in_order(document.candidates) for row in _missing(candidate))
    return Chapter(title="Missing values", blocks=(Table(columns=columns, rows=rows),) if rows else (), detail=True)


def _missing(candidate: Candidate) -> Iterator[Row]:
    """One row for all measures that lack the same pairs."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each in _first_of_each(candidate):
        told = (*remarks.missing(each.missing), cells.p(each.missing.differs.p) if each.missing.differs else "")
        alike.setdefault(told, []).append(words.measure_title(each.subject))
    for told, measures in alike.items():
        if any(told[:2]):
            yield Row((candidate.name, ", ".join(measures), *told))


def _first_of_each(candidate: Candidate) -> Iterator[Comparison]:
    """One comparison of each measure: its statistics lack the same pairs."""
    seen: set[str] = set()
    for each in candidate.comparisons:
        if each.subject.name not in seen:
            seen.add(each.subject.name)
            yield each
