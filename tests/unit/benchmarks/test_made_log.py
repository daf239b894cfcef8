"""The invented log: whole, the same each time, and with the effects that it says it has."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import shadowbench
from benchmarks.made_log import MEASURES, main, make_log
from benchmarks.made_pairs import SHARES, STRATA, intended_effects, made_chunks, true_effects
from shadowbench.reading.log import ReadLog
from shadowbench.stats.clusters import Clusters, mean
from shadowbench.stats.columns import from_probabilities
from shadowbench.store.base import each_exchange
from shadowbench.store.opening import open_log

PAIRS = 12_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "log.db"
    make_log(path, pairs=PAIRS, metrics=len(MEASURES), seed=3)
    return path


def of(log: ReadLog, candidate: str, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences that there are, their weights and clusters."""
    score = log.scores[name]
    values = score.value - (0.5 if name == "pairwise" else score.production_value)
    rows = (log.pairs.words("candidate") == candidate) & ~np.isnan(values)
    chances = log.pairs["inclusion_probability"] * score.probability
    return values[rows], from_probabilities(chances[rows]), log.pairs["cluster_key"][rows]


def test_a_log_has_the_pairs_it_was_asked_for_and_everything_can_be_read(made: Path) -> None:
    log = open_log(f"sqlite:///{made}", "read")
    exchanges = list(each_exchange(log))
    assert log.counts().pairs == PAIRS == sum(len(exchange.candidates) for exchange in exchanges)
    assert log.counts().exchanges == len(exchanges) == log.newest()
    assert [exchange.started_at for exchange in exchanges] == sorted(exchange.started_at for exchange in exchanges)
    log.close()


@pytest.mark.parametrize("candidate", ["small", "twin"])
@pytest.mark.parametrize("name", ["contains", "rubric", "pairwise"])
def test_effects_are_found_where_weights_are_heeded(made: Path, candidate: str, name: str) -> None:
    with shadowbench.read(made) as log:
        values, weights, clusters = of(log, candidate, name)
        found = mean(values, clusters=Clusters.of(clusters), weights=weights, level=0.999)
    assert not found.excludes(true_effects()[candidate][name])


def test_who_forgets_the_weights_is_wrong(made: Path) -> None:
    with shadowbench.read(made) as log:
        values, _, clusters = of(log, "small", "rubric")
        found = mean(values, clusters=Clusters.of(clusters), level=0.999)
    assert found.excludes(true_effects()["small"]["rubric"])


def test_latencies_have_their_ratio(made: Path) -> None:
    with shadowbench.read(made) as log:
        pairs = log.pairs
        ratios = np.log(pairs["candidate_latency_s"] / pairs["production_latency_s"])
        for candidate in ("small", "twin"):
            rows = (pairs.words("candidate") == candidate) & ~np.isnan(ratios)
            assert np.exp(ratios[rows].mean()) == pytest.approx(true_effects()[candidate]["latency_ratio"], rel=0.02)


def test_strata_are_sampled_unequally_and_weigh_what_they_are(made: Path) -> None:
    with shadowbench.read(made, candidate="small") as log:
        weights = from_probabilities(log.pairs["inclusion_probability"])
        strata = log.pairs.words("stratum")
        shares = [weights[strata == name].sum() / weights.sum() for name in STRATA]
    np.testing.assert_allclose(shares, SHARES, atol=0.03)


@pytest.mark.parametrize("candidate", ["small", "twin"])
def test_pairs_stand_for_the_requests_that_were_counted(made: Path, candidate: str) -> None:
    with shadowbench.read(made, candidate=candidate) as log:
        drawn = from_probabilities(log.pairs["inclusion_probability"]).sum()
        assert drawn == pytest.approx(log.funnel.total("seen"), rel=0.05)


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    one, same, another = (next(made_chunks(1000, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.sides[0].latency_s, same.sides[0].latency_s)
    assert not np.array_equal(one.started_at, another.started_at)


@pytest.mark.parametrize("pairs", [1, 2, 3, 40_000])
def test_pairs_are_exactly_as_many(pairs: int) -> None:
    chunks = list(made_chunks(pairs, 1))
    assert sum(int(side.is_there.sum()) for chunk in chunks for side in chunk.sides[:2]) == pairs
    assert [chunk.first for chunk in chunks] == [
        1,
        *np.cumsum([len(chunk) + (not at) for at, chunk in enumerate(chunks[:-1])]),
    ]


def test_the_command_prints_the_truth_and_spares_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(tmp_path / "log.db"), "--pairs", "10", "--metrics", "0"])
    assert json.loads(capsys.readouterr().out) == {"answered": true_effects(), "intended": intended_effects()}
    with pytest.raises(SystemExit, match="is there already"):
        main([str(tmp_path / "log.db")])
    with pytest.raises(SystemExit, match="between 0 and 6"):
        main([str(tmp_path / "new.db"), "--metrics", "7"])
