"""The invented traffic is the same every time, and has every fault in it."""

from shadowbench.records import Outcome
from shadowbench.store.testing import invented_traffic


def test_the_same_seed_gives_the_same_traffic() -> None:
    assert list(invented_traffic(20, seed=4)) == list(invented_traffic(20, seed=4))
    assert list(invented_traffic(20, seed=4)) != list(invented_traffic(20, seed=5))


def test_every_outcome_a_candidate_can_have_occurs() -> None:
    seen = {result.observation.outcome for exchange in invented_traffic(400) for result in exchange.candidates}
    assert seen == set(Outcome) - {Outcome.CLIENT_CANCELLED}
