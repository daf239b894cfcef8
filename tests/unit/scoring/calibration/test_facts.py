"""What is kept of a pair is small, and right."""

from dataclasses import replace

import pytest

from shadowbench.judges.showing import Showing
from shadowbench.records import Answer, Choice, Outcome, ToolCall
from shadowbench.scoring.calibration.facts import facts_of
from shadowbench.store.testing import an_exchange, an_observation


def test_lengths_are_of_all_that_was_said() -> None:
    called = Answer(choices=(Choice(text="Hm.", tool_calls=(ToolCall(name="f", arguments='{"a":1}'),)),))
    small = an_observation(endpoint="small", answer=called, requested_model="qwen-2", reported_model=None)
    [(ref, found)] = facts_of(an_exchange(3, small), 17)
    assert ref == (17, 1)
    assert (found.production_length, found.candidate_length) == (len("Riga."), len('Hm.{"a":1}'))
    assert (found.candidate, found.route, found.cluster) == ("small", "/v1/chat/completions", "cluster-3")
    assert found.candidate_families == {"qwen"} and found.both_answered


def test_a_fault_has_no_length_and_no_answer() -> None:
    fault = an_observation(endpoint="small", outcome=Outcome.TIMED_OUT, reason="x", answer=None)
    [(_, found)] = facts_of(an_exchange(3, fault), 1)
    assert (found.candidate_length, found.both_answered) == (0, False)


BLIND = Showing()


def is_identical(text: str, showing: Showing | None = BLIND, production: str = "Riga.") -> bool:
    exchange = replace(an_exchange(3, an_observation(text, endpoint="small")), production=an_observation(production))
    [(_, found)] = facts_of(exchange, 1, showing=showing)
    return found.identical


def test_answers_that_read_the_same_are_identical_whatever_is_around_them() -> None:
    assert is_identical("Riga.") and not is_identical("Oslo?") and not is_identical("Riga, of course.")


@pytest.mark.parametrize("text", ["Riga.\n", "\r\nRiga.", "Riga. ", "\u200bRiga."])
def test_what_cannot_be_seen_makes_no_difference(text: str) -> None:
    assert is_identical(text)


def test_what_is_left_out_makes_no_difference_and_what_is_shown_does() -> None:
    assert is_identical("One\r\ntwo", production="One\ntwo")
    assert is_identical("As GPT-4, I say no.", production="As Claude, I say no.")
    assert not is_identical("As GPT-4, I say no.", Showing(redact_identity=False), production="As Claude, I say no.")


def test_answers_that_are_not_shown_are_not_compared() -> None:
    assert not is_identical("Riga.", showing=None)


def test_the_language_is_told_where_it_is_asked_for() -> None:
    [(_, found)] = facts_of(an_exchange(3), 1, lambda text: f"of {text}")
    assert found.language == "of Riga."
