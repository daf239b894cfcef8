from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis import drifting, halves
from shadowbench.report.analysis.arms import Arm, arms_of
from shadowbench.report.analysis.drifting import drifts
from shadowbench.report.analysis.values import Paired
from shadowbench.report.document.times import Drift
from shadowbench.report.policy import Policy
from tests.unit.report.analysis.invented import LIKENESS, a_subject, values_of
from tests.unit.report.analysis.traffic import a_traffic, words

N = 800
LATE = np.arange(N) >= N // 2


@pytest.fixture(autouse=True)
def few_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for what is asked here, and quick."""
    monkeypatch.setattr(drifting, "MOST_MMD", 80)
    monkeypatch.setattr(drifting, "MOST_CLASSIFIER", 80)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def varied(n: int = N, seed: int = 1, **columns: Any) -> tuple[Any, Arm]:
    """Traffic in which everything varies and nothing drifts, unless columns say otherwise."""
    chance = rng(seed)
    given: dict[str, Any] = {
        "stratum": chance.choice(["long", "short"], n).tolist(),
        "request_bytes": chance.lognormal(6, 1, n).round(),
    }
    for side in ("production", "candidate"):
        given[f"{side}_input_tokens"] = chance.lognormal(5, 1, n).round()
        given[f"{side}_output_tokens"] = chance.lognormal(4, 1, n).round()
        given[f"{side}_latency_s"] = chance.lognormal(0, 0.5, n)
        given[f"{side}_finish_reason"] = chance.choice(["stop", "length"], n, p=[0.8, 0.2]).tolist()
        given[f"{side}_outcome"] = chance.choice(["ok", "timed_out"], n, p=[0.95, 0.05]).tolist()
    return a_traffic(n, **(given | columns))


def asked(log: Any, arms: list[Arm], scores: list[list[Paired]] | None = None, seed: int = 1) -> tuple[Drift, ...]:
    return drifts(log, arms, scores or [[] for _ in arms], Policy(), rng(seed))


def found_in(all_of_it: tuple[Drift, ...]) -> set[tuple[str, str]]:
    return {(each.of, each.side) for each in all_of_it if each.drifted}


def test_everything_is_asked_by_its_methods_and_nothing_drifts_where_nothing_does() -> None:
    log, arm = varied()
    quality = values_of(arm, a_subject("quality"), rng(5).normal(size=N), rng(6).normal(size=N))
    alike = values_of(arm, LIKENESS, rng(7).random(N // 2), places=np.arange(0, N, 2))
    found = asked(log, [arm], [[quality, alike]])
    assert [(each.side, each.of) for each in found if each.method in ("psi", "jensen_shannon", "mmd")] == [
        ("requests", "prompt_length"),
        ("requests", "request_bytes"),
        ("requests", "stratum"),
        ("requests", "path"),
        ("requests", "requests"),
        ("production", "production_length"),
        ("production", "production_latency"),
        ("production", "production_finish_reason"),
        ("production", "production_outcome"),
        ("production", "production_answers"),
        ("production", "quality"),
        ("small", "candidate_length"),
        ("small", "candidate_latency"),
        ("small", "candidate_finish_reason"),
        ("small", "candidate_outcome"),
        ("small", "candidate_answers"),
        ("small", "quality"),
        ("small", "alike"),
    ]
    assert found_in(found) == set()
    (path,) = [each for each in found if each.of == "path"]
    assert (path.p, path.reason, path.n_before + path.n_after) == (None, "no_variation", N)
    assert all(each.reason is None and each.p_adjusted is not None for each in found if each is not path)
    assert {each.of for each in found if each.explanation} == {"requests", "production_answers", "candidate_answers"}


@pytest.mark.parametrize(
    ("columns", "drifted"),
    [
        ({"production_input_tokens": rng(9).lognormal(5 + LATE, 1)}, {("prompt_length", "requests")}),
        ({"stratum": np.where(LATE & (rng(9).random(N) < 0.5), "tools", "short").tolist()}, {("stratum", "requests")}),
        ({"candidate_latency_s": rng(9).lognormal(0.6 * LATE, 0.5)}, {("candidate_latency", "small")}),
        ({"production_finish_reason": np.where(LATE, "length", "stop").tolist()}, {("production_finish_reason", "production")}),
        ({"candidate_outcome": words(N, "ok", timed_out=list(range(700, 800)))}, {("candidate_outcome", "small")}),
    ],
)  # fmt: skip
def test_what_drifts_is_named_with_its_side(columns: dict[str, Any], drifted: set[tuple[str, str]]) -> None:
    log, arm = varied(**columns)
    found = found_in(asked(log, [arm]))
    together = {("requests", "requests"), ("production_answers", "production"), ("candidate_answers", "small")}
    assert found - together == drifted


def test_a_classifier_tells_by_what_it_knows_the_halves_apart() -> None:
    log, arm = varied(candidate_latency_s=rng(9).lognormal(1.5 * LATE, 0.5))
    (told,) = [each for each in asked(log, [arm]) if each.method == "classifier" and each.side == "small"]
    assert told.explanation[0][0] == "candidate_latency"
    assert told.explanation[0][1] > 0
    assert told.statistic is not None and told.statistic > 0.8
    (untouched,) = [each for each in asked(log, [arm]) if each.method == "classifier" and each.side == "production"]
    assert untouched.statistic == pytest.approx(0.5, abs=0.1)


def test_scores_drift_by_side_and_production_is_seen_where_most_pairs_are() -> None:
    log, _ = varied(seed=2, candidate=np.where(np.arange(N) % 4, "small", "large").tolist())
    arms = list(arms_of(log, ()))
    assert [arm.name for arm in arms] == ["large", "small"]
    scores = []
    for arm in arms:
        late = arm.started_at > arm.started_at.mean()
        ours, theirs = rng(3).normal(size=arm.n), rng(4).normal(size=arm.n) + 2 * (late & (arm.name == "small"))
        scores.append([values_of(arm, a_subject("quality"), ours, theirs)])
    found = asked(log, arms, scores)
    assert found_in(found) == {("quality", "production")}
    assert {each.n_before + each.n_after for each in found if each.of == "quality"} == {600, 200}


def test_another_rate_of_sampling_is_no_drift_of_requests() -> None:
    chance = rng(11)
    long = chance.random(6000) < 0.3
    chances = np.where(long, np.where(np.arange(6000) < 3000, 0.2, 0.9), 0.5)
    got = chance.random(6000) < chances
    log, arm = varied(
        int(got.sum()),
        inclusion_probability=chances[got],
        stratum=np.where(long[got], "long", "short").tolist(),
        production_input_tokens=chance.lognormal(4 + 2.0 * long[got], 1),
    )
    assert found_in(asked(log, [arm])) == set()
    unweighted = replace(arm, weights=np.ones(arm.n))
    assert {("stratum", "requests"), ("prompt_length", "requests")} <= found_in(asked(log, [unweighted]))


def test_false_alarms_are_rare_however_much_is_asked_and_users_who_differ_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drifting, "_together", lambda *_: iter(()))  # which has its own tests, and takes long
    tried, alarms = 60, 0
    for seed in range(tried):
        chance = rng(100 + seed)
        users = np.repeat(np.arange(160), 5)  # each in one half alone, and like himself
        log, arm = varied(
            seed=seed,
            cluster_key=[f"u{user}" for user in users],
            stratum=np.array(["a", "b", "c"])[chance.integers(0, 3, 160)][users].tolist(),
            production_input_tokens=chance.lognormal(5 + chance.normal(size=160)[users], 0.3),
        )
        alarms += bool(found_in(asked(log, [arm])))
    assert alarms <= 0.05 * tried + 3 * np.sqrt(0.05 * 0.95 * tried)


def test_of_many_pairs_a_part_is_asked_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halves, "MOST_OF_A_HALF", 150)
    log, arm = varied(candidate_latency_s=rng(9).lognormal(1.0 * LATE, 0.5))
    found = asked(log, [arm])
    assert all(each.subsampled for each in found)
    assert max(each.n_before for each in found) == 150
    assert ("candidate_latency", "small") in found_in(found)


def test_a_part_says_what_all_of_the_pairs_say(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 8000
    late = np.arange(n) >= n // 2
    shift = {"candidate_latency_s": rng(9).lognormal(0.3 * late, 0.5), "stratum": np.where(late, "b", "a").tolist()}
    log, arm = varied(n, seed=3, **shift)
    whole = asked(log, [arm])
    monkeypatch.setattr(halves, "MOST_OF_A_HALF", 2000)
    part = asked(log, [arm])
    assert not any(each.subsampled for each in whole if each.method in ("psi", "jensen_shannon"))
    told = [(w, p) for w, p in zip(whole, part, strict=True) if w.method not in ("mmd", "classifier")]
    assert {each.of for each, _ in told if each.drifted} == {"candidate_latency", "stratum"}
    for one, other in told:
        assert (one.of, one.method, one.drifted, one.reason) == (other.of, other.method, other.drifted, other.reason)
        assert (one.statistic or 0) == pytest.approx(other.statistic or 0, abs=0.035)


def test_the_same_chance_gives_the_same_word_for_word() -> None:
    log, arm = varied()
    assert asked(log, [arm]) == asked(log, [arm])
    assert asked(log, [arm]) != asked(log, [arm], seed=2)  # of permutations


@pytest.mark.parametrize("n", [1, 2, 40])
def test_few_pairs_are_refused_and_no_pairs_are_nothing(n: int) -> None:
    log, arm = varied(n)
    found = asked(log, [arm], [[values_of(arm, a_subject(), np.zeros(n))]])
    assert {each.reason for each in found} <= {"too_few", "no_variation"}
    assert not any(each.drifted or each.p is not None for each in found)
    log, arm = varied(3, candidate_outcome=["not_sent"] * 3)
    assert asked(log, [arm]) == ()
    assert drifts(log, [], [], Policy(), rng()) == ()


def test_where_all_failed_there_are_no_answers_to_ask() -> None:
    log, arm = varied(candidate_outcome=["timed_out"] * N)
    found = [each for each in asked(log, [arm]) if each.side == "small"]
    assert {(each.of, each.reason) for each in found} == {
        ("candidate_length", "too_few"),
        ("candidate_latency", "too_few"),
        ("candidate_finish_reason", "too_few"),
        ("candidate_outcome", "no_variation"),
    }
