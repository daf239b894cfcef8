import pytest

from shadowbench.metrics.behaviour.refusal_signs import sign_of
from shadowbench.records import Answer, Choice, Outcome
from shadowbench.store.testing import an_observation


def of(choice: Choice) -> str | None:
    return sign_of(an_observation(answer=Answer(choices=(choice,))))


@pytest.mark.parametrize(
    "reason",
    ["content_filter", "refusal", "SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "guardrail_intervened",
     "content_filtered", "ERROR_TOXIC", "sensitive"],
)  # fmt: skip
def test_every_provider_has_its_word_for_it(reason: str) -> None:
    assert of(Choice(text="Once upon a time", finish_reason=reason)) == "finished"


@pytest.mark.parametrize(
    "reason", ["stop", "end_turn", "length", "MAX_TOKENS", "OTHER", "MALFORMED_FUNCTION_CALL", "", None]
)
def test_other_ends_are_no_refusals(reason: str | None) -> None:
    assert of(Choice(text="Once upon a time", finish_reason=reason)) is None


def test_an_empty_refusal_is_none() -> None:
    assert of(Choice(text="Riga.", refusal="")) is None


def test_what_came_besides_the_first_choice_does_not_count() -> None:
    choices = (Choice(text="Riga."), Choice(index=1, refusal="No."))
    assert sign_of(an_observation(answer=Answer(choices=choices))) is None
    assert sign_of(an_observation(answer=Answer(choices=()))) is None


@pytest.mark.parametrize("status", [400, 403, 422, None, 429, 500])
def test_only_errors_about_the_request_itself_are_rejections(status: int | None) -> None:
    fault = an_observation(outcome=Outcome.HTTP_ERROR, answer=None, status=status, error_type="content_filter")
    assert sign_of(fault) == ("rejected" if status in (400, 403, 422) else None)


def test_an_answer_that_broke_off_after_its_refusal_is_one() -> None:
    cut = an_observation(outcome=Outcome.TRUNCATED, answer=Answer(choices=(Choice(refusal="I can't"),)))
    assert sign_of(cut) == "declined"
