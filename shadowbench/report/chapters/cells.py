"""Estimates in the little room of a table: why there is no interval is told in two words."""

from __future__ import annotations

from shadowbench.report import words
from shadowbench.report.document.comparisons import Comparison, Effect, Scale
from shadowbench.report.document.root import Candidate
from shadowbench.stats.estimates import Estimate


def value(estimate: Estimate | None, unit: str = "", *, signed: bool = False) -> str:
    """`1.20 [1.08, 1.32] s`, `– (censored)`; empty where nobody asked."""
    if estimate is None:
        return ""
    if estimate.low is not None and estimate.high is not None:
        return words.interval(estimate, unit, signed=signed)
    return f"{words.number(estimate.value, unit, signed=signed)}{_why(estimate)}"


def scaled(estimate: Estimate, scale: Scale, unit: str = "") -> str:
    """On the scale of an effect."""
    told = words.on_scale(scale, estimate.value, estimate.low, estimate.high, unit, brief=True)
    return told if estimate.low is not None and estimate.high is not None else f"{told}{_why(estimate)}"


def effect(found: Effect, unit: str = "") -> str:
    """With the interval that verdicts go by."""
    return scaled(found.deciding, found.scale, unit)


def p(found: float | None) -> str:
    """Without its letter, which stands above: `0.032`, `< 0.001`."""
    return words.p_value(found).removeprefix("p ").removeprefix("= ")


def title(candidate: Candidate) -> str:
    """Its name, and whether it is production itself."""
    return f"{candidate.name} (A/A)" if candidate.again else candidate.name


def in_order(candidates: tuple[Candidate, ...]) -> list[Candidate]:
    """Those that may be chosen before those that are there for comparison."""
    return sorted(candidates, key=lambda candidate: candidate.again)


def of_measure(candidate: Candidate, measure: str, statistic: str | None = None) -> Comparison | None:
    """The first comparison of a measure, for its unit and scale."""
    return next(
        (
            each
            for each in candidate.comparisons
            if each.subject.name == measure and statistic in (None, each.statistic)
        ),
        None,
    )


def _why(estimate: Estimate) -> str:
    return "" if estimate.reason is None else f" ({estimate.reason.replace('_', ' ')})"
