"""Pass, fail or inconclusive: from verdicts, and beside an earlier report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.report.analysis.deciding import decision
from shadowbench.report.document.comparisons import Comparison, Effect, Missing, Origin, Role, Scale, Subject
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met, Verdict
from shadowbench.report.gate import Result, gate
from shadowbench.report.policy import Against, Claim, Looks, Needs, Policy, Watching
from shadowbench.scores import Direction, Shape
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method
from tests.unit.report.documents import example, small

WHOLE, SMALL = example(), small()
QUALITY = Claim(measure="quality", margin=0.05)
FASTER = Claim(measure="latency", relative=True, needs=Needs.BETTER)
ORDER = [Result.FAIL, Result.INCONCLUSIVE, Result.PASS]


def results(document: Document, **options: object) -> dict[str, Result]:
    return {each.name: each.result for each in gate(document, **options).candidates}  # type: ignore[arg-type]


def among(*candidates: Candidate) -> Document:
    return replace(WHOLE, candidates=candidates)


# ── verdicts ──


def test_verdicts_become_results_and_the_worst_is_the_gates() -> None:
    found = gate(example())
    assert {each.name: each.result for each in found.candidates} == {
        "hot": Result.FAIL,
        "small": Result.PASS,
        "young": Result.INCONCLUSIVE,
    }
    assert (found.result, found.policy) == (Result.FAIL, "migration")


def test_the_a_a_lane_is_not_gated() -> None:
    assert "again" not in results(example())


def test_candidates_can_be_chosen() -> None:
    assert gate(example(), only={"small"}).result is Result.PASS
    assert gate(example(), only={"small", "young"}).result is Result.INCONCLUSIVE
    assert list(results(example(), only={"small"})) == ["small"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("smal", r"--candidate smal: it has no pairs here; did you mean 'small'\? There are: hot, small, young"),
        ("again", r"--candidate again: it is production itself \(A/A\)\. There are"),
    ],
)
def test_a_name_that_is_not_there_is_told(name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        gate(example(), only={name})


def test_nobody_to_gate_is_inconclusive() -> None:
    lanes = among(*(each for each in example().candidates if each.again))
    assert gate(lanes).result is Result.INCONCLUSIVE
    assert gate(among()).result is Result.INCONCLUSIVE


def test_without_a_primary_claim_there_is_no_gate() -> None:
    document = replace(example(), policy=replace(example().policy, primary=()))
    with pytest.raises(ConfigurationError, match="has no primary claim: there is nothing to decide by"):
        gate(document)


conditions = st.lists(st.sampled_from(list(Met)), min_size=1, max_size=6)
blockers = st.lists(st.sampled_from(["too_few_pairs", "too_few_labels", "a_a_lane_differs", "uncalibrated_judge"]))


def judged(mets: list[Met], codes: list[str]) -> Candidate:
    """Of a primary claim that is shown, and guardrails as told."""
    others = (Condition(claim=QUALITY, role=Role.GUARDRAIL, met=met) for met in mets)
    found = (Condition(claim=QUALITY, role=Role.PRIMARY, met=Met.SHOWN), *others)
    stops = tuple(Blocker(code=code, needed=1, found=0) for code in codes)
    told = decision(Policy(primary=(QUALITY,)), found, stops)
    return replace(SMALL, verdict=Verdict(decision=told, conditions=found, blockers=stops))


@settings(deadline=None)
@given(conditions, blockers, st.data())
def test_what_gets_worse_never_makes_the_result_better(mets: list[Met], codes: list[str], data: st.DataObject) -> None:
    worse = {Met.SHOWN: Met.OPEN, Met.OPEN: Met.REFUTED, Met.REFUTED: Met.REFUTED, Met.SKIPPED: Met.OPEN}
    place = data.draw(st.integers(0, len(mets) - 1))
    changed = [worse[met] if number == place else met for number, met in enumerate(mets)]
    before, after = (gate(among(judged(each, codes))).result for each in (mets, changed))
    assert ORDER.index(after) <= ORDER.index(before)


@settings(deadline=None)
@given(conditions, blockers)
def test_it_passes_when_everything_that_counts_is_shown_and_then_only(mets: list[Met], codes: list[str]) -> None:
    passes = set(mets) <= {Met.SHOWN, Met.SKIPPED} and not codes
    assert (gate(among(judged(mets, codes))).result is Result.PASS) is passes


@settings(deadline=None)
@given(st.lists(st.tuples(conditions, blockers), min_size=1, max_size=4))
def test_one_more_candidate_never_makes_the_gate_better(each: list[tuple[list[Met], list[str]]]) -> None:
    candidates = [replace(judged(*one), name=str(number)) for number, one in enumerate(each)]
    fewer, all_of_them = gate(among(*candidates[:1])).result, gate(among(*candidates)).result
    assert ORDER.index(all_of_them) <= ORDER.index(fewer)


# ── beside a baseline ──


def estimate(value: float, half: float) -> Estimate:
    return Estimate(
        method=Method.CLUSTER_T,
        level=0.95,
        n=900,
        clusters=300,
        value=value,
        low=value - half,
        high=value + half,
        se=half,
    )


def compared(
    value: float,
    half: float = 0.01,
    *,
    claim: Claim = QUALITY,
    scale: Scale = Scale.DIFFERENCE,
    direction: Direction = Direction.HIGHER,
    version: str = "1",
    reason: str | None = None,
) -> Comparison:
    found = estimate(value, half)
    return Comparison(
        subject=Subject(
            name=claim.measure, origin=Origin.METRIC, direction=direction, shape=Shape.SIDES, version=version
        ),
        statistic=claim.statistic,
        against=claim.against,
        role=Role.PRIMARY,
        n=900,
        clusters=300,
        imputed=0,
        missing=Missing(),
        production=None,
        candidate=found,
        effect=Effect(scale=scale, once=found, deciding=found, strict=estimate(value, half * 1.2)),
        relative=claim.relative,
        reason=reason,
    )


def a_report(
    *comparisons: Comparison, claim: Claim = QUALITY, met: Met = Met.SHOWN, reason: str | None = None, codes: str = ""
) -> Document:
    """Of one candidate, `small`, with one claim."""
    told = {Met.SHOWN: Decision.MAY, Met.SKIPPED: Decision.MAY, Met.REFUTED: Decision.MAY_NOT}
    stops = tuple(Blocker(code=code, needed=1, found=0) for code in codes.split())
    verdict = Verdict(
        decision=Decision.INCONCLUSIVE if stops else told.get(met, Decision.INCONCLUSIVE),
        conditions=(Condition(claim=claim, role=Role.PRIMARY, met=met, reason=reason),),
        blockers=stops,
    )
    policy = Policy(name="mine", primary=(claim,))
    return replace(among(replace(SMALL, verdict=verdict, comparisons=comparisons)), policy=policy)


def beside(now: Document, then: Document) -> tuple[Result, Met, str | None]:
    found = gate(now, baseline=then)
    (candidate,) = found.candidates
    (since,) = candidate.since
    assert found.baseline_made_at == then.made_at
    return candidate.result, since.met, since.reason


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (0.0, 0.0, (Result.PASS, Met.SHOWN, None)),
        (0.0, 0.5, (Result.PASS, Met.SHOWN, None)),
        (0.1, 0.07, (Result.PASS, Met.SHOWN, None)),
        (0.1, 0.05, (Result.INCONCLUSIVE, Met.OPEN, "wide_interval")),
        (0.1, 0.0, (Result.FAIL, Met.REFUTED, None)),
    ],
)
def test_a_candidate_may_not_become_worse_than_it_was(
    then: float, now: float, expected: tuple[Result, Met, str | None]
) -> None:
    assert beside(a_report(compared(now)), a_report(compared(then))) == expected


def test_the_interval_of_the_change_is_put_together_from_both() -> None:
    (candidate,) = gate(a_report(compared(0.02, 0.03)), baseline=a_report(compared(0.05, 0.04))).candidates
    change = candidate.since[0].change
    assert change is not None
    assert (change.low, change.high) == (pytest.approx(-0.03 - 0.05), pytest.approx(-0.03 + 0.05))


def test_failing_goes_by_the_strict_intervals() -> None:
    # Half widths 0.01 make ±0.014 for the change, strict ones ±0.017; the margin is 0.05.
    assert beside(a_report(compared(0.0)), a_report(compared(0.0655)))[1] is Met.OPEN
    assert beside(a_report(compared(0.0)), a_report(compared(0.068)))[1] is Met.REFUTED


def test_of_what_should_be_low_more_is_worse() -> None:
    claim = Claim(measure="error_class", margin=0.05)
    now, then = (a_report(compared(v, claim=claim, direction=Direction.LOWER), claim=claim) for v in (0.2, 0.0))
    assert beside(now, then)[0] is Result.FAIL
    assert beside(then, now)[0] is Result.PASS


def test_ratios_change_by_a_share() -> None:
    claim = Claim(measure="latency", relative=True, margin=0.1)

    def at(ratio: float) -> Document:
        return a_report(compared(ratio, claim=claim, scale=Scale.RATIO, direction=Direction.LOWER), claim=claim)

    assert beside(at(0.52), at(0.5))[0] is Result.PASS  # 4 % slower
    assert beside(at(0.6), at(0.5))[0] is Result.FAIL  # 20 % slower, and still faster than production


def test_bounds_and_claims_to_be_better_have_a_margin_of_their_own_or_none() -> None:
    bound = Claim(measure="error_class", against=Against.BOUND, bound=0.5)

    def at(value: float, claim: Claim) -> Document:
        found = compared(value, claim=claim, scale=Scale.LEVEL, direction=Direction.LOWER)
        return a_report(found, claim=claim)

    assert beside(at(0.3, bound), at(0.0, bound)) == (Result.PASS, Met.SKIPPED, "no_margin")
    declared = replace(bound, baseline_margin=0.02)
    assert beside(at(0.3, declared), at(0.0, declared))[0] is Result.FAIL

    def ratio(value: float, claim: Claim) -> Document:
        return a_report(compared(value, claim=claim, scale=Scale.RATIO, direction=Direction.LOWER), claim=claim)

    assert beside(ratio(0.9, FASTER), ratio(0.5, FASTER)) == (Result.PASS, Met.SKIPPED, "no_margin")
    faster = replace(FASTER, baseline_margin=0.1)
    assert beside(ratio(0.9, faster), ratio(0.5, faster))[0] is Result.FAIL


def test_what_cannot_be_compared_is_open_and_says_why() -> None:
    now = a_report(compared(0.0))
    unnamed = among()
    assert beside(now, unnamed) == (Result.INCONCLUSIVE, Met.OPEN, "candidate_not_in_baseline")
    assert beside(now, a_report()) == (Result.INCONCLUSIVE, Met.OPEN, "not_in_baseline")
    assert beside(now, a_report(compared(0.0, reason="no_values")))[2] == "not_in_baseline"
    assert beside(now, a_report(compared(0.0, version="2")))[2] == "changed_measure"
    assert beside(now, a_report(compared(0.0, scale=Scale.PREFERENCE)))[2] == "changed_measure"
    once = compared(0.0)
    wide = replace(once, effect=replace(once.effect, deciding=replace(once.effect.deciding, level=0.9)))
    assert beside(now, a_report(wide))[2] == "changed_measure"
    assert beside(a_report(), now)[2] == "not_measured"
    assert beside(a_report(compared(0.0, reason="too_few")), now)[2] == "too_few"
    blind = replace(compared(0.0), effect=replace(compared(0.0).effect, deciding=replace(estimate(0, 1), low=None)))
    assert beside(a_report(blind), now)[2] == "wide_interval"


def test_what_either_report_does_not_trust_itself_fails_nobody() -> None:
    worse, before = compared(-0.5), a_report(compared(0.0))
    few, unscored = replace(worse, n=40), replace(worse, missing=Missing(candidate={"metric_raised": 200}))
    lost = a_report(unscored, met=Met.OPEN, reason="too_many_unscored")
    assert beside(lost, before) == (Result.INCONCLUSIVE, Met.OPEN, "too_many_unscored")
    assert beside(a_report(few, met=Met.OPEN, reason="too_few"), before)[1:] == (Met.OPEN, "too_few")
    now = a_report(worse)
    assert beside(now, a_report(replace(compared(0.0), clusters=10)))[1:] == (Met.OPEN, "baseline_in_doubt")
    assert beside(now, a_report(compared(0.0), codes="a_a_lane_differs"))[1:] == (Met.OPEN, "baseline_in_doubt")
    assert beside(now, before)[0] is Result.FAIL


def test_intervals_for_other_looks_are_not_compared() -> None:
    now, then = a_report(compared(-0.5)), a_report(compared(0.0))
    once = replace(then, policy=replace(then.policy, watching=Watching(looks=Looks.ONCE)))
    assert beside(now, once) == (Result.INCONCLUSIVE, Met.OPEN, "changed_looks")


def test_an_uncalibrated_judge_fails_nobody_beside_a_baseline_either() -> None:
    now = a_report(compared(-1.0), met=Met.OPEN, reason="uncalibrated_judge", codes="uncalibrated_judge")
    assert beside(now, a_report(compared(0.0))) == (Result.INCONCLUSIVE, Met.OPEN, "uncalibrated_judge")


def test_what_is_skipped_is_skipped_beside_a_baseline() -> None:
    now = a_report(met=Met.SKIPPED, reason="not_measured")
    assert beside(now, a_report(compared(0.0))) == (Result.PASS, Met.SKIPPED, "not_measured")


def test_evidence_in_doubt_fails_nobody() -> None:
    now, then = a_report(compared(-1.0), codes="too_few_pairs"), a_report(compared(0.0))
    assert beside(now, then)[:2] == (Result.INCONCLUSIVE, Met.REFUTED)
    quota = a_report(compared(-1.0), codes="too_few_labels")
    assert beside(quota, then)[:2] == (Result.FAIL, Met.REFUTED)


effects = st.floats(-1, 1)
halves = st.floats(0.001, 0.5)


@settings(deadline=None)
@given(effects, effects, halves, halves, st.floats(0, 1))
def test_the_worse_it_is_now_the_worse_the_result(
    then: float, now: float, half_then: float, half_now: float, loss: float
) -> None:
    baseline = a_report(compared(then, half_then))
    before, after = (gate(a_report(compared(at, half_now)), baseline=baseline).result for at in (now, now - loss))
    assert ORDER.index(after) <= ORDER.index(before)
