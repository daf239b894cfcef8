from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shadowbench.judges.conversation import conversation_of
from shadowbench.metrics.view import Request
from shadowbench.records import Dialect
from tests.unit.judges.judged import pair

EXCHANGES = Path(__file__).parents[3] / ".." / "shared" / "data" / "exchanges" / "exchanges_dev.jsonl"
CHAT, MESSAGES, RESPONSES = Dialect.OPENAI_CHAT, Dialect.ANTHROPIC_MESSAGES, Dialect.OPENAI_RESPONSES
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {}}}


def told(dialect: Dialect, request: Any) -> str | None:
    return conversation_of(pair(request=request, dialect=dialect).request)


@pytest.mark.parametrize(
    ("dialect", "request_", "text"),
    [
        (
            CHAT,
            {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Riga?"}]},
            "[system] Be brief.\n\n[user] Riga?",
        ),
        (
            CHAT,
            {
                "tools": [TOOL],
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "And this?"}, {"type": "image_url"}]},
                    {"role": "assistant", "tool_calls": [{"function": {"name": "weather", "arguments": '{"x":1}'}}]},
                    {"role": "tool", "content": "Rain."},
                ],
            },
            '[user] And this?\n[image]\n\n[assistant] [calls the tool weather with {"x": 1}]\n\n[tool] Rain.\n\n'
            "[tools at hand: weather]",
        ),
        (
            MESSAGES,
            {
                "system": [{"type": "text", "text": "Be kind."}],
                "messages": [
                    {"role": "user", "content": "Rain?"},
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "thinking", "thinking": "Secret."},
                            {"type": "tool_use", "name": "weather", "input": {"city": "Riga"}},
                        ],
                    },
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "content": [{"type": "text", "text": "No."}]}],
                    },
                ],
            },
            '[system] Be kind.\n\n[user] Rain?\n\n[assistant] [calls the tool weather with {"city": "Riga"}]\n\n'
            "[user] [the tool gave] No.",
        ),
        (RESPONSES, {"instructions": "Be brief.", "input": "Riga?"}, "[system] Be brief.\n\n[user] Riga?"),
        (
            RESPONSES,
            {
                "input": [
                    {"role": "user", "content": [{"type": "input_text", "text": "Rain?"}, {"type": "input_image"}]},
                    {"type": "reasoning", "summary": [{"text": "Secret."}]},
                    {"type": "function_call", "name": "weather", "arguments": "{}"},
                    {"type": "function_call_output", "output": "No."},
                ]
            },
            "[user] Rain?\n[image]\n\n[assistant] [calls the tool weather with {}]\n\n[tool] No.",
        ),
        (Dialect.OPENAI_COMPLETIONS, {"prompt": "Once upon"}, "[user] Once upon"),
        (
            Dialect.OLLAMA_CHAT,
            {"messages": [{"role": "user", "content": "This?", "images": ["aGk="]}]},
            "[user] This?\n[image]",
        ),
        (Dialect.OLLAMA_GENERATE, {"system": "Brief.", "prompt": "Riga?"}, "[system] Brief.\n\n[user] Riga?"),
    ],
)
def test_each_dialect_is_told_alike(dialect: Dialect, request_: Mapping[str, Any], text: str) -> None:
    assert told(dialect, request_) == text


@pytest.mark.parametrize("request_", [None, [], {}, {"messages": []}, {"input": ""}, {"messages": [{"role": "user"}]}])
def test_what_says_nothing_is_no_conversation(request_: Any) -> None:
    assert told(CHAT, request_) is None


@pytest.mark.parametrize("odd", [7, [[]], [{"content": 5}], [{"role": 3, "content": [None, 4, {"type": 9}]}], {"a": 1}])
def test_nothing_odd_raises(odd: Any) -> None:
    for name in ("messages", "input", "prompt", "contents"):
        told(CHAT, {name: odd, "tools": odd, "system": odd})


@pytest.mark.skipif(not EXCHANGES.exists(), reason="needs ../shared/data/exchanges (recorded exchanges)")
def test_every_recorded_request_of_a_conversation_is_told() -> None:
    silent = []
    for line in EXCHANGES.read_text().splitlines():
        row = json.loads(line)
        text = row["request"].get("text") or ""
        try:
            body = json.loads(text)
        except ValueError:
            continue
        if isinstance(body, dict) and (body.get("messages") or body.get("contents") or body.get("prompt")):
            exchange = pair(request=body).exchange
            if not conversation_of(Request(exchange)):
                silent.append(row["id"])
    assert silent == []
