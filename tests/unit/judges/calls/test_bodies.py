from __future__ import annotations

from typing import Any

import orjson
import pytest

from shadowbench.judges.calls.accepted import Accepted, Form
from shadowbench.judges.calls.bodies import body_of, embeddings_body, headers_of, most_outputs
from tests.unit.judges.calls.desks import SCHEMA, endpoint, question


def body(accepted: Accepted, *, repetition: int = 0, **options: Any) -> dict[str, Any]:
    made: dict[str, Any] = orjson.loads(body_of(endpoint(**options), question(repetition=repetition), accepted))
    return made


def test_openai_is_asked_by_schema() -> None:
    assert body(Accepted(form=Form.SCHEMA), max_output_tokens=300) == {
        "model": "m",
        "messages": [{"role": "system", "content": "You judge."}, {"role": "user", "content": "Which?"}],
        "max_tokens": 300,
        "temperature": 0.0,
        "seed": 0,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA},
        },
    }


def test_openai_is_asked_for_any_object_or_for_nothing() -> None:
    assert body(Accepted(form=Form.OBJECT))["response_format"] == {"type": "json_object"}
    assert "response_format" not in body(Accepted(form=Form.PLAIN))


def test_anthropic_is_made_to_call_a_tool() -> None:
    made = body(Accepted(form=Form.TOOL), dialect="anthropic.messages", max_output_tokens=300)
    assert made == {
        "model": "m",
        "system": "You judge.",
        "messages": [{"role": "user", "content": "Which?"}],
        "max_tokens": 300,
        "temperature": 0.0,
        "tools": [{"name": "verdict", "description": "Gives the verdict.", "input_schema": SCHEMA}],
        "tool_choice": {"type": "tool", "name": "verdict"},
    }


def test_anthropic_is_asked_by_output_schema_or_in_words() -> None:
    by_schema = body(Accepted(form=Form.SCHEMA), dialect="anthropic.messages")
    assert by_schema["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    plain = body(Accepted(form=Form.PLAIN), dialect="anthropic.messages")
    assert {"tools", "tool_choice", "output_config"}.isdisjoint(by_schema.keys() & plain.keys() | plain.keys())


def test_the_reasons_keep_their_place_before_the_answer() -> None:
    sent = body_of(endpoint(), question(), Accepted(form=Form.SCHEMA))
    assert sent.index(b'"why"') < sent.index(b'"answer"')


def test_what_is_not_accepted_is_not_sent() -> None:
    made = body(Accepted(form=Form.PLAIN, temperature=False, seed=False, limit="max_completion_tokens"))
    assert made.keys() == {"model", "messages", "max_completion_tokens"}
    assert body(Accepted(form=Form.PLAIN), temperature=None, seed=None).keys() == {"model", "messages", "max_tokens"}


def test_a_repeat_draws_other_numbers() -> None:
    assert body(Accepted(form=Form.PLAIN), repetition=1, seed=7)["seed"] == 8


def test_configured_parameters_win() -> None:
    made = body(Accepted(form=Form.PLAIN), parameters={"reasoning_effort": "low", "max_tokens": 5})
    assert (made["reasoning_effort"], made["max_tokens"]) == ("low", 5)


@pytest.mark.parametrize(
    ("parameters", "most"),
    [
        ({}, 300),
        ({"max_completion_tokens": 5000}, 5000),
        ({"max_tokens": 5}, 300),
        ({"n": 3}, 900),
        ({"n": "3", "max_tokens": None}, 300),
    ],
)
def test_what_parameters_allow_counts_for_what_an_answer_may_cost(parameters: dict[str, Any], most: int) -> None:
    assert most_outputs(endpoint(max_output_tokens=300, parameters=parameters)) == most


def test_the_key_is_where_the_dialect_has_it() -> None:
    assert headers_of(endpoint(), "k")["authorization"] == "Bearer k"
    theirs = headers_of(endpoint(dialect="anthropic.messages"), "k")
    assert (theirs["x-api-key"], theirs["anthropic-version"]) == ("k", "2023-06-01")
    assert "authorization" not in theirs
    azure = headers_of(endpoint(url="https://us.openai.azure.com/openai/deployments/judge?api-version=2024-10-21"), "k")
    assert azure["api-key"] == "k" and "authorization" not in azure


def test_no_key_is_no_header_and_configured_headers_win() -> None:
    assert "authorization" not in headers_of(endpoint(), None)
    made = headers_of(endpoint(headers={"Api-Key": "azure", "Authorization": "Other"}), "k")
    assert (made["api-key"], made["authorization"]) == ("azure", "Other")


def test_texts_go_for_vectors_in_their_order() -> None:
    options = endpoint(dialect="openai.embeddings", parameters={"dimensions": 64})
    assert orjson.loads(embeddings_body(options, ["b", "a"])) == {"model": "m", "input": ["b", "a"], "dimensions": 64}
