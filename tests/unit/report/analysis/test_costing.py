from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis import costing
from shadowbench.report.analysis.costing import costs
from shadowbench.report.document.times import Costs
from shadowbench.report.policy import Policy
from shadowbench.stats.clusters import mean
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.ratios import fieller, ratio_of_means
from shadowbench.store.columns import Coded
from tests.unit.report.analysis.invented import LIKENESS, a_subject, coded, values_of
from tests.unit.report.analysis.traffic import DAY, a_traffic, numbers, words

POLICY = Policy(correct="right")


def of(n: int, *, seen: int | None = 10**9, **columns: Any) -> Costs:
    log, arm = a_traffic(n, seen=seen, **columns)
    return costs(log, arm, POLICY, None)


def prices(n: int, seed: int, usd: float) -> np.ndarray:
    return usd * np.random.default_rng(seed).lognormal(0, 0.5, n)


def test_means_difference_and_ratio_are_of_pairs_with_both_costs() -> None:
    ours, theirs = prices(50, 1, 0.002), prices(50, 2, 0.01)
    ours[3], theirs[[3, 7]] = np.nan, np.nan
    found = of(
        50,
        candidate_cost_usd=ours,
        production_cost_usd=theirs,
        candidate_cost_reason=coded([None if k != 3 else "no_usage" for k in range(50)]),
        production_cost_reason=coded([None if k != 3 else "unknown_model" for k in range(50)]),
    )
    known = ~np.isnan(ours + theirs)
    assert found.n == 48
    assert found.unknown_candidate == {"no_usage": 1}
    assert found.unknown_production == {"not_priced": 1, "unknown_model": 1}
    assert found.production_usd == mean(theirs[known], weights=np.ones(48))
    assert found.difference_usd == mean(ours[known] - theirs[known], weights=np.ones(48))
    assert found.ratio == ratio_of_means(ours[known], theirs[known], weights=np.ones(48))


def test_a_failure_costs_what_it_costs() -> None:
    found = of(40, candidate_outcome=words(40, "ok", truncated=[0]), candidate_cost_usd=numbers(40, 0.01, (0, 0.41)))
    assert found.candidate_usd.value == pytest.approx(0.02)
    assert found.unknown_candidate == {}


def test_a_right_answer_costs_what_all_of_them_cost() -> None:
    log, arm = a_traffic(60, candidate_cost_usd=prices(60, 3, 0.002), production_cost_usd=prices(60, 4, 0.01))
    log.pairs["candidate_cost_usd"][5] = np.nan
    right = (np.random.default_rng(5).random((2, 40)) < 0.7).astype(float)
    judged = values_of(arm, a_subject("right"), right[0], right[1], places=np.arange(40))
    found = costs(log, arm, POLICY, judged)
    known = np.delete(np.arange(40), 5)
    assert found.correct == "right"
    for usd, rightness, told in (
        (log.pairs["candidate_cost_usd"], right[0], found.candidate_per_correct),
        (log.pairs["production_cost_usd"], right[1], found.production_per_correct),
    ):
        assert told == fieller(usd[known], rightness[known], weights=np.ones(39))
        assert told is not None and told.value == pytest.approx(usd[known].sum() / rightness[known].sum())


def test_a_likeness_says_of_no_side_that_it_is_right() -> None:
    log, arm = a_traffic(20)
    found = costs(log, arm, POLICY, values_of(arm, LIKENESS, np.ones(20)))
    assert (found.production_per_correct, found.candidate_per_correct) == (None, None)


def test_a_candidate_that_is_never_right_has_no_cost_per_right_answer() -> None:
    log, arm = a_traffic(20)
    found = costs(log, arm, POLICY, values_of(arm, a_subject("right"), np.zeros(20), np.ones(20)))
    assert found.candidate_per_correct is not None
    assert found.candidate_per_correct.reason is Refused.NEAR_ZERO


