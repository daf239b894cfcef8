"""Nobody is recommended who may not take over, or is not better; and it is told what would change that."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.recommending import recommendations
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.verdicts import (
    Blocker,
    Condition,
    Decision,
    Goal,
    Met,
    Note,
    Recommendation,
    Verdict,
)
from shadowbench.report.policy import Claim, Policy, Statistic
from shadowbench.scores import Direction
from shadowbench.stats.power import StillNeeded
from tests.unit.report.analysis.parts import Interval, candidate, compared, document, effect

RUBRIC = Claim(measure="rubric", margin=0.05)
POLICY = Policy(primary=(RUBRIC,))
MAY, MAY_NOT = Verdict(decision=Decision.MAY), Verdict(decision=Decision.MAY_NOT)


def cost(low: float, high: float, p: float = 0.001) -> Comparison:
    return compared(
        "cost", (low, high), scale=Scale.RATIO, direction=Direction.LOWER, statistic=Statistic.TOTAL, p_adjusted=p
    )


def rubric(low: float, high: float) -> Comparison:
    return compared("rubric", (low, high), role=Role.PRIMARY)


def for_goal(goal: Goal, *candidates: Candidate, policy: Policy = POLICY) -> Recommendation:
    [found] = [each for each in recommendations(document(candidates, policy=policy)) if each.goal is goal]
    return found


def codes(notes: tuple[Note, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(note.code, note.candidate, note.measure) for note in notes]


def test_a_candidate_that_may_and_is_better() -> None:
    found = for_goal(Goal.COST, candidate("small", [rubric(-0.01, 0.01), cost(0.3, 0.4)], verdict=MAY))
    assert (found.choose, codes(found.because)) == ("small", [("may_and_better", "small", "cost")])
    assert found.would_change == ()


@pytest.mark.parametrize("decision", [Decision.MAY_NOT, Decision.INCONCLUSIVE, Decision.UNDECLARED])
def test_a_candidate_that_is_better_and_may_not(decision: Decision) -> None:
    found = for_goal(Goal.COST, candidate("small", [cost(0.3, 0.4)], verdict=Verdict(decision=decision)))
    assert (found.choose, codes(found.because)) == ("production", [("no_candidate_may", None, None)])


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (cost(0.9, 1.1), "may_not_better"),
        (cost(0.8, 0.9, p=0.2), "may_not_better"),
        (cost(1.1, 1.2), "may_and_worse"),
        (replace(cost(0.8, 0.9), noise=effect((0.85, 0.95), scale=Scale.RATIO)), "may_not_better"),
    ],
)
def test_a_candidate_that_may_and_is_not_better(price: Comparison, why: str) -> None:
    found = for_goal(Goal.COST, candidate("small", [price], verdict=MAY))
    assert (found.choose, codes(found.because)) == ("production", [(why, "small", "cost")])
    assert codes(found.would_change) == [("better_for_goal", "small", "cost")]


def test_a_candidate_that_may_and_of_which_nothing_tells() -> None:
    found = for_goal(Goal.LATENCY, candidate("small", [], verdict=MAY))
    assert (found.choose, codes(found.because), found.would_change) == (
        "production",
        [("may_not_better", "small", None)],
        (),
    )


def test_of_several_the_best_and_that_this_is_not_tested() -> None:
    several = [
        candidate(name, [cost(low, low + 0.1)], verdict=MAY) for name, low in (("a", 0.5), ("b", 0.2), ("c", 0.4))
    ]
    for order in permutations(several):
        found = for_goal(Goal.COST, *order)
        assert found.choose == "b"
        assert codes(found.because) == [("may_and_better", "b", "cost"), ("ahead_of", "b", None)]
        assert found.because[1].values == {"others": "c, a"}


def test_what_it_costs_elsewhere_is_told() -> None:
    found = for_goal(Goal.QUALITY, candidate("large", [rubric(0.01, 0.03), cost(2.0, 3.0)], verdict=MAY))
    assert codes(found.because) == [("may_and_better", "large", "rubric"), ("worsens", "large", "cost")]


def test_without_a_declaration_production_stays() -> None:
    found = for_goal(Goal.COST, candidate("small", [cost(0.3, 0.4)], verdict=MAY), policy=Policy())
    assert (found.choose, codes(found.because)) == ("production", [("nothing_declared", None, None)])
    assert codes(found.would_change) == [("declare", None, None)]


def test_without_candidates_there_is_nothing_to_recommend() -> None:
    assert recommendations(document([candidate("again", again=True, verdict=MAY)], policy=POLICY)) == ()


def condition(met: Met, reason: str | None = None, more: int | None = None) -> Condition:
    still = None if more is None else StillNeeded(pairs=N_IN_ALL, more=more, days=2.5)
    return Condition(claim=RUBRIC, role=Role.PRIMARY, met=met, reason=reason, still_needed=still)


N_IN_ALL = 4000


def test_what_would_change_it_for_one_that_is_open() -> None:
    blocker = Blocker(code="too_few_labels", needed=50, found=3)
    judge = Blocker(code="uncalibrated_judge", needed=1, found=0, measure="rubric")  # its condition says so
    open_ = (condition(Met.OPEN, "wide_interval", 3000), condition(Met.OPEN, "uncalibrated_judge", 3000))
    verdict = Verdict(decision=Decision.INCONCLUSIVE, conditions=open_, blockers=(blocker, judge))
    found = for_goal(Goal.COST, candidate("small", [rubric(-0.1, 0.1)], verdict=verdict))
    assert codes(found.would_change) == [
        ("blocked", "small", None),
        ("needs_pairs", "small", "rubric"),
        ("open_condition", "small", "rubric"),
    ]
    assert found.would_change[2].values["reason"] == "uncalibrated_judge"
    assert found.would_change[1].values == {
        "pairs": 4000, "more": 3000, "days": 2.5, "statistic": "mean", "against": "production",
    }  # fmt: skip


def test_one_that_is_refuted_waits_for_nothing_else() -> None:
    refuted = Verdict(
        decision=Decision.MAY_NOT, conditions=(condition(Met.OPEN, "wide_interval"), condition(Met.REFUTED))
    )
    found = for_goal(Goal.COST, candidate("small", [rubric(-0.3, -0.2)], verdict=refuted))
    assert codes(found.would_change) == [("refuted_condition", "small", "rubric")]
    assert found.would_change[0].values["low"] == -0.3


def test_beside_one_that_is_chosen_only_open_ones_are_waited_for() -> None:
    chosen = candidate("small", [cost(0.3, 0.4)], verdict=MAY)
    broken = candidate("hot", verdict=Verdict(decision=Decision.MAY_NOT, conditions=(condition(Met.REFUTED),)))
    young = candidate(
        "young", verdict=Verdict(decision=Decision.INCONCLUSIVE, conditions=(condition(Met.OPEN, "wide_interval", 5),))
    )
    found = for_goal(Goal.COST, chosen, broken, young)
    assert codes(found.would_change) == [("needs_pairs", "young", "rubric")]


_VERDICTS = st.sampled_from(list(Decision)).map(lambda decision: Verdict(decision=decision))


@given(st.lists(st.tuples(_VERDICTS, st.floats(0.1, 2), st.floats(0, 0.5), st.sampled_from([0.01, 0.2])), max_size=4))
def test_who_is_chosen_may_and_is_better(given_: list[tuple[Verdict, float, float, float]]) -> None:
    candidates = [
        candidate(f"c{place}", [cost(low, low + width, p)], verdict=verdict)
        for place, (verdict, low, width, p) in enumerate(given_)
    ]
    known: dict[str, tuple[Verdict, Interval, float]] = {
        f"c{place}": (verdict, (low, low + width), p) for place, (verdict, low, width, p) in enumerate(given_)
    }
    for found in recommendations(document(candidates, policy=POLICY)):
        assert found.because
        if found.choose != "production":
            verdict, interval, p = known[found.choose]
            assert (verdict.decision, interval[1] < 1, p < 0.05) == (Decision.MAY, True, True)
