"""Whether people's labels speak for a judge: whether there are enough, of one design, and better than a constant does. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shadowbench.scores import Label
from shadowbench.stats.agreement import Agreement

UNCALIBRATED = frozenset({"not_calibrated", "worse_than_constant"})
"""Alarms of a judge that is not to decide anything."""


def is_labelled(preferences: Agreement | None, ratings: Mapping[str, Agreement], enough: int) -> bool:
    """Whether a question has enough labels. They count as they weigh: of a hundred of which one stands for nearly all pairs,
    there is one."""
    told = [*ratings.values(), *filter(None, [preferences])]
    return any(each.effective_n >= enough for each in told)


def is_worse_than_constant(preferences: Agreement | None, ratings: Mapping[str, Agreement], enough: int) -> bool:
    """Whether one who always says the same does as well, on any question."""
    graded = any(_is_by_chance(each, enough) for each in ratings.values())
    return graded or (
        preferences is not None and (_is_by_chance(preferences, enough) or _is_below(preferences, enough))
    )


def mixes_designs(labels: Sequence[Label]) -> bool:
    """Whether a question has labels that were drawn, and imported ones for which nobody said how they were: each of the former
    stands for many pairs and each of the latter for itself, so that the latter hardly count."""
    drawn = {label.question for label in labels if label.source != "import" and label.probability < 1}
    return any(label.source == "import" and label.probability == 1 and label.question in drawn for label in labels)


def _is_by_chance(found: Agreement, enough: int) -> bool:
    """Kappa is below zero, or with enough labels not shown to be above: also where all say one thing, and there is none."""
    high, low = found.kappa.high, found.kappa.low
    return (high is not None and high <= 0) or (found.effective_n >= enough and (low is None or low <= 0))


def _is_below(found: Agreement, enough: int) -> bool:
    """The agreement is below the constant's, or with enough labels not above. Not of grades: many are nearly right."""
    high, share = found.observed.high, found.observed.value
    return (high is not None and high < found.constant) or (
        found.effective_n >= enough and share is not None and share <= found.constant
    )
