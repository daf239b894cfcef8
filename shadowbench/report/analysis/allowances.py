"""How much a claim allows, beside all that there is to lose. Pure.

A margin that no value could break says nothing, and passes whoever loses every time: of bounded measures one as wide as their
range, of preferences one of a half, and a bound at the worst end. Ratios have no such end: half as good is never the last.
"""

from __future__ import annotations

from shadowbench.report.document.comparisons import Comparison, Scale, Subject
from shadowbench.report.policy import Against, Claim, Needs
from shadowbench.scores import Direction

WIDE = 1 / 3
"""Share of all that there is to lose: who allows more has hardly declared anything."""


def allows_everything(claim: Claim, comparison: Comparison) -> bool:
    """Whether nothing that the measure can say would break the claim."""
    if claim.against is Against.BOUND:
        return claim.needs is Needs.NOT_WORSE and _is_at_the_worst(claim.bound, comparison)
    room = room_of(comparison.subject, comparison.effect.scale)
    return claim.needs is Needs.NOT_WORSE and room is not None and claim.margin >= room


def allows_much(comparison: Comparison) -> bool:
    """Whether its margin is more than `WIDE` of what there is to lose."""
    room = room_of(comparison.subject, comparison.effect.scale)
    return room is not None and comparison.margin is not None and comparison.margin > WIDE * room


def room_of(subject: Subject, scale: Scale) -> float | None:
    """How far an effect can be from no difference; None: nobody knows, or there is no end."""
    if scale is Scale.PREFERENCE:
        return 0.5
    if scale is not Scale.DIFFERENCE or subject.low is None or subject.high is None:
        return None
    return subject.high - subject.low


def _is_at_the_worst(bound: float | None, comparison: Comparison) -> bool:
    subject = comparison.subject
    higher = comparison.effect.scale is Scale.PREFERENCE or subject.direction is Direction.HIGHER
    if bound is None or (not higher and subject.direction is Direction.NEITHER):
        return False
    if higher:
        return subject.low is not None and bound <= subject.low
    return subject.high is not None and bound >= subject.high