def test_totals_are_of_all_that_could_be_drawn_and_the_month_is_like_the_period() -> None:
    chances = np.where(np.arange(400) % 4 == 0, 1.0, 0.1)
    dear = np.where(np.arange(400) % 4 == 0, 0.1, 0.01)
    found = of(400, inclusion_probability=chances, production_cost_usd=dear, candidate_cost_usd=dear / 10)
    assert found.requests == pytest.approx(100 + 3000)
    assert found.period_s == 2 * DAY
    assert found.production_total is not None and found.production_total.value == pytest.approx(100 * 0.1 + 3000 * 0.01)
    assert found.candidate_total is not None and found.candidate_total.value == pytest.approx(4.0)
    assert found.saving_total is not None and found.saving_total.value == pytest.approx(36.0)
    month = found.saving_month
    assert month is not None and month.low is not None and found.saving_total.low is not None
    assert (month.value, month.low) == (pytest.approx(15 * 36.0), pytest.approx(15 * found.saving_total.low))
    assert found.why_no_total is None


def test_pairs_that_were_not_sent_are_traffic_too() -> None:
    found = of(100, candidate_outcome=words(100, "ok", not_sent=[0, 1], client_cancelled=[2]))
    assert (found.n, found.requests) == (97, pytest.approx(100))
    assert found.production_total is not None and found.production_total.value == pytest.approx(1.0)


def test_the_period_of_several_logs_is_what_any_of_them_covers() -> None:
    at = np.concatenate(
        [np.linspace(0, DAY, 50), np.linspace(DAY / 2, 2 * DAY, 30), np.linspace(9 * DAY, 10 * DAY, 20)]
    )
    which = Coded(codes=np.repeat(np.arange(3, dtype=np.int32), [50, 30, 20]), texts=("a", "b", "c"))
    assert of(100, started_at=at, log=which).period_s == pytest.approx(3 * DAY)


@pytest.mark.parametrize(
    ("reason", "columns"),
    [
        ("no_costs", {"candidate_cost_usd": np.full(60, np.nan)}),
        ("no_funnel", {"seen": None}),
        ("costs_unknown", {"candidate_cost_usd": np.where(np.arange(60) < 13, np.nan, 0.01)}),
        ("short_period", {"started_at": np.linspace(0, 3500, 60)}),
        ("more_than_seen", {"seen": 59}),
        ("more_than_seen", {"seen": 300, "inclusion_probability": np.full(60, 0.1)}),
    ],
)
def test_where_totals_cannot_be_told_there_is_a_reason(reason: str, columns: dict[str, Any]) -> None:
    found = of(60, **columns)
    assert found.why_no_total == reason
    nothing = (found.requests, found.period_s, found.production_total, found.saving_total, found.saving_month)
    assert nothing == (None,) * 5


def test_probabilities_that_may_be_right_are_believed() -> None:
    found = of(60, seen=550, inclusion_probability=np.full(60, 0.1))  # 600 by the luck of the draw
    assert found.requests == pytest.approx(600)


@pytest.mark.parametrize("n", [1, 2])
def test_few_pairs_and_no_costs_are_no_error(n: int) -> None:
    one = of(n)
    assert (one.n, one.production_usd.value) == (n, 0.01)
    assert one.production_usd.reason is (Refused.TOO_FEW if n == 1 else Refused.NO_VARIATION)
    none = of(n, production_cost_usd=np.full(n, np.nan))
    assert (none.n, none.production_usd.value, none.ratio.value) == (0, None, None)
    assert none.unknown_production == {"not_priced": n}


def test_only_pairs_that_do_not_count_are_no_error() -> None:
    found = of(5, candidate_outcome=["not_sent"] * 5)
    assert (found.n, found.why_no_total) == (0, "no_costs")


def test_unequal_sampling_does_not_bias_the_saving_of_all_traffic() -> None:
    """Requests with long prompts are dear and drawn always, the others rarely; what all of them cost is known here."""
    chance = np.random.default_rng(8)
    hits, ratios = 0, []
    for _ in range(120):
        long = chance.random(2500) < 0.1
        usd = 0.01 * np.where(long, 8.0, 1.0) * chance.lognormal(0, 0.4, 2500)
        theirs, ours = usd, 0.3 * usd * chance.lognormal(0, 0.2, 2500)
        chances = np.where(long, 1.0, 0.1)
        got = chance.random(2500) < chances
        n = int(got.sum())
        found = of(n, production_cost_usd=theirs[got], candidate_cost_usd=ours[got], inclusion_probability=chances[got])
        saving = found.saving_total
        assert saving is not None and saving.value is not None and saving.low is not None and saving.high is not None
        truth = float((theirs - ours).sum())
        hits += saving.low <= truth <= saving.high
        ratios.append(saving.value / truth)
    assert hits >= 0.9 * 120
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.01)


