"""The axes of the radar. Stub: the signature is final."""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.parts import Axis
from shadowbench.report.policy import Policy


def axes(comparisons: Sequence[Comparison], policy: Policy) -> tuple[Axis, ...]:
    """One for each measure of `policy.radar` that has a value, in the policy's order, from one candidate's comparisons."""
    return ()
