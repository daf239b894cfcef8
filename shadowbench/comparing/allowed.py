"""What a claim allows, on the scale of its effect: where a chart of the effect has its line. Pure."""

from __future__ import annotations

from shadowbench.report.document.comparisons import Scale
from shadowbench.report.policy import Against, Claim, Needs
from shadowbench.scores import Direction


def allowed(claim: Claim, scale: Scale, direction: Direction) -> float | None:
    """The effect that would just do; None where neither side is the better one, or there is nothing to differ from.

    not worse    no difference, less the margin; of a ratio a margin of 0.1 allows 1.1, or 1 / 1.1
    better       no difference
    a bound      the bound
    """
    if claim.against is Against.BOUND:
        return claim.bound
    if scale is Scale.PREFERENCE:
        direction = Direction.HIGHER  # of being preferred, more is better, whatever the judge looks at
    if scale.null is None or direction is Direction.NEITHER:
        return None
    margin = 0.0 if claim.needs is Needs.BETTER else claim.margin
    worse = -1 if direction is Direction.HIGHER else 1
    return float((1 + margin) ** worse) if scale is Scale.RATIO else scale.null + worse * margin
