"""What a request costs, and what all of the traffic would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shadowbench.report import words
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.times import Costs
from shadowbench.report.html.tables import Cell, Table, estimated, table
from shadowbench.stats.estimates import Estimate


def costs_table(candidate: str, costs: Costs) -> Table:
    """Both sides side by side, as far as they are known."""
    columns = ("Cost", "Production", "Candidate", "Candidate against production")
    return table(f"{candidate}: costs", columns, _rows(costs), numeric=(1, 2, 3))


def _rows(costs: Costs) -> Iterator[tuple[Cell | str, ...]]:
    difference = _usd(costs.difference_usd, signed=True)
    if costs.ratio.value is not None:
        difference = replace(difference, small=words.scaled(costs.ratio, Scale.RATIO))
    yield "Of a request", _usd(costs.production_usd), _usd(costs.candidate_usd), difference
    if costs.correct is not None:
        title = Cell(text="Of a correct answer", small=f"correct by {words.measure_title(costs.correct)}")
        yield title, _usd(costs.production_per_correct), _usd(costs.candidate_per_correct), words.ABSENT
    if costs.requests is not None and costs.why_no_total is None:
        of = f"extrapolated to about {costs.requests:,.0f} requests in {words.duration(costs.period_s)}"
        total = Cell(text="Of all traffic", small=of)
        yield total, _usd(costs.production_total), _usd(costs.candidate_total), _saving(costs.saving_total)
        month = Cell(text="Of 30 days at this traffic", small="extrapolated")
        yield month, words.ABSENT, words.ABSENT, _saving(costs.saving_month)


def _usd(estimate: Estimate | None, *, signed: bool = False) -> Cell:
    return estimated(words.ABSENT if estimate is None else words.interval(estimate, "USD", signed=signed))


def _saving(estimate: Estimate | None) -> Cell:
    found = _usd(estimate)
    return replace(found, text=f"saving {found.text}", tone="strong")
