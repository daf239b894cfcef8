"""Where the traffic went: from every request that was seen to the pairs that count, and what is missing on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shadowbench.report import words
from shadowbench.report.document.comparisons import Missing
from shadowbench.report.document.root import Candidate, Document, Traffic
from shadowbench.report.html.tables import Cell, Table, table
from shadowbench.report.words import remarks


def funnel(document: Document) -> Table | None:
    """What became of all requests. None: the log does not tell."""
    if document.traffic is None:
        return None
    columns = ("Stage", "Requests", "Of those seen", "Why")
    return table("Requests, from seen to recorded", columns, _stages(document.traffic), numeric=(1, 2))


def pairs(document: Document) -> Table | None:
    """What became of the pairs of each candidate."""
    if not document.candidates:
        return None
    columns = (
        "Candidate",
        "Pairs",
        "Sent",
        "Production answered",
        "Candidate answered",
        "Both",
        "As telling as",
        "Not sent",
    )
    rows = map(_pairs, document.candidates)
    return table("Pairs, from drawn to answered", columns, rows, numeric=(1, 2, 3, 4, 5, 6))


def faults(document: Document) -> Table | None:
    """How calls ended that brought no answer."""
    rows = [
        (candidate.name, _outcome(fault.outcome, fault.reason), f"{fault.production:,}", f"{fault.candidate:,}")
        for candidate in document.candidates
        for fault in candidate.faults
    ]
    columns = ("Candidate", "How it ended", "Production", "Candidate")
    return table("Calls without an answer", columns, rows, numeric=(2, 3)) if rows else None


def missing(document: Document) -> Table | None:
    """Pairs without a value, by measure and side."""
    rows = [row for candidate in document.candidates for row in _gaps(candidate)]
    columns = ("Candidate", "Measure", "Production lacks", "Candidate lacks", "The pair lacks", "Sides lack alike")
    return table("Pairs without a value", columns, rows) if rows else None


def _gaps(candidate: Candidate) -> Iterator[tuple[Cell | str, ...]]:
    """One row per measure, whatever the number of its statistics."""
    measures: dict[str, Missing] = {}
    for comparison in candidate.comparisons:
        measures.setdefault(comparison.subject.name, comparison.missing)
    for name, gaps in measures.items():
        told = tuple(remarks.listed(reasons) for reasons in (gaps.production, gaps.candidate, gaps.pair))
        if any(told):
            p = words.ABSENT if gaps.differs is None else words.p_value(gaps.differs.p)
            yield candidate.name, words.measure_title(name), *told, p


def _stages(traffic: Traffic) -> Iterator[tuple[Cell | str, ...]]:
    def row(title: str, count: int, why: str = "", tone: str = "") -> tuple[Cell | str, ...]:
        return Cell(text=title, tone=tone), f"{count:,}", words.share(count / traffic.seen) if traffic.seen else "", why

    yield row("Seen", traffic.seen)
    for title, reasons in (
        ("Not offered to the mirror", traffic.not_handed_off),
        ("May not be copied", traffic.ineligible),
        ("Not drawn", traffic.unsampled),
    ):
        yield row(title, sum(reasons.values()), _why(reasons), "minus")
    yield row("Lost with a mirror", traffic.lost, "at most; drawn or not" if traffic.lost else "", "minus")
    yield row("Drawn", traffic.sampled)
    yield row("Drawn and not recorded", sum(traffic.discarded.values()), _why(traffic.discarded), "minus")
    yield row("Recorded", traffic.recorded)


def _why(reasons: Mapping[str, int]) -> str:
    return remarks.listed(reasons, unnamed="by the draw")


def _pairs(candidate: Candidate) -> tuple[Cell | str, ...]:
    counts = candidate.counts
    effective = "" if counts.effective_n is None else f"{counts.effective_n:,.0f}"
    return (
        Cell(text=candidate.name, small="A/A lane" if candidate.again else ""),
        f"{counts.pairs:,}",
        Cell(text=f"{counts.sent:,}", small=words.count(counts.clusters, "cluster")),
        f"{counts.production_ok:,}",
        f"{counts.candidate_ok:,}",
        f"{counts.answered:,}",
        effective or words.ABSENT,
        remarks.not_sent(counts),
    )


def _outcome(outcome: str, reason: str | None) -> str:
    told = outcome.replace("_", " ")
    return told if reason is None else f"{told}: {reason.replace('_', ' ')}"
