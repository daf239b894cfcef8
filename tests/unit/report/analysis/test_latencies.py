from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.report.analysis import latencies
from shadowbench.report.analysis.latencies import CURVE, LEVELS, distributions
from shadowbench.report.document.times import Distribution
from shadowbench.report.policy import Policy
from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import Method
from shadowbench.stats.quantiles import compare_quantiles, quantile
from shadowbench.stats.ratios import geometric_ratio
from tests.unit.report.analysis.traffic import a_traffic, disturbed, words

POLICY = Policy(alpha=0.1)


def of(n: int, **columns: Any) -> tuple[Distribution, ...]:
    log, arm = a_traffic(n, **columns)
    return distributions(log, arm, POLICY, np.random.default_rng(1))


def lognormal(n: int, seed: int, middle: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(middle, 0.5, n)


def test_quantiles_are_those_of_each_side_and_of_their_difference() -> None:
    ours, theirs = lognormal(600, 1), lognormal(600, 2, 0.3)
    failing = list(range(0, 600, 100))
    latency, *_ = of(
        600,
        candidate_latency_s=ours,
        production_latency_s=theirs,
        candidate_outcome=words(600, "ok", timed_out=failing),
    )
    ours[failing] = np.inf
    assert (latency.measure, latency.n, latency.clusters) == ("latency", 600, 600)
    assert (latency.censored_production, latency.censored_candidate) == (0, 6)
    for row, level in zip(latency.rows, LEVELS, strict=True):
        assert row.level == level
        assert row.candidate == quantile(ours, level, level=0.9)
        assert row.production == quantile(theirs, level, level=0.9)
        alone = compare_quantiles(ours, theirs, level, np.random.default_rng(1), level=0.9)
        assert row.difference == alone
    fine = np.isfinite(ours)
    assert latency.ratio.value == pytest.approx(geometric_ratio(ours[fine], theirs[fine]).value)
    assert latency.ratio.n == 594


def test_clusters_and_weights_count() -> None:
    ours, theirs = lognormal(300, 3), lognormal(300, 4)
    users, chances = [f"u{k // 3}" for k in range(300)], np.where(np.arange(300) % 2, 0.2, 1.0)
    latency, *_ = of(
        300, candidate_latency_s=ours, production_latency_s=theirs, cluster_key=users, inclusion_probability=chances
    )
    assert latency.clusters == 100
    assert latency.rows[0].candidate.method is Method.WOODRUFF
    assert latency.rows[0].candidate.value == quantile(ours, 0.5, weights=1 / chances).value


def test_many_pairs_have_the_same_quantiles_by_a_quicker_way(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"candidate_latency_s": lognormal(3000, 5), "production_latency_s": lognormal(3000, 6, 0.2)}
    slow, *_ = of(3000, **columns)
    monkeypatch.setattr(latencies, "MANY", 1000)
    monkeypatch.setattr("shadowbench.stats.quantiles.MANY", 1000)
    quick, *_ = of(3000, **columns)
    for one, other in zip(slow.rows, quick.rows, strict=True):
        assert other.difference.method is Method.WOODRUFF_CONTRAST
        assert one.difference.value == other.difference.value
        assert one.difference.half_width is not None
        assert other.difference.half_width == pytest.approx(one.difference.half_width, rel=0.35)
        assert one.production == other.production


@settings(max_examples=15, deadline=None)  # each resamples a thousand times
@given(st.integers(0, 2**32), st.floats(0.05, 1))
def test_neither_the_order_of_rows_nor_the_scale_of_weights_matters(seed: int, less: float) -> None:
    chance = np.random.default_rng(seed)
    n = 120
    columns: dict[str, Any] = {
        "cluster_key": chance.choice([f"u{k}" for k in range(60)], n),
        "candidate_latency_s": chance.lognormal(size=n),
        "production_latency_s": chance.lognormal(size=n),
        "production_outcome": chance.choice(["ok", "ok", "ok", "timed_out"], n),
        "inclusion_probability": chance.uniform(0.5, 1, n),
    }

    def told(order: np.ndarray, scale: float) -> np.ndarray:
        some = {name: column[order] for name, column in columns.items()}
        some["inclusion_probability"] = some["inclusion_probability"] * scale
        latency, *_ = of(n, **{k: v.tolist() if v.dtype.kind == "U" else v for k, v in some.items()})
        estimates = [*(e for row in latency.rows for e in (row.production, row.candidate)), latency.ratio]
        numbers = [x for e in estimates for x in (e.value, e.low, e.high)]
        return np.array([*numbers, *latency.production.seconds, *latency.candidate.seconds], dtype=float)

    whole = told(np.arange(n), 1.0)
    np.testing.assert_allclose(told(chance.permutation(n), 1.0), whole)
    np.testing.assert_allclose(told(np.arange(n), less), whole)


def test_below_the_least_n_there_is_a_reason_instead_of_an_interval() -> None:
    latency, *_ = of(100, candidate_latency_s=lognormal(100, 7))
    assert [row.candidate.reason for row in latency.rows] == [None, None, Refused.TOO_FEW]  # at 90 %: 59 and 299
    assert [row.difference.reason for row in latency.rows] == [None, None, Refused.TOO_FEW]


def test_the_curve_ends_where_failures_begin() -> None:
    latency, *_ = of(200, candidate_outcome=words(200, "ok", unreachable=list(range(0, 200, 5))))
    curve = latency.candidate
    assert curve.levels == CURVE
    assert len(curve.levels) <= 120
    assert [s is None for s in curve.seconds] == [level > 0.8 for level in CURVE]
    assert set(latency.production.seconds) == {1.0}


def test_streams_have_first_tokens_and_gaps_and_whole_answers_have_not() -> None:
    assert [each.measure for each in of(40)] == ["latency", "ttft", "gap_p95"]
    whole = of(40, production_streamed=np.zeros(40), candidate_streamed=np.zeros(40))
    assert [each.measure for each in whole] == ["latency"]


def test_that_nothing_could_be_timed_is_told_with_the_reason() -> None:
    (latency,) = of(30, production_disturbed=disturbed(30, late=list(range(30))))
    assert (latency.n, latency.clusters, latency.left_out) == (0, 0, {"late": 30})
    assert {row.difference.reason for row in latency.rows} == {Refused.TOO_FEW}
    assert (latency.ratio.reason, latency.candidate.levels) == (Refused.TOO_FEW, ())


@pytest.mark.parametrize("n", [1, 2, 30])
def test_all_failed_is_censored_and_few_pairs_are_no_error(n: int) -> None:
    latency, *_ = of(n, candidate_outcome=["timed_out"] * n)
    assert (latency.n, latency.censored_candidate) == (n, n)
    assert latency.rows[0].candidate.value is None
    assert latency.rows[0].candidate.reason is (Refused.CENSORED if n == 30 else Refused.TOO_FEW)
    assert latency.ratio.reason is Refused.TOO_FEW
    assert set(latency.candidate.seconds) == {None}


def test_without_pairs_that_count_there_is_nothing() -> None:
    assert of(3, candidate_outcome=["not_sent"] * 3) == ()


def test_zero_seconds_have_no_ratio_and_no_error() -> None:
    latency, *_ = of(20, candidate_latency_s=np.where(np.arange(20) < 5, 0.0, 2.0))
    assert (latency.ratio.n, latency.ratio.value) == (15, pytest.approx(2.0))
