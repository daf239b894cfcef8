"""How far a judge agrees with itself when it is asked the same once more. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from shadowbench.stats.agreement import Coefficient
from shadowbench.stats.judging import share


def flip_rate(repeats: Sequence[Sequence[Hashable]], *, confidence: float = 0.95) -> Coefficient:
    """Share of questions to which not every answer was the first one again, with Wilson's interval.

    Each element holds one question's answers, the first and its repeats; those without repeats do not count.
    """
    asked_again = [answers for answers in repeats if len(answers) > 1]
    return share(sum(len(set(answers)) > 1 for answers in asked_again), len(asked_again), confidence=confidence)


def icc(repeats: Sequence[Sequence[float]], *, confidence: float = 0.95) -> Coefficient:
    """Intraclass correlation of single answers, ICC(1,1) of Shrout & Fleiss (1979): which share of the variance is the pairs'.

    Groups may differ in size (the analysis of variance's n₀ stands for it); those of one answer do not count. The interval is
    the F distribution's.
    """
    from scipy.special import fdtri

    groups = [np.asarray(answers, dtype=float) for answers in repeats if len(answers) > 1]
    if len(groups) < 2:
        return Coefficient(value=None, n=len(groups), reason="too_few")
    sizes = np.array([len(group) for group in groups])
    total, count = int(sizes.sum()), len(groups)
    size = (total - float((sizes**2).sum()) / total) / (count - 1)
    means = np.array([group.mean() for group in groups])
    centre = float((sizes * means).sum()) / total
    between = float((sizes * (means - centre) ** 2).sum()) / (count - 1)
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups)) / (total - count)
    if within == 0:
        whole = between > 0
        return Coefficient(value=1.0 if whole else None, n=count, reason=None if whole else "no_variation")
    tail = (1 - confidence) / 2
    ratio = between / within
    low = ratio / float(fdtri(count - 1, total - count, 1 - tail))
    high = ratio / float(fdtri(count - 1, total - count, tail))
    value, low, high = ((f - 1) / (f + size - 1) for f in (ratio, low, high))
    return Coefficient(value=value, n=count, low=low, high=high)
