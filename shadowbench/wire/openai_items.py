"""The output items of an OpenAI response, growing, and the one choice that they make up. Pure.

message                          text and refusal
reasoning                        reasoning: its text, or where that is not shown, its summary
function_call                    a tool call of kind `function`
custom_tool_call                 of kind `custom`
any other `…_call`, and          of kind `server`, since OpenAI runs it or has its own protocol for it; its
`mcp_approval_request`           arguments are the JSON of what it is to do
anything else                    nothing: outputs of tools, lists of them, compactions
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shadowbench.records import Choice, ToolCall
from shadowbench.wire import loose_json as loose

_CALL_KINDS = {"function_call": "function", "custom_tool_call": "custom", "mcp_approval_request": "server"}
_TEXT_PARTS = {"output_text": ("text", "text"), "text": ("text", "text"), "refusal": ("refusal", "refusal")}
# Where the different calls keep what they are called with.
_ARGUMENTS = ("arguments", "input", "code", "action", "actions", "operation", "queries")
_Slot = tuple[str, int]  # what it holds (text, refusal, reasoning, summary, arguments), and the number of its part


class Item:
    """One output item, growing. Deltas may come before its own beginning is known."""

    __slots__ = ("_slots", "_whole")

    def __init__(self) -> None:
        self._whole: Mapping[str, Any] = {}
        self._slots: dict[_Slot, list[str]] = {}

    @property
    def has_content(self) -> bool:
        return any(map(any, self._slots.values()))

    def is_same(self, whole: Mapping[str, Any]) -> bool:
        """Whether `whole` can be this item, later."""
        return not self._whole or self._whole.get("type") == whole.get("type")

    def take(self, whole: Mapping[str, Any]) -> None:
        """Take the item as it stands. Of what it tells nothing about, there stays what has grown."""
        self._whole = whole
        told = [(slot, text) for slot, text in _slots_of(whole) if text or slot not in self._slots]
        names = {name for (name, _), text in told if text}
        self._slots = {slot: parts for slot, parts in self._slots.items() if slot[0] not in names}
        self._slots |= {slot: [text] for slot, text in told}

    def grow(self, name: str, index: int, delta: object) -> bool:
        """Take a bit of a part; True when it says something."""
        if not isinstance(delta, str):
            return False
        parts = self._slots.get((name, index))
        if parts is None:
            parts = self._slots[name, index] = []
        parts.append(delta)
        return delta != ""

    def settle(self, name: str, index: int, text: object) -> bool:
        """Take a part as it stands at its end; True when it says something that nothing had said before."""
        if not isinstance(text, str) or not text:
            return False
        is_new = not any(self._slots.get((name, index), ()))
        self._slots[name, index] = [text]
        return is_new

    def texts(self, name: str) -> list[str]:
        """The parts of one kind, in order."""
        return ["".join(self._slots[slot]) for slot in sorted(self._slots) if slot[0] == name]

    def tool_call(self) -> ToolCall | None:
        """The call that it is, if it is one."""
        kind = self._call_kind()
        if kind is None:
            return None
        item = self._whole
        type_ = loose.as_text(item.get("type")) or ""
        return ToolCall(
            name=loose.as_name(item.get("name")) or loose.sound(type_.removesuffix("_call")),
            arguments=loose.sound("".join(self.texts("arguments"))),
            id=loose.as_name(item.get("call_id")) or loose.as_name(item.get("id")),
            kind=kind,
        )

    def _call_kind(self) -> str | None:
        type_ = loose.as_text(self._whole.get("type"))
        if type_ is None:  # of a stream that was resumed in its middle
            return "function" if self.texts("arguments") else None
        return _CALL_KINDS.get(type_) or ("server" if type_.endswith("_call") else None)


def choice_of(items: list[Item], finish_reason: str | None) -> Choice:
    """What the items say together."""
    return Choice(
        text=_joined((item.texts("text") for item in items), ""),
        reasoning=_joined((item.texts("reasoning") or item.texts("summary") for item in items), "\n\n"),
        refusal=_joined((item.texts("refusal") for item in items), "") or None,
        tool_calls=tuple(call for item in items if (call := item.tool_call()) is not None),
        finish_reason=finish_reason,
    )


def _joined(texts: Iterable[list[str]], between: str) -> str | None:
    """As one text; None when there was none, which is not the same as an empty one."""
    parts = [part for of_item in texts for part in of_item]
    return loose.sound(between.join(parts)) if parts else None


def _slots_of(item: Mapping[str, Any]) -> Iterable[tuple[_Slot, str]]:
    """The parts that an item tells, and their texts."""
    kind = item.get("type")
    if kind in ("message", "reasoning"):
        yield from _slots_of_parts(item, kind)
    elif isinstance(kind, str) and (kind in _CALL_KINDS or kind.endswith("_call")):
        given = next((value for name in _ARGUMENTS if (value := item.get(name)) is not None), None)
        if given is not None:
            yield ("arguments", 0), given if isinstance(given, str) else loose.dump(given)


def _slots_of_parts(item: Mapping[str, Any], kind: str) -> Iterable[tuple[_Slot, str]]:
    for index, part in enumerate(map(loose.as_mapping, loose.as_sequence(item.get("content")))):
        type_ = loose.as_text(part.get("type")) or ""
        name, member = _TEXT_PARTS.get(type_, ("text", "transcript")) if kind == "message" else ("reasoning", "text")
        if (text := loose.as_text(part.get(member))) is not None:
            yield (name, index), text
    for index, part in enumerate(map(loose.as_mapping, loose.as_sequence(item.get("summary")))):
        if (text := loose.as_text(part.get("text"))) is not None:
            yield ("summary", index), text
