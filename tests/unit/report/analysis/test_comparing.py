from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.report.analysis.computable import in_range
from shadowbench.report.document.comparisons import Role, Scale
from shadowbench.report.policy import Against, Claim, Looks, Policy, Statistic, Watching
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Refused
from shadowbench.stats.margins import Standing
from shadowbench.stats.methods import Method
from shadowbench.stats.proportions import sign_test
from shadowbench.stats.sequences import asymptotic
from tests.unit.report.analysis.invented import ERROR, LIKENESS, PREFERENCE, a_subject
from tests.unit.report.analysis.measures import a_measure_of, compared

NAN = np.nan
N = 400
LATENCY = a_subject("latency", high=None, direction=Direction.LOWER, unit="s")


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def policy(*claims: Claim, looks: Looks = Looks.ANY) -> Policy:
    return Policy(primary=claims, watching=Watching(looks=looks))


def test_effect_and_both_sides_are_of_the_same_pairs() -> None:
    ours, theirs = rng().random((2, N))
    found = compared(a_measure_of(a_subject(), ours, theirs, clusters=np.arange(N) // 2), policy())
    assert (found.n, found.clusters, found.role, found.reason) == (N, N // 2, Role.SECONDARY, None)
    assert found.production is not None
    assert found.effect.once.value == pytest.approx((found.candidate.value or 0) - (found.production.value or 0))
    assert (found.standing, found.margin, found.effect.strict, found.still_needed) == (None, None, None, None)


def test_yes_or_no_on_a_side_is_a_rate() -> None:
    found = compared(a_measure_of(a_subject(), rng().random(N) < 0.9, rng().random(N)), policy())
    assert found.production is not None
    assert (found.candidate.method, found.production.method) == (Method.WILSON, Method.CLUSTER_T)


def test_what_is_declared_has_its_margin_a_strict_interval_and_where_it_stands() -> None:
    claims = (Claim(measure="quality", margin=0.2), *(Claim(measure=f"other{k}") for k in range(4)))
    ours = rng().random(N)
    found = compared(a_measure_of(a_subject(), ours, ours - 0.01), policy(*claims))
    assert (found.role, found.margin) == (Role.PRIMARY, 0.2)
    assert found.effect.strict is not None
    assert found.effect.strict.level == pytest.approx(0.99)
    assert found.effect.deciding.level == 0.95
    assert found.standing is Standing.NON_INFERIOR


@pytest.mark.parametrize(
    ("candidate", "production", "standing"),
    [(0.9, 0.5, Standing.BETTER), (0.5, 0.9, Standing.INFERIOR), (0.7, 0.72, Standing.INCONCLUSIVE)],
)
def test_where_it_stands_follows_from_the_deciding_interval(
    candidate: float, production: float, standing: Standing
) -> None:
    draws = np.random.default_rng(2).random((2, N))
    sides = draws[0] < candidate, draws[1] < production
    claim = Claim(measure="quality", margin=0.03)
    assert compared(a_measure_of(a_subject(), *sides), policy(claim)).standing is standing


def test_a_preference_stands_against_a_half_whatever_the_judges_direction() -> None:
    wins = rng().random(N) < 0.8
    claim = Claim(measure="judge", margin=0.05)
    found = compared(a_measure_of(PREFERENCE, wins), policy(claim))
    assert (found.effect.scale, found.standing, found.production) == (Scale.PREFERENCE, Standing.BETTER, None)
    assert found.outcomes is not None
    assert (found.outcomes.wins, found.outcomes.ties) == (int(wins.sum()), 0)
    assert found.outcomes.sign_p == sign_test(int(wins.sum()), N - int(wins.sum()))


def test_outcomes_of_clustered_pairs_have_no_exact_test_and_less_may_be_better() -> None:
    ours, theirs = np.array([1.0, 2, 3, 3]), np.array([2.0, 2, 2, 1])
    found = compared(a_measure_of(LATENCY, ours, theirs, clusters=[0, 0, 1, 1]), policy()).outcomes
    assert found is not None
    assert (found.wins, found.ties, found.losses, found.sign_p) == (1, 1, 2, None)


def test_relative_effects_have_margins_that_are_shares() -> None:
    theirs = rng().lognormal(size=N)
    claim = Claim(measure="latency", relative=True, margin=0.1)
    noise = np.random.default_rng(3).lognormal(0, 0.3, N)
    found = compared(a_measure_of(LATENCY, theirs * 0.95 * noise, theirs), policy(claim))
    assert (found.effect.scale, found.relative) == (Scale.RATIO, True)
    assert found.effect.once.method is Method.GEOMETRIC_RATIO
    assert found.standing is Standing.NON_INFERIOR
    assert found.detectable is not None
    assert 0 < found.detectable < 0.2


def test_a_quantile_of_more_failures_than_it_leaves_room_for_is_censored() -> None:
    values = rng().lognormal(size=N)
    failed = np.arange(N) < N * 0.08
    claim = Claim(measure="latency", statistic=Statistic.P95)
    found = compared(
        a_measure_of(
            LATENCY, np.where(failed, NAN, values), values, failed=failed,
            why=["fault_timed_out" if each else None for each in failed],
        ),
        policy(claim),
    )  # fmt: skip
    assert (found.n, found.imputed, found.effect.deciding.reason) == (N, int(failed.sum()), Refused.CENSORED)
    assert found.standing is Standing.INCONCLUSIVE
    assert found.answered_only is not None
    assert found.answered_only.deciding.reason is None


def test_of_quantiles_without_values_above_zero_there_is_no_ratio() -> None:
    claim = Claim(measure="latency", statistic=Statistic.P50, relative=True)
    found = compared(a_measure_of(LATENCY, np.zeros(N), np.ones(N)), policy(claim))
    assert found.reason == "not_above_zero"


def test_likeness_alone_is_a_level_that_differs_from_nothing() -> None:
    found = compared(a_measure_of(LIKENESS, rng().random(N)), policy(Claim(measure="alike")))
    assert (found.effect.scale, found.effect.evidence, found.standing) == (Scale.LEVEL, None, None)


def test_likeness_beside_the_lanes_is_a_difference_on_shared_requests() -> None:
    claim = Claim(measure="alike", against=Against.AGAIN, margin=0.05)
    draws = rng()
    ours = a_measure_of(LIKENESS, 0.7 + 0.1 * draws.random(N), exchange=np.arange(N))
    lane = a_measure_of(LIKENESS, 0.8 + 0.1 * draws.random(N), exchange=np.arange(100, N + 100))
    found = compared(ours, policy(claim), again=lane)
    assert (found.n, found.effect.scale, found.standing) == (N - 100, Scale.DIFFERENCE, Standing.INFERIOR)
    assert found.effect.once.value == pytest.approx(-0.1, abs=0.01)
    assert (found.production, found.outcomes) == (None, None)


def test_without_a_lane_there_is_nothing_to_hold_it_against() -> None:
    claim = Claim(measure="alike", against=Against.AGAIN)
    found = compared(a_measure_of(LIKENESS, rng().random(N)), policy(claim))
    assert (found.reason, found.effect.deciding.reason) == ("no_again_lane", Refused.TOO_FEW)
    assert found.candidate.value is not None


@pytest.mark.parametrize(("bound", "standing"), [(0.2, Standing.BETTER), (0.02, Standing.INFERIOR)])
def test_against_a_bound_only_the_candidate_counts(bound: float, standing: Standing) -> None:
    claim = Claim(measure="error_class", against=Against.BOUND, bound=bound)
    found = compared(a_measure_of(ERROR, rng().random(N) < 0.1, np.ones(N)), policy(claim))
    assert (found.effect.scale, found.bound, found.margin, found.standing) == (Scale.LEVEL, bound, None, standing)
    assert found.effect.once.method is Method.WILSON
    assert found.answered_only is None


def test_a_quantile_may_have_a_bound_too() -> None:
    claim = Claim(measure="latency", against=Against.BOUND, bound=5.0, statistic=Statistic.P95)
    found = compared(a_measure_of(LATENCY, rng().random(N), np.ones(N)), policy(claim))
    assert (found.effect.scale, found.standing) == (Scale.LEVEL, Standing.BETTER)


def test_claims_that_cannot_be_meant_say_so() -> None:
    values = rng().random(N)
    no_bound = Claim(measure="quality", against=Against.BOUND)
    assert compared(a_measure_of(a_subject(), values, values), policy(no_bound)).reason == "no_bound"
    ratio = Claim(measure="alike", relative=True)
    assert compared(a_measure_of(LIKENESS, values), policy(ratio)).reason == "no_ratio_of_pairs"


def test_without_values_there_is_a_reason() -> None:
    nothing = np.full(3, NAN)
    found = compared(
        a_measure_of(a_subject(), nothing, nothing, why=["no_text"] * 3, why_production=["no_text"] * 3), policy()
    )
    assert (found.n, found.reason, found.missing.candidate) == (0, "no_values", {"no_text": 3})


def test_the_sensitivity_line_is_of_pairs_that_both_sides_answered() -> None:
    failed = np.arange(N) % 10 == 0
    ours = np.where(failed, NAN, rng().random(N))
    why = ["fault_timed_out" if each else None for each in failed]
    found = compared(a_measure_of(a_subject(), ours, np.full(N, 0.5), failed=failed, why=why), policy())
    assert found.imputed == failed.sum()
    assert found.answered_only is not None
    assert found.answered_only.once.n == N - failed.sum()
    assert (found.effect.once.value or 0) < (found.answered_only.once.value or 0)
    assert found.answered_only.deciding == asymptotic(found.answered_only.deciding, tuned_for=1000)


def test_where_nobody_failed_the_line_is_the_effect_itself() -> None:
    found = compared(a_measure_of(a_subject(), *rng().random((2, N))), policy())
    assert found.answered_only is not None
    assert found.answered_only.once == found.effect.once


def test_where_neither_is_better_nothing_stands_anywhere() -> None:
    subject = a_subject("words", high=None, direction=Direction.NEITHER)
    found = compared(a_measure_of(subject, *rng().random((2, N))), policy(Claim(measure="words")))
    assert (found.standing, found.outcomes) == (None, None)
    assert found.effect.evidence is not None


EXTREMES = st.sampled_from([0.0, 1e-320, 1e-300, 1e-160, 1e-9, 1.0, 2.0, 1e9, 1e160, 1e300, 1e308, NAN])
CLAIMS = [
    Claim(measure="latency", margin=0.1, relative=True),
    Claim(measure="latency", margin=0.1),
    Claim(measure="latency", margin=0.1, relative=True, statistic=Statistic.TOTAL),
    Claim(measure="latency", margin=0.1, relative=True, statistic=Statistic.P50),
    Claim(measure="latency", margin=0.1, statistic=Statistic.P95),
    Claim(measure="latency", against=Against.BOUND, bound=1e308),
]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(EXTREMES, EXTREMES), min_size=1, max_size=6),
    st.sampled_from([1, 40]),
    st.sampled_from(CLAIMS),
    st.sampled_from(list(Looks)),
)
def test_no_number_keeps_a_comparison_from_being_told(
    pairs: list[tuple[float, float]], times: int, claim: Claim, looks: Looks
) -> None:
    """Whatever endpoints and scorers say, as `values` lets it in: an effect, or why there is none; and no warning."""
    ours, theirs = (in_range(np.array(side)) for side in zip(*(pairs * times), strict=True))
    found = compared(a_measure_of(LATENCY, ours, theirs), policy(claim, looks=looks), claim)
    deciding = found.effect.deciding
    assert found.reason is not None or deciding.reason is not None or deciding.low is not None
    for estimate in (deciding, found.effect.once):
        assert not any(x is not None and np.isnan(x) for x in (estimate.value, estimate.low, estimate.high))


def test_sides_that_are_nothing_but_zeros_have_no_ratio() -> None:
    cost = a_subject("cost", high=None, direction=Direction.LOWER, unit="USD")
    claim = Claim(measure="cost", margin=0.1, relative=True, statistic=Statistic.TOTAL)
    found = compared(a_measure_of(cost, np.zeros(N), np.zeros(N)), policy(claim))
    assert found.reason == "all_zero"
    one = np.zeros(N)
    one[0] = 1.0
    assert compared(a_measure_of(cost, one, np.zeros(N)), policy(claim)).reason is None
