"""What a plan promises the gate keeps: with the pairs that it takes, a candidate that is alike passes in four of five cases.

Seeded simulations: the plan is made from the report of a small log, the gate looks at logs of the size that it names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis.contrasts import contrast_of, level_of
from shadowbench.report.analysis.deciding import decide
from shadowbench.report.analysis.watching import Looking
from shadowbench.report.document.comparisons import Comparison, Origin, Subject
from shadowbench.report.document.root import Document
from shadowbench.report.plan import Planned, planned
from shadowbench.report.policy import Against, Claim, Looks, Needs, Policy, Requirements, Statistic, Watching
from shadowbench.report.sizing import Design
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Estimate
from tests.unit.report.analysis.invented import ERROR, a_subject, an_arm, values_of
from tests.unit.report.analysis.measures import a_measure_of, compared
from tests.unit.report.analysis.parts import counts
from tests.unit.report.documents import example, small

COST = a_subject("cost", origin=Origin.LOG, high=None, direction=Direction.LOWER, unit="USD")
WHOLE, SMALL = example(), small()


@dataclass(frozen=True)
class Drawn:
    """Pairs of some clusters."""

    candidate: Any
    production: Any
    codes: Any
    weights: Any


@dataclass(frozen=True)
class Case:
    """A claim, and pairs of a candidate about which it is true."""

    claim: Claim
    subject: Subject
    draw: Callable[[np.random.Generator, int], Drawn]
    pilot: int = 500  # clusters of the log that is planned from


def of_costs(rng: np.random.Generator, clusters: int) -> Drawn:
    theirs = rng.lognormal(0, 0.8, clusters)
    return Drawn(theirs * rng.lognormal(-0.02, 0.2, clusters), theirs, np.arange(clusters), np.ones(clusters))


def of_right_answers(rng: np.random.Generator, clusters: int) -> Drawn:
    """Two in a cluster; a tenth of the clusters weighs ten times as much as the others."""
    codes = np.repeat(np.arange(clusters), 2)
    lean = rng.normal(0, 0.1, clusters)[codes]
    sides = [(rng.random(2 * clusters) < 0.8 + lean).astype(float) for _ in range(2)]
    return Drawn(*sides, codes, np.where(rng.random(clusters) < 0.1, 10.0, 1.0)[codes])


def of_errors(rng: np.random.Generator, clusters: int) -> Drawn:
    candidate, production = (rng.random((2, clusters)) < 0.005).astype(float)
    return Drawn(candidate, production, np.arange(clusters), np.ones(clusters))


CASES = {
    "cost": Case(Claim(measure="cost", statistic=Statistic.TOTAL, relative=True, margin=0.1), COST, of_costs),
    "quality": Case(Claim(measure="quality", margin=0.05), a_subject(), of_right_answers),
    "errors": Case(Claim(measure="error_class", margin=0.01), ERROR, of_errors, pilot=4000),
    "bound": Case(Claim(measure="error_class", against=Against.BOUND, bound=0.02), ERROR, of_errors, pilot=20_000),
}


def a_policy(claim: Claim, looks: Looks, **requires: int) -> Policy:
    least = Requirements(**({"pairs": 1, "clusters": 2} | requires))  # type: ignore[arg-type]
    return Policy(primary=(claim,), watching=Watching(looks=looks), requires=least)


def a_document(comparison: Comparison, policy: Policy) -> Document:
    told = counts(comparison.n, clusters=comparison.clusters)
    verdict = decide([comparison], told, policy)
    return replace(
        WHOLE, policy=policy, candidates=(replace(SMALL, comparisons=(comparison,), counts=told, verdict=verdict),)
    )


def a_plan(case: Case, policy: Policy, rng: np.random.Generator) -> Planned:
    """From a small log; of rare events from one that has some."""
    pilot = case.draw(rng, case.pilot)
    measured = a_measure_of(
        case.subject, pilot.candidate, pilot.production, clusters=pilot.codes, weights=pilot.weights
    )
    (row,) = planned(a_document(compared(measured, policy), policy), Design(watching=policy.watching)).rows
    return row


def deciding(case: Case, looks: Looks, rng: np.random.Generator, clusters: int) -> Estimate:
    """The interval that the gate goes by, of a fresh log."""
    drawn = case.draw(rng, clusters)
    arm = an_arm(len(drawn.codes), clusters=drawn.codes, weights=drawn.weights)
    paired, claim = values_of(arm, case.subject, drawn.candidate, drawn.production), case.claim
    contrast = (
        level_of(paired, level=0.95)
        if claim.against is Against.BOUND
        else contrast_of(paired, claim.statistic, relative=claim.relative, level=0.95)
    )
    return Looking(watching=Watching(looks=looks), clusters=clusters).deciding(contrast, 0.95, rng)


def is_shown(case: Case, found: Estimate) -> bool:
    if found.low is None or found.high is None:
        return False
    if case.claim.bound is not None:
        return found.high <= case.claim.bound
    if case.subject.direction is Direction.HIGHER:
        return found.low > -case.claim.margin
    return found.high < (1 + case.claim.margin if case.claim.relative else case.claim.margin)


@pytest.mark.parametrize("looks", [Looks.ANY, Looks.PLANNED])
@pytest.mark.parametrize("name", CASES)
def test_with_the_pairs_of_the_plan_the_gate_says_yes_in_four_of_five_cases(name: str, looks: Looks) -> None:
    case, rng, shown = CASES[name], np.random.default_rng(3), []
    for _ in range(5):
        row = a_plan(case, a_policy(case.claim, looks), rng)
        assert row.amount is not None, row.reason
        shown.append(np.mean([is_shown(case, deciding(case, looks, rng, row.amount.clusters)) for _ in range(40)]))
    assert 0.68 < np.mean(shown) < 0.95


def test_clusters_that_are_worth_less_take_more_of_them() -> None:
    """The gate wants two hundred, by what they are worth."""
    case = CASES["quality"]
    row = a_plan(case, a_policy(case.claim, Looks.ONCE, clusters=5000), np.random.default_rng(4))
    assert row.amount is not None
    codes_worth = (0.9 + 0.1 * 10) ** 2 / (0.9 + 0.1 * 100)
    assert row.amount.clusters == pytest.approx(5000 / codes_worth, rel=0.15)


def test_far_quantiles_take_as_many_values_as_their_bounds() -> None:
    rng = np.random.default_rng(5)
    claim = Claim(measure="latency", statistic=Statistic.P99, relative=True, margin=3.0)
    seconds = a_subject("latency", low=0.0, high=None, direction=Direction.LOWER)
    case = Case(claim, seconds, of_costs, pilot=3000)
    for looks, least in ((Looks.ONCE, 460), (Looks.ANY, 900)):
        row = a_plan(case, a_policy(claim, looks), rng)
        assert row.amount is not None
        assert least < row.amount.pairs < 1500
        held = [is_enough(case, looks, rng, row.amount.pairs) for _ in range(20)]
        assert np.mean(held) > 0.6


def is_enough(case: Case, looks: Looks, rng: np.random.Generator, pairs: int) -> bool:
    """Whether there is an interval at all."""
    drawn = case.draw(rng, pairs)
    measured = a_measure_of(case.subject, drawn.candidate, drawn.production)
    return compared(measured, a_policy(case.claim, looks)).effect.deciding.low is not None


def test_what_must_be_better_is_corrected_for_all_that_must() -> None:
    claim = Claim(measure="quality", needs=Needs.BETTER)
    rng = np.random.default_rng(6)
    policy = a_policy(claim, Looks.ONCE)
    drawn = of_right_answers(rng, 400)
    comparison = compared(a_measure_of(a_subject(), drawn.candidate, drawn.production, clusters=drawn.codes), policy)
    document = a_document(comparison, policy)
    twice = replace(document, candidates=(*document.candidates, replace(document.candidates[0], name="other")))
    one, two = (
        planned(each, Design(watching=policy.watching), {"quality": 0.05}).rows[0].amount for each in (document, twice)
    )
    assert one is not None
    assert two is not None
    assert two.pairs == pytest.approx(one.pairs * ((2.2414 + 0.8416) / (1.96 + 0.8416)) ** 2, rel=0.05)
