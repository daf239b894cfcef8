"""The table of verdicts, cell by cell; what is required beforehand; and that worse numbers never make a better verdict."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.deciding import DOUBTS, Labelled, decide, decision, lane_differs, lost
from shadowbench.report.document.comparisons import Comparison, Missing, Origin, Role, Scale
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met
from shadowbench.report.policy import Against, Claim, Needs, Policy, Requirements
from shadowbench.scores import Direction
from shadowbench.stats.power import StillNeeded
from tests.unit.report.analysis.parts import card, compared, counts

PRIMARY = Claim(measure="rubric", margin=0.05)
ERRORS = Claim(measure="errors", margin=0.01)
POLICY = Policy(primary=(PRIMARY,), guardrails=(ERRORS,))
GOOD = (
    compared("rubric", (-0.02, 0.02), role=Role.PRIMARY),
    compared("errors", (-0.005, 0.005), role=Role.GUARDRAIL, direction=Direction.LOWER),
)
DOUBT = Blocker(code="too_many_lost", needed=0.1, found=0.3)
QUOTA = Blocker(code="too_few_labels", needed=50, found=3)


def condition(met: Met, role: Role = Role.PRIMARY) -> Condition:
    return Condition(claim=PRIMARY, role=role, met=met)


@pytest.mark.parametrize(
    ("mets", "blockers", "found"),
    [
        ((Met.SHOWN, Met.SHOWN), (), Decision.MAY),
        ((Met.SHOWN, Met.SKIPPED), (), Decision.MAY),
        ((Met.SKIPPED, Met.SHOWN), (), Decision.INCONCLUSIVE),  # nothing primary is left to go by
        ((Met.SHOWN, Met.OPEN), (), Decision.INCONCLUSIVE),
        ((Met.SHOWN, Met.REFUTED), (), Decision.MAY_NOT),
        ((Met.OPEN, Met.REFUTED), (), Decision.MAY_NOT),
        ((Met.SKIPPED, Met.REFUTED), (), Decision.MAY_NOT),
        ((Met.SHOWN, Met.SHOWN), (QUOTA,), Decision.INCONCLUSIVE),
        ((Met.SHOWN, Met.OPEN), (QUOTA,), Decision.INCONCLUSIVE),
        ((Met.SHOWN, Met.REFUTED), (QUOTA,), Decision.MAY_NOT),  # no label mends what fails
        ((Met.SHOWN, Met.SHOWN), (DOUBT,), Decision.INCONCLUSIVE),
        ((Met.SHOWN, Met.OPEN), (DOUBT,), Decision.INCONCLUSIVE),
        ((Met.SHOWN, Met.REFUTED), (DOUBT,), Decision.INCONCLUSIVE),  # evidence in doubt convicts nobody
        ((Met.SHOWN, Met.REFUTED), (DOUBT, QUOTA), Decision.INCONCLUSIVE),
    ],
)
def test_the_table(mets: tuple[Met, Met], blockers: tuple[Blocker, ...], found: Decision) -> None:
    conditions = [condition(mets[0]), condition(mets[1], Role.GUARDRAIL)]
    for ordered in permutations(conditions):
        assert decision(POLICY, ordered, blockers) is found


@pytest.mark.parametrize("met", list(Met))
def test_without_a_primary_claim_nothing_is_decided(met: Met) -> None:
    policy = Policy(guardrails=(ERRORS,))
    assert decision(policy, [condition(met, Role.GUARDRAIL)], (DOUBT,)) is Decision.UNDECLARED


def test_all_that_was_declared_is_shown() -> None:
    verdict = decide(GOOD, counts(), POLICY)
    assert (verdict.decision, verdict.blockers) == (Decision.MAY, ())
    assert [(each.claim, each.role, each.met) for each in verdict.conditions] == [
        (PRIMARY, Role.PRIMARY, Met.SHOWN),
        (ERRORS, Role.GUARDRAIL, Met.SHOWN),
    ]


def codes(**given: Any) -> list[str]:
    """Of the blockers of a candidate that is good in everything else."""
    requires = given.pop("requires", {})
    policy = Policy(primary=(PRIMARY,), guardrails=(ERRORS,), requires=Requirements(**requires))
    return [each.code for each in decide(GOOD, given.pop("counts", counts()), policy, **given).blockers]


@pytest.mark.parametrize(
    ("given_", "found"),
    [
        ({"counts": counts(100, clusters=50)}, []),
        ({"counts": counts(99)}, ["too_few_pairs"]),
        ({"counts": counts(110, withdrawn=11)}, ["too_few_pairs"]),
        ({"counts": counts(clusters=49)}, ["too_few_clusters"]),
        ({"counts": counts(900, not_sent={"queue_full": 100})}, []),
        ({"counts": counts(not_sent={"queue_full": 100, "stale": 12})}, ["too_many_lost"]),
        ({"counts": counts(not_sent={"paused": 5000, "client_cancelled": 5000})}, []),
        ({"counts": counts(0, clusters=0)}, ["too_few_pairs", "too_few_clusters"]),
        ({"requires": {"labels": 50}}, ["too_few_labels"]),
        ({"requires": {"labels": 50}, "labelled": Labelled(pairs=50)}, []),
        ({"requires": {"labelled_twice": 0.2}, "labelled": Labelled(pairs=50, twice=9)}, ["too_few_labelled_twice"]),
        ({"requires": {"labelled_twice": 0.2}, "labelled": Labelled(pairs=50, twice=10)}, []),
        ({"requires": {"a_a_lane": True}}, ["no_a_a_lane"]),
        ({"requires": {"a_a_lane": True}, "lane": GOOD}, []),
        ({"lane": (compared("rubric", (0.01, 0.03)),)}, ["a_a_lane_differs"]),
        ({"lane": (compared("rubric", (0.01, 0.03), strict=(-0.01, 0.05)),)}, []),
        ({"lane": (compared("errors", (0.01, 0.03)),)}, []),  # a guardrail's lane is a warning
    ],
)
def test_what_is_required_and_not_there_is_told(given_: dict[str, Any], found: list[str]) -> None:
    assert codes(**given_) == found


def test_clusters_count_as_what_they_are_worth() -> None:
    """A thousand users of whom five stand for nearly everything are five users and a little."""
    [blocker] = decide(GOOD, counts(clusters=1000, worth=6.2), POLICY).blockers
    assert (blocker.code, blocker.needed, blocker.found, blocker.counted) == ("too_few_clusters", 50, 6.2, 1000)
    [alike] = decide(GOOD, counts(clusters=40, worth=40.0), POLICY).blockers
    assert (alike.found, alike.counted) == (40, None)
    assert not decide(GOOD, counts(clusters=1000, worth=50.0), POLICY).blockers


def test_every_blocker_is_a_doubt_or_a_quota() -> None:
    quotas = {
        "candidate_fails",
        "too_few_labels",
        "too_few_labelled_twice",
        "uncalibrated_judge",
        "margin_allows_everything",
    }
    assert not DOUBTS & quotas
    assert {
        "chosen_by_outcome",
        "production_fails",
        "too_few_pairs",
        "too_few_clusters",
        "too_many_lost",
        "no_a_a_lane",
        "a_a_lane_differs",
    } == DOUBTS


def test_a_lane_is_asked_about_differences_with_production_alone() -> None:
    policy = Policy(primary=(Claim(measure="rubric", against=Against.AGAIN),))
    differs = compared("rubric", (0.01, 0.03), role=Role.PRIMARY)
    assert not list(lane_differs([differs], policy))
    assert list(lane_differs([differs], POLICY)) == [differs]


def test_a_lane_that_differs_is_told_by_where_it_lies_and_where_no_difference_would() -> None:
    lane = compared("rubric", (1.25, 1.75), scale=Scale.RATIO, role=Role.PRIMARY)
    policy = Policy(primary=(Claim(measure="rubric"),))
    [blocker] = decide(GOOD, counts(), policy, lane=[lane]).blockers
    assert (blocker.code, blocker.needed, blocker.found, blocker.measure) == ("a_a_lane_differs", 1.0, 1.5, "rubric")


def test_an_uncalibrated_judge_holds_a_yes_up_and_leaves_a_no() -> None:
    judged = compared("rubric", (-0.9, -0.8), role=Role.PRIMARY, origin=Origin.JUDGE)
    broken = compared("errors", (0.3, 0.4), role=Role.GUARDRAIL, direction=Direction.LOWER)
    fine, failing = (decide((judged, other), counts(), POLICY) for other in (GOOD[1], broken))
    assert [(each.code, each.measure) for each in fine.blockers] == [("uncalibrated_judge", "rubric")]
    assert fine.decision is Decision.INCONCLUSIVE  # the judge's own word, however clear, refutes nothing
    assert failing.decision is Decision.MAY_NOT
    assert decide((judged, GOOD[1]), counts(), POLICY, judges=[card("rubric")]).decision is Decision.MAY_NOT


def test_beside_a_small_lane_what_lacks_a_score_is_a_share_of_the_pairs_that_count() -> None:
    policy = Policy(primary=(Claim(measure="rubric", margin=0.05, against=Against.AGAIN),))
    of = compared(n=150, against=Against.AGAIN, role=Role.PRIMARY, missing=Missing(pair={"no_text": 60}))
    found = [decide([of], counts(660, withdrawn=each), policy).decision for each in (0, 100)]
    assert found == [Decision.MAY, Decision.INCONCLUSIVE]


def test_what_somebody_wanted_is_not_lost() -> None:
    assert lost({"queue_full": 3, "shutdown": 50, "untranslatable_image_form": 2}) == 5


# --- properties ------------------------------------------------------------------------------------------------------

_RANK = {Decision.MAY_NOT: 0, Decision.INCONCLUSIVE: 1, Decision.MAY: 2}
_SCALES = st.sampled_from([Scale.DIFFERENCE, Scale.RATIO, Scale.PREFERENCE, Scale.LEVEL])


@st.composite
def declared(draw: st.DrawFn, name: str) -> tuple[Claim, dict[str, Any]]:
    """A claim, and what a comparison for it has but for its interval."""
    scale, needs = draw(_SCALES), draw(st.sampled_from(Needs))
    claim = Claim(
        measure=name,
        margin=draw(st.sampled_from([0.0, 0.05, 0.5])),
        relative=scale is Scale.RATIO,
        against=Against.BOUND if scale is Scale.LEVEL else Against.PRODUCTION,
        bound=draw(st.floats(-1, 1)) if scale is Scale.LEVEL else None,
        needs=needs,
    )
    told = {
        "scale": scale,
        "relative": scale is Scale.RATIO,
        "against": claim.against,
        "direction": draw(st.sampled_from([Direction.HIGHER, Direction.LOWER])),
        "p_adjusted": draw(st.sampled_from([None, 0.01, 0.2])),
    }
    return claim, told


@st.composite
def cases(draw: st.DrawFn) -> tuple[Policy, list[Comparison], list[Comparison]]:
    """Claims with their comparisons, and the same ones with every interval moved to the worse."""
    policy_claims, before, after = [], [], []
    for number in range(draw(st.integers(1, 4))):
        claim, told = draw(declared(f"measure_{number}"))
        role = Role.PRIMARY if not number else Role.GUARDRAIL
        low, width, more = draw(st.floats(-1, 1)), draw(st.floats(0, 1)), draw(st.floats(0, 0.5))
        worse = draw(st.floats(0, 2)) * (1 if _is_worse_upwards(told) else -1)
        policy_claims.append(claim)
        for shift, found in ((0.0, before), (worse, after)):
            place = low + shift
            interval, strict = (place, place + width), (place - more, place + width + more)
            if told["scale"] is Scale.RATIO:
                interval, strict = (2 ** interval[0], 2 ** interval[1]), (2 ** strict[0], 2 ** strict[1])
            found.append(compared(claim.measure, interval, strict=strict, role=role, **told))
    return Policy(primary=tuple(policy_claims[:1]), guardrails=tuple(policy_claims[1:])), before, after


def _is_worse_upwards(told: dict[str, Any]) -> bool:
    return told["direction"] is Direction.LOWER and told["scale"] is not Scale.PREFERENCE


@given(cases())
def test_worse_numbers_never_make_a_better_verdict(case: tuple[Policy, list[Comparison], list[Comparison]]) -> None:
    policy, before, after = case
    assert _RANK[decide(after, counts(), policy).decision] <= _RANK[decide(before, counts(), policy).decision]


@given(cases(), st.randoms())
def test_the_order_of_comparisons_does_not_matter(
    case: tuple[Policy, list[Comparison], list[Comparison]], chance: Any
) -> None:
    policy, comparisons, _ = case
    shuffled = list(comparisons)
    chance.shuffle(shuffled)
    assert decide(shuffled, counts(), policy) == decide(comparisons, counts(), policy)


@given(cases())
def test_all_conditions_have_their_place_and_open_ones_a_reason(
    case: tuple[Policy, list[Comparison], list[Comparison]],
) -> None:
    policy, comparisons, _ = case
    found = decide(comparisons, counts(), policy).conditions
    assert [each.claim for each in found] == list(policy.claims)
    assert all((each.met is Met.OPEN) == (each.reason is not None) for each in found)


@pytest.mark.parametrize(
    ("given_", "found"),
    [
        ({"production_ok": 500, "candidate_ok": 500}, []),
        ({"candidate_ok": 499}, ["candidate_fails"]),
        ({"production_ok": 499}, ["production_fails"]),
        ({"production_ok": 0, "candidate_ok": 0}, ["production_fails", "candidate_fails"]),
    ],
)
def test_where_most_calls_fail_that_is_said_first(given_: dict[str, int], found: list[str]) -> None:
    requires = {"labels": 50}
    assert codes(counts=counts(1000, **given_), requires=requires) == [*found, "too_few_labels"]


def test_where_most_calls_fail_no_pairs_are_promised() -> None:
    still = StillNeeded(pairs=9000, more=8000, days=1.0)
    wide = compared("rubric", (-0.3, 0.3), role=Role.PRIMARY, still_needed=still)
    failed = decide((wide, GOOD[1]), counts(1000, candidate_ok=10), POLICY)
    sound = decide((wide, GOOD[1]), counts(1000), POLICY)
    assert [(each.reason, each.still_needed) for each in failed.conditions] == [("calls_failed", None), (None, None)]
    assert (sound.conditions[0].reason, sound.conditions[0].still_needed) == ("wide_interval", still)


def test_a_candidate_that_fails_may_be_refuted_and_a_production_that_fails_refutes_nobody() -> None:
    worse = (compared("rubric", (-0.3, -0.2), role=Role.PRIMARY), GOOD[1])
    assert decide(worse, counts(1000, candidate_ok=10), POLICY).decision is Decision.MAY_NOT
    assert decide(worse, counts(1000, production_ok=10), POLICY).decision is Decision.INCONCLUSIVE
    assert decide(GOOD, counts(1000, candidate_ok=10), POLICY).decision is Decision.INCONCLUSIVE


def test_a_refuted_guardrail_fails_without_labels_and_not_with_too_few_pairs() -> None:
    slow = (GOOD[0], compared("errors", (0.2, 0.3), role=Role.GUARDRAIL, direction=Direction.LOWER))
    policy = Policy(primary=(PRIMARY,), guardrails=(ERRORS,), requires=Requirements(labels=50))
    assert decide(slow, counts(), policy).decision is Decision.MAY_NOT
    assert decide(slow, counts(99), policy).decision is Decision.INCONCLUSIVE


def test_a_margin_that_nothing_breaks_passes_nobody() -> None:
    lost_all = compared("rubric", (0.0, 0.01), scale=Scale.PREFERENCE, role=Role.PRIMARY)
    policy = Policy(primary=(Claim(measure="rubric", margin=1.05),))
    verdict = decide((lost_all,), counts(), policy)
    assert verdict.decision is Decision.INCONCLUSIVE
    assert [(each.code, each.measure) for each in verdict.blockers] == [("margin_allows_everything", "rubric")]
    assert (verdict.conditions[0].met, verdict.conditions[0].reason) == (Met.OPEN, "margin_allows_everything")


@pytest.mark.parametrize(
    "columns",
    [
        ("candidate_outcome",),
        ("production_reason", "path"),
        ("candidate_finish_reason",),
        ("production_reported_model",),
        ("candidate_cost_reason",),
        ("candidate_usage_source",),
    ],
)
def test_pairs_that_were_chosen_by_what_came_of_the_calls_decide_nothing(columns: tuple[str, ...]) -> None:
    refuted = (compared("rubric", (-0.3, -0.2), role=Role.PRIMARY), GOOD[1])
    for comparisons in (GOOD, refuted):
        verdict = decide(comparisons, counts(), POLICY, chosen_by=columns)
        assert verdict.decision is Decision.INCONCLUSIVE
        assert [(each.code, each.columns) for each in verdict.blockers] == [("chosen_by_outcome", columns[:1])]


@pytest.mark.parametrize(
    "column",
    ["path", "stratum", "tenant_key", "production_requested_model", "dialect", "production_streamed", "method"],
)
def test_pairs_may_be_chosen_by_what_was_known_before_the_call(column: str) -> None:
    assert codes(chosen_by=(column,)) == []
