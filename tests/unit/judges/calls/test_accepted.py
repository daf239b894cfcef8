from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.judges.calls.accepted import Accepted, Form, first_accepted, learnt

OPENAI, ANTHROPIC = "openai.chat", "anthropic.messages"
WORDS = st.sampled_from(
    ["response_format", "temperature", "seed", "max_completion_tokens", "tool_choice", "output_config", "x"]
)


def test_the_strictest_form_comes_first() -> None:
    assert first_accepted(OPENAI, structured=True).form is Form.SCHEMA
    assert first_accepted(ANTHROPIC, structured=True).form is Form.TOOL


@pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC, "openai.embeddings"])
def test_unstructured_asks_in_words_only(dialect: str) -> None:
    assert first_accepted(dialect, structured=False) == Accepted(form=Form.PLAIN)


@pytest.mark.parametrize(
    ("dialect", "steps"),
    [(OPENAI, [Form.SCHEMA, Form.OBJECT, Form.PLAIN]), (ANTHROPIC, [Form.TOOL, Form.SCHEMA, Form.PLAIN])],
)
def test_each_refusal_of_the_form_is_a_step_down(dialect: str, steps: list[Form]) -> None:
    accepted, seen = first_accepted(dialect, structured=True), []
    said = "Invalid parameter: 'response_format' of type 'json_schema' is not supported; tool_choice neither"
    now: Accepted | None = accepted
    while now is not None:
        seen.append(now.form)
        now = learnt(now, dialect, status=400, said=said)
    assert seen == steps


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("Unsupported value: 'temperature' does not support 0 with this model.", {"temperature": False}),
        ("Unrecognized request argument supplied: seed", {"seed": False}),
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            {"limit": "max_completion_tokens"},
        ),
    ],
)
def test_a_member_that_is_named_is_left_out(said: str, changed: dict[str, object]) -> None:
    learned = learnt(first_accepted(OPENAI, structured=True), OPENAI, status=400, said=said)
    assert learned == Accepted(**({"form": Form.SCHEMA} | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "This model's maximum context length is 8192 tokens"),
        (500, "response_format"),
        (200, "response_format"),
        (400, ""),
    ],
)
def test_other_refusals_teach_nothing(status: int, said: str) -> None:
    assert learnt(first_accepted(OPENAI, structured=True), OPENAI, status=status, said=said) is None


def test_anthropic_is_never_told_of_seeds_which_it_does_not_have() -> None:
    assert learnt(Accepted(form=Form.PLAIN), ANTHROPIC, status=400, said="seed") is None


@given(dialect=st.sampled_from([OPENAI, ANTHROPIC, "openai.embeddings"]), said=st.lists(WORDS, max_size=20))
def test_learning_ends_whatever_an_endpoint_says(dialect: str, said: list[str]) -> None:
    accepted: Accepted | None = (
        first_accepted(dialect, structured=True) if dialect != "openai.embeddings" else Accepted(form=Form.PLAIN)
    )
    steps = 0
    while accepted is not None:
        accepted = learnt(accepted, dialect, status=400, said=" ".join(said))
        steps += 1
    assert steps <= 6
