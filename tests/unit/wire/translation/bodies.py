"""Requests of every dialect, as short as they get, and what translating them comes to."""

import json
from typing import Any

from shadowbench.records import Dialect
from shadowbench.wire.translation import Translated, Untranslatable, translate

CHAT, RESPONSES = Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES
MESSAGES, OLLAMA, GEMINI = Dialect.ANTHROPIC_MESSAGES, Dialect.OLLAMA_CHAT, Dialect.GEMINI
SOURCES = (CHAT, RESPONSES, MESSAGES, OLLAMA)
TARGETS = (*SOURCES, GEMINI)
PAIRS = [(source, target) for source in SOURCES for target in TARGETS if source != target]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PNG_URL = f"data:image/png;base64,{PNG}"

Body = dict[str, Any]

_LEAST: dict[Dialect, Body] = {
    CHAT: {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    RESPONSES: {"model": "m", "input": "Hi"},
    MESSAGES: {"model": "m", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]},
    OLLAMA: {"model": "m", "stream": False, "messages": [{"role": "user", "content": "Hi"}]},
}
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
_TOOLS: dict[Dialect, Body] = {
    CHAT: {"type": "function", "function": {"name": "weather", "parameters": CITY}},
    RESPONSES: {"type": "function", "name": "weather", "parameters": CITY, "strict": False},
    MESSAGES: {"name": "weather", "input_schema": CITY},
    OLLAMA: {"type": "function", "function": {"name": "weather", "parameters": CITY}},
}


def least(dialect: Dialect, **members: Any) -> Body:
    """The least request of a dialect, with members of one's own."""
    return _LEAST[dialect] | members


def with_tool(dialect: Dialect, **members: Any) -> Body:
    """The least request that declares a tool."""
    return least(dialect, tools=[_TOOLS[dialect]], **members)


def translated(source: Dialect, target: Dialect, body: Body) -> Body | str:
    """What a request becomes: its body in the target's words, or the reason why not."""
    result = translate(source, target, json.dumps(body).encode(), default_max_tokens=1000)
    if isinstance(result, Untranslatable):
        return result.reason
    assert isinstance(result, Translated)
    written: Body = json.loads(result.body)
    return written
