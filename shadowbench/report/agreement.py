"""How alike two answers are. Pure.

Equality is of what a program acts on: texts without the white space around them, and tool calls by name and arguments.
Ids of calls are the provider's, and white space within JSON arguments means nothing.
"""

from __future__ import annotations

import json
from typing import Any

from rapidfuzz import fuzz

from shadowbench.records import Answer, Choice, ToolCall

COMPARED_CHARACTERS = 20_000
"""Longer texts are compared by their beginnings: the cost grows with the product of the lengths."""


def is_equal(one: Answer, other: Answer) -> bool:
    """Whether both say the same, in every choice."""
    return [_said(choice) for choice in one.choices] == [_said(choice) for choice in other.choices]


def similarity(one: Answer, other: Answer) -> float | None:
    """How alike the first choices' texts are word by word in any order, 0 to 1; None when neither has text.

    Rapidfuzz's `token_sort_ratio`. Its `token_set_ratio` would call an answer that breaks off half-way identical.
    """
    texts = [(answer.first.text or "").strip()[:COMPARED_CHARACTERS] for answer in (one, other)]
    if not any(texts):
        return None
    return fuzz.token_sort_ratio(*texts) / 100


def _said(choice: Choice) -> tuple[Any, ...]:
    calls = [_called(call) for call in choice.tool_calls]
    return ((choice.text or "").strip(), (choice.refusal or "").strip(), calls)


def _called(call: ToolCall) -> tuple[str, str, str]:
    try:
        arguments = json.dumps(json.loads(call.arguments), sort_keys=True)
    except (ValueError, RecursionError):
        arguments = call.arguments.strip()
    return call.kind, call.name, arguments
