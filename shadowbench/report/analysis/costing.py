"""What a request costs on both sides, and what all of the traffic would."""

from __future__ import annotations

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.times import Costs, SideSpend
from shadowbench.report.policy import Policy


def costs(log: ReadLog, arm: Arm, policy: Policy, correct: Paired | None) -> Costs:
    """`correct`: the measure that `policy.correct` names, over the arm's pairs (`intended`); None: nobody declared or
    measured which answers are right."""
    raise NotImplementedError


def production_spend(log: ReadLog) -> SideSpend:
    """What production's answers to the logged requests cost: each request once, however many candidates had it."""
    raise NotImplementedError


def candidates_spend(log: ReadLog) -> SideSpend:
    """What all candidates' calls cost that were sent, whether their pairs count or not. Repeats are no pairs and not in it."""
    raise NotImplementedError