@given(st.integers(0, 2**32), st.floats(0.05, 1))
def test_the_order_of_rows_does_not_matter_and_means_do_not_depend_on_the_scale_of_weights(
    seed: int, less: float
) -> None:
    chance = np.random.default_rng(seed)
    n = 40
    columns: dict[str, Any] = {
        "cluster_key": chance.choice(["a", "b", "c", "d", "e"], n),
        "candidate_cost_usd": np.where(chance.random(n) < 0.1, np.nan, chance.lognormal(size=n)),
        "production_cost_usd": chance.lognormal(size=n),
        "candidate_outcome": chance.choice(["ok", "truncated"], n),
        "inclusion_probability": chance.uniform(0.1, 1, n),
        "started_at": chance.uniform(0, DAY, n),
    }

    def told(order: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
        some = {name: column[order] for name, column in columns.items()}
        some["inclusion_probability"] = some["inclusion_probability"] * scale
        found = of(n, **{k: v.tolist() if v.dtype.kind == "U" else v for k, v in some.items()})
        means = (found.production_usd, found.candidate_usd, found.difference_usd, found.ratio)
        totals = (found.production_total, found.candidate_total, found.saving_total, found.saving_month)
        return np.ravel([bounds(each) for each in means]), np.ravel([bounds(each) for each in totals if each])

    means, totals = told(np.arange(n), 1.0)
    anew = told(chance.permutation(n), 1.0)
    np.testing.assert_allclose(anew[0], means)
    np.testing.assert_allclose(anew[1], totals)
    np.testing.assert_allclose(told(np.arange(n), less)[0], means)


def bounds(found: Estimate) -> list[float]:
    return [np.nan if x is None else x for x in (found.value, found.low, found.high)]


def test_an_arm_of_another_candidate_does_not_add_to_the_traffic() -> None:
    log, arm = a_traffic(100, seen=1000, candidate=["small", "large"] * 50)
    found = costs(log, arm, POLICY, None)
    assert (arm.n, found.requests) == (50, pytest.approx(50))


def test_curves_are_quantiles_by_weight() -> None:
    n = 1000
    found = of(
        n,
        production_cost_usd=np.arange(1.0, n + 1),
        candidate_cost_usd=np.full(n, 3.0),
        inclusion_probability=np.where(np.arange(n) < n // 2, 1.0, 0.25),
    )
    curve = found.production_curve
    assert curve is not None and curve.n == n
    of_level = dict(zip(curve.levels, curve.usd, strict=True))
    assert of_level[0.2] == pytest.approx(500, abs=2)  # the cheaper half stands for a fifth of the traffic
    assert found.candidate_curve is not None and set(found.candidate_curve.usd) == {3.0}


def test_of_very_many_pairs_an_even_part_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costing, "MOST_DRAWN", 100)
    found = of(1000, production_cost_usd=np.arange(1000.0), candidate_cost_usd=np.arange(1000.0))
    assert found.candidate_curve is not None and found.candidate_curve.n <= 100
    assert found.candidate_curve.usd[49] == pytest.approx(500, abs=30)


def test_the_number_of_requests_has_an_interval_unless_everything_was_drawn() -> None:
    drawn, all_of_it = (of(500, **prices_of(500), inclusion_probability=np.full(500, pi)) for pi in (0.2, 1.0))
    assert drawn.requests_drawn is not None and all_of_it.requests_drawn is not None
    assert drawn.requests_drawn.value == drawn.requests == pytest.approx(2500)
    assert drawn.requests_drawn.low is not None and drawn.requests_drawn.low < 2450
    assert all_of_it.requests_drawn.low in (None, pytest.approx(500))


def prices_of(n: int) -> dict[str, np.ndarray]:
    return {"production_cost_usd": prices(n, 1, 0.01), "candidate_cost_usd": prices(n, 2, 0.005)}
