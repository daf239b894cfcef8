"""A system prompt of the candidate's own, in the words of each dialect. Pure.

dialect              where it stands
openai.chat,         messages of role system or developer; prepended before all, appended after the leading ones,
ollama.chat          replacing all of them
anthropic.messages   `system`: a text, or a list of blocks
openai.responses     `instructions`; replacing also removes system and developer items of `input`
ollama.generate      `system`
others               nowhere: such a request is not sent
"""

from __future__ import annotations

import json
from collections.abc import Callable

from shadowbench.records import Dialect
from shadowbench.wire.patch import Patch, Unpatchable, array_of, get_elements

UNPLACEABLE = "system_prompt_form"
_SYSTEM_ROLES = frozenset({b'"system"', b'"developer"'})
_Placer = Callable[[Patch, str, str], bool]


def place_system_prompt(patch: Patch, dialect: Dialect, text: str, mode: str) -> str | None:
    """Write `text` into the request, `mode` being replace, prepend or append. The reason code when it has no place for it."""
    placer = _PLACERS.get(dialect)
    return None if placer is not None and placer(patch, text, mode) else UNPLACEABLE


def _in_messages(patch: Patch, text: str, mode: str) -> bool:
    messages = get_elements(patch.get("messages") or b"null")
    if messages is None:
        return False
    own = b'{"role":"system","content":' + _quoted(text) + b"}"
    if mode == "replace":
        messages = [own, *_without_system(messages)]
    else:
        messages.insert(0 if mode == "prepend" else _leading_system(messages), own)
    patch.set("messages", array_of(messages))
    return True


def _in_system(patch: Patch, text: str, mode: str) -> bool:
    before = patch.get("system")
    blocks = get_elements(before) if before is not None else None
    if blocks is None or mode == "replace":
        return _in_text("system")(patch, text, mode)
    own = b'{"type":"text","text":' + _quoted(text) + b"}"
    patch.set("system", array_of([own, *blocks] if mode == "prepend" else [*blocks, own]))
    return True


def _in_instructions(patch: Patch, text: str, mode: str) -> bool:
    items = get_elements(patch.get("input") or b"null")
    if mode == "replace" and items is not None:
        patch.set("input", array_of(_without_system(items)))
    return _in_text("instructions")(patch, text, mode)


def _in_text(member: str) -> _Placer:
    def place(patch: Patch, text: str, mode: str) -> bool:
        before = patch.get(member)
        if mode != "replace" and before is not None and before != b"null":
            old = json.loads(before)
            if not isinstance(old, str):
                return False
            text = f"{text}\n\n{old}" if mode == "prepend" else f"{old}\n\n{text}"
        patch.set(member, _quoted(text))
        return True

    return place


_PLACERS: dict[Dialect, _Placer] = {
    Dialect.OPENAI_CHAT: _in_messages,
    Dialect.OLLAMA_CHAT: _in_messages,
    Dialect.ANTHROPIC_MESSAGES: _in_system,
    Dialect.OPENAI_RESPONSES: _in_instructions,
    Dialect.OLLAMA_GENERATE: _in_text("system"),
}


def _without_system(messages: list[bytes]) -> list[bytes]:
    return [message for message in messages if not _is_system(message)]


def _leading_system(messages: list[bytes]) -> int:
    return next((at for at, message in enumerate(messages) if not _is_system(message)), len(messages))


def _is_system(message: bytes) -> bool:
    patch = Patch.of_checked(message)
    return not isinstance(patch, Unpatchable) and patch.get("role") in _SYSTEM_ROLES


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode()
