"""A judge's effect as people would have it, from the labels of a few pairs.

    preference    people's 1, ½, 0 beside the judge's score of the same pair
    both sides    people's difference of both ratings, in the judge's unit, beside the judge's difference
    yes or no     where no pair has ratings of both sides: each side's share, by how often the judge errs there (Rogan-Gladen)

Failures need no label: what they count as is known. So labels speak for pairs where both sides answered, and failures are
added as they are. Labels are weighted by 1/probability of having been put into the queue.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.reading.log import LabelOf
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.comparisons import Corrected


class People:
    """What people said about the pairs of a log: read once (`People(log.labels)`), asked for every arm and judge."""

    def __init__(self, labels: Sequence[LabelOf]) -> None:
        raise NotImplementedError


def corrected(people: People, arm: Arm, paired: Paired, *, level: float = 0.95) -> tuple[Corrected | None, str | None]:
    """The corrected effect of a judge, on the scale of `paired.difference`, or why there is none: `no_labels`, `few_labels`,
    `weak_judge`, `no_variation`. Of what is no judge's (None, None)."""
    raise NotImplementedError
