"""Requests and answers as they are, for targets to spoil."""

from __future__ import annotations

from typing import Any

_SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
_CHAT_TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": _SCHEMA}}
_PICTURE = "data:image/png;base64,AA=="

PLAIN: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}

REQUESTS: tuple[dict[str, Any], ...] = (
    {
        "model": "m",
        "messages": [
            {"role": "system", "content": "s"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": _PICTURE}}],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "r"},
        ],
        "tools": [_CHAT_TOOL],
        "tool_choice": "auto",
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 9,
        "temperature": 0.5,
        "top_p": 1,
        "stop": ["a"],
        "seed": 1,
        "user": "u",
    },
    {
        "model": "m",
        "messages": [{"role": "user", "content": "x"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": _SCHEMA, "strict": True}},
        "reasoning_effort": "low",
        "parallel_tool_calls": False,
        "n": 1,
    },
    {
        "model": "m",
        "instructions": "i",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "x"},
                    {"type": "input_image", "image_url": _PICTURE, "detail": "auto"},
                ],
            },
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "r"},
        ],
        "tools": [{"type": "function", "name": "f", "parameters": _SCHEMA, "strict": False}],
        "text": {"format": {"type": "json_object"}},
        "reasoning": {"effort": "low"},
        "max_output_tokens": 9,
        "store": False,
    },
    {
        "model": "m",
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "x"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
                ],
            },
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "c", "content": "r", "is_error": False}],
            },
        ],
        "tools": [{"name": "f", "description": "d", "input_schema": _SCHEMA}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "max_tokens": 9,
        "stop_sequences": ["a"],
        "metadata": {"user_id": "u"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    },
    {
        "model": "m",
        "messages": [
            {"role": "user", "content": "x", "images": ["AA=="]},
            {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
            {"role": "tool", "content": "r", "tool_name": "f"},
        ],
        "tools": [_CHAT_TOOL],
        "options": {"num_predict": 9, "temperature": 0, "stop": ["a"], "seed": 1},
        "format": _SCHEMA,
        "think": True,
        "stream": False,
    },
    {"model": "m", "prompt": "x", "system": "s", "max_tokens": 3},
    {"model": "m", "input": ["a", "b"], "dimensions": 3},
)

ANSWERS: tuple[dict[str, Any], ...] = (
    {
        "id": "c",
        "model": "m",
        "system_fingerprint": "f",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "x",
                    "reasoning_content": "r",
                    "refusal": None,
                    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
    },
    {
        "id": "c",
        "model": "m",
        "choices": [
            {
                "index": 0,
                "delta": {
                    "content": "x",
                    "tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}],
                },
                "finish_reason": None,
            }
        ],
    },
    {
        "id": "r",
        "object": "response",
        "status": "completed",
        "model": "m",
        "output": [
            {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "x"}]},
            {
                "type": "message",
                "id": "m",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "x", "annotations": []}],
            },
            {"type": "function_call", "id": "f", "call_id": "c", "name": "f", "arguments": "{}"},
        ],
        "usage": {"input_tokens": 3, "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}},
    },
    {"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": "x"},
    {
        "type": "response.completed",
        "response": {"id": "r", "status": "completed", "output": [], "usage": {"input_tokens": 3}},
    },
    {
        "id": "m",
        "type": "message",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "text", "text": "x"},
            {"type": "tool_use", "id": "c", "name": "f", "input": {}},
        ],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": 1},
    },
    {"type": "message_start", "message": {"id": "m", "model": "m", "usage": {"input_tokens": 3}}},
    {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "tool_use", "id": "c", "name": "f", "input": {}},
    },
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
    {
        "model": "m",
        "message": {
            "role": "assistant",
            "content": "x",
            "thinking": "t",
            "tool_calls": [{"function": {"name": "f", "arguments": {}}}],
        },
        "done": True,
        "done_reason": "stop",
        "eval_count": 2,
        "prompt_eval_count": 3,
    },
    {"model": "m", "response": "x", "done": False},
    {"data": [{"embedding": [1.0, 2.0], "index": 0}], "model": "m", "usage": {"prompt_tokens": 3}},
    {"embeddings": [[1.0, 2.0]], "model": "m"},
    {
        "candidates": [
            {"content": {"parts": [{"text": "x"}, {"functionCall": {"name": "f", "args": {}}}]}, "finishReason": "STOP"}
        ],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2},
        "modelVersion": "m",
    },
    {"error": {"type": "t", "message": "m", "code": 1}},
)
