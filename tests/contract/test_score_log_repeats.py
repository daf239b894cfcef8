"""What an endpoint said when it was asked once more is material for metrics, and nothing that is scored by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from shadowbench.records import again
from shadowbench.scores import PairRef
from shadowbench.store.testing import a_measure, an_exchange
from tests.contract.scorers import drain, logs_in, take


def test_repeats_are_not_given_to_scorers_and_do_not_count_as_waiting(tmp_path: Path) -> None:
    exchange = an_exchange()
    (pair,) = exchange.candidates
    repeats = [
        replace(pair, observation=replace(pair.observation, endpoint=again(name)))
        for name in ("production", pair.observation.endpoint)
    ]
    with logs_in(tmp_path) as (log, scores):
        log.append([replace(exchange, candidates=(pair, *repeats))])
        measures = scores.register([a_measure()])
        assert scores.backlog(measures).pairs == log.counts().pairs == 1
        claim = take(scores, measures)
        assert claim is not None
        assert set(claim.missing) == {PairRef(1, 1)}
        scores.release("w")
        assert drain(scores, measures) == 1
        assert take(scores, measures) is None
        assert scores.backlog(measures).pairs == 0
        log.upkeep.delete([1])
        assert log.counts().pairs == 0
