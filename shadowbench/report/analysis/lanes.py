"""A candidate beside the A/A lane: the same requests, asked of the candidate and of production once more.

Likeness to production says little alone: production asked twice is not like itself either. So the candidate's likeness is
compared with the lane's on the requests that both were given, and what is left is the candidate's own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.values import Paired


def lane_of(arms: Sequence[Arm]) -> Arm | None:
    """The A/A lane that differences are held against: of several the one with most pairs, the first by name among equals."""
    lanes = [arm for arm in arms if arm.again]
    return max(lanes, key=lambda arm: arm.n) if lanes else None


def beside_lane(ours: Paired, arm: Arm, again: Paired, lane: Arm) -> Paired:
    """The pairs of both on the same requests, with the lane's values in the place of production's.

    Who is given a request is drawn by one lot for all: whoever is drawn less sees a part of what the other sees, so a request
    that both have was in with the smaller probability, and weighs the greater of both weights.
    """
    mine, theirs = arm.exchange[ours.places], lane.exchange[again.places]
    _, here, there = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
    return Paired(
        subject=ours.subject,
        places=ours.places[here],
        production=again.candidate[there],
        candidate=ours.candidate[here],
        weights=np.maximum(ours.weights[here], again.weights[there]),
        clusters=clusters_from(ours.clusters.codes[here]),
        imputed=ours.imputed[here] | again.imputed[there],
        missing=ours.missing,
        measured=ours.measured or again.measured,
    )
