"""Effects, claims, conditions and verdicts as sentences."""

from dataclasses import replace

import pytest

from shadowbench.policies.reading import read_policy
from shadowbench.report.document.comparisons import Outcomes, Scale
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met, Verdict
from shadowbench.report.policy import Against, Claim, Needs, Statistic
from shadowbench.report.words.conclusions import (
    because,
    blocker,
    claim,
    condition,
    decision,
    effect,
    met,
    needed,
    on_scale,
    outlook,
    scaled,
)
from shadowbench.stats.power import StillNeeded
from tests.unit.report.analysis.parts import Role, compared, estimate
from tests.unit.report.analysis.parts import effect as effect_of


@pytest.mark.parametrize(
    ("scale", "interval", "unit", "told"),
    [
        (Scale.DIFFERENCE, (0.01, 0.05), "", "+0.030 [+0.010, +0.050]"),
        (Scale.DIFFERENCE, (-0.052, -0.010), "s", "−31 [−52, −10] ms"),
        (Scale.RATIO, (0.58, 0.66), "s", "0.62 × [0.58, 0.66]"),
        (Scale.PREFERENCE, (0.45, 0.51), "", "preferred in 48 % [45 %, 51 %], ties half"),
        (Scale.LEVEL, (0.01, 0.05), "", "0.030 [0.010, 0.050]"),
    ],
)
def test_every_scale(scale: Scale, interval: tuple[float, float], unit: str, told: str) -> None:
    assert effect(effect_of(interval, scale=scale), unit) == told


def test_the_interval_of_a_single_look_is_told_where_it_is_asked_for() -> None:
    of = effect_of((-0.1, 0.1))
    narrow = replace(of, once=estimate((-0.05, 0.05)))
    assert effect(narrow, once=True) == "0.00 [−0.05, +0.05]"


def test_without_an_interval_it_says_why_on_every_scale() -> None:
    nothing = estimate(None, value=0.5)
    assert [scaled(nothing, scale) for scale in Scale] == [
        "+0.5 (no interval: too few pairs or clusters)",
        "0.5 × (no interval: too few pairs or clusters)",
        "preferred in 50 %, ties half (no interval: too few pairs or clusters)",
        "0.5 (no interval: too few pairs or clusters)",
    ]
    assert on_scale(Scale.RATIO, None, None, None) == "–"


@pytest.mark.parametrize(
    ("declared", "unit", "told"),
    [
        (Claim(measure="rubric"), "", "rubric not worse than production"),
        (Claim(measure="rubric", margin=0.05), "", "rubric not worse than production by more than 0.05"),
        (
            Claim(measure="latency", margin=0.1, relative=True, statistic=Statistic.P95),
            "s",
            "latency (p95) not worse than production by more than 10 %",
        ),
        (Claim(measure="latency", margin=0.25), "s", "latency not worse than production by more than 250 ms"),
        (Claim(measure="cost", needs=Needs.BETTER), "USD", "cost better than production"),
        (Claim(measure="error_class", against=Against.BOUND, bound=0.02), "", "errors not worse than 0.02"),
        (
            Claim(measure="flips", margin=0.01, against=Against.AGAIN),
            "",
            "flips not worse than production asked again by more than 0.01",
        ),
    ],
)
def test_claims(declared: Claim, unit: str, told: str) -> None:
    assert claim(declared, unit) == told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"margin": "1%"}, "errors not worse than production by more than 1 % (0.01)"),
        ({"margin": 0.01}, "errors not worse than production by more than 0.01"),
        ({"against": "bound", "bound": "2%"}, "errors not worse than 2 % (0.02)"),
        ({"margin": "10%", "relative": True}, "errors not worse than production by more than 10 %"),
    ],
)
def test_margins_are_told_as_they_were_declared(written: dict[str, object], told: str) -> None:
    policy = read_policy({"primary": {"error_class": written}}, "--policy")
    assert claim(policy.primary[0]) == told


