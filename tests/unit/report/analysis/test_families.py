from __future__ import annotations

from dataclasses import replace

import pytest

from shadowbench.report.analysis.families import corrected
from shadowbench.report.document.comparisons import Comparison, Correction, Role
from shadowbench.report.document.root import Candidate
from shadowbench.report.policy import Claim, Needs, Policy
from shadowbench.stats.estimates import Evidence
from shadowbench.stats.methods import Method
from tests.unit.report.analysis import parts


def with_p(p: float | None, name: str = "rubric", role: Role = Role.SECONDARY) -> Comparison:
    found = parts.compared(name, role=role)
    evidence = None if p is None else Evidence(method=Method.MSPRT, n=10, clusters=10, p=p)
    return replace(found, effect=replace(found.effect, evidence=evidence, p_adjusted=None))


def a_candidate(name: str, *comparisons: Comparison, again: bool = False) -> Candidate:
    return replace(parts.candidate(name), again=again, comparisons=comparisons)


def adjusted(candidates: list[Candidate], policy: Policy | None = None) -> list[list[float | None]]:
    return [[c.effect.p_adjusted for c in each.comparisons] for each in corrected(candidates, policy or Policy())]


def test_primary_claims_are_corrected_by_holm_over_all_candidates() -> None:
    found = [a_candidate(name, with_p(p, role=Role.PRIMARY)) for name, p in (("a", 0.01), ("b", 0.03), ("c", 0.5))]
    assert adjusted(found) == [[pytest.approx(0.03)], [pytest.approx(0.06)], [pytest.approx(0.5)]]
    assert corrected(found, Policy())[0].comparisons[0].effect.correction is Correction.HOLM


def test_all_others_by_benjamini_and_hochberg_over_all_candidates() -> None:
    found = [a_candidate("a", with_p(0.01), with_p(0.02)), a_candidate("b", with_p(0.9))]
    assert adjusted(found) == [[pytest.approx(0.03), pytest.approx(0.03)], [pytest.approx(0.9)]]


def test_the_lane_is_in_no_family() -> None:
    found = [a_candidate("twin", with_p(0.001), again=True), a_candidate("a", with_p(0.04))]
    assert adjusted(found) == [[None], [pytest.approx(0.04)]]


def test_guardrails_take_no_correction_unless_they_must_be_better() -> None:
    guards = [a_candidate("a", with_p(0.01, "cost", Role.GUARDRAIL), with_p(0.04, role=Role.PRIMARY))]
    assert adjusted(guards) == [[None, pytest.approx(0.04)]]
    policy = Policy(guardrails=(Claim(measure="cost", needs=Needs.BETTER),))
    assert adjusted(guards, policy) == [[pytest.approx(0.02), pytest.approx(0.04)]]


def test_refused_tests_are_no_members() -> None:
    assert adjusted([a_candidate("a", with_p(None), with_p(0.02))]) == [[None, pytest.approx(0.02)]]
