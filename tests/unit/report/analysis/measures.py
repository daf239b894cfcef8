"""Measures over invented pairs, from arrays: what comparisons are tried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.asking import Asked
from shadowbench.report.analysis.chances import chance_of
from shadowbench.report.analysis.comparing import Terms, compare
from shadowbench.report.analysis.measuring import Measured
from shadowbench.report.analysis.values import Values
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Comparison, Role, Subject
from shadowbench.report.policy import Claim, Policy
from shadowbench.scores import Shape
from shadowbench.store.columns import Coded
from tests.unit.report.analysis.invented import an_arm, coded


def values_over(
    arm: Arm,
    subject: Subject,
    candidate: Any,
    production: Any = None,
    *,
    why: Sequence[str | None] | None = None,
    why_production: Sequence[str | None] | None = None,
    weights: Any = None,
) -> Values:
    """Of all of an arm's pairs; NaN: none, for the reason `why`."""
    of_sides = subject.shape is Shape.SIDES
    nothing = Coded(codes=np.full(arm.n, -1, np.int32), texts=())
    return Values(
        subject=subject,
        production=np.asarray(production, float) if of_sides else None,
        candidate=np.asarray(candidate, float),
        production_reason=(nothing if why_production is None else coded(why_production)) if of_sides else None,
        candidate_reason=nothing if why is None else coded(why),
        weights=arm.weights if weights is None else np.asarray(weights, float),
    )


def a_measure_of(subject: Subject, candidate: Any, production: Any = None, **changes: Any) -> Measured:
    """Over an arm of its own: `changes` are the arm's."""
    told = {name: changes.pop(name) for name in ("why", "why_production") if name in changes}
    arm = an_arm(len(candidate), **changes)
    values = values_over(arm, subject, candidate, production, **told)
    return Measured(arm, lambda: values)


def terms_of(policy: Policy, clusters: int, *, pairs_per_day: float = 100.0) -> Terms:
    """What the comparisons of a candidate with so many clusters have in common."""
    looking = Looking(watching=policy.watching, clusters=clusters)
    return Terms(policy=policy, looking=looking, pairs_per_day=pairs_per_day)


def compared(
    measured: Measured,
    policy: Policy,
    claim: Claim | None = None,
    *,
    role: Role | None = None,
    again: Measured | None = None,
) -> Comparison:
    """As the policy declares its first claim of the measure, or as told."""
    name = measured.for_means.paired.subject.name
    declared = next((each for each in policy.claims if each.measure == name), None)
    wanted = claim or declared or Claim(measure=name)
    as_what = role or (Role.PRIMARY if wanted in policy.claims else Role.SECONDARY)
    terms = terms_of(policy, measured.arm.clusters.count)
    return compare(Asked(claim=wanted, role=as_what), measured, again, terms, chance_of(1, name))