def test_a_claim_of_a_preference_says_how_often_and_how_ties_count() -> None:
    at_least, better = Claim(measure="pairwise", margin=0.05), Claim(measure="pairwise", needs=Needs.BETTER)
    assert claim(at_least, scale=Scale.PREFERENCE) == "pairwise: preferred in more than 45 %, ties half"
    assert claim(better, scale=Scale.PREFERENCE) == "pairwise: preferred in more than 50 %, ties half"


def test_a_condition_has_its_claim_its_state_its_numbers_and_what_it_would_take() -> None:
    still = StillNeeded(pairs=3300, more=2300, days=3.2)
    open_ = Condition(
        claim=Claim(measure="rubric", margin=0.05), role=Role.PRIMARY, met=Met.OPEN, reason="wide_interval",
        still_needed=still,
    )  # fmt: skip
    assert condition(open_, compared(interval=(-0.1, 0.02))) == (
        "rubric not worse than production by more than 0.05: open, the interval is too wide to tell. "
        "−0.04 [−0.10, +0.02], 1,000 pairs in 400 clusters. If it is as good as production, about 2,300 more pairs would tell "
        "(3.2 d at this traffic)."
    )


def test_a_preference_is_told_with_what_was_won_tied_and_lost() -> None:
    found = compared("pairwise", (0.4, 0.6), scale=Scale.PREFERENCE)
    found = replace(found, outcomes=Outcomes(wins=1200, ties=3, losses=4))
    shown = Condition(claim=Claim(measure="pairwise", margin=0.2), role=Role.PRIMARY, met=Met.SHOWN)
    assert "ties half (1,200 won, 3 tied, 4 lost), 1,000 pairs" in condition(shown, found)


@pytest.mark.parametrize(
    ("statistic", "imputed", "told"),
    [
        (Statistic.P50, 265, " (265 pairs with a failure, which counts as the worst), 1,000 pairs"),
        (Statistic.P50, 10, "+0.010], 1,000 pairs"),
        (Statistic.MEAN, 265, "+0.010], 1,000 pairs"),
    ],
)
def test_a_quantile_is_told_with_how_many_failed(statistic: Statistic, imputed: int, told: str) -> None:
    claim = Claim(measure="gain", margin=0.2, statistic=statistic)
    shown = Condition(claim=claim, role=Role.PRIMARY, met=Met.SHOWN)
    assert told in condition(shown, compared("gain", statistic=statistic, imputed=imputed))


def test_a_condition_without_a_comparison_has_no_numbers() -> None:
    skipped = Condition(claim=Claim(measure="rubric"), role=Role.PRIMARY, met=Met.SKIPPED, reason="not_measured")
    told = "rubric not worse than production: skipped, not measured."
    assert [condition(skipped, each) for each in (None, compared())] == [told, told]


def test_a_condition_that_more_pairs_would_not_help_asks_for_none() -> None:
    enough = StillNeeded(pairs=9, more=0, days=0.0)
    judged = Condition(
        claim=Claim(measure="rubric"), role=Role.PRIMARY, met=Met.OPEN, reason="uncalibrated_judge", still_needed=enough
    )
    assert condition(judged) == (
        "rubric not worse than production: open, "
        "people do not bear the judge out: too few labels, or too little agreement."
    )


def test_what_it_takes_says_what_it_takes_for_granted() -> None:
    one = StillNeeded(pairs=9, more=1, days=None)
    assert [needed(one, against) for against in Against] == [
        "If it is as good as production, about 1 more pair would tell",
        "If it is as like production as production is like itself, about 1 more pair would tell",
        "If it stays as it is, about 1 more pair would tell",
    ]
    assert needed(StillNeeded(pairs=9, more=0, days=0.0)) == (
        "If it is as good as production, as many pairs as there are would tell"
    )


def test_what_takes_years_is_not_told_by_the_day() -> None:
    assert needed(StillNeeded(pairs=7_912_345, more=7_812_345, days=13_835.2)) == (
        "If it is as good as production, about 7.9 million more pairs would tell (more than a year at this traffic)"
    )


