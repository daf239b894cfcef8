from typing import Any

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.request_format import JsonFormat, json_format

SCHEMA = {"type": "object"}


@pytest.mark.parametrize(
    ("dialect", "request_body", "expected"),
    [
        (Dialect.OPENAI_CHAT, {"response_format": {"type": "json_object"}}, JsonFormat(None)),
        (
            Dialect.OPENAI_CHAT,
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
            JsonFormat(SCHEMA),
        ),
        (Dialect.OPENAI_RESPONSES, {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}}, JsonFormat(SCHEMA)),
        (Dialect.OPENAI_RESPONSES, {"text": {"format": {"type": "json_object"}}}, JsonFormat(None)),
        (
            Dialect.ANTHROPIC_MESSAGES,
            {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
            JsonFormat(SCHEMA),
        ),
        (Dialect.OLLAMA_CHAT, {"format": "json"}, JsonFormat(None)),
        (Dialect.OLLAMA_GENERATE, {"format": SCHEMA}, JsonFormat(SCHEMA)),
    ],
)
def test_each_dialect_has_its_place_for_it(dialect: Dialect, request_body: Any, expected: JsonFormat) -> None:
    assert json_format(dialect, request_body) == expected


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"response_format": {"type": "text"}, "text": {"format": {"type": "text"}}, "format": ""},
        {"response_format": "json", "text": "json_object", "output_config": ["format"], "format": 1},
        {"response_format": {"type": ["json_object"]}, "text": {"format": None}},
    ],
)
def test_whatever_else_stands_there_asks_for_no_json(dialect: Dialect, request_body: Any) -> None:
    assert json_format(dialect, request_body) is None


def test_a_schema_that_is_none_is_left_out() -> None:
    request = {"response_format": {"type": "json_schema", "json_schema": "x"}}
    assert json_format(Dialect.OPENAI_CHAT, request) == JsonFormat(None)
