"""Gemini's generateContent: POST /v1beta/models/{model}:generateContent (https://ai.google.dev/api/generate-content). Pure.

For candidates only: no client's request is read in this dialect. Model and stream are in the path. Schemas go into the members
that take JSON schema as it is (`parametersJsonSchema`, `responseJsonSchema`), not into those for Gemini's own kind.

Newer models demand the signature of their own thinking with every turn of calls. For calls that another model made, Google has
a word that stands in for it (https://ai.google.dev/gemini-api/docs/thought-signatures).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shadowbench.wire.neutral import (
    Assistant,
    Conversation,
    Image,
    JsonObject,
    JsonSchema,
    Reasoning,
    Refused,
    Sampling,
    System,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    User,
)
from shadowbench.wire.translation import exact_json, images
from shadowbench.wire.translation.refusals import NoWord, Reason, refusals_as_values
from shadowbench.wire.translation.schemas import uses_only
from shadowbench.wire.translation.writing import (
    check_last_turn,
    fitting,
    names_of_calls,
    only_text,
    refuse_if,
    said,
    split_system,
    within,
)

_TOOL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,63}")
_IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
_LEVELS = frozenset({"minimal", "low", "medium", "high"})  # Google's own table: OpenAI's efforts of the same names
_STOPS = 5
_FOREIGN_CALL = {"thoughtSignature": "skip_thought_signature_validator"}
# What responseJsonSchema honours; the rest of a schema would be ignored.
_KEYWORDS = frozenset({
    "$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems",
    "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required",
})  # fmt: skip


@refusals_as_values
def build(conversation: Conversation) -> dict[str, Any]:
    """The request in this dialect."""
    refuse_if(conversation.one_call_at_most, Reason.NO_WORD_FOR_PARALLEL_TOOL_CALLS)
    refuse_if(conversation.verbosity, Reason.NO_WORD_FOR_VERBOSITY)
    check_last_turn(conversation)
    systems, turns = split_system(conversation.turns)
    refuse_if(not turns, Reason.NO_TURN)
    generation = _generation(conversation.sampling) | _output(conversation.output)
    return said(
        systemInstruction=_system(systems),
        contents=_contents(turns, names_of_calls(turns)),
        tools=[{"functionDeclarations": [_tool(tool) for tool in conversation.tools]}] if conversation.tools else None,
        toolConfig=_tool_choice(conversation.tool_choice),
        generationConfig=(generation | said(thinkingConfig=_thinking(conversation.reasoning))) or None,
    )


def _system(systems: Sequence[System]) -> dict[str, Any] | None:
    parts = [_text(part) for system in systems for part in system.parts]
    refuse_if(systems and not parts, Reason.EMPTY_TEXT)
    return {"parts": parts} if parts else None


def _contents(turns: Sequence[Turn], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """One content per turn, but one for all results in a row: they answer the calls of one turn."""
    contents: list[dict[str, Any]] = []
    answering = False
    for turn in turns:
        if isinstance(turn, ToolResult):
            if not answering:
                contents.append({"role": "user", "parts": []})
            contents[-1]["parts"].append(_result(turn, names[turn.call_id]))
        else:
            refuse_if(not turn.parts, Reason.EMPTY_TEXT)
            contents.append(_content(turn))
        answering = isinstance(turn, ToolResult)
    return contents


def _content(turn: System | User | Assistant) -> dict[str, Any]:
    parts = [_part(part) for part in turn.parts]
    first_call = next((part for part in parts if "functionCall" in part), None)
    if first_call is not None:
        first_call |= _FOREIGN_CALL
    return {"role": "model" if isinstance(turn, Assistant) else "user", "parts": parts}


def _part(part: Text | Image | Refused | ToolCall) -> dict[str, Any]:
    if isinstance(part, Text):
        return _text(part)
    if isinstance(part, Refused):
        raise NoWord(Reason.NO_WORD_FOR_REFUSAL)
    if isinstance(part, ToolCall):
        args = exact_json.read_arguments(part.arguments)
        return {"functionCall": {"id": part.id, "name": part.name, "args": args}}
    image = images.as_bytes(part, _IMAGE_TYPES)
    return {"inlineData": {"mimeType": image.media_type, "data": image.base64}}


def _text(part: Text) -> dict[str, Any]:
    refuse_if(not part.text, Reason.EMPTY_TEXT)
    return {"text": part.text}


def _result(turn: ToolResult, name: str) -> dict[str, Any]:
    """The result is an object; "output" and "error" are the names that the API reads in it."""
    response = {"error" if turn.is_error else "output": only_text(turn)}
    return {"functionResponse": {"id": turn.call_id, "name": name, "response": response}}


def _tool(tool: Tool) -> dict[str, Any]:
    refuse_if(tool.strict, Reason.NO_WORD_FOR_STRICT)
    return said(name=fitting(tool.name, _TOOL_NAME), description=tool.description, parametersJsonSchema=tool.parameters)


def _tool_choice(choice: ToolChoice | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    mode = {"mode": "NONE" if choice.mode == "none" else "ANY"}
    return {"functionCallingConfig": mode | said(allowedFunctionNames=[choice.name] if choice.name else None)}


def _generation(sampling: Sampling) -> dict[str, Any]:
    refuse_if(len(sampling.stop) > _STOPS, Reason.OUT_OF_RANGE)
    return said(
        maxOutputTokens=within(sampling.max_output_tokens, 1, 2**31 - 1),
        temperature=within(sampling.temperature, 0, 2),
        topP=within(sampling.top_p, 0, 1),
        topK=within(sampling.top_k, 1, 2**31 - 1),
        seed=within(sampling.seed, -(2**31), 2**31 - 1),
        stopSequences=list(sampling.stop) or None,
        frequencyPenalty=within(sampling.frequency_penalty, -2, 2),
        presencePenalty=within(sampling.presence_penalty, -2, 2),
    )


def _output(output: JsonObject | JsonSchema | None) -> dict[str, Any]:
    if output is None:
        return {}
    if isinstance(output, JsonObject):
        return {"responseMimeType": "application/json"}
    refuse_if(output.description, Reason.NO_WORD_FOR_SCHEMA_DESCRIPTION)
    refuse_if(not output.strict or not uses_only(output.schema, _KEYWORDS), Reason.SCHEMA_STRICTNESS)
    return {"responseMimeType": "application/json", "responseJsonSchema": output.schema}


def _thinking(reasoning: Reasoning | None) -> dict[str, Any] | None:
    if reasoning is None:
        return None
    if reasoning.budget_tokens is not None:
        return {
            "thinkingBudget": within(reasoning.budget_tokens, 1, 2**31 - 1)
        }  # others than counts have a meaning here
    if reasoning.effort == "none":
        return {"thinkingBudget": 0}
    refuse_if(reasoning.effort not in _LEVELS, Reason.NO_WORD_FOR_EFFORT)
    return {"thinkingLevel": reasoning.effort}
