"""Whether an endpoint refuses what it was asked, and whether that changes between production and candidate."""

from __future__ import annotations

from shadowbench.metrics.base import Absent, Detailed, Value, metric
from shadowbench.metrics.behaviour.refusal_signs import sign_of
from shadowbench.metrics.view import PairView, Side
from shadowbench.records import Outcome
from shadowbench.scores import Direction, Shape


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1, whatever_came=True)
def refusal(side: Side) -> Value:
    """Whether the endpoint refuses, by the provider's own signs, then by words; the detail says by which.

    An error by which a provider's filter rejects the request is a refusal, not a fault.
    """
    sign = _sign(side)
    if isinstance(sign, Absent):
        return sign
    return Detailed(1.0, {"by": sign}) if sign else False


@metric(version="1", shape=Shape.PAIR, direction=Direction.LOWER, low=0, high=1, whatever_came=True)
def refusal_flip(pair: PairView) -> Value:
    """Whether the candidate refuses what production answers.

    With `refusal_flip_inverse` these are the two cells that McNemar's test compares.
    """
    return _flip(refuses=pair.candidate, answers=pair.production)


@metric(version="1", shape=Shape.PAIR, direction=Direction.NEITHER, low=0, high=1, whatever_came=True)
def refusal_flip_inverse(pair: PairView) -> Value:
    """Whether the candidate answers what production refuses: better or worse, that depends on what was asked."""
    return _flip(refuses=pair.production, answers=pair.candidate)


def _flip(*, refuses: Side, answers: Side) -> Value:
    refused, other = _sign(refuses), _sign(answers)
    for sign in (refused, other):
        if isinstance(sign, Absent):
            return sign
    return Detailed(1.0, {"by": refused}) if refused and not other else False


def _sign(side: Side) -> str | Absent | None:
    sign = sign_of(side.observation)
    if sign is not None or side.is_answer:
        return sign
    outcome = side.observation.outcome
    return Absent("no_answer" if outcome is Outcome.OK else f"fault_{outcome.value}")
