"""The true share of right answers, from a judge who errs and a calibration of how often.

For one side at a time: a judge errs differently about different styles, so each side has its own calibration, on labels drawn
at random. It holds when the share of right answers is another than it was at calibration. For the difference of the sides
with labels on the pairs themselves, `prediction_powered` does with fewer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from shadowbench.stats.estimates import Estimate, Refused, within
from shadowbench.stats.methods import Method
from shadowbench.stats.paired_binary import square_and_add
from shadowbench.stats.proportions import normal_quantile

LEAST_LABELS = 20  # a side
LEAST_OF_A_KIND = 5  # answers that people called right, and wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the judge said of one side, and how it fared against people there."""

    rate: float  # share of answers that it passed
    n: float  # answers judged; effective, where they are clustered: n / design effect
    specificity: float  # share it failed, of those that people called wrong
    wrong: int  # how many those were
    sensitivity: float  # share it passed, of those that people called right
    right: int

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (self.rate, self.specificity, self.sensitivity)):
            raise ValueError("rate, specificity and sensitivity are shares, between 0 and 1")


def rogan_gladen(judged: Judged, *, level: float = 0.95) -> Estimate:
    """(p + q₀ − 1)/(q₀ + q₁ − 1) (Rogan & Gladen 1978), cut to [0, 1], with the interval of Lang & Reiczigel (2014). Refused
    with few labels, and where the judge is not shown to be better than chance (q₀ + q₁ > 1 at this level)."""
    found = Estimate(method=Method.ROGAN_GLADEN, level=level, n=round(judged.n), clusters=round(judged.n))
    if reason := _refusal(judged, level):
        return replace(found, reason=reason)
    youden = judged.specificity + judged.sensitivity - 1
    z = normal_quantile((1 + level) / 2)
    parts = _Adjusted.of(judged, z)
    centre = parts.value + parts.shift(z)
    return replace(
        within(replace(found, low=centre - z * parts.se, high=centre + z * parts.se), 0.0, 1.0),
        value=min(max((judged.rate + judged.specificity - 1) / youden, 0.0), 1.0),
        se=parts.se,
    )


def rogan_gladen_difference(
    candidate: Judged, production: Judged, *, correlation: float = 0.0, level: float = 0.95
) -> Estimate:
    """Candidate's true share less production's: both intervals, squared and added (Zou & Donner 2008). `correlation` of what
    the judge said of both sides of a pair; leaving it at 0 makes the interval wider, never too short, where it is positive."""
    sides = [rogan_gladen(side, level=level) for side in (candidate, production)]
    n = min(side.n for side in sides)
    found = Estimate(method=Method.ROGAN_GLADEN, level=level, n=n, clusters=n)
    told: list[tuple[float, float, float]] = []
    for side in sides:
        if side.value is None or side.low is None or side.high is None:
            return replace(found, reason=side.reason)
        told.append((side.value, min(side.low, side.value), max(side.high, side.value)))
    z = normal_quantile((1 + level) / 2)
    shared = correlation * math.prod(_Adjusted.of(side, z).judged_part for side in (candidate, production))
    low, high = square_and_add(told[0], told[1], correlation=shared)
    return replace(found, value=told[0][0] - told[1][0], low=low, high=high)


def labels_of_right(judged: Judged, labels: int) -> int:
    """How many of the next labels to spend on answers that the judge passed, so that the interval gets shortest; `judged` is
    that of a pilot of some ten labels of each kind (Lee et al. 2025)."""
    parts = _Adjusted.of(judged, normal_quantile(0.975))
    harder = math.sqrt((1 - parts.specificity) / (1 - parts.sensitivity))
    return round(labels / (1 + (1 / parts.rate - 1) * harder))


@dataclass(frozen=True, slots=True)
class _Adjusted:
    """Shares pulled towards the middle by a few made-up answers, so that none is quite 0 or 1."""

    rate: float
    n: float
    specificity: float
    wrong: float
    sensitivity: float
    right: float

    @classmethod
    def of(cls, judged: Judged, z: float) -> _Adjusted:
        return cls(
            (judged.n * judged.rate + z * z / 2) / (judged.n + z * z), judged.n + z * z,
            (judged.wrong * judged.specificity + 1) / (judged.wrong + 2), judged.wrong + 2.0,
            (judged.right * judged.sensitivity + 1) / (judged.right + 2), judged.right + 2.0,
        )  # fmt: skip

    @property
    def youden(self) -> float:
        return self.specificity + self.sensitivity - 1

    @property
    def value(self) -> float:
        return (self.rate + self.specificity - 1) / self.youden

    @property
    def variances(self) -> tuple[float, float, float]:
        """Of the rate, and of the specificity and sensitivity as they bear on the value."""
        return (
            self.rate * (1 - self.rate) / self.n,
            (1 - self.value) ** 2 * self.specificity * (1 - self.specificity) / self.wrong,
            self.value**2 * self.sensitivity * (1 - self.sensitivity) / self.right,
        )

    @property
    def se(self) -> float:
        return math.sqrt(sum(self.variances)) / self.youden

    @property
    def judged_part(self) -> float:
        """Which share of the standard error comes from the answers judged, instead of the calibration."""
        return math.sqrt(self.variances[0] / sum(self.variances))

    def shift(self, z: float) -> float:
        wrong = self.specificity * (1 - self.specificity) / self.wrong
        right = self.sensitivity * (1 - self.sensitivity) / self.right
        return 2 * z * z * (self.value * right - (1 - self.value) * wrong)


def _refusal(judged: Judged, level: float) -> Refused | None:
    if judged.wrong + judged.right < LEAST_LABELS or min(judged.wrong, judged.right) < LEAST_OF_A_KIND:
        return Refused.FEW_LABELS
    if judged.n < 1:
        return Refused.TOO_FEW
    z = normal_quantile((1 + level) / 2)
    parts = _Adjusted.of(judged, z)
    spread = math.sqrt(
        parts.specificity * (1 - parts.specificity) / parts.wrong
        + parts.sensitivity * (1 - parts.sensitivity) / parts.right
    )
    certain = min(parts.youden, judged.specificity + judged.sensitivity - 1)
    return Refused.WEAK_JUDGE if certain <= z * spread else None
