"""Effects that were declared to matter, with bounds that hold however often one looks.

The same numbers as a report's, of the claims alone: what a report tells beside them takes most of its time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import arms_of
from shadowbench.report.analysis.asking import asked_of
from shadowbench.report.analysis.comparisons import Comparing
from shadowbench.report.analysis.lanes import lane_of
from shadowbench.report.analysis.measuring import measured, measures_of
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.policy import Looks, Policy

_SEED = 0
"""A report's by default: its resampled intervals are these."""


def for_watching(policy: Policy) -> Policy:
    """The policy under which a chart may be looked at whenever one likes: intervals are confidence sequences, whatever looks
    its verdict allows."""
    return replace(policy, watching=replace(policy.watching, looks=Looks.ANY))


def effects(log: ReadLog, policy: Policy, again: Collection[str]) -> list[dict[str, Any]]:
    """One row for each primary and guardrail claim that has a value, JSON-able: `labels`, `estimate`, `low`, `high`,
    `clusters`. A bound that cannot be told yet is None. `again`: names of candidates that are production itself."""
    log.scores.load()
    arms = arms_of(log, frozenset(again))
    lane = lane_of(arms)
    found: list[dict[str, Any]] = []
    for arm in arms:
        if arm.n and not arm.again:
            comparing = Comparing(log=log, arm=arm, lane=lane, policy=for_watching(policy), seed=_SEED)
            found += [row for comparison in _declared(comparing) for row in _rows(arm.name, comparison)]
    return found


def _declared(comparing: Comparing) -> Iterator[Comparison]:
    names = measures_of(comparing.log)
    asked = [each for each in asked_of(comparing.policy, names) if each.is_declared]
    for name in dict.fromkeys(each.claim.measure for each in asked):
        part = measured(comparing.log, comparing.arm, name)
        yield from comparing.of((each for each in asked if each.claim.measure == name), part).values()
        part.forget()


def _rows(candidate: str, comparison: Comparison) -> Sequence[dict[str, Any]]:
    effect = comparison.effect.deciding
    if effect.value is None:
        return ()
    labels = {
        "candidate": candidate,
        "measure": comparison.subject.name,
        "statistic": comparison.statistic.value,
        "against": comparison.against.value,
        "scale": comparison.effect.scale.value,
        "claim": comparison.role.value,
    }
    row = {
        "labels": labels,
        "estimate": float(effect.value),
        "low": None if effect.low is None else float(effect.low),
        "high": None if effect.high is None else float(effect.high),
        "clusters": comparison.clusters,
    }
    return (row,)
