"""Candidates in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shadowbench.report.analysis import ranking
from shadowbench.report.analysis.arms import Arm
from shadowbench.report.analysis.ranking import rankings
from shadowbench.report.analysis.values import Paired
from shadowbench.stats.estimates import Refused
from tests.unit.report.analysis.invented import JUDGE, PREFERENCE, a_log, an_arm, coded, values_of

N = 600


def lane(name: str, rows: Any, wins: Any, *, again: bool = False) -> tuple[Arm, list[Paired]]:
    rows = np.asarray(rows)
    arm = an_arm(len(rows), name=name, again=again, rows=rows, exchange=rows % N)
    return arm, [values_of(arm, PREFERENCE, wins), values_of(arm, JUDGE, wins)]


def shares(*rates: float) -> list[Any]:
    chance = np.random.default_rng(1)
    return [(chance.random(N) < rate).astype(float) for rate in rates]


def test_candidates_stand_by_their_win_rates_with_production_between() -> None:
    good, bad, same = shares(0.7, 0.3, 0.5)
    log = a_log(3 * N)
    lanes = [
        lane("bad", range(N), bad),
        lane("good", range(N, 2 * N), good),
        lane("twin", range(2 * N, 3 * N), same, again=True),
    ]
    (told,) = rankings(log, lanes)
    assert (told.measure, told.star, told.n, told.clusters, told.reason) == ("judge", True, 3 * N, N, None)
    names = [place.name for place in told.places]
    assert (names[0], names[-1]) == ("good", "bad")
    assert set(names[1:3]) == {"production", "twin"}
    strengths = {place.name: place.strength for place in told.places}
    assert strengths["production"].value == 0
    assert strengths["good"].value == pytest.approx(np.log(good.mean() / (1 - good.mean())), abs=1e-6)
    assert strengths["good"].half_width is not None
    assert strengths["good"].se is not None
    assert strengths["good"].half_width > 2.1 * strengths["good"].se  # they hold together
    assert [place.again for place in told.places if place.name == "twin"] == [True]


def test_requests_of_one_user_are_one_cluster_in_all_lanes() -> None:
    good, bad = shares(0.6, 0.4)
    users = coded([f"u{row % 50}" if row % 2 else None for row in range(2 * N)])
    log = a_log(2 * N, cluster_key=users)
    (told,) = rankings(log, [lane("a", range(N), good), lane("b", range(N, 2 * N), bad)])
    assert told.clusters == 25 + N // 2


def test_one_candidate_is_no_ranking() -> None:
    (wins,) = shares(0.6)
    lanes = [lane("a", range(N), wins), lane("twin", range(N, 2 * N), wins, again=True)]
    assert rankings(a_log(2 * N), lanes) == ()


def test_who_never_lost_has_no_strength_and_comes_last() -> None:
    wins = shares(0.6)[0]
    lanes = [lane("a", range(N), np.ones(N)), lane("b", range(N, 2 * N), wins)]
    (told,) = rankings(a_log(2 * N), lanes)
    assert told.reason is Refused.NOT_CONNECTED
    assert [place.name for place in told.places] == ["production", "a", "b"]


def test_of_very_many_pairs_a_seeded_part_is_ranked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "MOST_PAIRS", 400)
    good, bad = shares(0.6, 0.4)
    lanes = [lane("a", range(N), good), lane("b", range(N, 2 * N), bad)]
    (told,) = rankings(a_log(2 * N), lanes)
    assert told.subsampled
    assert told.n == 400
    assert told.clusters == 200  # both lanes of a request are drawn together
