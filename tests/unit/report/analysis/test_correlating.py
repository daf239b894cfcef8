"""Scores against time and money, within requests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from shadowbench.report.analysis import correlating
from shadowbench.report.analysis.correlating import MOST_SCORES, correlations
from shadowbench.report.document.comparisons import Origin
from shadowbench.scores import Direction
from tests.unit.report.analysis.invented import ERROR, LIKENESS, PREFERENCE, a_subject, an_arm, values_of

LATENCY = a_subject("latency", origin=Origin.LOG, direction=Direction.LOWER, high=None)
N = 500


def test_slower_and_better_go_together_within_requests_whatever_requests_are_like() -> None:
    chance = np.random.default_rng(1)
    arm = an_arm(N)
    # Long requests take longer and score worse; on each of them more time makes a better answer.
    size, effort = chance.exponential(1, N), chance.normal(0, 0.1, N)
    latency = values_of(arm, LATENCY, 10 * size + effort, 10 * size)
    score = values_of(arm, a_subject(), -size + effort + chance.normal(0, 0.1, N), -size)
    (told,) = correlations(arm, [latency], [score])
    assert (told.of, told.measure, told.rho.n, told.subsampled) == ("latency", "quality", N, False)
    assert told.rho.low is not None
    assert told.rho.low > 0.4
    worse = values_of(arm, a_subject(direction=Direction.LOWER), score.candidate, score.production)
    assert correlations(arm, [latency], [worse])[0].rho.value == pytest.approx(-(told.rho.value or 0))


def test_pairs_have_both_numbers_and_both_answers() -> None:
    chance = np.random.default_rng(2)
    arm = an_arm(N, failed=np.arange(N) % 5 == 0)
    latency = values_of(arm, LATENCY, chance.random(400), places=np.arange(400))
    score = values_of(arm, PREFERENCE, chance.random(450), places=np.arange(50, N))
    (told,) = correlations(arm, [latency], [score])
    assert told.rho.n == 350 * 4 // 5


def test_only_the_first_scores_that_know_a_better_are_asked() -> None:
    arm = an_arm(N)
    values = np.random.default_rng(3).random(N)
    subjects = [
        ERROR,
        LIKENESS,
        a_subject("words", direction=Direction.NEITHER),
        *(a_subject(f"q{each}") for each in range(4)),
    ]
    scores = [values_of(arm, subject, values) for subject in subjects]
    told = correlations(arm, [values_of(arm, LATENCY, values)], scores)
    assert [each.measure for each in told] == [f"q{each}" for each in range(MOST_SCORES)]
    assert correlations(replace(arm, again=True), [values_of(arm, LATENCY, values)], scores) == ()


def test_of_many_pairs_a_part_is_drawn_and_n_is_that_of_the_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(correlating, "MOST_PAIRS", 100)
    chance = np.random.default_rng(4)
    arm = an_arm(N, clusters=np.arange(N) // 2)
    pair = [values_of(arm, LATENCY, chance.random(N))], [values_of(arm, PREFERENCE, chance.random(N))]
    (told,), (again,) = correlations(arm, *pair, seed=3), correlations(arm, *pair, seed=3)
    assert (told.rho.n, told.rho.clusters, told.subsampled) == (100, 50, True)
    assert told == again