def still_open(reason: str | None, more: int) -> Condition:
    still = StillNeeded(pairs=100 + more, more=more, days=1.0)
    return Condition(
        claim=Claim(measure="rubric", margin=0.05), role=Role.PRIMARY, met=Met.OPEN, reason=reason, still_needed=still
    )


def test_an_open_condition_with_pairs_enough_is_not_told_that_none_are_needed() -> None:
    assert outlook(still_open("wide_interval", 0)) == (
        "If it is as good as production, as many pairs as there are would tell; what was found is too near the margin"
    )


def test_what_does_not_wait_for_pairs_is_promised_nothing() -> None:
    assert outlook(still_open("uncalibrated_judge", 900)) == ""
    assert outlook(still_open("too_few", 0)) == ""
    assert outlook(replace(still_open(None, 900), met=Met.SHOWN)) == ""
    assert outlook(still_open("too_few", 12)).endswith("about 12 more pairs would tell (1 d at this traffic)")


@pytest.mark.parametrize("of", list(Decision))
def test_every_decision_names_the_candidate(of: Decision) -> None:
    assert "small-3b" in decision(of, "small-3b")


def test_every_state_of_a_condition() -> None:
    assert [met(each) for each in Met] == ["shown", "refuted", "open", "skipped"]


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (Blocker(code="too_few_pairs", needed=1000, found=12), "Too few pairs: 12; it takes at least 1,000."),
        (
            Blocker(code="too_many_lost", needed=0.1, found=0.123),
            "Too many pairs were lost on our side: 12 %; it takes at most 10 %.",
        ),
        (
            Blocker(code="uncalibrated_judge", needed=1, found=0, measure="helpfulness"),
            "A judge is not calibrated (helpfulness).",
        ),
        (
            Blocker(code="too_few_clusters", needed=50, found=6.2, counted=1000),
            "Too few independent clusters: 6.2, which is what 1,000 of unequal size or weight are worth; it takes at least 50.",
        ),
        (Blocker(code="", needed=1, found=0), ": 0; it takes at least 1."),
    ],
)
def test_blockers(of: Blocker, told: str) -> None:
    assert blocker(of) == told


def a_verdict(decision: Decision, *mets: Met, blocked: bool = False) -> Verdict:
    claims = (Claim(measure="rubric"), Claim(measure="latency", statistic=Statistic.P95), Claim(measure="error_class"))
    conditions = tuple(
        Condition(claim=each, role=Role.PRIMARY, met=met) for each, met in zip(claims, mets, strict=False)
    )
    blockers = (Blocker(code="uncalibrated_judge", needed=1, found=0),) if blocked else ()
    return Verdict(decision=decision, conditions=conditions, blockers=blockers)


def test_what_decided_is_named() -> None:
    refuted = a_verdict(Decision.MAY_NOT, Met.SHOWN, Met.REFUTED, Met.REFUTED)
    assert because(refuted) == "Decided by what is refuted: latency (p95), errors."
    for also in (
        a_verdict(Decision.MAY_NOT, Met.OPEN, Met.REFUTED),
        a_verdict(Decision.MAY_NOT, Met.SHOWN, Met.REFUTED, blocked=True),
    ):
        assert because(also) == (
            "Decided by what is refuted: latency (p95). What is open, or required and not there, keeps from passing alone."
        )


def test_what_would_have_decided_but_for_the_evidence_is_named_too() -> None:
    assert because(a_verdict(Decision.INCONCLUSIVE, Met.OPEN, Met.REFUTED)) == (
        "Refuted, and yet nothing is decided while the evidence is in doubt: latency (p95)."
    )
    assert because(a_verdict(Decision.INCONCLUSIVE, Met.OPEN)) == ""


@pytest.mark.parametrize(
    ("code", "failed", "told"),
    [
        ("production_fails", 1.0, "Every call of production failed: there is nothing to compare."),
        ("candidate_fails", 0.6, "60 % of the calls of the candidate failed: there is hardly anything to compare."),
    ],
)
def test_an_endpoint_that_fails_is_told_as_such(code: str, failed: float, told: str) -> None:
    assert blocker(Blocker(code=code, needed=0.5, found=failed)) == told
