"""What OpenAI's two dialects say in the same words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shadowbench.wire.neutral import JsonSchema, Tool
from shadowbench.wire.translation import dropped, members
from shadowbench.wire.translation.refusals import NoWord, Reason
from shadowbench.wire.translation.schemas import is_closed
from shadowbench.wire.translation.writing import refuse_if, said

EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})
VERBOSITIES = frozenset({"low", "medium", "high"})
DETAILS = frozenset({"auto", "low", "high", "original"})
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def read_word(value: object, words: frozenset[str], otherwise: Reason) -> str | None:
    """One of the dialect's words, or None."""
    if value is None:
        return None
    if not isinstance(value, str) or value not in words:
        raise NoWord(otherwise)
    return value


def read_json_schema(described: Mapping[str, Any]) -> JsonSchema:
    """A named schema, as both of OpenAI's dialects describe it."""
    return JsonSchema(
        schema=members.schema(described.get("schema")),
        strict=members.flag(described.get("strict")),
        name=members.optional_text(described.get("name")),
        description=members.optional_text(described.get("description")),
    )


def written_json_schema(output: JsonSchema) -> dict[str, Any]:
    """A named schema, as both of OpenAI's dialects describe it."""
    refuse_if(output.strict and not is_closed(output.schema, all_required=True), Reason.SCHEMA_STRICTNESS)
    return said(
        name=output.name or dropped.SCHEMA_LABEL,
        description=output.description,
        schema=output.schema,
        strict=output.strict,
    )


def enforceable(tool: Tool) -> bool:
    """Whether a tool's arguments are held to its schema; refused where OpenAI could not."""
    refuse_if(tool.strict and not is_closed(tool.parameters or {}, all_required=True), Reason.SCHEMA_STRICTNESS)
    return tool.strict
