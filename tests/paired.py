"""Pairs as metrics see them, made of whatever both sides came to: texts, choices, observations, and their repeats."""

from __future__ import annotations

import json
from typing import Any

from shadowbench.metrics.view import PairView, Side
from shadowbench.records import Answer, Choice, Dialect, Observation, ToolCall
from shadowbench.scores import PairRef
from shadowbench.store.testing import an_exchange, an_observation

Came = Observation | Choice | str

ASKED = {"model": "large", "messages": [{"role": "user", "content": "Capital of Latvia?"}]}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
WITH_TOOLS = ASKED | {
    "tools": [
        {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}},
        {"type": "function", "function": {"name": "now"}},
    ]
}


def seen(came: Came, endpoint: str = "production", **changes: Any) -> Observation:
    """An observation of that answer."""
    if isinstance(came, Observation):
        return came
    choice = came if isinstance(came, Choice) else Choice(text=came, finish_reason="stop")
    return an_observation(endpoint=endpoint, answer=Answer(choices=(choice,)), **changes)


def paired(
    production: Came,
    candidate: Came,
    request: Any = ASKED,
    dialect: Dialect = Dialect.OPENAI_CHAT,
    *,
    production_again: Came | None = None,
    candidate_again: Came | None = None,
) -> PairView:
    """Both sides' answers to one request. `request` is its JSON body; None: it was not kept."""
    body = None if request is None else request if isinstance(request, bytes) else json.dumps(request).encode()
    exchange = an_exchange(1, seen(candidate, "small"), dialect=dialect, request_body=body, production=seen(production))
    return PairView(
        exchange,
        exchange.candidates[0],
        PairRef(1, 1),
        production_again=None if production_again is None else seen(production_again),
        candidate_again=None if candidate_again is None else seen(candidate_again, "small"),
    )


def side(
    came: Came, request: Any = ASKED, dialect: Dialect = Dialect.OPENAI_CHAT, *, again: Came | None = None
) -> Side:
    """The candidate's side alone."""
    return paired("", came, request, dialect, candidate_again=again).candidate


def calling(*calls: tuple[str, Any], kind: str = "function") -> Choice:
    """An answer of these calls: name, and arguments as JSON or as the text that was sent."""
    made = [
        ToolCall(name=name, arguments=args if isinstance(args, str) else json.dumps(args), id=f"c{number}", kind=kind)
        for number, (name, args) in enumerate(calls)
    ]
    return Choice(tool_calls=tuple(made), finish_reason="tool_calls")
