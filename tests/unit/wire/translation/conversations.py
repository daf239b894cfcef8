"""Conversations that every dialect can hold, made by hypothesis, and what of them a translation keeps."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from shadowbench.wire.neutral import (
    Assistant,
    Conversation,
    ImageBytes,
    JsonSchema,
    Sampling,
    System,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
    User,
)
from tests.unit.wire.translation.bodies import PNG

_names = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=12).map("f{}".format)
_words = st.builds(Text, text=st.text(min_size=1, max_size=30))
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_arguments = st.dictionaries(st.text(max_size=6), _values, max_size=3).map(json.dumps)


@st.composite
def _schemas(draw: st.DrawFn) -> dict[str, Any]:
    """A closed object, some of whose members are closed objects themselves."""
    members = draw(st.lists(_names, max_size=3, unique=True))
    inner = st.sampled_from([{"type": "string"}, {"type": "array", "items": {"type": "number"}}])
    properties = {name: draw(inner if draw(st.booleans()) else st.deferred(_schemas)) for name in members}
    return {"type": "object", "properties": properties, "required": members, "additionalProperties": False}


@st.composite
def _turns(draw: st.DrawFn) -> tuple[Turn, ...]:
    turns: list[Turn] = [System(parts=(words,)) for words in draw(st.lists(_words, max_size=1))]
    image = ImageBytes(media_type="image/png", base64=PNG)
    for place in range(draw(st.integers(min_value=0, max_value=3))):
        turns.append(User(parts=(*([image] if draw(st.booleans()) else []), draw(_words))))
        calls = [
            ToolCall(id=f"id-{place}-{number}", name=draw(_names), arguments=draw(_arguments))
            for number in range(draw(st.integers(min_value=0, max_value=2)))
        ]
        words = draw(st.lists(_words, min_size=0 if calls else 1, max_size=1))
        turns.append(Assistant(parts=(*words, *calls)))
        turns.extend(ToolResult(call_id=call.id, parts=tuple(draw(st.lists(_words, max_size=1)))) for call in calls)
    turns.append(User(parts=(draw(_words),)))
    return tuple(turns)


_shares = st.floats(min_value=0, max_value=1)
_sampling = st.builds(
    Sampling,
    max_output_tokens=st.integers(min_value=16, max_value=2**31 - 1),
    temperature=st.none() | _shares,
    top_p=st.none() | _shares,
)
_tools = st.builds(Tool, name=_names, description=st.none() | st.text(min_size=1, max_size=20), parameters=_schemas())

conversations = st.builds(
    Conversation,
    model=st.text(min_size=1, max_size=10),
    stream=st.booleans(),
    turns=_turns(),
    sampling=_sampling,
    tools=st.lists(_tools, max_size=2).map(tuple),
    output=st.none() | st.builds(JsonSchema, schema=_schemas(), strict=st.just(True)),
)


def meaning(conversation: Conversation) -> Conversation:
    """What a translation there and back keeps: all but the ids' spelling, the arguments' spacing and the schema's label."""
    ids: dict[str, str] = {}
    output = conversation.output
    if isinstance(output, JsonSchema):
        output = replace(output, name=None)
    return replace(conversation, turns=tuple(_same(turn, ids) for turn in conversation.turns), output=output)


def _same(turn: Turn, ids: dict[str, str]) -> Turn:
    if isinstance(turn, ToolResult):
        return replace(turn, call_id=ids[turn.call_id])
    if not isinstance(turn, Assistant):
        return turn
    return Assistant(parts=tuple(_same_call(part, ids) if isinstance(part, ToolCall) else part for part in turn.parts))


def _same_call(call: ToolCall, ids: dict[str, str]) -> ToolCall:
    number = ids.setdefault(call.id, f"call {len(ids)}")
    return ToolCall(id=number, name=call.name, arguments=json.dumps(json.loads(call.arguments)))
