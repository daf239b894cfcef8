from typing import Any

import pytest

from shadowbench.metrics.base import Detailed
from shadowbench.metrics.behaviour.refusals import refusal, refusal_flip, refusal_flip_inverse
from shadowbench.records import Choice, Observation, Outcome, ToolCall
from shadowbench.store.testing import an_observation
from tests.compared import value
from tests.paired import Came, paired, side

DECLINED = Choice(refusal="I can't do that.")


@pytest.mark.parametrize(
    ("came", "by"),
    [
        (DECLINED, "declined"),
        (Choice(refusal="BLOCKLIST", finish_reason="BLOCKLIST"), "declined"),  # Gemini, a blocked prompt
        (Choice(text="Once upon", finish_reason="content_filter"), "finished"),
        (Choice(text="", finish_reason="refusal"), "finished"),
        (Choice(text="Once", finish_reason="SAFETY"), "finished"),
        (Choice(text="Sorry, blocked.", finish_reason="guardrail_intervened"), "finished"),
        (Choice(text="I can't help with that.", finish_reason="content_filter"), "finished"),
    ],
)
def test_the_provider_s_signs_go_before_words(came: Choice, by: str) -> None:
    assert refusal.function(side(came)) == Detailed(1.0, {"by": by})


def test_who_calls_a_tool_does_something() -> None:
    call = ToolCall(name="search", arguments="{}")
    assert value(refusal, side(Choice(text="I can't answer directly; let me look.", tool_calls=(call,)))) == 0


def _fault(**changes: Any) -> Observation:
    return an_observation(**{"outcome": Outcome.HTTP_ERROR, "answer": None, "status": 400, **changes})


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (_fault(error_type="content_filter"), 1),
        (_fault(error_message="The response was filtered due to Azure OpenAI's content management policy."), 1),
        (_fault(error_message="Output blocked by content filtering policy"), 1),
        (_fault(error_type="invalid_request_error", error_message="max_tokens is too large"), "fault_http_error"),
        (_fault(status=500, error_message="content policy"), "fault_http_error"),
        (an_observation(outcome=Outcome.TIMED_OUT, answer=None), "fault_timed_out"),
    ],
)
def test_a_rejection_by_a_filter_is_a_refusal_and_other_faults_are_faults(fault: Observation, expected: Any) -> None:
    assert value(refusal, side(fault)) == expected


@pytest.mark.parametrize(
    ("production", "candidate", "flip", "inverse"),
    [
        ("Riga.", DECLINED, 1, 0),
        (DECLINED, "Riga.", 0, 1),
        (DECLINED, "I cannot help with that.", 0, 0),
        ("Riga.", "Riga.", 0, 0),
        ("Riga.", _fault(error_type="content_filter"), 1, 0),
        (DECLINED, _fault(status=503), "fault_http_error", "fault_http_error"),
        (_fault(status=503), DECLINED, "fault_http_error", "fault_http_error"),
    ],
)
def test_a_flip_is_told_by_its_direction(production: Came, candidate: Came, flip: Any, inverse: Any) -> None:
    pair = paired(production, candidate)
    assert (value(refusal_flip, pair), value(refusal_flip_inverse, pair)) == (flip, inverse)
