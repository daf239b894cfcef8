"""The two orders in which both answers are shown, and what is missing without one of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shadowbench.judges.conduct import Conduct
from shadowbench.judges.suspicion import echo_of
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Position, Verdict

ORDERS = (Position.PRODUCTION_FIRST, Position.CANDIDATE_FIRST)


def objection_to_both(conduct: Conduct, pair: PairView) -> str | None:
    """Why two answers cannot be compared: the pair is not judged at all, whatever its sides are like, or one is not there."""
    sides = (pair.candidate, pair.production)
    return conduct.objection(pair) or next(filter(None, map(conduct.objection_to, sides)), None)


def in_order(pair: PairView, position: Position) -> tuple[Side, Side]:
    """Whose answer is shown first, whose second."""
    if position is Position.CANDIDATE_FIRST:
        return pair.candidate, pair.production
    return pair.production, pair.candidate


def missing(verdicts: Mapping[Position, Verdict]) -> Mapping[str, str]:
    """The orders without a verdict that says something, and why."""
    reasons = {str(order): _reason(verdicts.get(order)) for order in ORDERS}
    return {order: reason for order, reason in reasons.items() if reason is not None}


def _reason(verdict: Verdict | None) -> str | None:
    if verdict is None:
        return "not_asked"
    if verdict.preferred is not None or verdict.scores:
        return None
    return echo_of(verdict.reason or "no_reply", verdict.flags)
