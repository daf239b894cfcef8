"""Key findings: what the numbers show, and nothing else. Pure.

A finding is a claim that passed its rule:

    declared, the condition is refuted       inferior, beyond_bound    by the strict interval
    declared, the effect is beyond chance    better, worse             by Holm's p, or the strict interval
    declared, the condition is shown         non_inferior, within_bound
    secondary, the effect is beyond chance   better, worse; higher, lower where neither is better     by BH's p

One comparison gives one finding, the first that fits. A measure about which something declared was found has no secondary ones,
others have one, by the statistic that shows it best. Primary claims come first, then guardrails, then the others. Nothing is
found that rests on a judge whom nobody compared with people, unless the policy lets such judges decide; nor that production
shows against itself as well. A/A lanes have no findings: what they show is a warning.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.report.analysis.conditions import comparison_of, trusted
from shadowbench.report.analysis.noting import is_beyond_chance, is_within_noise, note_of, way
from shadowbench.report.document.comparisons import Comparison, Origin, Role
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Condition, Met, Note
from shadowbench.report.policy import Against, Needs

_ROLES = (Role.PRIMARY, Role.GUARDRAIL, Role.SECONDARY)


def findings(document: Document) -> tuple[Note, ...]:
    """What the numbers show, most important first; never empty: where nothing is shown, that is the one finding."""
    found = [_of_candidate(document, candidate) for candidate in document.candidates if not candidate.again]
    notes = [note for role in _ROLES for notes in found for note in notes if note.values["role"] == role]
    return tuple(notes) or (Note(code="no_claim_supported"),)


def _of_candidate(document: Document, candidate: Candidate) -> list[Note]:
    """In the order of `_strongest_first`."""
    believed = trusted(candidate.comparisons, document.policy, document.judges)
    found: list[Note] = []
    for comparison in _strongest_first(candidate.comparisons):
        told = {note.measure for note in found}
        if comparison.role is Role.SECONDARY and comparison.subject.name in told:
            continue
        if comparison.subject.origin is Origin.JUDGE and comparison.subject not in believed:
            continue
        note = _finding(document, candidate, comparison)
        found += [] if note is None else [note]
    return found


def _strongest_first(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Declared ones in their order, then secondary ones by their corrected p."""
    return sorted(comparisons, key=lambda each: (each.role is Role.SECONDARY, _p(each)))


def _p(comparison: Comparison) -> float:
    p = comparison.effect.p_adjusted
    return 0.0 if comparison.role is not Role.SECONDARY else 1.0 if p is None else p


def _finding(document: Document, candidate: Candidate, comparison: Comparison) -> Note | None:
    conditions = _conditions_of(candidate, comparison)
    refuted, shown = (next((c for c in conditions if c.met is met), None) for met in (Met.REFUTED, Met.SHOWN))
    if refuted is not None:
        code = "beyond_bound" if refuted.claim.against is Against.BOUND else _failed(refuted)
        return note_of(code, comparison, candidate=candidate.name, more=_declared(refuted))
    points = way(comparison.effect.deciding, comparison.effect.scale, comparison.subject.direction)
    if points is not None and is_beyond_chance(comparison, document.policy.alpha) and not is_within_noise(comparison):
        more = {} if shown is None else {**_declared(shown), "allowed": 1}
        return note_of(points, comparison, candidate=candidate.name, more=more)
    if shown is not None:
        code = "within_bound" if shown.claim.against is Against.BOUND else "non_inferior"
        return note_of(code, comparison, candidate=candidate.name, more=_declared(shown))
    return None


def _failed(refuted: Condition) -> str:
    """What should have been better is worse; what should not have been worse by the margin is worse by more."""
    return "worse" if refuted.claim.needs is Needs.BETTER else "inferior"


def _conditions_of(candidate: Candidate, comparison: Comparison) -> list[Condition]:
    return [
        condition
        for condition in candidate.verdict.conditions
        if comparison_of(condition.claim, condition.role, candidate.comparisons) is comparison
    ]


def _declared(condition: Condition) -> dict[str, str | float | int]:
    claim = condition.claim
    bound = {} if claim.bound is None else {"bound": claim.bound}
    percent = {"in_percent": 1} if ("bound" if bound else "margin") in claim.in_percent else {}
    return {"margin": claim.margin, "relative": int(claim.relative), **bound, **percent}
