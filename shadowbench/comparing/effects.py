"""Effects that were declared to matter, with bounds that hold however often one looks.

The same numbers as a report's, of the claims alone: what a report tells beside them takes most of its time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from shadowbench.comparing.allowed import allowed
from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import arms_of
from shadowbench.report.analysis.asking import Asked, asked_of
from shadowbench.report.analysis.comparisons import Comparing
from shadowbench.report.analysis.conditions import condition
from shadowbench.report.analysis.lanes import lane_of
from shadowbench.report.analysis.measuring import measured, measures_of
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.verdicts import Met
from shadowbench.report.policy import Looks, Policy

_SEED = 0
"""A report's by default: its resampled intervals are these."""


def for_watching(policy: Policy) -> Policy:
    """The policy under which a chart may be looked at whenever one likes: intervals are confidence sequences, whatever looks
    its verdict allows."""
    return replace(policy, watching=replace(policy.watching, looks=Looks.ANY))


def effects(log: ReadLog, policy: Policy, again: Collection[str]) -> list[dict[str, Any]]:
    """One row for each primary and guardrail claim that has a value, JSON-able: `labels`, `estimate`, `low`, `high`, `allowed`,
    `clusters`, `refuted`. What cannot be told yet, or at all, is None. `again`: names of candidates that are production itself.
    """
    log.scores.load()
    arms = arms_of(log, frozenset(again))
    lane = lane_of(arms)
    found: list[dict[str, Any]] = []
    for arm in arms:
        if arm.n and not arm.again:
            comparing = Comparing(log=log, arm=arm, lane=lane, policy=for_watching(policy), seed=_SEED)
            found += [row for asked, comparison in _declared(comparing) for row in _rows(comparing, asked, comparison)]
    return found


def _declared(comparing: Comparing) -> Iterator[tuple[Asked, Comparison]]:
    names = measures_of(comparing.log)
    asked = [each for each in asked_of(comparing.policy, names) if each.is_declared]
    for name in dict.fromkeys(each.claim.measure for each in asked):
        part = measured(comparing.log, comparing.arm, name)
        yield from comparing.of((each for each in asked if each.claim.measure == name), part).items()
        part.forget()


def _rows(comparing: Comparing, asked: Asked, comparison: Comparison) -> Sequence[dict[str, Any]]:
    effect = comparison.effect.deciding
    if effect.value is None:
        return ()
    labels = {
        "candidate": comparing.arm.name,
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
        "allowed": allowed(asked.claim, comparison.effect.scale, comparison.subject.direction),
        "clusters": comparison.clusters,
        "refuted": _is_refuted(comparing, asked, comparison),
    }
    return (row,)


def _is_refuted(comparing: Comparing, asked: Asked, comparison: Comparison) -> bool:
    """Whether the effect is shown to be beyond what the claim allows, as a gate has it; but a judge that nobody compared with
    people yet is believed here, and what blocks a decision as a whole is left to the gate."""
    found = condition(
        asked.claim,
        asked.role,
        comparison,
        comparing.policy,
        calibrated=(comparison.subject,),
        pairs=comparing.arm.n,
    )
    return found.met is Met.REFUTED
