"""Many questions at once: what was declared is corrected by Holm, everything else by Benjamini and Hochberg.

    Holm                   primary claims, and whatever must be better, over all candidates: one false one of them is rare
    Benjamini–Hochberg     secondary comparisons, over all candidates: few of the findings are false

A/A lanes are no candidates: whatever is found about them is noise, and it is shown as found. Claims that need only be not worse
must all be shown, which takes no correction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from shadowbench.report.document.comparisons import Comparison, Correction, Role
from shadowbench.report.document.root import Candidate
from shadowbench.report.policy import Needs, Policy
from shadowbench.stats.multiplicity import benjamini_hochberg, holm

Rule = Callable[[Sequence[float | None]], list[float | None]]
_RULES: tuple[tuple[Correction, Rule], ...] = (
    (Correction.HOLM, holm),
    (Correction.BENJAMINI_HOCHBERG, benjamini_hochberg),
)


def corrected(candidates: Sequence[Candidate], policy: Policy) -> list[Candidate]:
    """The candidates with adjusted p in their effects."""
    adjusted: dict[tuple[int, int], Comparison] = {}
    for correction, rule in _RULES:
        members = _members(candidates, policy, correction)
        given = [comparison.effect.evidence for _, comparison in members]
        found = rule([None if evidence is None else evidence.p for evidence in given])
        for (place, comparison), p in zip(members, found, strict=True):
            if p is not None:
                effect = replace(comparison.effect, p_adjusted=p, correction=correction)
                adjusted[place] = replace(comparison, effect=effect)
    return [
        replace(
            candidate,
            comparisons=tuple(adjusted.get((i, j), each) for j, each in enumerate(candidate.comparisons)),
        )
        for i, candidate in enumerate(candidates)
    ]


def _members(
    candidates: Sequence[Candidate], policy: Policy, correction: Correction
) -> Sequence[tuple[tuple[int, int], Comparison]]:
    """The comparisons of a family, each with its candidate's place and its own."""
    return [
        ((i, j), comparison)
        for i, candidate in enumerate(candidates)
        if not candidate.again
        for j, comparison in enumerate(candidate.comparisons)
        if _family(comparison, policy) is correction
    ]


def _family(comparison: Comparison, policy: Policy) -> Correction | None:
    if comparison.role is Role.SECONDARY:
        return Correction.BENJAMINI_HOCHBERG
    is_one = comparison.role is Role.PRIMARY or any(
        claim.needs is Needs.BETTER
        and (claim.measure, claim.statistic, claim.against)
        == (comparison.subject.name, comparison.statistic, comparison.against)
        for claim in policy.guardrails
    )
    return Correction.HOLM if is_one else None
