"""Every number of every comparison as CSV (RFC 4180), a row each, for spreadsheets and scripts.

A row is one candidate × measure × statistic, of the whole or of a slice. Columns are in `COLUMNS`, with what they mean; absent
is an empty cell. Pairs, a row each, are what `shadowbench export --format csv` writes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from shadowbench.report.chapters.cells import of_measure
from shadowbench.report.document.comparisons import Comparison, Effect, Scale
from shadowbench.report.document.parts import SliceRow, SliceTable
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import Costs, Distribution, QuantileRow
from shadowbench.report.visible import visible
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method

COLUMNS: Mapping[str, str] = {
    "candidate": "its name",
    "again": "1 for an A/A lane: production against itself",
    "decision": "the candidate's verdict: may, may_not, inconclusive, undeclared",
    "measure": "what was measured",
    "origin": "log, metric or judge",
    "version": "of the metric or judge",
    "config_hash": "of the metric's or judge's configuration",
    "unit": "of the values",
    "direction": "which values are better: higher, lower, neither",
    "statistic": "mean, p50, p95, p99, total; of cost also request, per_correct, all_traffic, saving_month",
    "against": "production, again (the A/A lane) or bound",
    "role": "primary, guardrail or secondary; empty where nothing was tested: slices, quantiles",
    "slice_by": "the property that the slice is by; empty: the whole",
    "slice": "the slice's value",
    "share": "of the traffic that the slice is, by weight",
    "n": "pairs that count",
    "clusters": "independent clusters among them",
    "imputed": "of these, pairs where a failure counted as the worst score",
    "missing_production": "pairs without production's value",
    "missing_candidate": "pairs without the candidate's",
    "missing_pair": "pairs without the pair's value",
    "production": "production's value",
    "production_low": "its interval, for a single look",
    "production_high": "its interval, for a single look",
    "candidate_value": "the candidate's value, or the pair's",
    "candidate_low": "its interval, for a single look",
    "candidate_high": "its interval, for a single look",
    "scale": "of the effect: difference (candidate − production), ratio, preference, level, saving (production − candidate)",
    "effect": "how much the candidate differs",
    "low": "lower end of the interval that verdicts go by: it holds at the policy's looks; empty of slices, quantiles and "
    "sums of costs",
    "high": "its upper end",
    "method": "of that interval; where there is none of the one for a single look",
    "level": "of all intervals",
    "once_low": "lower end of the interval for a single look",
    "once_high": "its upper end",
    "se": "standard error of the effect, as the interval for a single look has it",
    "p": "of no difference, valid at the policy's looks",
    "p_adjusted": "corrected for being one of many",
    "correction": "how",
    "answered_only": "the effect where both sides answered",
    "answered_only_low": "its interval",
    "answered_only_high": "its interval",
    "noise": "the A/A lane's effect: the noise floor",
    "noise_low": "its interval",
    "noise_high": "its interval",
    "corrected": "a judge's effect as people would have it",
    "corrected_low": "its interval",
    "corrected_high": "its interval",
    "labels": "pairs with a human label behind it",
    "controlled": "a win rate at equal length and style",
    "controlled_low": "its interval",
    "controlled_high": "its interval",
    "wins": "pairs where the candidate is better",
    "ties": "pairs where neither is",
    "losses": "pairs where production is",
    "margin": "as declared",
    "relative": "1 where the margin is a share",
    "bound": "as declared",
    "standing": "better, non_inferior, inferior, inconclusive; empty: nothing was declared",
    "detectable": "least effect that would show in four of five cases",
    "still_needed": "pairs more until the margin can be told from no difference, if the candidate is as good as production",
    "against_the_whole": "1 for a slice that certainly points the other way",
    "reason": "why there is no effect or no interval",
}
Value = str | int | float | None
_ON_LOGARITHMS = {Method.GEOMETRIC_RATIO, Method.PERCENTILE_BOOTSTRAP}
"""Methods whose standard error of a ratio is its logarithm's."""


def render(document: Document) -> str:
    """Header and rows; lines end as RFC 4180 says."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(document):
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
    return out.getvalue()


def rows(document: Document) -> Iterator[Mapping[str, Value]]:
    """By candidate: comparisons, quantiles that are in none of them, what costs come to, slices."""
    for candidate in document.candidates:
        of: dict[str, Value] = {"candidate": candidate.name, "again": int(candidate.again)}
        of["decision"] = candidate.verdict.decision.value
        for comparison in candidate.comparisons:
            yield of | _comparison(comparison)
        for distribution in candidate.distributions:
            yield from (of | row for row in _quantiles(distribution, candidate))
        if candidate.costs is not None:
            yield from (of | row for row in _costs(candidate.costs))
        for table in candidate.slices:
            yield from (of | _slice(row, table) for row in table.rows)


def _comparison(found: Comparison) -> dict[str, Value]:
    return {
        **_subject(found),
        "n": found.n,
        "clusters": found.clusters,
        "imputed": found.imputed,
        "missing_production": sum(found.missing.production.values()),
        "missing_candidate": sum(found.missing.candidate.values()),
        "missing_pair": sum(found.missing.pair.values()),
        **_estimate("production", found.production),
        **_estimate("candidate", found.candidate, value="candidate_value"),
        **_effect(found.effect),
        **_estimate("answered_only", None if found.answered_only is None else found.answered_only.deciding),
        **_estimate("noise", None if found.noise is None else found.noise.deciding),
        **_beside(found),
        **_declared(found),
    }


def _subject(found: Comparison) -> dict[str, Value]:
    subject = found.subject
    return {
        "measure": subject.name,
        "origin": subject.origin.value,
        "version": subject.version,
        "config_hash": subject.config_hash,
        "unit": subject.unit,
        "direction": subject.direction.value,
        "statistic": found.statistic.value,
        "against": found.against.value,
        "role": found.role.value,
    }


def _effect(found: Effect) -> dict[str, Value]:
    deciding, evidence = found.deciding, found.evidence
    return {
        "scale": found.scale.value,
        **_interval(deciding),
        "once_low": found.once.low,
        "once_high": found.once.high,
        "se": _error(found),
        "p": None if evidence is None else evidence.p,
        "p_adjusted": found.p_adjusted,
        "correction": found.correction and found.correction.value,
    }


def _error(found: Effect) -> float | None:
    """Of the effect itself: what allows for events that have not come is no part of it, and logarithms are none of a
    spreadsheet's business."""
    once = found.once
    if found.scale is not Scale.RATIO or once.method not in _ON_LOGARITHMS or once.se is None or once.value is None:
        return once.se
    return once.se * once.value


