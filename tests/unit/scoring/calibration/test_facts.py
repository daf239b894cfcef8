"""What is kept of a pair is small, and right."""

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
