"""Effects, claims, conditions and verdicts as sentences."""

from dataclasses import replace

import pytest

from shadowbench.report.document.comparisons import Scale
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met
from shadowbench.report.policy import Against, Claim, Needs, Statistic
from shadowbench.report.words.conclusions import (
    blocker,
    claim,
    condition,
    decision,
    effect,
    met,
    needed,
    on_scale,
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
        (Scale.PREFERENCE, (0.45, 0.51), "", "wins 48 % [45 %, 51 %]"),
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
        "wins 50 % (no interval: too few pairs or clusters)",
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


def test_a_condition_has_its_claim_its_state_its_numbers_and_what_it_would_take() -> None:
    still = StillNeeded(pairs=3300, more=2300, days=3.2)
    open_ = Condition(
        claim=Claim(measure="rubric", margin=0.05), role=Role.PRIMARY, met=Met.OPEN, reason="wide_interval",
        still_needed=still,
    )  # fmt: skip
    assert condition(open_, compared(interval=(-0.1, 0.02))) == (
        "rubric not worse than production by more than 0.05: open, the interval is too wide to tell. "
        "−0.04 [−0.10, +0.02], 1,000 pairs in 400 clusters. About 2,300 more pairs would tell (3.2 d at this traffic)."
    )


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


def test_what_it_takes() -> None:
    assert needed(StillNeeded(pairs=9, more=0, days=0.0)) == "No more pairs should be needed"
    assert needed(StillNeeded(pairs=9, more=1, days=None)) == "About 1 more pair would tell"


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
        (Blocker(code="", needed=1, found=0), ": 0; it takes at least 1."),
    ],
)
def test_blockers(of: Blocker, told: str) -> None:
    assert blocker(of) == told
