"""How a request begins: its system prompt and first user message, found in each dialect's own place. Pure.

Each reader takes the request's object and gives its `Opening`, or the reason why it is no request: `no_messages` | `no_input`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shadowbench.making import maker_of
from shadowbench.wire import loose_json as loose

_UNIT = "\x1f"  # between the parts of an opening: ASCII unit separator, which prompts do not hold


class Opening(NamedTuple):
    """How a request begins. `messages` are those of the request itself, not copies."""

    system: str | None
    first_user: str
    messages: Sequence[Any] = ()
    message_count: int = 1

    def as_bytes(self) -> bytes:
        """Both texts as one."""
        return _encoded(_UNIT.join((self.system or "", self.first_user)))

    def first_user_as_bytes(self) -> bytes:
        """The first user message alone."""
        return _encoded(self.first_user)


_opening = maker_of(Opening)


def of_messages(request: Mapping[str, Any]) -> Opening | str:
    """Chat, Anthropic messages (whose system prompt stands beside the messages), Ollama chat."""
    messages = request.get("messages")
    return _of_items(request.get("system"), messages) if isinstance(messages, list) else "no_messages"


def of_responses(request: Mapping[str, Any]) -> Opening | str:
    """Responses: `instructions`, and `input` as a text or as items; none when it goes on from something stored."""
    given, instructions = request.get("input"), request.get("instructions")
    if isinstance(given, str):
        return Opening(loose.as_text(instructions), given)
    if isinstance(given, list):
        return _of_items(instructions, given)
    stored = any(request.get(name) for name in ("previous_response_id", "conversation", "prompt"))
    return Opening(loose.as_text(instructions), "", message_count=0) if stored and given is None else "no_input"


def of_prompt(request: Mapping[str, Any]) -> Opening | str:
    """Completions: a text, token numbers, or a list of either, each of which is answered by itself."""
    return _of_inputs(request.get("prompt"))


def of_input(request: Mapping[str, Any]) -> Opening | str:
    """Embeddings: the same forms under another name."""
    return _of_inputs(request.get("input"))


def of_ollama_prompt(request: Mapping[str, Any]) -> Opening | str:
    """Ollama generate. Without a prompt it only loads or unloads the model."""
    prompt = loose.as_name(request.get("prompt"))
    return "no_input" if prompt is None else Opening(loose.as_name(request.get("system")), prompt)


def _of_inputs(given: object) -> Opening | str:
    if isinstance(given, str):
        return Opening(None, given)
    if not isinstance(given, list) or not given:
        return "no_input"
    if isinstance(given[0], int):
        return Opening(None, loose.dump(given))
    first = given[0] if isinstance(given[0], str) else loose.dump(given[0])
    return Opening(None, first, message_count=len(given))


def _of_items(beside: object, items: list[Any]) -> Opening:
    """Only system messages before the first user message count: later ones come with later turns."""
    system: list[str] = [] if beside is None else [_text(beside)]
    first_user = ""
    for message in map(loose.as_mapping, items):
        role = message.get("role")
        if role == "user":
            first_user = _text(message.get("content"))
            break
        if role in ("system", "developer"):
            system.append(_text(message.get("content")))
    return _opening(_UNIT.join(system) if system else None, first_user, items, len(items))


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = map(loose.as_mapping, loose.as_sequence(content))
    return _UNIT.join(text for part in parts if (text := loose.as_text(part.get("text"))) is not None)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
