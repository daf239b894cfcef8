"""How it went on: effects over time, marks, drift; and over earlier reports."""

from __future__ import annotations

from collections.abc import Iterator

from shadowbench.report import words
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone, notes
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import Drift, Series, Trend
from shadowbench.report.policy import Statistic
from shadowbench.report.words import remarks

_DRIFT = (
    Column(title="drifted"),
    Column(title="side"),
    Column(title="p", numbers=True),
    Column(title="before, after", numbers=True),
    Column(title="by", spare=True),
)


def course(document: Document) -> Chapter:
    """Series, what changed meanwhile, and drift."""
    blocks: tuple[Line | Table, ...] = (*_series(document), *_marks(document), *_drift(document))
    return Chapter(title="Over time", blocks=blocks)


def _series(document: Document) -> Iterator[Line]:
    """What changed; of the rest the names."""
    for candidate in cells.in_order(document.candidates):
        for found in candidate.series:
            if found.changed:
                text = f"{cells.title(candidate)}, {remarks.series(found)}{_ends(found, candidate)}"
                yield Line(text=text, item=True, tone=Tone.OPEN)
        quiet = [found for found in candidate.series if not found.changed]
        if quiet:
            yield Line(text=f"{cells.title(candidate)}: {remarks.unchanged(quiet)}", item=True)


def _ends(found: Series, candidate: Candidate) -> str:
    """The first and the last stretch."""
    if len(found.points) < 2:
        return ""
    whole = cells.of_measure(candidate, found.measure)
    unit = "" if whole is None else whole.subject.unit
    first, last = (cells.scaled(point.window, found.scale, unit) for point in (found.points[0], found.points[-1]))
    return f" First {first}, last {last}, for a single look at each."


def _marks(document: Document) -> Iterator[Line]:
    yield from (Line(text=remarks.mark(mark), item=True) for mark in document.marks)


def _drift(document: Document) -> Iterator[Table | Line]:
    """What drifted; of the rest how many."""
    drifted = tuple(_drift_row(found) for found in document.drift if found.drifted)
    others = [found for found in document.drift if not found.drifted]
    if drifted:
        yield Table(columns=_DRIFT, rows=drifted, notes=notes([remarks.quiet(others)] if others else []))
    elif others:
        yield Line(text=remarks.quiet(others), item=True)


def _drift_row(found: Drift) -> Row:
    what = f"{found.of.replace('_', ' ')}{' (a sample)' if found.subsampled else ''}"
    p = cells.p(found.p if found.p_adjusted is None else found.p_adjusted)
    by = ", ".join(name for name, _ in found.explanation)
    method = f"{found.method.replace('_', ' ')}{f': {by}' if by else ''}"
    return Row((what, found.side, p, f"{found.n_before:,}, {found.n_after:,}", method), tone=Tone.OPEN)


def trend(document: Document) -> Chapter:
    """Comparisons over earlier reports; an arrow only where the change is more than chance."""
    columns = (
        Column(title="candidate"),
        Column(title="measure"),
        Column(title="earlier", spare=True),
        Column(title="since the last", numbers=True),
        Column(title="went"),
    )
    rows = tuple(_trend_row(found, document) for found in document.trend)
    return Chapter(title="Since earlier reports", blocks=(Table(columns=columns, rows=rows),) if rows else ())


def _trend_row(found: Trend, document: Document) -> Row:
    unit = _unit(found, document)
    earlier = ", ".join(words.number(point.effect.value, unit) for point in found.points) or words.ABSENT
    change = words.ABSENT if found.change is None else cells.value(found.change, unit, signed=True)
    tone = None if found.better is None or found.arrow == "none" else Tone.GOOD if found.better else Tone.BAD
    of = "" if found.statistic == Statistic.MEAN else f", {found.statistic}"
    measure = f"{words.measure_title(found.measure)}{of}"
    return Row((found.candidate, measure, earlier, change, remarks.arrow(found)), tone=tone)


def _unit(found: Trend, document: Document) -> str:
    """Ratios and preferences have none."""
    candidate = next((each for each in document.candidates if each.name == found.candidate), None)
    whole = None if candidate is None else cells.of_measure(candidate, found.measure, found.statistic)
    return whole.subject.unit if whole is not None and whole.effect.scale in (Scale.DIFFERENCE, Scale.LEVEL) else ""
