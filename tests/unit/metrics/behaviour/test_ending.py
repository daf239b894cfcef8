import pytest

from shadowbench.metrics.behaviour.ending import empty, truncation
from shadowbench.records import Answer, Choice, Embeddings
from shadowbench.store.testing import an_observation
from tests.compared import value
from tests.paired import calling, side


@pytest.mark.parametrize(
    ("reason", "was_cut"),
    [
        ("length", 1),  # OpenAI chat and completions, Ollama
        ("max_tokens", 1),  # Anthropic, Bedrock
        ("max_output_tokens", 1),  # Responses
        ("MAX_TOKENS", 1),  # Gemini, Cohere
        ("model_context_window_exceeded", 1),
        ("stop", 0),
        ("end_turn", 0),
        ("completed", 0),
        ("tool_calls", 0),
        ("STOP", 0),
        ("content_filter", 0),
        (None, "no_finish_reason"),
    ],
)
def test_an_answer_was_cut_when_the_provider_says_so(reason: str | None, was_cut: int | str) -> None:
    assert value(truncation, side(Choice(text="x", finish_reason=reason))) == was_cut


@pytest.mark.parametrize(
    ("choice", "is_empty"),
    [
        (Choice(), 1),
        (Choice(text=""), 1),
        (Choice(text=" \n"), 1),
        (Choice(reasoning="long thoughts"), 1),
        (Choice(text="x"), 0),
        (Choice(refusal="No."), 0),
        (calling(("f", {})), 0),
    ],
)
def test_an_answer_is_empty_when_it_says_and_calls_nothing(choice: Choice, is_empty: int) -> None:
    assert value(empty, side(choice)) == is_empty


def test_embeddings_are_not_empty_texts() -> None:
    vectors = Answer(choices=(), embeddings=Embeddings(count=1, dimensions=3))
    assert value(empty, side(an_observation(answer=vectors))) == "embeddings"
