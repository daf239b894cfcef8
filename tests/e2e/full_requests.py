"""Requests in every dialect that hold all there is to translate, and how to read them.

`FULL` has a system prompt, a question with an image, a tool, and how to answer; `CONTINUED` goes on after a tool was called.
Written by hand and read by hand, with nothing of the translation that is under test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shadowbench.records import Dialect

SYSTEM = "Be brief."
QUESTION = "Which of these rivers is the longest?"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@dataclass(frozen=True, kw_only=True)
class Understood:
    """A request with a system prompt, a question with an image, and a tool."""

    model: str
    system: str
    text: str
    image: str
    tool: tuple[str, str]
    parameters: Any
    temperature: float
    max_tokens: int


# Ollama puts images before the text: here all do, so that nothing moves.
FULL: dict[Dialect, tuple[str, dict[str, Any]]] = {
    Dialect.OPENAI_CHAT: (
        "/v1/chat/completions",
        {
            "model": "m",
            "temperature": 0.75,
            "max_completion_tokens": 40,
            "messages": [
                {"role": "system", "content": SYSTEM},
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                        {"type": "text", "text": QUESTION},
                    ],
                },
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "weather", "description": "Looks it up.", "parameters": SCHEMA},
                }
            ],
        },
    ),
    Dialect.OPENAI_RESPONSES: (
        "/v1/responses",
        {
            "model": "m",
            "temperature": 0.75,
            "max_output_tokens": 40,
            "instructions": SYSTEM,
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
                        {"type": "input_text", "text": QUESTION},
                    ],
                }
            ],
            "tools": [
                {
                    "type": "function",
                    "name": "weather",
                    "description": "Looks it up.",
                    "parameters": SCHEMA,
                    "strict": False,
                }
            ],
        },
    ),
    Dialect.ANTHROPIC_MESSAGES: (
        "/v1/messages",
        {
            "model": "m",
            "temperature": 0.75,
            "max_tokens": 40,
            "system": SYSTEM,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                        {"type": "text", "text": QUESTION},
                    ],
                }
            ],
            "tools": [{"name": "weather", "description": "Looks it up.", "input_schema": SCHEMA}],
        },
    ),
    Dialect.OLLAMA_CHAT: (
        "/api/chat",
        {
            "model": "m",
            "stream": False,
            "options": {"temperature": 0.75, "num_predict": 40},
            "messages": [
                {"role": "system", "content": SYSTEM},
                {"role": "user", "content": QUESTION, "images": [PNG]},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "weather", "description": "Looks it up.", "parameters": SCHEMA},
                }
            ],
        },
    ),
}


_CALL = {"name": "weather", "arguments": '{"city":"Riga"}'}
_FUNCTION = {"name": "weather", "parameters": SCHEMA}
CONTINUED: dict[Dialect, dict[str, Any]] = {
    Dialect.OPENAI_CHAT: {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": "Is it raining?"},
            {
                "role": "assistant",
                "content": "Where?",
                "tool_calls": [{"id": "call_1", "type": "function", "function": _CALL}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "Rain in Riga."},
            {"role": "user", "content": QUESTION},
        ],
        "tools": [{"type": "function", "function": _FUNCTION}],
    },
    Dialect.OPENAI_RESPONSES: {
        "instructions": SYSTEM,
        "input": [
            {"role": "user", "content": "Is it raining?"},
            {"role": "assistant", "content": "Where?"},
            {"type": "function_call", "call_id": "call_1", **_CALL},
            {"type": "function_call_output", "call_id": "call_1", "output": "Rain in Riga."},
            {"role": "user", "content": QUESTION},
        ],
        "tools": [{"type": "function", **_FUNCTION, "strict": False}],
    },
    Dialect.ANTHROPIC_MESSAGES: {
        "max_tokens": 64,
        "system": SYSTEM,
        "messages": [
            {"role": "user", "content": "Is it raining?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Where?"},
                    {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Riga"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "Rain in Riga."},
                    {"type": "text", "text": QUESTION},
                ],
            },
        ],
        "tools": [{"name": "weather", "input_schema": SCHEMA}],
    },
    Dialect.OLLAMA_CHAT: {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": "Is it raining?"},
            {
                "role": "assistant",
                "content": "Where?",
                "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Riga"}}}],
            },
            {"role": "tool", "tool_name": "weather", "content": "Rain in Riga."},
            {"role": "user", "content": QUESTION},
        ],
        "tools": [{"type": "function", "function": _FUNCTION}],
    },
}


def from_chat(_: str, body: dict[str, Any]) -> Understood:
    system, user = body["messages"]
    image, text = user["content"]
    function = body["tools"][0]["function"]
    return Understood(
        model=body["model"],
        system=system["content"],
        text=text["text"],
        image=image["image_url"]["url"].removeprefix("data:image/png;base64,"),
        tool=(function["name"], function["description"]),
        parameters=function["parameters"],
        temperature=body["temperature"],
        max_tokens=body["max_completion_tokens"],
    )


def from_responses(_: str, body: dict[str, Any]) -> Understood:
    first, *others = body["input"]
    system = body.get("instructions") or first["content"]
    image, text = (others[0] if others else first)["content"]
    (tool,) = body["tools"]
    return Understood(
        model=body["model"],
        system=system,
        text=text["text"],
        image=image["image_url"].removeprefix("data:image/png;base64,"),
        tool=(tool["name"], tool["description"]),
        parameters=tool["parameters"],
        temperature=body["temperature"],
        max_tokens=body["max_output_tokens"],
    )


def from_messages(_: str, body: dict[str, Any]) -> Understood:
    image, text = body["messages"][0]["content"]
    (tool,) = body["tools"]
    return Understood(
        model=body["model"],
        system=body["system"] if isinstance(body["system"], str) else body["system"][0]["text"],
        text=text["text"],
        image=image["source"]["data"],
        tool=(tool["name"], tool["description"]),
        parameters=tool["input_schema"],
        temperature=body["temperature"],
        max_tokens=body["max_tokens"],
    )


def from_ollama(_: str, body: dict[str, Any]) -> Understood:
    system, user = body["messages"]
    function = body["tools"][0]["function"]
    return Understood(
        model=body["model"],
        system=system["content"],
        text=user["content"],
        image=user["images"][0],
        tool=(function["name"], function["description"]),
        parameters=function["parameters"],
        temperature=body["options"]["temperature"],
        max_tokens=body["options"]["num_predict"],
    )


def from_gemini(target: str, body: dict[str, Any]) -> Understood:
    image, text = body["contents"][0]["parts"]
    (tool,) = body["tools"][0]["functionDeclarations"]
    return Understood(
        model=target.removeprefix("/v1beta/models/").removesuffix(":generateContent"),
        system=body["systemInstruction"]["parts"][0]["text"],
        text=text["text"],
        image=image["inlineData"]["data"],
        tool=(tool["name"], tool["description"]),
        parameters=tool["parametersJsonSchema"],
        temperature=body["generationConfig"]["temperature"],
        max_tokens=body["generationConfig"]["maxOutputTokens"],
    )


READERS: dict[Dialect, Callable[[str, dict[str, Any]], Understood]] = {
    Dialect.OPENAI_CHAT: from_chat,
    Dialect.OPENAI_RESPONSES: from_responses,
    Dialect.ANTHROPIC_MESSAGES: from_messages,
    Dialect.OLLAMA_CHAT: from_ollama,
    Dialect.GEMINI: from_gemini,
}
