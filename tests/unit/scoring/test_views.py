"""From exchanges to pairs."""

from dataclasses import replace

from shadowbench.records import again
from shadowbench.scores import PairRef
from shadowbench.scoring.views import views
from shadowbench.store.testing import an_exchange, an_observation


def test_every_candidate_is_a_pair_and_repeats_are_in_their_pairs() -> None:
    small, large = an_observation("s", endpoint="small"), an_observation("l", endpoint="large")
    repeats = [an_observation(f"{name} 2", endpoint=again(name)) for name in ("production", "small")]
    exchange = an_exchange(9, repeats[0], small, repeats[1], large)
    found = list(views(exchange, 5, reference="Riga"))
    assert [pair.ref for pair in found] == [PairRef(5, 2), PairRef(5, 4)]
    assert [pair.candidate.text for pair in found] == ["s", "l"]
    assert [pair.candidate_again and pair.candidate_again.text for pair in found] == ["small 2", None]
    assert {pair.production_again and pair.production_again.text for pair in found} == {"production 2"}
    assert {pair.candidate.reference for pair in found} == {"Riga"}


def test_only_the_sides_that_are_asked_for() -> None:
    exchange = an_exchange(1, *(replace(an_observation(), endpoint=name) for name in "abc"))
    assert [pair.ref.side for pair in views(exchange, 1, {1, 3})] == [1, 3]
