from typing import get_args

import pytest

from shadowbench.metrics.consistency import COMPARED, METRICS, By, consistency
from shadowbench.records import Outcome
from shadowbench.scores import Shape
from shadowbench.store.testing import an_observation
from tests.compared import value
from tests.paired import WITH_TOOLS, Came, calling, paired, side

RIGA = calling(("weather", {"city": "Riga"}))
OSLO = calling(("weather", {"city": "Oslo"}))


@pytest.mark.parametrize("by", get_args(By))
def test_two_equal_answers_agree_whatever_they_are_compared_by(by: str) -> None:
    answer: Came = RIGA if by.startswith("tool_") else "Riga, on the Daugava."
    assert value(consistency, side(answer, WITH_TOOLS, again=answer), by=by) == 1


def test_answers_are_compared_by_the_metric_that_is_named() -> None:
    twice = side("Riga, of course.", again="Of course: Riga!")
    assert value(consistency, twice, by="exact_match") == 0
    assert 0 < float(value(consistency, twice)) < 1
    assert value(consistency, twice) == value(consistency, twice, by="rouge_l")
    calls = side(RIGA, WITH_TOOLS, again=OSLO)
    assert (value(consistency, calls, by="tool_name_f1"), value(consistency, calls, by="tool_call_match")) == (1, 0)


def test_each_side_is_compared_with_its_own_repeat() -> None:
    pair = paired("Riga.", "Vilnius.", production_again="Riga.", candidate_again="Tallinn!")
    assert value(consistency, pair.production, by="exact_match") == 1
    assert value(consistency, pair.candidate, by="exact_match") == 0
    assert (pair.production.again, pair.candidate.again) == (pair.production_again, pair.candidate_again)


def test_what_was_not_asked_again_or_came_to_nothing_is_absent() -> None:
    assert value(consistency, side("Riga.")) == "no_repeat"
    failed = an_observation(outcome=Outcome.TIMED_OUT, answer=None)
    assert value(consistency, side("Riga.", again=failed)) == "repeat_failed"
    assert value(consistency, side("Riga.", again=RIGA)) == "no_text"
    assert value(consistency, side(" ", again="Riga.")) == "no_text"


def test_every_metric_that_may_be_named_is_there_and_of_pairs() -> None:
    assert set(COMPARED) == set(get_args(By))
    assert {each.shape for each in COMPARED.values()} == {Shape.PAIR}


def test_a_new_version_of_what_answers_are_compared_by_is_a_new_version_of_consistency() -> None:
    """Raise both versions, then say so here."""
    (consistent,) = METRICS
    versions = {name: each.version for name, each in COMPARED.items()}
    assert (consistent.version, versions) == ("1", dict.fromkeys(get_args(By), "1"))