def _beside(found: Comparison) -> dict[str, Value]:
    """By people, at equal length, by who won."""
    told: dict[str, Value] = {}
    if found.corrected is not None:
        told |= {**_estimate("corrected", found.corrected.effect), "labels": found.corrected.labels}
    if found.controlled is not None:
        told |= _estimate("controlled", found.controlled.rate)
    if found.outcomes is not None:
        won = found.outcomes
        told |= {"wins": won.wins, "ties": won.ties, "losses": won.losses}
    return told


def _declared(found: Comparison) -> dict[str, Value]:
    refused = found.effect.deciding.reason
    return {
        "margin": found.margin,
        "relative": int(found.relative) if found.margin is not None else None,
        "bound": found.bound,
        "standing": found.standing and found.standing.value,
        "detectable": found.detectable,
        "still_needed": None if found.still_needed is None else found.still_needed.more,
        "reason": found.reason or (refused and refused.value),
    }


def _quantiles(found: Distribution, candidate: Candidate) -> Iterator[dict[str, Value]]:
    """Those that no comparison has: the others are among those rows already."""
    for row in found.rows:
        statistic = f"p{100 * row.level:g}"
        if of_measure(candidate, found.measure, statistic) is None:
            yield {"measure": found.measure, "origin": "log", "unit": "s", "statistic": statistic, **_quantile(row)}


def _quantile(row: QuantileRow) -> dict[str, Value]:
    return {
        "direction": "lower",
        "against": "production",
        "n": row.difference.n,
        "clusters": row.difference.clusters,
        **_estimate("production", row.production),
        **_estimate("candidate", row.candidate, value="candidate_value"),
        "scale": "difference",
        **_for_a_look(row.difference),
    }


def _costs(found: Costs) -> Iterator[dict[str, Value]]:
    """Beside the comparisons of cost: what a right answer costs, and all of the traffic."""
    of: dict[str, Value] = {"measure": "cost", "origin": "log", "unit": "USD", "direction": "lower"}
    of |= {"against": "production", "n": found.n, "clusters": found.clusters}
    per_correct = (found.production_per_correct, found.candidate_per_correct)
    for statistic, (production, candidate), saving in (
        ("request", (found.production_usd, found.candidate_usd), None),
        ("per_correct", per_correct, None),
        ("all_traffic", (found.production_total, found.candidate_total), found.saving_total),
        ("saving_month", (None, None), found.saving_month),
    ):
        if production is not None or candidate is not None or saving is not None:
            told = {} if saving is None else {"scale": "saving", **_for_a_look(saving)}
            sides = _estimate("production", production) | _estimate("candidate", candidate, value="candidate_value")
            yield {**of, "statistic": statistic, **sides, **told}


def _slice(row: SliceRow, table: SliceTable) -> dict[str, Value]:
    return {
        "measure": table.measure,
        "slice_by": table.by,
        "slice": row.value,
        "share": row.share,
        "n": row.n,
        "clusters": row.clusters,
        "scale": table.scale.value,
        **_for_a_look(row.effect),
        "p_adjusted": row.p_adjusted,
        "against_the_whole": int(row.against_the_whole),
    }


def _interval(found: Estimate) -> dict[str, Value]:
    return {
        "effect": found.value,
        "low": found.low,
        "high": found.high,
        "method": found.method.value,
        "level": found.level,
        "se": found.se,
        "reason": found.reason and found.reason.value,
    }


def _for_a_look(found: Estimate) -> dict[str, Value]:
    """Of what no verdict goes by there is no interval but that for a single look."""
    told = _interval(found)
    return told | {"low": None, "high": None, "once_low": found.low, "once_high": found.high}


def _estimate(name: str, found: Estimate | None, *, value: str | None = None) -> dict[str, Value]:
    if found is None:
        return {}
    return {value or name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _cell(value: Value) -> Value:
    """Texts that a spreadsheet would take for a formula get an apostrophe before them (OWASP, CSV injection). Controls and
    marks of direction are named: CSV is read on terminals, too."""
    if not isinstance(value, str):
        return value
    told = visible(value)
    return f"'{told}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else told
