"""What the writers of several dialects have in common. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shadowbench.wire.neutral import Assistant, Conversation, System, Text, ToolCall, ToolResult, Turn
from shadowbench.wire.translation.refusals import NoWord, Reason


def said(**members: Any) -> dict[str, Any]:
    """An object of the members that were said."""
    return {name: value for name, value in members.items() if value is not None}


def refuse_if(found: object, reason: Reason) -> None:
    """End the translation when something is found that has no word."""
    if found:
        raise NoWord(reason)


def within(value: float | None, low: float, high: float) -> Any:
    """`value`, when the target takes it: it is never clamped."""
    if value is not None and not low <= value <= high:
        raise NoWord(Reason.OUT_OF_RANGE)
    return value


def fitting(name: str, pattern: re.Pattern[str]) -> str:
    """The name of a tool or the id of a call, when it has the target's form."""
    if pattern.fullmatch(name) is None:
        raise NoWord(Reason.TOOL_FORM)
    return name


def split_system(turns: Sequence[Turn]) -> tuple[list[System], list[Turn]]:
    """The instructions at the start and what follows them, for dialects that have no place for later ones."""
    start = next((i for i, turn in enumerate(turns) if not isinstance(turn, System)), len(turns))
    rest = list(turns[start:])
    if any(isinstance(turn, System) for turn in rest):
        raise NoWord(Reason.SYSTEM_POSITION)
    return [turn for turn in turns[:start] if isinstance(turn, System)], rest


def check_last_turn(conversation: Conversation) -> None:
    """Refuse a conversation that the target would continue where the source answers."""
    if conversation.turns and isinstance(conversation.turns[-1], Assistant):
        raise NoWord(Reason.LAST_TURN)


def names_of_calls(turns: Sequence[Turn]) -> Mapping[str, str]:
    """The tools' names by the ids of their calls. Each result must have its call, each call an id of its own."""
    calls = [part for turn in turns if isinstance(turn, Assistant) for part in turn.parts if isinstance(part, ToolCall)]
    names = {call.id: call.name for call in calls}
    results = [turn for turn in turns if isinstance(turn, ToolResult)]
    if len(names) < len(calls) or any(result.call_id not in names for result in results):
        raise NoWord(Reason.TOOL_FORM)
    return names


def only_text(turn: ToolResult) -> str:
    """The text of a result, for dialects that take one."""
    refuse_if(any(not isinstance(part, Text) for part in turn.parts), Reason.IMAGE_FORM)
    refuse_if(len(turn.parts) > 1, Reason.TOOL_FORM)
    return "".join(part.text for part in turn.parts if isinstance(part, Text))
