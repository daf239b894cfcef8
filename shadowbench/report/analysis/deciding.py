"""May this traffic move? Stub: the signatures are final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.root import Counts
from shadowbench.report.document.verdicts import Decision, Verdict
from shadowbench.report.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """How many of a candidate's pairs people labelled."""

    pairs: int = 0  # that have a label
    twice: int = 0  # of these: that have more than one, by two people or by the same one again


NOBODY = Labelled()
LANE = Verdict(decision=Decision.UNDECLARED)
"""Of an A/A lane: there is nothing to move to."""


def decide(
    comparisons: Sequence[Comparison],
    counts: Counts,
    policy: Policy,
    *,
    lane: Sequence[Comparison] | None = None,
    judges: Sequence[JudgeCard] = (),
    labelled: Labelled = NOBODY,
) -> Verdict:
    """The verdict of one candidate (of an A/A lane it is `LANE`).

    `comparisons`: the candidate's; a claim finds its own by measure, statistic, against, role and `relative`. `lane`: those of the
    A/A lane, None where there is none. `judges`: the cards of all judges; a judge without a card is not calibrated.
    """
    return LANE
